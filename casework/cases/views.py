"""Pages of cases. Every page that shows one is in the trail before it is rendered."""

import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from casework.access.forms import attempt, bind
from casework.access.models import User
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.audit.words import words
from casework.cases import services
from casework.cases import timeline as what_happened
from casework.cases.conflicts import live_conflicts
from casework.cases.forms import (
    AddNoteForm,
    AmendCaseForm,
    CaseFilter,
    CloseCaseForm,
    MarkInErrorForm,
    NameColleagueForm,
    ReassignCaseForm,
    ReopenCaseForm,
    SealCaseForm,
    saved_case,
)
from casework.cases.looked import SHOWN, events
from casework.cases.models import Assignment, Case, CaseStatus, Note, RiskLevel
from casework.cases.naming import live_grants
from casework.cases.openings import openings_of
from casework.cases.sealing import waiting_sealing
from casework.cases.tabs import CASE_TABS
from casework.cases.workload import Workload, waiting_for_review, without_caseworker, workloads
from casework.people.masking import masked_fields
from casework.people.models import Person
from casework.vault.models import VaultKey
from casework.workflow import Refused, Stale, may

PAGE = 25
# What a row of the list shows: the rest of a case and of a person is neither read nor made into objects.
LISTED = [
    *("number", "status", "victim_status", "sealed", "risk_level", "opened_on", "caseworker__username"),
    *("caseworker__full_name", "person__key", *(f"person__{field}" for field in Person.NAMED_BY)),
    *(f"person__key__{field.name}" for field in VaultKey._meta.concrete_fields),
]


# What every page of a case begins with --------------------------------------------------------------------------------
def visible_case(request: SignedIn, number: str) -> Case:
    """The case of this number, if this user may see it. Raises Http404 otherwise."""
    found = Case.objects.select_related("key", "person__key", "organisation", "caseworker").one_visible_to(
        request.user, number=number
    )
    if found is None:
        raise Http404
    return found


def case_frame(request: SignedIn, case: Case, active: str) -> dict[str, Any]:
    """What `cases/_frame.html` draws above every tab of a case: number, person, statuses, risk, tabs.

    Writes the read to the trail: call it once per page, before anything is rendered. `active` is the id of a tab.
    """
    audit.read(request, "case", case, case.person, note=active)
    return {"case": case, "person": case.person, "tabs": CASE_TABS.of(case, request.user, active)}


# Lists ----------------------------------------------------------------------------------------------------------------
@require_safe
@permission_required("cases.view_case", raise_exception=True)
def cases(request: SignedIn) -> HttpResponse:
    """The cases this user may see, newest number first."""
    form = CaseFilter(request.GET if "status" in request.GET else {"status": CaseStatus.OPEN})
    status = (form.cleaned_data["status"] if form.is_valid() else "") or CaseStatus.OPEN
    found = Case.objects.valid()
    if status != "all":
        found = found.filter(status=status)
    after = request.GET.get("after", "")
    key = (after,) if re.fullmatch(r"C-\d{4}-\d{6,9}", after) else None
    listed = found.select_related("person__key", "caseworker").only(*LISTED)
    page = listed.page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=key)
    shown, more = page[:PAGE], page[PAGE:]
    audit.read(request, "cases", *shown, *(each.person for each in shown))
    here = reverse("cases:cases")
    return render(
        request,
        "cases/cases.html",
        {
            "form": form,
            "clear_url": here,
            "headers": [_("Number"), _("Person"), _("Victim status"), _("Caseworker"), _("Opened"), _("Risk")],
            "rows": [_case_row(each) for each in shown],
            "count": found.count_visible_to(request.user),
            "first_url": f"{here}?{urlencode({'status': status})}" if key else "",
            "next_url": f"{here}?{urlencode({'status': status, 'after': shown[-1].number})}" if more else "",
            "may_break_glass": request.user.has_perm("cases.break_glass"),
        },
    )


def _case_row(case: Case) -> list[Any]:
    number: dict[str, Any] = {"text": case.number, "url": reverse("cases:case", args=[case.number])}
    if case.sealed:
        number |= {"status": "sealed", "label": _("Sealed")}
    elif case.status == CaseStatus.CLOSED:
        number |= {"status": case.status, "label": case.get_status_display()}
    return [
        number,
        case.person.name,
        {"status": case.victim_status, "label": case.victim_status_label},
        str(case.caseworker) if case.caseworker else "–",
        case.opened_on,
        _risk(case),
    ]


def _risk(case: Case) -> Any:
    label = case.get_risk_level_display()
    return label if case.risk_level == RiskLevel.UNKNOWN else {"status": case.risk_level, "label": label}


@require_safe
@permission_required("cases.confirm_assignment", raise_exception=True)
def assignment_board(request: SignedIn) -> HttpResponse:
    """What waits for the supervisor's review, the longest waiting first; then who has how much to do."""
    now = timezone.now()
    waiting = waiting_for_review(request.user)
    nobodys = without_caseworker(request.user)
    loads = workloads(request.user, now)
    listed = [*(each.case for each in waiting), *nobodys]
    audit.read(request, "assignment_board", *listed, *(each.person for each in listed))
    page = {
        "waiting": waiting,
        "nobodys": nobodys,
        "bars": [(_name(load), load.open) for load in loads],
        "headers": [_("Caseworker"), _("Open cases"), _("Waiting for review"), _("Overdue clocks")],
        "rows": [_workload_row(load) for load in loads],
    }
    return render(request, "cases/assignment_board.html", page)


def _name(load: Workload) -> str:
    return str(load.caseworker or _("No caseworker yet"))


def _workload_row(load: Workload) -> list[Any]:
    gone = load.caseworker is not None and not load.caseworker.is_active
    name = {"text": _name(load), "hint": _("Account disabled") if gone else ""}
    return [name, load.open, load.waiting, load.overdue]


# Tabs -----------------------------------------------------------------------------------------------------------------
@require_safe
def case(request: SignedIn, number: str) -> HttpResponse:
    """Summary: who this is and how to reach them safely, where the case stands, what is due, who has it."""
    found = visible_case(request, number)
    sealing = waiting_sealing(found, request.user) if found.sealed else None
    page = case_frame(request, found, active="summary") | {
        "now": timezone.now(),
        "age": found.person.age_on(timezone.localdate()),
        "history": found.victim_statuses.visible_to(request.user),
        "assignment": found.assignments.current().select_related("caseworker", "reviewed_by").first(),
        "clocks": _running_clocks(request, found),
        "acts": _acts(found, request.user, sealing),
        "openings": openings_of(found),
        "sealing": sealing,
        "masked": masked_fields(found.person, request.user),
        "may_reveal": request.user.has_perm("cases.reveal"),
    }
    current: Any = page["assignment"]
    page["waiting"] = current if current and may(current, "confirm_assignment", request.user) else None
    return render(request, "cases/case.html", page)


def _running_clocks(request: SignedIn, case: Case) -> list[tuple[Any, Any]]:
    """Clocks of the case's referrals that still run, with their referral, the first due first."""
    referrals = case.referrals.visible_to(request.user).valid().prefetch_related("deadlines")
    running = [
        (referral, clock)
        for referral in referrals
        for clock in referral.deadlines.all()
        if clock.met_at is None and clock.stopped_at is None
    ]
    return sorted(running, key=lambda pair: pair[1].due_at)


def _acts(case: Case, user: Any, sealing: Any) -> list[tuple[str, str]]:
    """Label and address of what this user may do with the case now; `sealing` is what waits for a second person."""
    offered = [
        (case.status == CaseStatus.OPEN and user.has_perm("cases.amend_case"), _("Amend risk and plan"), "amend-case"),
        (
            case.status == CaseStatus.OPEN and user.has_perm("cases.reassign_case"),
            _("Give to another caseworker"),
            "reassign-case",
        ),
        (may(case, "close_case", user), _("Close the case"), "close-case"),
        (may(case, "reopen_case", user), _("Open the case again"), "reopen-case"),
        (not case.sealed and user.has_perm("cases.seal_case"), _("Seal the case"), "seal-case"),
        (case.sealed and sealing is None and user.has_perm("cases.seal_case"), _("Unseal the case"), "ask-unsealing"),
        (user.has_perm("cases.declare_conflict"), _("Declare a conflict of interest"), "declare-conflict"),
    ]
    return [(label, reverse(f"cases:{name}", args=[case.number])) for yes, label, name in offered if yes]


@require_safe
def timeline(request: SignedIn, number: str) -> HttpResponse:
    """Everything that happened in the case, newest first."""
    found = visible_case(request, number)
    page = case_frame(request, found, active="timeline")
    page["items"] = [entry.as_item() for entry in what_happened.entries(found, request.user)]
    return render(request, "cases/timeline.html", page)


@require_safe
def notes(request: SignedIn, number: str) -> HttpResponse:
    """The notes of a case, and a form for a new one."""
    found = visible_case(request, number)
    page = case_frame(request, found, active="notes")
    page["notes"] = list(found.notes.visible_to(request.user).select_related("key", "written_by"))
    if request.user.has_perm("cases.add_note"):
        page["form"] = bind(request, AddNoteForm, initial={"happened_at": timezone.now()})
    page["may_mark"] = request.user.has_perm("cases.mark_in_error")
    return render(request, "cases/notes.html", page)


@permission_required("cases.add_note", raise_exception=True)
def add_note(request: SignedIn, number: str) -> HttpResponse:
    """Write a note; reached from the notes tab, and again when something was wrong with what was typed."""
    found = visible_case(request, number)
    form = bind(request, AddNoteForm, initial={"happened_at": timezone.now()})
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.add_note(case=found, written_by=request.user, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The note is saved."))
            return redirect("cases:notes", number)
    page = case_frame(request, found, active="notes") | {"form": form}
    return render(request, "cases/add_note.html", page)


@permission_required("cases.mark_in_error", raise_exception=True)
def mark_note_in_error(request: SignedIn, number: str, note_id: uuid.UUID) -> HttpResponse:
    """Mark a note as entered in error, with the reason."""
    found = visible_case(request, number)
    note = _visible_note(request, found, note_id)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, lambda: services.mark_note_in_error(note=note, marked_by=request.user, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The note is marked as entered in error."))
            return redirect("cases:notes", number)
    page = case_frame(request, found, active="notes") | {"form": form, "note": note}
    return render(request, "cases/mark_note_in_error.html", page)


def _visible_note(request: SignedIn, case: Case, note_id: uuid.UUID) -> Note:
    note = case.notes.visible_to(request.user).select_related("key", "case__person", "written_by").filter(pk=note_id)
    found: Note | None = note.first()
    if found is None:
        raise Http404
    return found


@require_safe
def assignments(request: SignedIn, number: str) -> HttpResponse:
    """Who had the case, since when, and who reviewed that."""
    found = visible_case(request, number)
    page = case_frame(request, found, active="assignments")
    given = list(found.assignments.visible_to(request.user).select_related("caseworker", "assigned_by", "reviewed_by"))
    page["headers"] = [_("Caseworker"), _("Status"), _("Given"), _("Reviewed"), _("Ended")]
    page["rows"] = [_assignment_row(each) for each in given]
    page["waiting"] = next((each for each in given if may(each, "confirm_assignment", request.user)), None)
    page["may_reassign"] = found.status == CaseStatus.OPEN and request.user.has_perm("cases.reassign_case")
    return render(request, "cases/assignments.html", page)


def _assignment_row(assignment: Assignment) -> list[Any]:
    def by(user: User | None) -> str:
        return _("by %(who)s") % {"who": user} if user else ""

    return [
        str(assignment.caseworker),
        {"status": assignment.status, "label": assignment.get_status_display()},
        {"text": assignment.assigned_at, "hint": by(assignment.assigned_by)},
        {"text": assignment.reviewed_at or _("Not yet"), "hint": by(assignment.reviewed_by)},
        assignment.ended_at or "–",
    ]


@require_POST
@permission_required("cases.confirm_assignment", raise_exception=True)
def confirm_assignment(request: SignedIn, number: str) -> HttpResponse:
    """The supervisor's yes to a provisional assignment; back to where the button was."""
    found = visible_case(request, number)
    assignment = found.assignments.visible_to(request.user).filter(pk=_posted_key(request, "assignment")).first()
    if assignment is None:
        raise Http404
    try:
        services.confirm_assignment(assignment=assignment, confirmed_by=request.user, now=timezone.now())
        messages.success(request, _("The assignment of %(number)s is confirmed.") % {"number": number})
    except Refused as refusal:
        audit.refuse(request.user, "confirm_assignment", found, found.person)
        messages.error(request, refusal.sentence)
    return redirect("cases:assignment-board")


def _posted_key(request: SignedIn, name: str) -> uuid.UUID:
    """The key that a button posts. Raises Http404 when it is none."""
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None


@permission_required("cases.reassign_case", raise_exception=True)
def reassign_case(request: SignedIn, number: str) -> HttpResponse:
    """Give the case to another caseworker, with everybody's workload beside their name."""
    found = visible_case(request, number)
    current = found.assignments.current().select_related("caseworker").first()
    form = bind(
        request,
        ReassignCaseForm,
        case=found,
        workloads=workloads(request.user, timezone.now()),
        initial={"seen": services.state_of(current)},
    )
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.reassign_case(
                case=found, reassigned_by=request.user, now=timezone.now(), **form.cleaned_data
            ),
        )
        if done is not None:
            given = {"number": number, "caseworker": done.caseworker}
            messages.success(request, _("Case %(number)s is with %(caseworker)s now.") % given)
            return redirect("cases:assignment-board")
    page = case_frame(request, found, active="assignments") | {"form": form, "assignment": current}
    return render(request, "cases/reassign_case.html", page)


@require_safe
def looked(request: SignedIn, number: str) -> HttpResponse:
    """Who has looked at this case or its person, and who did what."""
    found = visible_case(request, number)
    before = request.GET.get("before", "")
    page = case_frame(request, found, active="looked")
    shown = events(found, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    page["headers"] = [_("When"), _("Who"), _("What")]
    page["rows"] = [
        [
            event.at,
            {"text": str(event.actor), "hint": str(event.actor.organisation)} if event.actor else _("The system"),
            {"text": words(event.verb), "hint": event.get_kind_display() if event.kind == "refusal" else ""},
        ]
        for event in shown
    ]
    page["next_url"] = f"?{urlencode({'before': shown[-1].pk})}" if len(shown) == SHOWN else ""
    return render(request, "cases/looked.html", page)


@require_safe
@permission_required("cases.reassign_case", raise_exception=True)
def colleagues(request: SignedIn, number: str) -> HttpResponse:
    """Who is named on the case besides its caseworker, until when."""
    found = visible_case(request, number)
    page = case_frame(request, found, active="colleagues")
    page["grants"] = live_grants(content_object=found).order_by("user__full_name", "pk")
    page["conflicts"] = live_conflicts(found, request.user)
    return render(request, "cases/colleagues.html", page)


@permission_required("cases.reassign_case", raise_exception=True)
def name_colleague(request: SignedIn, number: str) -> HttpResponse:
    """Let a colleague see one case until a day."""
    found = visible_case(request, number)
    form = bind(request, NameColleagueForm, case=found)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.name_colleague(case=found, named_by=request.user, now=timezone.now(), **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("%(name)s is named on the case.") % {"name": done.user})
            return redirect("cases:colleagues", number)
    page = case_frame(request, found, active="colleagues") | {"form": form}
    return render(request, "cases/name_colleague.html", page)


@require_POST
@permission_required("cases.reassign_case", raise_exception=True)
def release_colleague(request: SignedIn, number: str) -> HttpResponse:
    """Take a name off the case at once."""
    found = visible_case(request, number)
    grant = live_grants(content_object=found, user=_posted_key(request, "colleague")).first()
    if grant is None:
        raise Http404
    try:
        services.release_colleague(case=found, colleague=grant.user, released_by=request.user, now=timezone.now())
        messages.success(request, _("%(name)s is no longer named on the case.") % {"name": grant.user})
    except Refused as refusal:
        audit.refuse(request.user, "release_colleague", found, found.person)
        messages.error(request, refusal.sentence)
    return redirect("cases:colleagues", number)


# Acts on the case -----------------------------------------------------------------------------------------------------
@permission_required("cases.amend_case", raise_exception=True)
def amend_case(request: SignedIn, number: str) -> HttpResponse:
    """Change risk and safety plan; two people at once are shown what differs."""
    found = visible_case(request, number)
    form = bind(request, AmendCaseForm, initial=saved_case(found))
    if form.is_bound and form.is_valid():
        done = None
        try:
            done = attempt(form, lambda: services.amend_case(case=found, amended_by=request.user, **form.cleaned_data))
        except Stale as stale:
            form.show_conflict(saved_case(stale.record), stale.record.version)  # type: ignore[arg-type,attr-defined]
            messages.warning(request, stale.sentence)
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("cases:case", number)
    page = case_frame(request, found, active="summary") | {"form": form}
    return render(request, "cases/amend_case.html", page)


@permission_required("cases.close_case", raise_exception=True)
def close_case(request: SignedIn, number: str) -> HttpResponse:
    """Close the case, with day and reason."""
    found = visible_case(request, number)
    form = bind(request, CloseCaseForm, initial={"closed_on": timezone.localdate()})
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.close_case(case=found, closed_by=request.user, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("Case %(number)s is closed.") % {"number": number})
            return redirect("cases:case", number)
    page = case_frame(request, found, active="summary") | {"form": form}
    return render(request, "cases/close_case.html", page)


@permission_required("cases.reopen_case", raise_exception=True)
def reopen_case(request: SignedIn, number: str) -> HttpResponse:
    """Open a closed case again."""
    found = visible_case(request, number)
    form = bind(request, ReopenCaseForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.reopen_case(case=found, reopened_by=request.user, now=timezone.now()))
        if done is not None:
            messages.success(request, _("Case %(number)s is open again.") % {"number": number})
            return redirect("cases:case", number)
    page = case_frame(request, found, active="summary") | {"form": form}
    return render(request, "cases/reopen_case.html", page)


@permission_required("cases.seal_case", raise_exception=True)
def seal_case(request: SignedIn, number: str) -> HttpResponse:
    """Seal the case: from then on only the named see it, its person and their referrals."""
    found = visible_case(request, number)
    if found.sealed and request.method == "GET":
        messages.error(request, _("This case is sealed already."))
        return redirect("cases:case", number)
    form = bind(request, SealCaseForm, case=found)
    if form.is_bound and form.is_valid():
        named = list(form.cleaned_data["named"])
        done = attempt(
            form,
            lambda: services.seal_case(case=found, named=named, sealed_by=request.user, now=timezone.now()),
        )
        if done is not None:
            messages.success(request, _("Case %(number)s is sealed.") % {"number": number})
            if request.user in named:
                return redirect("cases:case", number)
            return redirect("cases:cases")
    page = case_frame(request, found, active="summary") | {"form": form}
    return render(request, "cases/seal_case.html", page)
