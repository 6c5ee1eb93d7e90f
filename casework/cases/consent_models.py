"""Consent: who may be told what of a person, and what allows it when nobody could be asked."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.record import Record, RecordQuerySet, error_pair
from casework.cases.models import Case
from casework.people.models import Answer
from casework.vault.fields import EncryptedTextField

if TYPE_CHECKING:
    from casework.access.models import User


class ConsentAnswer(models.TextChoices):
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    NOT_POSSIBLE = "not-possible", _("Not possible to ask")
    GROUND = "ground", _("Legal ground instead of consent")


class ConsentGiver(models.TextChoices):
    PERSON = "person", _("The person")
    GUARDIAN = "guardian", _("Parent or guardian")
    REPRESENTATIVE = "representative", _("Representative")


class ConsentManner(models.TextChoices):
    ORAL = "oral", _("By word of mouth")
    WRITTEN = "written", _("In writing")


ANSWERED = (ConsentAnswer.GIVEN, ConsentAnswer.REFUSED, ConsentAnswer.WITHDRAWN)  # somebody spoke
ALLOWS = (ConsentAnswer.GIVEN, ConsentAnswer.GROUND)


class ConsentQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "ConsentQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))


class Consent(Record):
    """One answer, for one purpose and one recipient. Never edited: a withdrawal is a new row with its own day.

    The recipient is a kind of body; with words beside it, one body of that kind.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)  # code list consent_purposes
    recipient_kind = models.CharField(max_length=40)  # code list recipient_kinds
    recipient = EncryptedTextField()  # empty: every body of the kind
    answer = models.CharField(max_length=16, choices=ConsentAnswer)
    answered_on = models.DateField()
    given_by = models.CharField(max_length=16, choices=ConsentGiver, blank=True)
    giver = EncryptedTextField()  # who that is, in words
    manner = models.CharField(max_length=8, choices=ConsentManner, blank=True)
    language = models.CharField(max_length=3, blank=True)
    interpreter = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    ground = models.CharField(max_length=40, blank=True)  # code list consent_grounds
    reason = EncryptedTextField()  # of the ground, or why nobody could be asked
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = ConsentQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["-answered_on", "-created_at"]
        permissions = [("record_consent", "Record consent, or what stands in its place")]
        indexes = [models.Index(fields=["case", "purpose", "-answered_on"], name="consent_of_case")]
        constraints = [
            error_pair("consent"),
            models.CheckConstraint(
                name="consent_given_by_somebody",
                condition=(Q(answer__in=["given", "refused", "withdrawn"]) & ~Q(given_by="") & ~Q(manner=""))
                | (Q(answer__in=["not-possible", "ground"], given_by="", manner="")),
            ),
            models.CheckConstraint(
                name="consent_ground_with_reason",
                condition=(Q(answer="ground", reason__isnull=False) & ~Q(ground=""))
                | (~Q(answer="ground") & Q(ground="")),
            ),
            models.CheckConstraint(
                name="consent_not_possible_because", condition=~Q(answer="not-possible") | Q(reason__isnull=False)
            ),
            models.CheckConstraint(
                name="consent_of_another_by_name", condition=Q(given_by__in=["", "person"]) | Q(giver__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
