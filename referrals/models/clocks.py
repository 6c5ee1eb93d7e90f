"""The clocks of a referral, and each step of their escalation."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .referral import Referral

if TYPE_CHECKING:
    from casework.access.models import User


class ClockKind(models.TextChoices):
    INITIATE = "24h-initiate", _("Initiate a case")
    INFORM = "24h-inform", _("Inform everyone concerned")


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def visible_to(self, user: "User") -> "DeadlineQuerySet":
        return self.filter(referral__in=Referral.objects.visible_to(user))

    def running(self) -> "DeadlineQuerySet":
        return self.filter(met_at=None, stopped_at=None)


class Deadline(models.Model):
    """A clock from receipt (code list clocks). It never pauses; each step of its escalation happens once."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="deadlines")
    kind = models.CharField(max_length=20, choices=ClockKind)
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # the referral was declined, linked or entered in error
    escalated_at = models.DateTimeField(null=True)  # the first step; all of them are in `escalations`

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["referral", "kind"], name="deadline_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(met_at=None, stopped_at=None), name="deadline_running")]

    def __str__(self) -> str:
        return f"{self.referral} {self.kind}"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: "User") -> "EscalationQuerySet":
        return self.filter(deadline__in=Deadline.objects.visible_to(user))


class Escalation(models.Model):
    """One step of a clock's escalation that was taken. The database refuses the same step twice."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveSmallIntegerField()  # 1 for the first of ESCALATE_AFTER_HOURS
    at = models.DateTimeField()

    objects = EscalationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["deadline", "step"], name="escalation_once_per_step")]

    def __str__(self) -> str:
        return f"{self.deadline} {self.step}"
