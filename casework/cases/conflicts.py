"""Conflicts of interest: from the moment one is declared, nothing of the case exists for the one concerned.

What that means for reading stands in one place, `casework.access.visibility` (and for messages, `restricted_models`).
Here is what it means for work: the case goes to somebody else, and the one concerned cannot undo it.
"""

import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require, require_visible
from casework.audit import services as audit
from casework.cases.models import Assignment, AssignmentStatus, Case, CaseStatus
from casework.cases.naming import conflicted_with, live_grants
from casework.cases.restricted_models import Conflict, ConflictKind
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.people.models import Person
from casework.workflow import Refused, lock

SHORTEST = 10  # letters of a reason


@transaction.atomic
def declare_conflict(
    *, case: Case, user: User, kind: str, reason: str, declared_by: User, now: datetime.datetime
) -> Conflict:
    """Shut a colleague, or oneself, out of everything about a case's person. Holds at once.

    Their open cases of this person lose their caseworker and wait on the assignment board. Raises `Refused` when the
    user is the only one, or the last supervisor, who sees a sealed case: it would be lost to everybody.
    """
    require(declared_by, "cases.declare_conflict" if user == declared_by else "cases.record_conflict")
    if not Conflict.objects.live().filter(user=user, person=case.person_id).exists():  # that one has a sentence below
        require_visible(case, declared_by)
    if user.organisation_id != case.organisation_id:
        raise Refused(_("Choose a colleague of this organisation."), field="user")
    if kind not in ConflictKind.values:
        raise Refused(_("Choose one of the kinds of conflict that are offered."), field="kind")
    if len(reason.strip()) < SHORTEST:
        raise Refused(_("Write the reason in a few words, so that somebody else understands it."), field="reason")
    person = Person._base_manager.select_related("key").get(pk=lock(case.person).pk)
    fresh = lock(case)
    if fresh.sealed:
        _refuse_to_lose(fresh, user)
    conflict = Conflict(
        key=person.key,
        user=user,
        person=person,
        case=fresh,
        kind=kind,
        reason=reason.strip(),
        declared_by=declared_by,
        declared_at=now,
    )
    try:
        with transaction.atomic():
            conflict.save(force_insert=True)
    except IntegrityError as problem:
        if "conflict_live_once" not in str(problem):
            raise
        raise Refused(_("This conflict is on record already."), field="user") from None
    audit.act("declare_conflict", fresh, person, user, conflict, by=declared_by, note=kind)
    _take_cases_away(person, user, declared_by, now)
    if fresh.sealed and len(_others(fresh, user)) < 2:
        page = reverse("cases:colleagues", args=[fresh.number])
        tell(_others(fresh, user), Subject.SEALED_TOO_FEW, reference=fresh.number, path=page)
    return conflict


def _others(case: Case, user: User) -> list[User]:
    conflicted = conflicted_with(case) | {user.pk}
    named = [grant.user for grant in live_grants(content_object=case)]
    return [each for each in named if each.is_active and each.pk not in conflicted]


def _refuse_to_lose(case: Case, user: User) -> None:
    if not any(each.has_role(Role.SUPERVISOR) for each in _others(case, user)):
        raise Refused(
            _(
                "Nobody who can look after this sealed case would be left. A supervisor must be named on it first;"
                " until then do not open it."
            )
        )


def _take_cases_away(person: Person, user: User, declared_by: User, now: datetime.datetime) -> None:
    """Open cases of this person that the user has go to the board, where a supervisor gives them to somebody else."""
    held = Case._base_manager.filter(person=person, caseworker=user).select_for_update(no_key=True)
    for case in held.order_by("pk"):
        # Not by `advance`: this is no act of somebody with the permission to reassign, and it must never be refused.
        ended = Assignment.objects.filter(case=case, caseworker=user).current()
        ended.update(status=AssignmentStatus.ENDED, ended_at=now)
        Case._base_manager.filter(pk=case.pk).update(caseworker=None)
        audit.act("end_assignment", case, person, by=declared_by, fields=["caseworker"])
        if case.status == CaseStatus.OPEN:
            supervisors = User.objects.colleagues(case.organisation_id, Role.SUPERVISOR).exclude(pk=user.pk)
            told = [each for each in supervisors if Case.objects.is_visible_to(each, case)]
            board = reverse("cases:assignment-board")
            tell(told, Subject.CASE_WITHOUT_CASEWORKER, reference=case.number, path=board)


@transaction.atomic
def lift_conflict(*, conflict: Conflict, why: str, lifted_by: User, now: datetime.datetime) -> Conflict:
    """Another supervisor's word that the conflict is over, with the reason; the auditor finds it in the trail."""
    require(lifted_by, "cases.lift_conflict")
    if len(why.strip()) < SHORTEST:
        raise Refused(_("Write the reason in a few words, so that somebody else understands it."), field="why")
    fresh = Conflict.objects.select_for_update(of=("self",)).select_related("key").get(pk=conflict.pk)
    if fresh.user_id == lifted_by.pk:
        raise Refused(_("Nobody lifts a conflict of their own. Ask another supervisor."))
    require_visible(fresh.case, lifted_by)
    if fresh.lifted_at is not None:
        raise Refused(_("Somebody was faster: this conflict is lifted already."))
    fresh.lifted_by, fresh.lifted_at, fresh.lifted_why = lifted_by, now, why.strip()
    fresh.save()
    audit.act("lift_conflict", fresh.case, fresh.person, fresh.user, fresh, by=lifted_by)
    return fresh


def live_conflicts(case: Case, user: User) -> list[Conflict]:
    """The conflicts that hold with this case's person, for a supervisor who sees the case."""
    found = Conflict.objects.visible_to(user).live().filter(person=case.person_id)
    return list(found.select_related("key", "user", "declared_by"))
