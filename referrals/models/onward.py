"""An onward referral: a person of a case is passed on to another body, and what came of it."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.cases.models import Case, Consent
from casework.vault.fields import EncryptedJSONField, EncryptedTextField
from casework.workflow import Move
from reference import codes

from .referral import Referral

if TYPE_CHECKING:
    from casework.access.models import User

TAKE_OVER = "take-over"  # the purpose (code list consent_purposes) that hands the whole case over


class OnwardStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    CONCLUDED = "concluded", _("Result known")
    WITHDRAWN = "withdrawn", _("Withdrawn")


WAITING = (OnwardStatus.SENT, OnwardStatus.ACKNOWLEDGED)
# The other side has said that it has it, and has not said no.
CONFIRMED = (OnwardStatus.ACKNOWLEDGED, OnwardStatus.ACCEPTED, OnwardStatus.CONCLUDED)


class OnwardQuerySet(RecordQuerySet):
    """For those who send: whoever sees the case."""

    PERSON_PATHS = ("case__person",)

    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("referrals.send_onward"):
            return []
        live = named("case__grants", user, "view_case")
        if user.has_role(Role.SUPERVISOR):
            return [Q(organisation=user.organisation_id, case__sealed=False), live]
        return [Q(case__caseworker=user, case__sealed=False), live]

    def waiting(self) -> "OnwardQuerySet":
        return self.filter(status__in=WAITING, error_at=None)


class Onward(Record):
    """A person of a case passed on to another body. What was shared is frozen in `snapshot` when it is sent."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="onward")
    status = models.CharField(max_length=12, choices=OnwardStatus, default=OnwardStatus.DRAFT)
    purpose = models.CharField(max_length=40)  # code list consent_purposes
    recipient_kind = models.CharField(max_length=40)  # code list recipient_kinds
    recipient = EncryptedTextField()  # its name, as it was when it was chosen; empty for the one CPTV
    recipient_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="received_onward"
    )  # one that works with this installation, too
    recipient_entry = models.CharField(max_length=80, blank=True)  # code of an entry of reference organisations
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    shared = ArrayField(models.CharField(max_length=20), default=list)  # chosen one by one (services.sharing)
    summary = EncryptedTextField()
    needs = EncryptedTextField()
    opinion = EncryptedTextField()  # the organisation's own; it counts nowhere
    snapshot = EncryptedJSONField()  # what was shared, as values and codes
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, related_name="+")  # that allowed it

    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=40, blank=True)  # code list referral_channels
    acknowledged_at = models.DateTimeField(null=True)
    their_number = EncryptedTextField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answer_why = EncryptedTextField()
    result_on = models.DateField(null=True)
    result = EncryptedTextField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = EncryptedTextField()
    became = models.OneToOneField(
        Referral, on_delete=models.PROTECT, null=True, related_name="came_from"
    )  # of the organisation that accepted it

    objects = OnwardQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("send_onward", "Prepare and send an onward referral"),
            ("answer_onward", "Record the answer to an onward referral, or give it"),
            ("hand_over_case", "Hand a case over to another organisation"),
        ]
        indexes = [
            models.Index(fields=["case", "-number"], name="onward_of_case"),
            models.Index(
                fields=["organisation", "sent_at", "number"],
                condition=Q(status__in=["sent", "acknowledged"], error_at=None),
                name="onward_waiting",
            ),
            models.Index(
                fields=["recipient_organisation", "-number"],
                condition=Q(recipient_organisation__isnull=False),
                name="onward_received",
            ),
        ]
        constraints = [
            error_pair("onward"),
            models.CheckConstraint(
                name="onward_sent_whole",
                condition=Q(sent_at=None, sent_by=None, snapshot__isnull=True, consent=None)
                | Q(sent_at__isnull=False, sent_by__isnull=False, snapshot__isnull=False, consent__isnull=False),
            ),
            models.CheckConstraint(
                name="onward_sent_when", condition=Q(status__in=["draft", "withdrawn"]) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="onward_acknowledged_when",
                condition=~Q(status__in=["acknowledged", "accepted", "concluded"]) | Q(acknowledged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="onward_answered_when",
                condition=~Q(status__in=["accepted", "refused", "concluded"]) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="onward_refused_because", condition=~Q(status="refused") | Q(answer_why__isnull=False)
            ),
            models.CheckConstraint(
                name="onward_concluded_how",
                condition=~Q(status="concluded") | Q(result__isnull=False, result_on__isnull=False),
            ),
            models.CheckConstraint(
                name="onward_withdrawn_because",
                condition=Q(status="withdrawn", withdrawn_at__isnull=False, withdrawn_why__isnull=False)
                | (~Q(status="withdrawn") & Q(withdrawn_at=None, withdrawn_why__isnull=True)),
            ),
            models.CheckConstraint(
                name="onward_to_another",
                condition=Q(recipient_organisation=None) | ~Q(recipient_organisation=F("organisation")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def to_whom(self) -> str:
        """What a page calls the recipient: its name, or what kind of body it is where there is only one."""
        return self.recipient or str(codes.label("recipient_kinds", self.recipient_kind))

    @property
    def takes_over(self) -> bool:
        """Whether the other organisation is to take the case over."""
        return self.purpose == TAKE_OVER


class ReceivedQuerySet(OnwardQuerySet):
    """For those who receive: an organisation of this installation sees what was sent to it, and nothing before."""

    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("referrals.answer_onward"):
            return []
        sent = Q(recipient_organisation=user.organisation_id, sent_at__isnull=False, error_at=None)
        if user.has_role(Role.SUPERVISOR) or user.on_duty:
            return [sent]
        return [sent & Q(answered_by=user)]


class Received(Onward):
    """The same row, seen by the organisation it was sent to: only what was shared is shown."""

    objects = ReceivedQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        proxy = True
        default_permissions = ()


_ANSWERABLE = (OnwardStatus.SENT, OnwardStatus.ACKNOWLEDGED)
workflow.register(
    Onward,
    [
        Move("send_onward", (OnwardStatus.DRAFT,), OnwardStatus.SENT, "referrals.send_onward"),
        Move("acknowledge_onward", (OnwardStatus.SENT,), OnwardStatus.ACKNOWLEDGED, "referrals.answer_onward"),
        Move("accept_onward", _ANSWERABLE, OnwardStatus.ACCEPTED, "referrals.answer_onward"),
        Move("refuse_onward", _ANSWERABLE, OnwardStatus.REFUSED, "referrals.answer_onward"),
        Move("record_result", (OnwardStatus.ACCEPTED,), OnwardStatus.CONCLUDED, "referrals.send_onward"),
        Move(
            "withdraw_onward",
            (OnwardStatus.DRAFT, *_ANSWERABLE),
            OnwardStatus.WITHDRAWN,
            "referrals.send_onward",
        ),
    ],
)


class ReminderKind(models.TextChoices):
    ACKNOWLEDGE = "acknowledge", _("Acknowledgement awaited")
    ANSWER = "answer", _("Answer awaited")


class ReminderQuerySet(models.QuerySet["OnwardReminder"]):
    def visible_to(self, user: "User") -> "ReminderQuerySet":
        return self.filter(onward__in=Onward.objects.visible_to(user))

    def running(self) -> "ReminderQuerySet":
        return self.filter(met_at=None, stopped_at=None)


class OnwardReminder(models.Model):
    """When to ask again: the caseworker is told once, when `due_at` has passed without an answer."""

    onward = models.ForeignKey(Onward, on_delete=models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=12, choices=ReminderKind)
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # withdrawn, or entered in error
    reminded_at = models.DateTimeField(null=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["onward", "kind"], name="onwardreminder_once")]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(met_at=None, stopped_at=None, reminded_at=None),
                name="onwardreminder_running",
            )
        ]

    def __str__(self) -> str:
        return f"{self.onward} {self.kind}"
