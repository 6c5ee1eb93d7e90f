"""Verbs on accounts, roles and duty."""

import datetime

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import GRANTS, TAKES_TWO, Role
from casework.access.models import Duty, Organisation, RoleRequest, RoleRequestStatus, Team, User, _session_salt
from casework.audit import services as audit
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused


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
    password: str,
    organisation: Organisation,
    created_by: User | None,
    email: str = "",
    team: Team | None = None,
) -> User:
    """Create an account without any role. `created_by` is None only in set-up."""
    user = User(username=username, full_name=full_name, email=email, organisation=organisation, team=team)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(_("This user name is taken. Choose another."), field="username")
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages), field="password") from None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # somebody chose the same name at the same moment
        raise Refused(_("This user name is taken. Choose another."), field="username") from None
    audit.act("create_user", user, by=created_by)
    return user


@transaction.atomic
def disable_user(*, user: User, disabled_by: User) -> None:
    """Disable an account: its next request is refused, whatever sessions it has open."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if fresh == disabled_by:
        raise Refused(_("You cannot disable your own account. Ask another admin."))
    fresh.is_active, fresh.session_salt = False, _session_salt()
    fresh.save(update_fields=["is_active", "session_salt"])
    Duty.objects.filter(user=fresh, ends_at__gt=timezone.now(), starts_at__lt=timezone.now()).update(
        ends_at=timezone.now()
    )
    audit.act("disable_user", fresh, by=disabled_by)


@transaction.atomic
def enable_user(*, user: User, enabled_by: User) -> None:
    """Open a disabled account again; old sessions stay dead."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.is_active = True
    fresh.save(update_fields=["is_active"])
    audit.act("enable_user", fresh, by=enabled_by)


@transaction.atomic
def request_role(*, user: User, role: str, requested_by: User) -> RoleRequest:
    """Ask for a role. One that does not take two people (TAKES_TWO) is granted at once; others wait for the second."""
    if user == requested_by:
        raise Refused(_("Nobody gives a role to themselves. Ask another admin."), field="role")
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
    return _decide(role_request, RoleRequestStatus.GRANTED, approved_by)


@transaction.atomic
def refuse_role(*, role_request: RoleRequest, refused_by: User) -> RoleRequest:
    return _decide(role_request, RoleRequestStatus.REFUSED, refused_by)


def _decide(role_request: RoleRequest, status: str, decided_by: User) -> RoleRequest:
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
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.groups.remove(Group.objects.get(name=role))
    fresh.session_salt = _session_salt()
    fresh.save(update_fields=["session_salt"])
    audit.act("withdraw_role", fresh, by=withdrawn_by, note=role)


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
