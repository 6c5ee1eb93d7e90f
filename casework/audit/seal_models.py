"""What seals the trail: batches of events in a signed chain, what still waits, and what the auditors made of it."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from casework.audit.models import append_only
from casework.vault.fields import EncryptedTextField
from casework.vault.models import Sealed

if TYPE_CHECKING:
    from casework.access.models import User


class AuditorsQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "AuditorsQuerySet":
        """The chain is the installation's, holds numbers and hashes alone, and every auditor may check it."""
        return self.all() if user.has_perm("audit.read_trail") else self.none()


class Waiting(models.Model):
    """An event that no batch holds yet. A trigger of audit_event writes the row in the event's own transaction, so an
    event that commits late is found like any other; the sealer takes the row away in the batch's transaction."""

    event_id = models.BigIntegerField(primary_key=True)

    objects = AuditorsQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.event_id)


class Seal(models.Model):
    """One batch: the events it holds, the hash of each as it was, and the head of the chain with its signature."""

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    form = models.PositiveSmallIntegerField(default=1)  # how the bytes are laid out: see casework.audit.chain
    made_at = models.DateTimeField()
    first = models.BigIntegerField()  # smallest and largest id: a batch may hold smaller ones than the batch before
    last = models.BigIntegerField()
    count = models.PositiveIntegerField()
    event_ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()  # 32 bytes for each event, in the order of event_ids
    previous = models.BinaryField()
    head = models.BinaryField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField()

    objects = AuditorsQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="seal_counts_its_events", condition=Q(count__gt=0, position__gt=0)),
            models.CheckConstraint(name="seal_first_before_last", condition=Q(first__lte=F("last"))),
        ]
        triggers = append_only("audit_seal")

    def __str__(self) -> str:
        return str(self.position)


class Sealer(models.Model):
    """One row: when the sealer last ran, and how far the outside knows. No evidence, only what the health page asks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ran_at = models.DateTimeField(null=True)
    anchored_at = models.DateTimeField(null=True)
    anchored_position = models.BigIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    mailed_position = models.BigIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)  # a code of casework.audit.seals.TROUBLES

    objects = AuditorsQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="sealer_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return "sealer"


class Verification(models.Model):
    """One run of verify_audit and what it found."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    finding = models.CharField(max_length=40, blank=True)  # a code of casework.audit.verify.FINDINGS; empty: sound
    position = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    seals = models.BigIntegerField()
    events = models.BigIntegerField()
    waiting = models.BigIntegerField()
    anchors = models.BigIntegerField()
    seconds = models.FloatField()

    objects = AuditorsQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        triggers = append_only("audit_verification")

    def __str__(self) -> str:
        return f"{self.at} {self.finding}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, user: "User") -> "ReviewQuerySet":
        """The auditors of the organisation."""
        if not user.has_perm("audit.read_trail"):
            return self.none()
        return self.filter(organisation_id=user.organisation_id)


class Review(Sealed):
    """A week of an organisation's trail that an auditor looked through and signed."""

    organisation_id = models.UUIDField()
    week = models.DateField()  # its Monday
    auditor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    looked_at = models.JSONField(default=dict)  # counts by code, as the auditor saw them when signing
    remark = EncryptedTextField()
    signed_at = models.DateTimeField()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "week"], name="review_signed_once"),
            models.CheckConstraint(name="review_of_a_monday", condition=Q(week__iso_week_day=1)),
        ]
        triggers = append_only("audit_review")

    def __str__(self) -> str:
        return f"{self.week}"
