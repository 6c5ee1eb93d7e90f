"""What every record has: a version for stale forms, a mark for what was wrong, a number that is never used twice."""

from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from casework.access.visibility import VisibleQuerySet
from casework.vault.fields import EncryptedTextField
from casework.vault.models import Sealed


class RecordQuerySet(VisibleQuerySet):
    def valid(self) -> "RecordQuerySet":
        """Without what was entered in error."""
        return self.filter(error_at=None)


class Record(Sealed):
    """A row of somebody's record. Nothing is deleted; what was wrong is marked, by whom, when and why."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    imported = models.BooleanField(default=False)
    # For imported rows: keyed hashes of the sender's key and of the row's content, so that a second import finds them.
    external_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    external_print = models.CharField(max_length=64, null=True, editable=False)
    error_at = models.DateTimeField(null=True)
    error_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    error_why = EncryptedTextField()

    class Meta:
        abstract = True
        default_permissions = ()

    @property
    def entered_in_error(self) -> bool:
        return self.error_at is not None


def error_pair(model: str) -> models.CheckConstraint:
    """The check that pairs who, when and why of `entered_in_error`; each model declares it with its own name."""
    return models.CheckConstraint(
        name=f"{model}_error_by_when_why",
        condition=Q(error_at=None, error_by=None, error_why__isnull=True)
        | Q(error_at__isnull=False, error_by__isnull=False, error_why__isnull=False),
    )


class Counter(models.Model):
    """The last number given in a series (`R`, `C`) and year."""

    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        app_label = "access"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.last:06}"


def next_number(series: str, year: int, *, count: int = 1) -> str:
    """The next reference number, such as `R-2026-000123`: one series for the installation, without gaps.

    With `count`, reserves that many and returns the first. Holds the series until the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_counter (series, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (series, year) DO UPDATE SET last = access_counter.last + EXCLUDED.last RETURNING last",
            [series, year, count],
        )
        row: Any = cursor.fetchone()
    return f"{series}-{year}-{row[0] - count + 1:06}"
