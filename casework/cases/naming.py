"""Who sees a case besides caseworker and supervisors: colleagues named until a day, and the few of a sealed case."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require, require_visible
from casework.audit import services as audit
from casework.cases.models import Case, CaseGrant
from casework.cases.restricted_models import Conflict
from casework.workflow import Refused, lock

# Roles that can do anything with a case they are named on; an assessor sees its person and referrals.
NAMEABLE = (Role.CASEWORKER, Role.SUPERVISOR, Role.ASSESSOR)
LONGEST = datetime.timedelta(days=366)
FOR_GOOD = datetime.timedelta(days=365 * 100)


def live_grants(now: datetime.datetime | None = None, **about: Any) -> QuerySet[CaseGrant]:
    """Names that hold now, of the given case or person. (An expired row names nobody; emergency access is no name.)"""
    named = CaseGrant.objects.filter(permission__codename="view_case", expires_at__gt=now or timezone.now(), **about)
    return named.select_related("user", "granted_by")


def write_grant(case: Case, user: User, *, expires_at: datetime.datetime, granted_by: User) -> CaseGrant:
    permission = Permission.objects.get(content_type__app_label="cases", codename="view_case")
    grant, _made = CaseGrant.objects.update_or_create(
        user=user,
        permission=permission,
        content_object=case,
        defaults={"expires_at": expires_at, "granted_by": granted_by},
    )
    return grant


@transaction.atomic
def name_colleague(
    *, case: Case, colleague: User, until: datetime.date, named_by: User, now: datetime.datetime
) -> CaseGrant:
    """Let a colleague of the same organisation see and work on one case until the end of a day, at most for a year.

    On a sealed case the colleague joins the named few, without an end. Raises `Refused` with the field concerned.
    """
    require(named_by, "cases.reassign_case")
    require_visible(case, named_by)
    fresh = lock(case)
    if not User.objects.colleagues(fresh.organisation_id, *NAMEABLE).filter(pk=colleague.pk).exists():
        raise Refused(
            _("%(name)s cannot be named: choose an active colleague of this organisation.") % {"name": colleague},
            field="colleague",
        )
    refuse_conflicted(fresh, colleague, field="colleague")
    expires_at = _end_of(until)
    if expires_at <= now:
        raise Refused(_("This day is over. Choose a later one."), field="until")
    if expires_at > now + LONGEST:
        raise Refused(_("Name a colleague for at most a year; you can name them again."), field="until")
    if fresh.sealed:
        expires_at = now + FOR_GOOD
    grant = write_grant(fresh, colleague, expires_at=expires_at, granted_by=named_by)
    audit.act("name_colleague", fresh, fresh.person, colleague, by=named_by)
    return grant


def _end_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))


@transaction.atomic
def release_colleague(*, case: Case, colleague: User, released_by: User, now: datetime.datetime) -> None:
    """Take a name off a case at once. The last two of a sealed case, and its last supervisor, stay."""
    require(released_by, "cases.reassign_case")
    require_visible(case, released_by)
    fresh = lock(case)
    grants = live_grants(now, content_object=fresh)
    if not grants.filter(user=colleague).exists():
        raise Refused(_("%(name)s is not named on this case.") % {"name": colleague})
    if fresh.sealed:
        refuse_too_few(fresh, [grant.user for grant in grants.exclude(user=colleague)])
    grants.filter(user=colleague).update(expires_at=now)
    audit.act("release_colleague", fresh, fresh.person, colleague, by=released_by)


def conflicted_with(case: Case) -> set[Any]:
    """Keys of the users who have declared a conflict of interest with the case's person."""
    return set(Conflict.objects.live().filter(person=case.person_id).values_list("user", flat=True))


def refuse_conflicted(case: Case, user: User, *, field: str) -> None:
    """Raise `Refused` for a colleague with a conflict of interest: a name would open nothing to them."""
    if user.pk in conflicted_with(case):
        raise Refused(
            _("%(name)s has a conflict of interest with this case. Choose somebody else.") % {"name": user}, field=field
        )


def refuse_too_few(case: Case, named: Iterable[User]) -> None:
    """Raise `Refused` unless two active people without a conflict are named, one of them a supervisor."""
    conflicted = conflicted_with(case)
    users = {user.pk: user for user in named if user.is_active and user.pk not in conflicted}
    if len(users) < 2:
        raise Refused(_("At least two people must see a sealed case."), field="named")
    if not any(user.has_role(Role.SUPERVISOR) for user in users.values()):
        raise Refused(_("One of those who see a sealed case must be a supervisor."), field="named")


def inherit_sealing(*, case: Case) -> None:
    """A new case of a sealed person is sealed too, to those who are named on the person's other cases."""
    person = lock(case.person)
    if not person.sealed:
        return
    for grant in live_grants(content_object__person=person):
        write_grant(case, grant.user, expires_at=grant.expires_at, granted_by=grant.granted_by)
    Case._base_manager.filter(pk=case.pk).update(sealed=True)
    case.sealed = True
