"""Who must be told of a referral: one row each, with when, how and by whom it was done."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.record import Record, error_pair
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

from .referral import OfReferralQuerySet, Referral


class ParticipantStatus(models.TextChoices):
    WAITING = "waiting", _("Not told yet")
    INFORMED = "informed", _("Told")
    WITHDRAWN = "withdrawn", _("Taken off the list")


class How(models.TextChoices):
    """How somebody was told."""

    TELEPHONE = "telephone", _("By telephone")
    PERSON = "person", _("In person")
    LETTER = "letter", _("By letter")
    MAIL = "mail", _("By e-mail")
    SYSTEM = "system", _("Through this system or theirs")


class Participant(Record):
    """Somebody to be told. No document says who the relevant participants are: some are set, the rest is chosen."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="participants")
    status = models.CharField(max_length=10, choices=ParticipantStatus, default=ParticipantStatus.WAITING)
    body = models.TextField(blank=True)  # id of an authority or organisation, or a rule's printed words
    name = EncryptedTextField()  # in words, where the reference has no such body
    proposed_by = models.CharField(max_length=120, blank=True)  # the rule or step that names it; empty: chosen here
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    informed_at = models.DateTimeField(null=True)
    informed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=12, choices=How, blank=True)
    spoke_with = EncryptedTextField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_why = EncryptedTextField()

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["created_at", "pk"]
        constraints = [
            error_pair("participant"),
            models.UniqueConstraint(
                name="participant_once",
                fields=["referral", "body"],
                condition=~Q(body="") & ~Q(status=ParticipantStatus.WITHDRAWN) & Q(error_at=None),
            ),
            models.CheckConstraint(
                name="participant_informed_by_when_how",
                condition=Q(informed_at=None, informed_by=None, how="")
                | (Q(informed_at__isnull=False, informed_by__isnull=False) & ~Q(how="")),
            ),
            models.CheckConstraint(
                name="participant_informed_when_told",
                condition=~Q(status=ParticipantStatus.INFORMED) | Q(informed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="participant_withdrawn_by_when",
                condition=Q(status=ParticipantStatus.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(status=ParticipantStatus.WITHDRAWN) & Q(withdrawn_at=None, withdrawn_by=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral} {self.body}"


workflow.register(
    Participant,
    [
        Move(
            "inform_participant",
            (ParticipantStatus.WAITING,),
            ParticipantStatus.INFORMED,
            "referrals.record_informed",
        ),
        Move(
            "withdraw_participant",
            (ParticipantStatus.WAITING, ParticipantStatus.INFORMED),
            ParticipantStatus.WITHDRAWN,
            "referrals.record_informed",
        ),
    ],
)
