"""Who works here: organisations, teams, users, duty, and how a role is given."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from casework.access.grants import TAKES_TWO, Role
from casework.vault.fields import EncryptedJSONField
from casework.vault.models import Sealed


class OrganisationKind(models.TextChoices):
    NGO = "ngo", _("Non-governmental organisation")
    CPTV = "cptv", _("CPTV (centre for protection of trafficking victims)")
    CSW = "csw", _("CSW (centre for social work)")
    GOVERNMENT = "government", _("Other government body")


class Organisation(models.Model):
    """A body whose people use this installation. The kind switches the identification procedure on (CPTV)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    short_name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=OrganisationKind)
    receives_referrals = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


def _session_salt() -> str:
    return get_random_string(24)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> "UserQuerySet":
        """Those who manage users or give duty see the accounts of their own organisation; others nobody."""
        if not (user.has_perm("access.manage_users") or user.has_perm("access.set_duty")):
            return self.none()
        return self.filter(organisation=user.organisation_id, service=False)

    def colleagues(self, organisation: Any, *roles: str) -> "UserQuerySet":
        """Active users of an organisation who hold one of these roles, by name."""
        held = self.filter(organisation=organisation, is_active=True, groups__name__in=roles)
        return held.distinct().order_by("full_name", "pk")


class UserManager(models.Manager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Without create_superuser: nobody is above the roles."""

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(username=username)


class User(AbstractUser):
    """An account. Roles come as groups filled from GRANTS; superusers do not exist."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    full_name = models.CharField(_("full name"), max_length=150)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="members")
    service = models.BooleanField(default=False, db_default=False, editable=False)  # a key's: nobody signs in
    session_salt = models.CharField(max_length=24, default=_session_salt, editable=False)
    # Who last gave a code for the password, and who last reset the second factors. One person who did both could
    # sign in as somebody else, so the services keep them apart until the account's owner has signed in again.
    code_given_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    factors_reset_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[misc]

    class Meta:
        default_permissions = ()
        permissions = [
            ("manage_users", "Create and disable accounts"),
            ("set_duty", "Set who is on duty"),
            ("request_role", "Ask for a role for an account"),
            ("approve_role", "Approve a role as the second person"),
        ]
        constraints = [
            models.CheckConstraint(name="user_never_above_roles", condition=Q(is_superuser=False, is_staff=False)),
            models.CheckConstraint(
                name="user_not_taken_over_by_one",
                condition=Q(code_given_by=None) | Q(factors_reset_by=None) | ~Q(code_given_by=F("factors_reset_by")),
            ),
            models.CheckConstraint(
                name="user_service_never_signs_in",
                condition=Q(service=False) | Q(password__startswith="!"),  # noqa: S106  (no password)
            ),
            models.CheckConstraint(name="user_code_never_from_oneself", condition=~Q(code_given_by=F("id"))),
            models.CheckConstraint(name="user_factors_never_reset_by_oneself", condition=~Q(factors_reset_by=F("id"))),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    def get_session_auth_hash(self) -> str:
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # The salt changes when an account is disabled: every session of the account ends with its next request.
        from django.utils.crypto import salted_hmac

        return salted_hmac(
            "casework.access.session", self.password + self.session_salt, secret=secret, algorithm="sha256"
        ).hexdigest()

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @cached_property
    def on_duty(self) -> bool:
        return Duty.objects.filter(user=self).at(timezone.now()).exists()


class DutyQuerySet(models.QuerySet["Duty"]):
    def at(self, moment: Any) -> "DutyQuerySet":
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)

    def visible_to(self, user: User) -> "DutyQuerySet":
        return self.filter(organisation=user.organisation_id)


class Duty(models.Model):
    """A stretch of time in which a caseworker receives the organisation's new referrals, also at night."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="duties")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = DutyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(name="duty_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            ExclusionConstraint(
                name="duty_once_per_user_and_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), function="TSTZRANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.starts_at:%Y-%m-%d %H:%M}"


class RoleRequestStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for a second approval")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended with an account")


class RoleRequestQuerySet(models.QuerySet["RoleRequest"]):
    def visible_to(self, user: User) -> "RoleRequestQuerySet":
        if not (user.has_perm("access.request_role") or user.has_perm("access.approve_role")):
            return self.none()
        return self.filter(user__organisation=user.organisation_id)


class RoleRequest(models.Model):
    """A role asked for an account. Nobody asks for or approves their own; roles that open records take two people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_requests")
    role = models.CharField(max_length=20, choices=Role)
    status = models.CharField(max_length=12, choices=RoleRequestStatus, default=RoleRequestStatus.WAITING)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(name="role_never_for_oneself", condition=~Q(requested_by=F("user"))),
            models.CheckConstraint(
                name="role_never_approved_by_its_user",
                condition=Q(decided_by=None) | ~Q(decided_by=F("user")) | Q(status=RoleRequestStatus.ENDED),
            ),
            models.CheckConstraint(
                name="role_that_opens_records_takes_two",
                condition=~Q(status=RoleRequestStatus.GRANTED)
                | ~Q(role__in=sorted(TAKES_TWO))
                | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="role_decided_by_and_when",
                condition=Q(status=RoleRequestStatus.WAITING, decided_by=None, decided_at=None)
                | (~Q(status=RoleRequestStatus.WAITING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(status=RoleRequestStatus.WAITING), name="role_asked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class Draft(Sealed):
    """What a user had typed when the session expired, or while typing: encrypted under a key of its own."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=200)
    data = EncryptedJSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    going_on = models.BooleanField(default=False, db_default=False)  # kept while somebody types; one for each page

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "path"], condition=Q(going_on=True), name="draft_going_on_once_per_page"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


from casework.access.account_models import Invitation, Session  # noqa: E402, F401
from casework.access.key_models import ApiKey  # noqa: E402, F401
from casework.access.record import Counter  # noqa: E402, F401  (models of this app, kept with what uses them)
