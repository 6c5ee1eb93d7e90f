"""The audit trail: references and field names, never values. Rows are only ever added."""

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from casework.access.models import User


def append_only(table: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE. The migration that makes them lets them fire always."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{table} is append-only'; RETURN NULL;",
        ),
    ]


class Kind(models.TextChoices):
    ACT = "act", _("Act")
    READ = "read", _("Read")
    REFUSAL = "refusal", _("Refusal")


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """The auditor sees the trail of the organisation; everybody else nothing. (A case's own trail: `about`.)"""
        if not user.has_perm("audit.read_trail"):
            return self.none()
        return self.filter(organisation_id=user.organisation_id)

    def about(self, record: models.Model) -> "EventQuerySet":
        """Events that name this record, newest first. The caller must already hold the record through visible_to."""
        return self.filter(subjects__contains=[str(record.pk)]).order_by("-id")


class Event(models.Model):
    """One act, read or refusal. `subjects` holds the keys of the records concerned."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=8, choices=Kind)
    verb = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    organisation_id = models.UUIDField(null=True)
    subjects = models.JSONField(default=list)
    labels = models.JSONField(default=list)  # model labels of the subjects, in the same order
    fields = models.JSONField(default=list)  # names of changed fields
    note = models.CharField(max_length=200, blank=True)  # a code or reference number, never free text

    objects = EventQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("read_trail", "Read the audit trail")]
        indexes = [
            models.Index(fields=["organisation_id", "-id"], name="event_by_organisation"),
            models.Index(fields=["organisation_id", "kind", "-id"], name="event_by_kind"),
            models.Index(fields=["organisation_id", "verb", "-id"], name="event_by_verb"),
            models.Index(fields=["actor", "-id"], name="event_by_actor"),
            GinIndex(fields=["subjects"], opclasses=["jsonb_path_ops"], name="event_about"),
            BrinIndex(fields=["at"], name="event_by_time"),
        ]
        triggers = append_only("audit_event")

    def __str__(self) -> str:
        return f"{self.kind} {self.verb} {self.id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)


from casework.audit.seal_models import Review, Seal, Sealer, Verification, Waiting  # noqa: E402, F401
