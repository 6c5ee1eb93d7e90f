"""The procedure before the competent body: its route, what it decided, and appeals."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.record import Record, error_pair
from casework.people.models import Person
from casework.vault.fields import EncryptedJSONField, EncryptedTextField
from casework.workflow import Move

from .referral import OfReferralQuerySet, Referral

if TYPE_CHECKING:
    pass

POSITIVE = ("identified", "recognised")


class Route(models.TextChoices):
    CPTV = "cptv", _("CPTV assessment")
    CSW = "csw", _("CSW recognition")
    UNDECIDED = "undecided", _("Route not decided")


class Authority(models.TextChoices):
    CPTV = "cptv", _("CPTV")
    CSW = "csw", _("CSW")


class IdentificationStatus(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    DECIDED = "decided", _("Decided")


class Identification(Record):
    """The procedure before the competent body, on one referral. Recorded here; decided there."""

    TO_REFERRAL = "referral"
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="identification")
    route = models.CharField(max_length=10, choices=Route, default=Route.UNDECIDED)
    route_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    route_reason = EncryptedTextField()
    status = models.CharField(max_length=10, choices=IdentificationStatus, default=IdentificationStatus.OPEN)
    panel = EncryptedJSONField()  # names by panel role, as far as the body gave them

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("decide_route", "Decide the route when age is not known"),
            ("record_decision", "Record the decision of the competent body"),
        ]
        constraints = [error_pair("identification")]

    def __str__(self) -> str:
        return str(self.referral)


workflow.register(
    Identification,
    [
        Move(
            "record_decision",
            (IdentificationStatus.OPEN, IdentificationStatus.DECIDED),
            IdentificationStatus.DECIDED,
            "referrals.record_decision",
        ),
        # every decision was entered in error: the body's word is awaited again
        Move(
            "reopen_identification",
            (IdentificationStatus.DECIDED,),
            IdentificationStatus.OPEN,
            "cases.mark_in_error",
        ),
    ],
)


class AuthorityChoice(Record):
    """Which rule a supervisor follows where the rules leave several authorities. The newest valid one counts."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="authority_choices")
    question = models.CharField(max_length=20)  # of reference.routing.QUESTIONS
    rule = models.CharField(max_length=60)  # authorities.routing_rules
    authority = models.TextField()  # authorities.authorities, or the rule's printed words
    reason = EncryptedTextField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["chosen_at"]
        permissions = [("choose_authority", "Choose the authority where the rules leave several")]
        constraints = [error_pair("authoritychoice")]

    def __str__(self) -> str:
        return f"{self.referral} {self.question}"


class Decision(Record):
    """What the body decided. Never edited; the newest valid one sets the case's victim status."""

    TO_REFERRAL = "identification__referral"
    identification = models.ForeignKey(Identification, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="decisions")
    authority = models.CharField(max_length=8, choices=Authority)
    outcome = models.CharField(max_length=20)  # code list decision_outcomes
    decided_on = models.DateField()
    on_appeal = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)  # order among decisions of one day
    forms = ArrayField(models.CharField(max_length=40), default=list)
    body = EncryptedTextField()  # which CSW
    reference = EncryptedTextField()
    reasons = EncryptedTextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    age_at_decision = models.SmallIntegerField(null=True)

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["decided_on", "on_appeal", "sequence"]
        indexes = [models.Index(fields=["decided_on"], name="decision_on")]
        constraints = [
            error_pair("decision"),
            models.CheckConstraint(
                name="decision_positive_with_forms", condition=~Q(outcome__in=POSITIVE) | ~Q(forms=[])
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Appeal(Record):
    """An appeal against a decision; one that changes it leads to a new decision."""

    TO_REFERRAL = "identification__referral"
    identification = models.ForeignKey(Identification, on_delete=models.PROTECT, related_name="appeals")
    lodged_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    outcome = models.CharField(max_length=20, blank=True)  # decision_confirmed, decision_changed, withdrawn
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, related_name="appeal")

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [error_pair("appeal")]

    def __str__(self) -> str:
        return str(self.pk)
