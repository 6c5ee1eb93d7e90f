"""Verbs on accounts, roles and duty."""

import datetime
import uuid
from collections.abc import Callable

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.account_models import Invitation
from casework.access.grants import GRANTS, OPENS_RECORDS, TAKES_TWO, Role
from casework.access.models import Duty, Organisation, RoleRequest, RoleRequestStatus, Team, User, _session_salt
from casework.access.sessions import end_sessions
from casework.audit import services as audit
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused

# What an app has against closing an account: each is called with the locked user, inside the transaction, and raises
# `Refused` when a record would be left without somebody who may see it. Apps add theirs in `AppConfig.ready()`. They
# are also asked before the role that makes somebody a supervisor, or the last role that opens records, is taken away.
DISABLE_GUARDS: list[Callable[[User], None]] = []


def require_over(user: User, by: User, permission: str = "access.manage_users") -> None:
    """Raise `Refused` unless `by` is active, may do this, and belongs to the organisation of the account concerned."""
    if not (by.is_active and by.has_perm(permission) and by.organisation_id == user.organisation_id):
        raise Refused(_("Your role may not do this."), permission=permission)


@transaction.atomic
def load_roles() -> None:
    """Make the groups' permissions equal GRANTS. Raises ValueError when GRANTS names a permission no model declares."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    missing = {name for names in GRANTS.values() for name in names} - known.keys()
    if missing:
        raise ValueError(f"GRANTS names unknown permissions: {', '.join(sorted(missing))}")
    for role, names in GRANTS.items():
        group, _made = Group.objects.get_or_create(name=str(role))
        group.permissions.set(known[name] for name in names)


@transaction.atomic
def create_user(
    *,
    username: str,
    full_name: str,
    organisation: Organisation,
    created_by: User | None,
    email: str = "",
    team: Team | None = None,
    password: str | None = None,
) -> User:
    """Create an account without any role; `created_by` is None only in set-up.

    Without a password nobody can sign in until `invite()` has given a code and its owner has chosen one.
    """
    user = User(username=username, full_name=full_name, email=email, organisation=organisation, team=team)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(_("This user name is taken. Choose another."), field="username")
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages), field="password") from None
    user.set_password(password)  # None: no password fits
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # somebody chose the same name at the same moment
        raise Refused(_("This user name is taken. Choose another."), field="username") from None
    audit.act("create_user", user, by=created_by)
    return user


@transaction.atomic
def disable_user(*, user: User, disabled_by: User) -> None:
    """Disable an account: its next request is refused, whatever sessions it has open.

    Roles that wait for it, or that it asked for others, wait no longer. Raises `Refused` when a record would be left
    without the people it needs (DISABLE_GUARDS).
    """
    if user == disabled_by:
        raise Refused(_("You cannot disable your own account. Ask another admin."))
    require_over(user, disabled_by)
    admins = _hold_admins(disabled_by)
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if disabled_by.pk not in admins:  # two admins disabled each other, and this one was second
        raise Refused(_("Your role may not do this."))
    if not fresh.is_active:
        raise Refused(_("This account is already disabled."))
    for guard in DISABLE_GUARDS:
        guard(fresh)
    fresh.is_active, fresh.session_salt = False, _session_salt()
    fresh.save(update_fields=["is_active", "session_salt"])
    Duty.objects.filter(user=fresh, ends_at__gt=timezone.now(), starts_at__lt=timezone.now()).update(
        ends_at=timezone.now()
    )
    waiting = RoleRequest.objects.select_for_update().filter(status=RoleRequestStatus.WAITING)
    for asked in waiting.filter(Q(user=fresh) | Q(requested_by=fresh)):
        asked.status, asked.decided_by, asked.decided_at = RoleRequestStatus.ENDED, disabled_by, timezone.now()
        asked.save()
        audit.act("end_role_request", asked.user, asked, by=disabled_by, note=asked.role)
    Invitation.objects.filter(user=fresh, used_at=None, replaced_at=None).update(replaced_at=timezone.now())
    end_sessions(fresh)
    from casework.access.key_services import revoke_keys_of

    revoke_keys_of(fresh, now=timezone.now(), revoked_by=disabled_by)
    audit.act("disable_user", fresh, by=disabled_by)


@transaction.atomic
def enable_user(*, user: User, enabled_by: User) -> None:
    """Open a disabled account again; old sessions stay dead."""
    require_over(user, enabled_by)
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.is_active = True
    fresh.save(update_fields=["is_active"])
    audit.act("enable_user", fresh, by=enabled_by)


@transaction.atomic
def request_role(*, user: User, role: str, requested_by: User) -> RoleRequest:
    """Ask for a role. One that does not take two people (TAKES_TWO) is granted at once; others wait for the second."""
    if user == requested_by:
        raise Refused(_("Nobody gives a role to themselves. Ask another admin."), field="role")
    require_over(user, requested_by, "access.request_role")
    if user.groups.filter(name=role).exists():
        raise Refused(_("This account already has that role."), field="role")
    try:
        with transaction.atomic():
            asked = RoleRequest.objects.create(user=user, role=role, requested_by=requested_by)
    except IntegrityError:  # asked already, perhaps by somebody else at this moment
        raise Refused(_("This role is already waiting for a second approval."), field="role") from None
    audit.act("request_role", user, asked, by=requested_by, note=role)
    if Role(role) not in TAKES_TWO:
        return _decide(asked, RoleRequestStatus.GRANTED, requested_by)
    others = User.objects.colleagues(user.organisation_id, Role.ADMIN, Role.SUPERVISOR).exclude(
        pk__in=[user.pk, requested_by.pk]
    )
    tell(others, Subject.ROLE_REQUESTED, reference=user.username[:40], path=reverse("access:role-requests"))
    return asked


@transaction.atomic
def approve_role(*, role_request: RoleRequest, approved_by: User) -> RoleRequest:
    """The second person's yes: the role holds from the account's next request on."""
    require_over(role_request.user, approved_by, "access.approve_role")
    return _decide(role_request, RoleRequestStatus.GRANTED, approved_by)


@transaction.atomic
def refuse_role(*, role_request: RoleRequest, refused_by: User) -> RoleRequest:
    require_over(role_request.user, refused_by, "access.approve_role")
    return _decide(role_request, RoleRequestStatus.REFUSED, refused_by)


def _decide(role_request: RoleRequest, status: str, decided_by: User) -> RoleRequest:
    User.objects.select_for_update().get(pk=role_request.user_id)  # first, as whoever disables the account does
    asked = RoleRequest.objects.select_for_update().get(pk=role_request.pk)
    if asked.status != RoleRequestStatus.WAITING:
        raise Refused(_("Somebody has already decided on this role."))
    if decided_by.pk == asked.user_id:
        raise Refused(_("Nobody approves a role for themselves."))
    if status == RoleRequestStatus.GRANTED and asked.role in TAKES_TWO and decided_by.pk == asked.requested_by_id:
        raise Refused(_("This role opens records: somebody other than the one who asked must approve it."))
    asked.status, asked.decided_by, asked.decided_at = status, decided_by, timezone.now()
    asked.save()
    if status == RoleRequestStatus.GRANTED:
        asked.user.groups.add(Group.objects.get(name=asked.role))
    audit.act(
        "approve_role" if status == RoleRequestStatus.GRANTED else "refuse_role",
        asked.user,
        asked,
        by=decided_by,
        note=asked.role,
    )
    return asked


@transaction.atomic
def withdraw_role(*, user: User, role: str, withdrawn_by: User) -> None:
    """Take a role away; every session of the account ends, so that nothing cached outlives it."""
    require_over(user, withdrawn_by, "access.request_role")
    admins = _hold_admins(user)
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if role not in fresh.roles:
        raise Refused(_("This account does not have that role."))
    if role == Role.ADMIN and not admins - {fresh.pk}:
        raise Refused(_("This is the only admin. Give the role to somebody else first."))
    if role == Role.SUPERVISOR or (role in OPENS_RECORDS and not fresh.roles & OPENS_RECORDS - {role}):
        for guard in DISABLE_GUARDS:
            guard(fresh)
    fresh.groups.remove(Group.objects.get(name=role))
    fresh.session_salt = _session_salt()
    fresh.save(update_fields=["session_salt"])
    end_sessions(fresh)
    audit.act("withdraw_role", fresh, by=withdrawn_by, note=role)


def _hold_admins(colleague: User) -> set[uuid.UUID]:
    """The active admins of somebody's organisation, their rows locked in one order: two never remove each other."""
    admins = User.objects.filter(organisation=colleague.organisation_id, is_active=True, groups__name=Role.ADMIN)
    list(admins.order_by("pk").select_for_update(of=("self",)))
    return set(admins.values_list("pk", flat=True))  # asked again: while waiting for a lock, one may have lost the role


@transaction.atomic
def set_duty(*, user: User, starts_at: datetime.datetime, ends_at: datetime.datetime, set_by: User) -> Duty:
    """Put a caseworker on duty. Raises `Refused` when it ends before it starts or overlaps another of theirs."""
    if ends_at <= starts_at:
        raise Refused(_("The duty must end after it starts."), field="ends_at")
    duty = Duty(organisation_id=user.organisation_id, user=user, starts_at=starts_at, ends_at=ends_at, set_by=set_by)
    try:
        with transaction.atomic():
            duty.save(force_insert=True)
    except IntegrityError:  # the constraint has the only word: two people may set the same duty at once
        raise Refused(_("This colleague is already on duty in a part of that time."), field="starts_at") from None
    audit.act("set_duty", user, by=set_by)
    return duty
