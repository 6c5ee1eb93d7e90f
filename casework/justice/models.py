"""Witness status, a gated chain (identification, designation by the prosecutor, then the status), and proceedings."""

import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.cases.models import Case
from casework.justice.chain import refuse_out_of_order
from casework.people.models import Answer, Person
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


class ProceedingQuerySet(RecordQuerySet):
    PERSON_PATHS = ()  # the case's own rule shuts out whom it shuts out

    def principals(self, user: "User") -> list[Q]:
        return [Q(case__in=Case.objects.visible_to(user))]

    def without_specialist(self) -> "ProceedingQuerySet":
        """Those that are known to go without a specialised prosecutor; where it is not known, that is another thing."""
        return self.filter(specialised_prosecutor=Answer.NO)


class Proceeding(Record):
    """One criminal proceeding that a case is about.

    Whether a specialised prosecutor has it is always answered, and a “no” with its reason: no system referred cases to
    them consistently (document 004, “did not have a system to consistently refer trafficking cases”).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proceedings")
    reference = EncryptedTextField()
    prosecutors_office = EncryptedTextField()
    court = EncryptedTextField()
    offence = models.CharField(max_length=80, blank=True)  # of offences.offences; empty: not known
    opened_on = models.DateField()
    committed_on = models.DateField(null=True)  # the day of the act, or the first of several; None: not known
    ended_on = models.DateField(null=True)
    cyber = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)  # information technology as means
    suspect_juvenile = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    specialised_prosecutor = models.CharField(max_length=8, choices=Answer)
    why_no_specialist = EncryptedTextField()
    stage = models.CharField(max_length=40, blank=True)
    proceeds_confiscated = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    confiscation_note = EncryptedTextField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ProceedingQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("open_proceeding", "Open a proceeding"),
            ("amend_proceeding", "Amend a proceeding"),
            ("list_proceedings", "See the organisation's proceedings"),
        ]
        ordering = ["-opened_on", "-created_at"]
        indexes = [
            models.Index(fields=["-opened_on", "-id"], name="proceeding_newest"),
            models.Index(
                fields=["-opened_on", "-id"],
                condition=Q(specialised_prosecutor="no"),
                name="proceeding_no_specialist",
            ),
        ]
        constraints = [
            error_pair("proceeding"),
            models.CheckConstraint(
                name="proceeding_answers",
                condition=Q(
                    cyber__in=Answer.values,
                    suspect_juvenile__in=Answer.values,
                    specialised_prosecutor__in=Answer.values,
                    proceeds_confiscated__in=Answer.values,
                ),
            ),
            models.CheckConstraint(
                name="proceeding_no_specialist_with_why",
                condition=Q(specialised_prosecutor="no", why_no_specialist__isnull=False)
                | (~Q(specialised_prosecutor="no") & Q(why_no_specialist__isnull=True)),
            ),
            models.CheckConstraint(
                name="proceeding_not_before_the_act",
                condition=Q(committed_on=None) | Q(committed_on__lte=F("opened_on")),
            ),
            models.CheckConstraint(
                name="proceeding_ends_not_before_start",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def law_day(self) -> datetime.date:
        """The day whose law counts: that of the act, or of the opening where it is not known."""
        return self.committed_on or self.opened_on
