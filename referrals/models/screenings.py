"""Screening of a population at a place and on a day, what followed from it, and what was planned."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from casework.access.models import Organisation
from casework.access.record import Record, error_pair
from casework.vault.fields import EncryptedTextField

from .referral import Referral
from .sites import OfOrganisationQuerySet

if TYPE_CHECKING:
    from casework.access.models import User


class Screening(Record):
    """How many of a population were screened and informed at one place on one day. Its persons have no names here."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    population = models.CharField(max_length=40)
    held_on = models.DateField()
    municipality = models.CharField(max_length=60, blank=True)  # plain: coverage is counted by it
    place = EncryptedTextField()
    screener = EncryptedTextField()
    screened = models.PositiveIntegerField()
    informed = models.PositiveIntegerField(null=True)  # None: nobody counted
    informed_languages = ArrayField(models.CharField(max_length=3), default=list)
    leaflets = models.PositiveIntegerField(null=True)
    indicators = ArrayField(models.CharField(max_length=40), default=list)
    note = EncryptedTextField()

    objects = OfOrganisationQuerySet.as_manager()

    class Meta(Record.Meta):
        indexes = [
            models.Index(fields=["organisation", "-number"], name="screening_of_organisation"),
            models.Index(fields=["organisation", "held_on"], name="screening_held"),
        ]
        constraints = [error_pair("screening")]

    def __str__(self) -> str:
        return self.number


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: "User") -> "FollowUpQuerySet":
        return self.filter(referral__in=Referral.objects.visible_to(user))


class FollowUp(models.Model):
    """A referral that followed from a screening. One that was linked by mistake keeps its row, unlinked."""

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="follow_ups")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="follow_up_of")
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unlinked_at = models.DateTimeField(null=True)
    unlinked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["linked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral"], condition=Q(unlinked_at=None), name="followup_of_one_screening"
            ),
            models.CheckConstraint(
                name="followup_unlinked_by_when",
                condition=Q(unlinked_at=None, unlinked_by=None)
                | Q(unlinked_at__isnull=False, unlinked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.screening_id} {self.referral_id}"


class ScreeningTarget(Record):
    """How many of a population somebody planned to have screened in a period. A plan, kept apart from what was done."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    population = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()
    planned = models.PositiveIntegerField()
    source = EncryptedTextField()  # who planned it, where it stands
    published = models.CharField(max_length=80, blank=True)  # code of the published figure that it is

    objects = OfOrganisationQuerySet.as_manager()

    class Meta(Record.Meta):
        indexes = [models.Index(fields=["organisation", "-ends_on"], name="target_of_organisation")]
        constraints = [
            error_pair("screeningtarget"),
            models.CheckConstraint(name="screeningtarget_period", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="screeningtarget_some", condition=Q(planned__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.population} {self.planned}"
