"""Persons of two organisations that are the same one. Each keeps a record of her own; figures count her once."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from casework.people.models import Person

if TYPE_CHECKING:
    from casework.access.models import User


class PersonLinkQuerySet(models.QuerySet["PersonLink"]):
    def visible_to(self, user: "User") -> "PersonLinkQuerySet":
        """For those who see both: nobody learns from a link that another organisation knows somebody."""
        seen = Person.objects.visible_to(user)
        return self.filter(first__in=seen, second__in=seen)

    def live(self) -> "PersonLinkQuerySet":
        return self.filter(ended_at=None)


class PersonLink(models.Model):
    """Two records of one person, and since when that is known. `Person.counted_as` follows from the live ones."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="links_from")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="links_to")
    because = models.CharField(max_length=20)  # number of the record that says so, such as O-2026-000045
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = PersonLinkQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], condition=Q(ended_at=None), name="personlink_once"),
            models.CheckConstraint(name="personlink_of_two", condition=~Q(first=F("second"))),
        ]

    def __str__(self) -> str:
        return self.because
