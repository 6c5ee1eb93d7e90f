"""Risk on intake, before any decision: how high, why, and what the person needs at once."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.record import Record, error_pair
from casework.cases.models import RiskLevel
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

from .referral import OfReferralQuerySet, Referral


class RiskAssessment(Record):
    """One early risk assessment. The newest valid one is the risk of the case, until somebody amends that."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="risk_assessments")
    level = models.CharField(max_length=8, choices=RiskLevel)
    factors = ArrayField(models.CharField(max_length=40), default=list)  # code list vulnerability_factors
    reasons = EncryptedTextField()
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["assessed_at"]
        permissions = [("assess_risk", "Assess the risk on intake")]
        constraints = [
            error_pair("riskassessment"),
            models.CheckConstraint(
                name="riskassessment_says_how_high",
                condition=Q(level__in=[RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral} {self.level}"


class NeedStatus(models.TextChoices):
    OPEN = "open", _("Not met yet")
    MET = "met", _("Met")
    WITHDRAWN = "withdrawn", _("Not needed any more")


class UrgentNeed(Record):
    """What somebody needs at once: a bed, a doctor, an interpreter. It waits for no decision."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="urgent_needs")
    kind = models.CharField(max_length=40)  # code list assistance_services
    status = models.CharField(max_length=10, choices=NeedStatus, default=NeedStatus.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    said = EncryptedTextField()  # who helped and how, or why it is not needed any more

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["asked_at", "kind"]
        constraints = [
            error_pair("urgentneed"),
            models.UniqueConstraint(
                name="urgentneed_open_once",
                fields=["referral", "kind"],
                condition=Q(status=NeedStatus.OPEN, error_at=None),
            ),
            models.CheckConstraint(
                name="urgentneed_ended_by_when",
                condition=Q(status=NeedStatus.OPEN, ended_at=None, ended_by=None)
                | (~Q(status=NeedStatus.OPEN) & Q(ended_at__isnull=False, ended_by__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(status="open", error_at=None), name="urgentneed_open")]

    def __str__(self) -> str:
        return f"{self.referral} {self.kind}"


workflow.register(
    UrgentNeed,
    [
        Move("meet_need", (NeedStatus.OPEN,), NeedStatus.MET, "referrals.assess_risk"),
        Move("withdraw_need", (NeedStatus.OPEN,), NeedStatus.WITHDRAWN, "referrals.assess_risk"),
    ],
)
