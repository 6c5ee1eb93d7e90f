"""What the technician's page remembers: backups, tried restores, drills. No personal data."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Chore(models.TextChoices):
    BACKUP = "backup", _("Backup")
    RESTORE = "restore", _("Restore")
    RESTORE_CHECK = "restore-check", _("Restore tried out")
    ESCROW_SPLIT = "escrow-split", _("Keys split among people")
    ESCROW_DRILL = "escrow-drill", _("Escrow tried out")
    KEY_ROTATION = "key-rotation", _("Keys rewrapped")


class RunQuerySet(models.QuerySet["Run"]):
    def newest(self, chore: str, *, ok: bool = True) -> "Run | None":
        """The newest run of a chore that went well, or badly."""
        return self.filter(chore=chore, ok=ok).order_by("-at").first()


class Run(models.Model):
    """One chore of the technician that was carried out, and how it went."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chore = models.CharField(max_length=16, choices=Chore)
    at = models.DateTimeField(default=timezone.now)
    ok = models.BooleanField()
    seconds = models.FloatField(default=0)
    size = models.BigIntegerField(null=True)  # bytes of a backup
    reference = models.CharField(max_length=64, blank=True)  # a backup's id, the name of a key
    note = models.CharField(max_length=300, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("view_health", "See the state of the installation")]
        indexes = [models.Index(fields=["chore", "-at"], name="run_of_chore")]
        constraints = [models.CheckConstraint(name="run_chore_known", condition=models.Q(chore__in=Chore.values))]

    def __str__(self) -> str:
        return f"{self.chore} {self.at:%Y-%m-%d %H:%M}"
