"""Witness status: a gated chain (identification, designation by the prosecutor, then the status itself)."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.cases.models import Case
from casework.justice.chain import refuse_out_of_order
from casework.people.models import Person
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

if TYPE_CHECKING:
    from casework.access.models import User


class WitnessOutcome(models.TextChoices):
    PENDING = "pending", _("Requested")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class WitnessStatusQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "WitnessStatusQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))


class WitnessStatus(Record):
    """One requested status or designation (code list witness_statuses)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="witness_statuses")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="witness_statuses")
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=WitnessOutcome, default=WitnessOutcome.PENDING)
    requested_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    decided_by_body = EncryptedTextField()  # the prosecutor's office or court
    reasons = EncryptedTextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    age_at_decision = models.SmallIntegerField(null=True)

    objects = WitnessStatusQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("request_witness_status", "Request a witness status"),
            ("grant_witness_status", "Record that a witness status is granted"),
            ("refuse_witness_status", "Record that a witness status is refused"),
            ("withdraw_witness_status", "Withdraw a request"),
        ]
        ordering = ["requested_on", "created_at"]
        indexes = [models.Index(fields=["kind", "decided_on"], name="witnessstatus_of_kind")]
        constraints = [
            error_pair("witnessstatus"),
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=Q(status__in=["pending", "granted"], error_at=None, imported=False),
                name="witnessstatus_one_live",
            ),
            models.CheckConstraint(
                name="witnessstatus_granted_when",
                condition=~Q(status="granted") | Q(decided_on__isnull=False) | Q(imported=True),
            ),
            models.CheckConstraint(
                name="witnessstatus_decided_after_request",
                condition=Q(decided_on=None) | Q(requested_on=None) | Q(decided_on__gte=F("requested_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.kind}"


_PENDING = (WitnessOutcome.PENDING,)
workflow.register(
    WitnessStatus,
    [
        Move(
            "grant_witness_status",
            _PENDING,
            WitnessOutcome.GRANTED,
            "justice.grant_witness_status",
            guard=refuse_out_of_order,
        ),
        Move("refuse_witness_status", _PENDING, WitnessOutcome.REFUSED, "justice.refuse_witness_status"),
        Move("withdraw_witness_status", _PENDING, WitnessOutcome.WITHDRAWN, "justice.withdraw_witness_status"),
    ],
)
