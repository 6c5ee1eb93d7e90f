"""Who has a case: exactly one current assignment, reviewed by a supervisor; access follows it."""

import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.models import Assignment, AssignmentStatus, Case, CaseStatus
from casework.cases.naming import live_grants, refuse_conflicted
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused, advance, lock


def assign_new_case(*, case: Case, caseworker: User, assigned_by: User, now: datetime.datetime) -> Assignment:
    """Give a case that is just being opened to a caseworker, and ask the supervisors to review it."""
    assignment = Assignment.objects.create(case=case, caseworker=caseworker, assigned_by=assigned_by, assigned_at=now)
    supervisors = [
        user
        for user in User.objects.colleagues(case.organisation_id, Role.SUPERVISOR)
        if not case.sealed or live_grants(now, content_object=case, user=user).exists()
    ]
    board = reverse("cases:assignment-board")
    tell(supervisors, Subject.ASSIGNMENT_TO_REVIEW, reference=case.number, path=board)
    if caseworker != assigned_by:
        _tell_caseworker(case, caseworker)
    return assignment


def _tell_caseworker(case: Case, caseworker: User) -> None:
    tell([caseworker], Subject.CASE_ASSIGNED, reference=case.number, path=reverse("cases:case", args=[case.number]))


def state_of(assignment: Assignment | None) -> str:
    """What a page remembers of an assignment it shows, so that an act on it can tell whether somebody was faster."""
    return f"{assignment.pk}:{assignment.status}" if assignment else ""


@transaction.atomic
def confirm_assignment(*, assignment: Assignment, confirmed_by: User, now: datetime.datetime) -> Assignment:
    """The supervisor's yes to a provisional assignment. Raises `Refused` when somebody reviewed it before."""
    case = assignment.case
    return advance(
        assignment,
        "confirm_assignment",
        by=confirmed_by,
        about=[case, case.person],
        reviewed_by=confirmed_by,
        reviewed_at=now,
    )


@transaction.atomic
def reassign_case(
    *, case: Case, caseworker: User, reassigned_by: User, now: datetime.datetime, seen: str | None = None
) -> Assignment:
    """Give a case to another caseworker: the old assignment ends, the new one is confirmed by the giver.

    `seen` is `state_of()` the assignment that the supervisor saw; without it, the case's caseworker as this instance
    has it. Raises `Refused` when somebody else reviewed or reassigned meanwhile, and for a colleague who is not fit.
    """
    require(reassigned_by, "cases.reassign_case")
    before = case.caseworker_id
    fresh = lock(case)
    current = fresh.assignments.current().select_for_update(of=("self",)).first()
    overtaken = fresh.caseworker_id != before if seen is None else state_of(current) != seen
    if overtaken:
        raise Refused(
            _("Somebody was faster: case %(number)s is with %(caseworker)s now. Look again before you change it.")
            % {"number": fresh.number, "caseworker": fresh.caseworker or _("nobody")},
            case=fresh,
        )
    _refuse_unfit(fresh, caseworker)
    if current is not None:
        advance(current, "end_assignment", by=reassigned_by, about=[fresh, fresh.person], ended_at=now)
    given = Assignment.objects.create(
        case=fresh,
        caseworker=caseworker,
        status=AssignmentStatus.CONFIRMED,
        assigned_by=reassigned_by,
        assigned_at=now,
        reviewed_by=reassigned_by,
        reviewed_at=now,
    )
    fresh.caseworker = caseworker
    fresh.save(update_fields=["caseworker"])
    case.caseworker = caseworker
    audit.act("reassign_case", fresh, fresh.person, caseworker, by=reassigned_by, fields=["caseworker"])
    if caseworker != reassigned_by:
        _tell_caseworker(fresh, caseworker)
    return given


def _refuse_unfit(case: Case, caseworker: User) -> None:
    """Who may have a case: an active caseworker of its organisation; of a sealed case, one who is named on it."""
    if case.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    fit = User.objects.colleagues(case.organisation_id, Role.CASEWORKER)
    if not fit.filter(pk=caseworker.pk).exists():
        raise Refused(
            _("%(name)s cannot have a case here: choose an active caseworker of this organisation.")
            % {"name": caseworker},
            field="caseworker",
        )
    if case.caseworker_id == caseworker.pk:
        raise Refused(_("%(name)s has this case already.") % {"name": caseworker}, field="caseworker")
    refuse_conflicted(case, caseworker, field="caseworker")
    if case.sealed and not live_grants(content_object=case, user=caseworker).exists():
        raise Refused(
            _("This case is sealed. Name %(name)s on it before you give it to them.") % {"name": caseworker},
            field="caseworker",
        )
