"""Verbs on cases. Here: opening, closing, notes, risk, victim status; who has a case and who sees it stand in
`assignment` and `naming`, and are called from here."""

import datetime
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access import record_services
from casework.access.models import Organisation, User
from casework.access.record import next_number
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.assignment import assign_new_case, confirm_assignment, reassign_case, state_of
from casework.cases.conflicts import declare_conflict, lift_conflict
from casework.cases.models import Case, Note, NoteKind, RiskLevel, VictimStatus
from casework.cases.naming import inherit_sealing, name_colleague, release_colleague
from casework.cases.openings import break_glass, reveal_field, review_opening
from casework.cases.sealing import ask_unsealing, decide_sealing, seal_case
from casework.people.models import Person
from casework.workflow import Refused, advance, lock
from reference import codes

__all__ = [
    "CLOSE_GUARDS",
    "ON_CLOSE",
    "ON_REOPEN",
    "add_note",
    "amend_case",
    "ask_unsealing",
    "break_glass",
    "close_case",
    "confirm_assignment",
    "decide_sealing",
    "declare_conflict",
    "lift_conflict",
    "mark_note_in_error",
    "name_colleague",
    "open_case",
    "reassign_case",
    "release_colleague",
    "reopen_case",
    "reveal_field",
    "review_opening",
    "seal_case",
    "set_victim_status",
    "state_of",
]

# Apps above this one append here in `AppConfig.ready`. A guard is called with the locked case and the day of closing
# and raises `Refused`; a hook is called with the case and the user, inside the transaction of the act.
CLOSE_GUARDS: list[Callable[[Case, datetime.date], None]] = []
ON_CLOSE: list[Callable[[Case, User], None]] = []
ON_REOPEN: list[Callable[[Case, User], None]] = []

POTENTIAL = "potential-victim"
_AMENDED = {"risk_level", "safety_plan", "safety_review_on"}


@transaction.atomic
def open_case(
    *,
    person: Person,
    organisation: Organisation,
    opened_on: datetime.date,
    caseworker: User,
    opened_by: User,
    now: datetime.datetime,
) -> Case:
    """Open the case of a person and give it to a caseworker provisionally, until a supervisor has reviewed that.

    Raises `Refused` when the person has an open case in this organisation: also when two people open one at once.
    """
    if opened_on > timezone.localdate(now):
        raise Refused(_("A case cannot be opened in the future."), field="opened_on")
    try:
        with transaction.atomic():
            case = Case(
                key=person.key,
                number=next_number("C", opened_on.year),
                organisation=organisation,
                person=person,
                caseworker=caseworker,
                opened_on=opened_on,
            )
            case.save(force_insert=True)
    except IntegrityError as problem:
        raise _already_open(problem, person, opened_by) from None
    VictimStatus.objects.create(case=case, status=POTENTIAL, since=opened_on)
    audit.act("open_case", case, person, by=opened_by)
    inherit_sealing(case=case)
    assign_new_case(case=case, caseworker=caseworker, assigned_by=opened_by, now=now)
    return case


def _already_open(problem: IntegrityError, person: Person, user: User) -> Exception:
    """The sentence for a broken “one open case per person”; any other problem stays what it is."""
    if "case_one_open_per_person" not in str(problem):
        return problem
    known = Case.objects.visible_to(user).filter(person=person, status="open").first()
    if known is None:
        return Refused(_("This person already has an open case here. Ask your supervisor."))
    return Refused(
        _("This person already has an open case, %(number)s. Go on there.") % {"number": known.number}, case=known
    )


@transaction.atomic
def set_victim_status(*, case: Case, status: str, since: datetime.date, decision_id: Any, set_by: User) -> Case:
    """Record what a decision made of the victim status; the history keeps what it was. Only decisions call this."""
    if not codes.is_code("victim_statuses", status):
        raise Refused(_("“%(status)s” is not a victim status.") % {"status": status})
    fresh = lock(case)
    VictimStatus.objects.create(case=fresh, status=status, since=since, decision_id=decision_id)
    fresh.victim_status = status
    fresh.save(update_fields=["victim_status"])
    audit.act("set_victim_status", fresh, fresh.person, by=set_by, fields=["victim_status"])
    case.victim_status = status
    return fresh


@transaction.atomic
def amend_case(*, case: Case, version: int, amended_by: User, **changes: Any) -> Case:
    """Change risk, safety plan and its review date. Raises `Stale` when somebody saved the case since `version`."""
    require(amended_by, "cases.amend_case")
    if changes.keys() - _AMENDED:
        raise TypeError(f"amend_case changes {', '.join(sorted(_AMENDED))} only")
    fresh = lock(case, version=version)
    _refuse_closed(fresh)
    if changes.get("risk_level", RiskLevel.UNKNOWN) not in RiskLevel.values:
        raise Refused(_("Choose one of the risk levels that are offered."), field="risk_level")
    changed = {name for name, value in changes.items() if getattr(fresh, name) != value}
    if not changed:
        return fresh
    for name in changed:
        setattr(fresh, name, changes[name])
    fresh.version += 1
    fresh.save()
    audit.act("amend_case", fresh, fresh.person, by=amended_by, fields=changed)
    return fresh


def _refuse_closed(case: Case) -> None:
    if case.status == "closed":
        raise Refused(_("This case is closed. A supervisor can open it again."))


@transaction.atomic
def close_case(*, case: Case, reason: str, closed_on: datetime.date, closed_by: User) -> Case:
    """Close a case. Raises `Refused` when something still runs (what that is, the apps above say in `CLOSE_GUARDS`)."""
    if not reason.strip():
        raise Refused(_("Say why the case is closed."), field="reason")
    if closed_on > timezone.localdate():
        raise Refused(_("The day of closing is in the future."), field="closed_on")
    fresh = lock(case)
    if closed_on < fresh.opened_on:
        raise Refused(
            _("The case was opened on %(day)s: it cannot be closed before that.")
            % {"day": f"{fresh.opened_on:%d.%m.%Y.}"},
            field="closed_on",
            opened_on=fresh.opened_on,
        )
    for guard in CLOSE_GUARDS:
        guard(fresh, closed_on)
    closed = advance(
        case, "close_case", by=closed_by, about=[fresh.person], closed_on=closed_on, closing_reason=reason.strip()
    )
    for hook in ON_CLOSE:
        hook(closed, closed_by)
    return closed


@transaction.atomic
def reopen_case(*, case: Case, reopened_by: User, now: datetime.datetime) -> Case:
    """Open a closed case again, with the caseworker it had. The reason of the closing stays on record, as a note."""
    fresh = lock(case)
    closed_on, reason = fresh.closed_on, fresh.closing_reason
    try:
        with transaction.atomic():
            opened = advance(
                case, "reopen_case", by=reopened_by, about=[fresh.person], closed_on=None, closing_reason=""
            )
    except IntegrityError as problem:
        raise _already_open(problem, fresh.person, reopened_by) from None
    if closed_on is not None:
        body = _("Closed on %(day)s: %(reason)s") % {"day": f"{closed_on:%d.%m.%Y.}", "reason": reason}
        _write_note(opened, NoteKind.NOTE, now, body, reopened_by)
    for hook in ON_REOPEN:
        hook(opened, reopened_by)
    return opened


@transaction.atomic
def add_note(*, case: Case, kind: str, happened_at: datetime.datetime, body: str, written_by: User) -> Note:
    """Write down what happened; also on a closed case. A note is never edited."""
    require(written_by, "cases.add_note")
    if not body.strip():
        raise Refused(_("Write what happened."), field="body")
    if kind not in NoteKind.values:
        raise Refused(_("Choose one of the kinds of note that are offered."), field="kind")
    if happened_at > timezone.now():
        raise Refused(_("This time is in the future."), field="happened_at")
    return _write_note(case, kind, happened_at, body.strip(), written_by)


def _write_note(case: Case, kind: str, happened_at: datetime.datetime, body: str, written_by: User) -> Note:
    note = Note(key=case.person.key, case=case, kind=kind, happened_at=happened_at, body=body, written_by=written_by)
    note.save(force_insert=True)
    audit.act("add_note", note, case, case.person, by=written_by)
    return note


def mark_note_in_error(*, note: Note, why: str, marked_by: User) -> Note:
    """Mark a note as entered in error; it stays on the timeline, struck through."""
    return record_services.mark_in_error(record=note, why=why, marked_by=marked_by, about=[note.case, note.case.person])
