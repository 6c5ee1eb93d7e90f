"""What signing in leaves behind: sessions, and the one-time codes that open an account."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: Any) -> "SessionQuerySet":
        """Everybody sees their own sessions."""
        return self.filter(user=user).live()

    def live(self) -> "SessionQuerySet":
        """Sessions that their next request would still find: neither idle for too long nor too old."""
        return self.filter(_alive(timezone.now()))

    def over(self) -> "SessionQuerySet":
        return self.exclude(_alive(timezone.now()))


def _alive(now: datetime.datetime) -> Q:
    idle = now - datetime.timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    oldest = now - datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return Q(expire_date__gt=now, last_seen_at__gt=idle) & (Q(signed_in_at=None) | Q(signed_in_at__gt=oldest))


class SessionManager(BaseSessionManager.from_queryset(SessionQuerySet)):  # type: ignore[misc]
    pass


class Session(AbstractBaseSession):
    """A session: whose, since when, last seen when, on what kind of device. Its key is hashed, its content sealed.

    `handle` names it on pages, where nothing of the key may stand.
    """

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_in_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField()
    device = models.CharField(max_length=60, blank=True)

    objects = SessionManager()  # type: ignore[misc]

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_user")]
        constraints = [
            models.CheckConstraint(
                name="session_user_and_when",
                condition=Q(user=None, signed_in_at=None) | Q(user__isnull=False, signed_in_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.handle)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from casework.access.sessions import SessionStore

        return SessionStore

    @property
    def why_over(self) -> str:
        """A code for the trail: `idle` or `age`; empty while the session lives."""
        now = timezone.now()
        if self.last_seen_at <= now - datetime.timedelta(seconds=settings.SESSION_IDLE_SECONDS):
            return "idle"
        oldest = now - datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if self.expire_date <= now or (self.signed_in_at and self.signed_in_at <= oldest):
            return "age"
        return ""


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: Any) -> "InvitationQuerySet":
        """Those who manage accounts see what waits in their own organisation. (The code itself nobody sees again.)"""
        if not user.has_perm("access.manage_users"):
            return self.none()
        return self.filter(user__organisation=user.organisation_id)

    def waiting(self) -> "InvitationQuerySet":
        return self.filter(used_at=None, replaced_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A one-time code with which somebody sets the password of their account. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations")
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None, replaced_at=None), name="invitation_one_at_a_time"
            ),
            models.CheckConstraint(name="invitation_never_for_oneself", condition=~Q(made_by=F("user"))),
            models.CheckConstraint(name="invitation_expires_later", condition=Q(expires_at__gt=F("made_at"))),
            models.CheckConstraint(name="invitation_used_or_replaced", condition=Q(used_at=None) | Q(replaced_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.id)
