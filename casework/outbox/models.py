"""Messages written with the act that causes them, and the notifications that they become."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
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
    ROLE_REQUESTED = "role-requested", _("A role for %(reference)s waits for a second approval")


class Message(models.Model):
    """One thing to tell one user. Written in the act's transaction; `done_at` is set with its effect."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=40, choices=Subject)
    reference = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["created_at"], condition=Q(done_at=None), name="message_waiting")]

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: "User") -> "NotificationQuerySet":
        return self.filter(recipient=user)

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
