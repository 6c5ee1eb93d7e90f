"""Messages written with the act that causes them, and the notifications and mails that they become."""

import datetime
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from casework.access.models import User


class Subject(models.TextChoices):
    """What a message is about. The sentence names a reference number and nothing else."""

    REFERRAL_RECEIVED = "referral-received", _("New referral %(reference)s is waiting to be initiated")
    ASSIGNMENT_TO_REVIEW = "assignment-to-review", _("The assignment of case %(reference)s waits for your review")
    CASE_ASSIGNED = "case-assigned", _("Case %(reference)s is assigned to you")
    DECISION_RECORDED = "decision-recorded", _("A decision is recorded in case %(reference)s")
    ROUTE_UNDECIDED = "route-undecided", _("The route of referral %(reference)s waits for your decision")
    CLOCK_OVERDUE = "clock-overdue", _("A 24-hour clock of referral %(reference)s has run out")
    ONWARD_RECEIVED = "onward-received", _("Onward referral %(reference)s has arrived for your organisation")
    ONWARD_ANSWERED = "onward-answered", _("Onward referral %(reference)s was answered")
    ONWARD_WAITING = "onward-waiting", _("Onward referral %(reference)s still waits for an answer: ask again")
    ONWARD_WITHDRAWN = "onward-withdrawn", _("Onward referral %(reference)s was withdrawn by the sender")
    ERASURE_TO_APPROVE = "erasure-to-approve", _("Erasure %(reference)s waits for your decision")
    ERASURE_DECIDED = "erasure-decided", _("Erasure %(reference)s is decided")
    ERASURE_HELD = "erasure-held", _("Erasure %(reference)s is stopped: something stands in the way")
    HOLD_TO_LIFT = "hold-to-lift", _("Hold %(reference)s waits to be lifted")
    ACCESS_TO_REVIEW = "access-to-review", _("Request for access %(reference)s waits for your review")
    ACCESS_READY = "access-ready", _("The answer to request for access %(reference)s is ready")
    ROLE_REQUESTED = "role-requested", _("A role for %(reference)s waits for a second approval")
    SIGN_INS_FAILED = "sign-ins-failed", _("Somebody tried several times in vain to sign in as %(reference)s")
    PASSWORD_CHANGED = "password-changed", _("The password of %(reference)s was changed")
    FACTORS_CHANGED = "factors-changed", _("The second factors of %(reference)s were changed")
    FACTORS_RESET = "factors-reset", _("An admin has reset the second factors of %(reference)s")
    INVITATION_GIVEN = "invitation-given", _("An admin has given a code for a new password of %(reference)s")
    OUTBOX_STUCK = "outbox-stuck", _("Messages are not being delivered. Tell your technician.")
    REVEALED = "revealed", _("%(reference)s revealed something that is hidden by default")
    REVEAL_LIMIT = "reveal-limit", _("%(reference)s has reached the limit of reveals within an hour")
    GLASS_BROKEN = "glass-broken", _("Case %(reference)s was opened with emergency access")
    REVIEW_OVERDUE = "review-overdue", _("A review of emergency access or of a reveal is overdue: %(reference)s")
    SEALING_TO_DECIDE = "sealing-to-decide", _("The sealing of case %(reference)s waits for a second person")
    SEALING_OVERDUE = "sealing-overdue", _("Nobody has decided on the sealing of case %(reference)s")
    SEALED_TOO_FEW = "sealed-too-few", _("Too few people see sealed case %(reference)s: name another")
    CHANGE_TO_DECIDE = "change-to-decide", _("Proposal %(reference)s to change the reference waits for your decision")
    CHANGE_DECIDED = "change-decided", _("Proposal %(reference)s to change the reference is decided")
    LICENCE_ENDS = "licence-ends", _("A licence in the reference ends soon")
    CASE_WITHOUT_CASEWORKER = "case-without-caseworker", _("Case %(reference)s needs another caseworker")


def subjects() -> list[tuple[str, Any]]:
    """The choices of a message's subject; a function, so that a new subject needs no migration."""
    return Subject.choices


class WaitingQuerySet(models.QuerySet[Any]):
    """Rows that the relay hands to the worker. `due_at` is when a row may be published (again).

    Everything asked here is answered by the partial index of the waiting rows: what is done costs nothing.
    """

    DONE = "done_at"

    def waiting(self) -> "WaitingQuerySet":
        return self.filter(**{self.DONE: None})

    def due(self, now: datetime.datetime) -> "WaitingQuerySet":
        """Neither done nor claimed, or claimed so long ago that the claim has expired: the longest due first."""
        return self.waiting().filter(due_at__lte=now).order_by("due_at")

    def in_flight(self, now: datetime.datetime) -> "WaitingQuerySet":
        """Claimed, not done, and the claim has not expired."""
        return self.waiting().filter(due_at__gt=now, claimed_at__isnull=False)


class Message(models.Model):
    """One thing to tell one user. Written in the act's transaction; `done_at` is set with its effect."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=40, choices=subjects)
    reference = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["created_at"], condition=Q(done_at=None), name="message_waiting"),
            models.Index(fields=["due_at"], condition=Q(done_at=None), name="message_due"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"


# Functions from a user to subqueries of reference numbers that are closed to them; apps above append here.
CLOSED_REFERENCES: list[Callable[[Any], list[Any]]] = []


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: "User") -> "NotificationQuerySet":
        """What was told to this user, but for records that have been closed to them since."""
        closed = Q(pk__in=[])  # nothing
        for references in CLOSED_REFERENCES:
            for numbers in references(user):
                closed |= Q(message__reference__in=numbers)
        return self.filter(~closed, recipient=user)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    """What a user finds under “Notifications”: exactly one per message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField(Message, on_delete=models.PROTECT)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["recipient", "-at"], name="notification_of_user")]

    def __str__(self) -> str:
        return str(self.message)

    @property
    def sentence(self) -> str:
        return str(Subject(self.message.subject).label) % {"reference": self.message.reference}


class MailQuerySet(WaitingQuerySet):
    DONE = "closed_at"

    def refused(self) -> "WaitingQuerySet":
        """Not sent, because the address was refused for good."""
        return self.waiting().filter(refused=True)


class Mail(models.Model):
    """The mail of one message: a reference number and a link. At least once, always with the same `id`.

    The `id` is its Message-ID and idempotency key. The address is not kept: it is the recipient's own when it is sent.
    `error` is a code, because a mail server's words quote the address. It is tried until it is sent; one that is
    refused for good is tried now and then, because an admin may correct the address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField(Message, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    refused = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # sent, or left unsent because the account is disabled

    objects = MailQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["due_at"], condition=Q(closed_at=None), name="mail_due"),
            models.Index(fields=["created_at"], condition=Q(closed_at=None), name="mail_waiting"),
        ]
        constraints = [
            models.CheckConstraint(name="mail_sent_is_closed", condition=Q(sent_at=None) | Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Standstill(models.Model):
    """A stretch of time in which something waited for too long. One at a time, so that admins are told once of each."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["ended_at"], nulls_distinct=False, name="standstill_one_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"
