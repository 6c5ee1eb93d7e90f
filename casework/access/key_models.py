"""Keys with which another body's program speaks to the API."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a key may do."""

    SUBMIT = "submit", _("Submit referrals")
    ATTACH = "attach", _("Attach files to its own submissions")
    STATUS = "status", _("Ask how far its own submissions are")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: Any) -> "ApiKeyQuerySet":
        """Admins see the keys that their organisation gave, and those that speak in its name."""
        if not user.has_perm("access.manage_keys"):
            return self.none()
        return self.filter(Q(issuer=user.organisation_id) | Q(body=user.organisation_id))

    def live(self, now: datetime.datetime) -> "ApiKeyQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now, account__is_active=True)

    def beside(self, key: "ApiKey") -> "ApiKeyQuerySet":
        """The keys that speak for the same body to the same organisation: the one before it, the one after it."""
        return self.filter(body=key.body_id, issuer=key.issuer_id)


class ApiKey(models.Model):
    """One key: in whose name, given by whom, for what and until when. Of the key itself there is a keyed hash alone.

    It acts through an account of its own, which has the responder's role, no password, and no way to sign in. A key
    that an organisation gives to another body submits to that organisation only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    body = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="+")
    issuer = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="+")
    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_key")
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("manage_keys", "Make and revoke keys for other programs")]
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["body", "issuer"], name="apikey_of_body")]
        constraints = [
            models.CheckConstraint(name="apikey_expires", condition=Q(expires_at__gt=F("made_at"))),
            models.CheckConstraint(
                name="apikey_known_scopes", condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes=[])
            ),
            models.CheckConstraint(
                name="apikey_revoked_by_and_when",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def state(self) -> str:
        """`live`, `revoked` or `expired`, for pages."""
        if self.revoked_at is not None or not self.account.is_active:
            return "revoked"
        return "live" if self.expires_at > timezone.now() else "expired"
