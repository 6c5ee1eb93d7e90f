"""Pages on what people ask about their data: access, correction, erasure, legal holds, retention."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from casework.access.forms import attempt, bind
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.audit.services import trace_refusal
from casework.people import access_requests, corrections, holdings, holds
from casework.people import erasure as erasing
from casework.people import retention as keeping
from casework.people.data_forms import (
    ApproveErasureForm,
    AskErasureForm,
    CheckSectionForm,
    DecideCorrectionForm,
    RecordAccessRequestForm,
    RecordCorrectionForm,
    SetHoldForm,
)
from casework.people.data_models import (
    AccessRequest,
    AccessStatus,
    Correction,
    CorrectionStatus,
    Erasure,
    ErasureStatus,
    Hold,
    HoldStatus,
    RetentionRun,
)
from casework.people.data_of_person import numbered, status_of
from casework.people.holdings import Subject
from casework.people.masking import masked_fields
from casework.people.models import Person
from casework.people.views import _visible_person
from casework.vault import erasures
from casework.workflow import Refused, may

NEWEST = 50


def _needs(permission: str) -> Callable[[Any], Any]:
    return permission_required(permission, raise_exception=True)


def _found(rows: Any, number: str) -> Any:
    """The record of this number among those that are visible. Raises Http404."""
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _act(request: SignedIn, act: Callable[[], Any], sentence: str) -> None:
    """Do what a button asks; a refusal is traced and said."""
    try:
        act()
    except Refused as refusal:
        trace_refusal(request)
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, sentence)


def sub_pages(user: Any, active: str) -> list[dict[str, Any]]:
    """The pages of this area that this user may open."""
    pages = [
        ("requests", _("What is waiting"), "people:data-requests", "people.view_data_requests"),
        ("retention", _("Retention"), "people:retention", "people.propose_retention_run"),
        ("retention", _("Retention"), "people:retention", "people.approve_erasure"),
    ]
    shown = {name: (label, url) for name, label, url, permission in pages if user.has_perm(permission)}
    return [{"label": label, "url": reverse(url), "active": name == active} for name, (label, url) in shown.items()]


# What is waiting ------------------------------------------------------------------------------------------------------
@require_safe
@_needs("people.view_data_requests")
def data_requests(request: SignedIn) -> HttpResponse:
    """What waits for an answer or a decision, the first due first; by number, never by name."""
    user, today = request.user, timezone.localdate()
    asked = AccessRequest.objects.visible_to(user).order_by("due_on", "number")
    wrong = Correction.objects.visible_to(user).order_by("due_on", "number")
    open_ones = [
        *((one, "people:access-request", _("Access")) for one in asked.exclude(status=AccessStatus.READY)),
        *((one, "people:correction", _("Correction")) for one in wrong.filter(status=CorrectionStatus.WAITING)),
    ]
    answered = [
        *((one, "people:access-request", _("Access")) for one in asked.filter(status=AccessStatus.READY)[:NEWEST]),
        *(
            (one, "people:correction", _("Correction"))
            for one in wrong.exclude(status=CorrectionStatus.WAITING)[:NEWEST]
        ),
    ]
    wanted = Erasure.objects.visible_to(user).filter(run=None).order_by("-number")
    held = Hold.objects.visible_to(user).exclude(status=HoldStatus.LIFTED).order_by("-number")
    runs = RetentionRun.objects.visible_to(user).order_by("-number")[:NEWEST]
    page = {
        "pages": sub_pages(user, "requests"),
        "content": user.has_perm("people.record_data_request"),
        "oversight": user.has_perm("people.ask_erasure") or user.has_perm("people.approve_erasure"),
        "headers": [_("Number"), _("Kind"), _("About"), _("Status"), _("Due")],
        "open": [
            _request_row(*one, today) for one in sorted(open_ones, key=lambda one: (one[0].due_on, one[0].number))
        ],
        "answered": [_request_row(*one, None) for one in answered],
        "erasure_headers": [_("Number"), _("About"), _("Ground"), _("Status"), _("Asked by"), _("Asked")],
        "erasures": [
            [
                numbered(one, "people:erasure"),
                one.about,
                one.get_ground_display(),
                status_of(one),
                str(one.asked_by),
                one.created_at,
            ]
            for one in wanted.select_related("asked_by")[:NEWEST]
        ],
        "hold_headers": [_("Number"), _("About"), _("Ground"), _("Status"), _("Until")],
        "holds": [
            [
                numbered(one, "people:hold"),
                one.about,
                one.get_ground_display(),
                status_of(one),
                one.until or _("Until it is lifted"),
            ]
            for one in held[:NEWEST]
        ],
        "run_headers": [_("Number"), _("Status"), _("Proposed by"), _("Proposed")],
        "runs": [
            [numbered(one, "people:retention-run"), status_of(one), str(one.proposed_by), one.created_at]
            for one in runs.select_related("proposed_by")
        ],
        "still_open": erasures.pending_rotation(),
    }
    audit.read(request, "data_requests", *(one[0] for one in open_ones), *held)
    return render(request, "people/data_requests.html", page)


def _by_due(one: tuple[Any, str, str]) -> tuple[Any, str]:
    return one[0].due_on, one[0].number


def _request_row(one: Any, url_name: str, kind: str, today: Any) -> list[Any]:
    due: Any = one.due_on
    if today is not None and one.due_on < today:
        due = {"status": "overdue", "label": _("Overdue since %(day)s") % {"day": f"{one.due_on:%d.%m.%Y.}"}}
    return [numbered(one, url_name), kind, one.about, status_of(one), due]


# Legal holds ----------------------------------------------------------------------------------------------------------
@_needs("people.set_hold")
def set_hold(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Put a hold on a person: nothing is erased while it is in force."""
    who = _visible_person(request, person_id)
    form = bind(request, SetHoldForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: holds.set_hold(person=who, set_by=request.user, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The hold is in force."))
            return redirect("people:hold", done.number)
    audit.read(request, "set_hold", who)
    return render(request, "people/data_form.html", _about_person(who, form, _("Set a legal hold"), _("Set the hold")))


def _about_person(who: Person, form: Any, title: str, submit: str, **more: Any) -> dict[str, Any]:
    return {"person": who, "form": form, "title": title, "submit": submit, **more}


@require_safe
@_needs("people.view_data_requests")
def hold(request: SignedIn, number: str) -> HttpResponse:
    """One hold: ground, reason, by whom, until when; and how it is lifted."""
    found = _found(Hold.objects.visible_to(request.user).select_related("key", "set_by", "lift_asked_by"), number)
    audit.read(request, "hold", found, found.person)
    page = {
        "hold": found,
        "may_ask": may(found, "ask_to_lift_hold", request.user),
        "may_lift": may(found, "lift_hold", request.user) and found.lift_asked_by_id != request.user.pk,
    }
    return render(request, "people/data_hold.html", page)


@require_POST
@_needs("people.set_hold")
def ask_to_lift_hold(request: SignedIn, number: str) -> HttpResponse:
    found = _found(Hold.objects.visible_to(request.user), number)
    _act(
        request,
        lambda: holds.ask_to_lift_hold(hold=found, asked_by=request.user, now=timezone.now()),
        _("The auditor is told. The hold stays in force until then."),
    )
    return redirect("people:hold", number)


@require_POST
@_needs("people.lift_hold")
@recently_signed_in
def lift_hold(request: SignedIn, number: str) -> HttpResponse:
    found = _found(Hold.objects.visible_to(request.user), number)
    _act(
        request,
        lambda: holds.lift_hold(hold=found, lifted_by=request.user, now=timezone.now()),
        _("The hold is lifted."),
    )
    return redirect("people:hold", number)


@require_POST
@_needs("people.lift_hold")
def keep_hold(request: SignedIn, number: str) -> HttpResponse:
    found = _found(Hold.objects.visible_to(request.user), number)
    _act(request, lambda: holds.keep_hold(hold=found, kept_by=request.user), _("The hold stays in force."))
    return redirect("people:hold", number)


# Erasure --------------------------------------------------------------------------------------------------------------
@_needs("people.ask_erasure")
@recently_signed_in
def ask_erasure(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Ask for the erasure of everything held on a person, with what would go and what stands in the way."""
    who = _visible_person(request, person_id)
    form = bind(request, AskErasureForm)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        done = attempt(
            form,
            lambda: erasing.ask_erasure(
                person=who,
                ground=typed["ground"],
                reason=typed["reason"],
                asked_by=request.user,
                now=timezone.now(),
            ),
        )
        if done is not None:
            messages.success(request, _("The auditor is told. Nothing is erased until somebody else has approved it."))
            return redirect("people:erasure", done.number)
    subject = Subject(who.organisation_id, who)
    page = _about_person(
        who,
        form,
        _("Ask for erasure"),
        _("Ask for erasure"),
        blocks=[block.sentence for block in holdings.in_the_way(subject, timezone.now())],
        counts=_counted(holdings.counts_of(subject)),
    )
    audit.read(request, "ask_erasure", who)
    return render(request, "people/data_ask_erasure.html", page)


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Rows by table, in words; a table that is gone from the product keeps its label."""
    titles = {label: held.title for label, held in holdings.HELD.items()}
    return [(str(titles.get(label, label)), count) for label, count in counts.items()]


@require_safe
@_needs("people.view_data_requests")
def erasure(request: SignedIn, number: str) -> HttpResponse:
    """One erasure, by number and ground: who asked, why, what would go or went."""
    found = _found(
        Erasure.objects.visible_to(request.user).select_related("key", "person__key", "asked_by", "decided_by", "run"),
        number,
    )
    audit.read(request, "erasure", found, *([found.person] if found.person else []))
    waiting = found.status in (ErasureStatus.ASKED, ErasureStatus.APPROVED)
    subject = erasing.subject_of(found)
    may_decide = request.user.has_perm("people.approve_erasure") and found.asked_by_id != request.user.pk
    page = {
        "erasure": found,
        "class_label": keeping.CLASSES.get(found.record_class, ""),
        "counts": _counted(holdings.counts_of(subject) if waiting else found.counts),
        "blocks": [block.sentence for block in holdings.in_the_way(subject, timezone.now())] if waiting else [],
        "stopped_by": _stopped(found.stopped_by),
        "may_approve": may_decide and may(found, "approve_erasure", request.user),
        "waits_for_other": found.status == ErasureStatus.ASKED and not may_decide,
        "may_refuse": may_decide and may(found, "refuse_erasure", request.user),
        "may_open_person": found.person is not None and request.user.has_perm("people.view_person"),
    }
    return render(request, "people/data_erasure.html", page)


def _stopped(code: str) -> str:
    words = {
        "hold": _("A legal hold is in force"),
        "open-case": _("A case is open"),
        "clock": _("A clock is running"),
        "referral-waits": _("A referral waits"),
        "appeal": _("An appeal is not decided"),
        "placement": _("A placement has not ended"),
        "witness-status": _("A witness status is not decided"),
        "access-request": _("A request for access is not answered"),
        "correction": _("A request for correction is not decided"),
        "opening": _("Emergency access waits for review"),
        "sealing": _("A sealing waits for a second person"),
    }
    return words.get(code, code)


@_needs("people.approve_erasure")
@recently_signed_in
def approve_erasure(request: SignedIn, number: str) -> HttpResponse:
    """The second person's yes, with a box to tick: it cannot be undone."""
    found = _found(Erasure.objects.visible_to(request.user).select_related("key", "asked_by"), number)
    form = bind(request, ApproveErasureForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: erasing.approve_erasure(erasure=found, approved_by=request.user, now=timezone.now()),
        )
        if done is not None:
            messages.success(request, _("Approved. It is carried out within a minute."))
            return redirect("people:erasure", number)
    audit.read(request, "erasure", found)
    return render(request, "people/data_approve.html", {"form": form, "record": found, "url": "people:erasure"})


@require_POST
@_needs("people.approve_erasure")
def refuse_erasure(request: SignedIn, number: str) -> HttpResponse:
    found = _found(Erasure.objects.visible_to(request.user).select_related("person"), number)
    _act(
        request,
        lambda: erasing.refuse_erasure(erasure=found, refused_by=request.user, now=timezone.now()),
        _("Refused. Nothing is erased."),
    )
    return redirect("people:erasure", number)


# Retention ------------------------------------------------------------------------------------------------------------
def _oversees(request: SignedIn) -> None:
    """Supervisors propose, the auditor decides: both see the schedule. Others are told 403."""
    if not (request.user.has_perm("people.approve_erasure") or request.user.has_perm("people.propose_retention_run")):
        raise PermissionDenied


@require_safe
@_needs("people.view_data_requests")
def retention(request: SignedIn) -> HttpResponse:
    """The schedule, what is due by number, what is held back, and the runs."""
    _oversees(request)
    proposing = request.user.has_perm("people.propose_retention_run")
    found = keeping.due(request.user.organisation, today=timezone.localdate(), user=request.user)
    free = [each for each in found if not each.blocks]
    runs = RetentionRun.objects.visible_to(request.user).select_related("proposed_by")[:NEWEST]
    page = {
        "pages": sub_pages(request.user, "retention"),
        "schedule_headers": [_("Class of record"), _("Kept for"), _("Counted")],
        "schedule": [
            [label, _("%(days)d days") % {"days": days} if days else _("Not decided: never due"), rule]
            for _class, label, days, rule in keeping.schedule()
        ],
        "decided": keeping.decided(),
        "headers": [
            _("Number"),
            _("Class of record"),
            _("Ended"),
            _("Due since"),
            _("Rows"),
            _("What stands in the way"),
        ],
        "due": [
            [
                each.number,
                keeping.CLASSES[each.record_class],
                each.ended_on,
                each.due_on,
                sum(each.rows.values()),
                [str(block.sentence) for block in each.blocks] or "–",
            ]
            for each in found
        ],
        "counts": _counted(keeping.rows_by_kind(found)),
        "free": len(free),
        "may_propose": proposing and bool(free),
        "limit": keeping.SHOWN if len(found) == keeping.SHOWN else 0,
        "run_headers": [_("Number"), _("Status"), _("Proposed by"), _("Proposed")],
        "runs": [
            [numbered(one, "people:retention-run"), status_of(one), str(one.proposed_by), one.created_at]
            for one in runs
        ],
    }
    audit.read(request, "retention", *(each.subject.person for each in found if each.subject.person is not None))
    return render(request, "people/data_retention.html", page)


@require_POST
@_needs("people.propose_retention_run")
@recently_signed_in
def propose_retention_run(request: SignedIn) -> HttpResponse:
    try:
        run = keeping.propose_retention_run(
            organisation=request.user.organisation, proposed_by=request.user, today=timezone.localdate()
        )
    except Refused as refusal:
        trace_refusal(request)
        messages.error(request, str(refusal.sentence))
        return redirect("people:retention")
    messages.success(request, _("Proposed. Nothing is erased until the auditor has approved it."))
    return redirect("people:retention-run", run.number)


def _visible_run(request: SignedIn, number: str) -> RetentionRun:
    _oversees(request)
    runs = RetentionRun.objects.visible_to(request.user).select_related("proposed_by", "decided_by")
    found: RetentionRun = _found(runs, number)
    return found


@require_safe
@_needs("people.view_data_requests")
def retention_run(request: SignedIn, number: str) -> HttpResponse:
    """One run: what it would erase, how far it is, what was left and why."""
    run = _visible_run(request, number)
    items = Erasure.objects.visible_to(request.user).filter(run=run).order_by("number")
    done, many = keeping.progress(run)
    page = {
        "run": run,
        "done": done,
        "many": many,
        "counts": _counted(run.counts),
        "headers": [_("Number"), _("About"), _("Class of record"), _("Due since"), _("Status"), _("Left because")],
        "items": [
            [
                numbered(each, "people:erasure"),
                each.about,
                keeping.CLASSES.get(each.record_class, each.record_class),
                each.due_on,
                status_of(each),
                _stopped(each.stopped_by) or "–",
            ]
            for each in items
        ],
        "may_decide": may(run, "approve_retention_run", request.user) and run.proposed_by_id != request.user.pk,
    }
    audit.read(request, "retention_run", note=run.number)
    return render(request, "people/data_run.html", page)


@_needs("people.approve_erasure")
@recently_signed_in
def approve_retention_run(request: SignedIn, number: str) -> HttpResponse:
    run = _visible_run(request, number)
    form = bind(request, ApproveErasureForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, lambda: keeping.approve_retention_run(run=run, approved_by=request.user, now=timezone.now())
        )
        if done is not None:
            messages.success(request, _("Approved. The page of the run shows how far it is."))
            return redirect("people:retention-run", number)
    audit.read(request, "retention_run", note=run.number)
    return render(request, "people/data_approve.html", {"form": form, "record": run, "url": "people:retention-run"})


@require_POST
@_needs("people.approve_erasure")
def refuse_retention_run(request: SignedIn, number: str) -> HttpResponse:
    run = _visible_run(request, number)
    _act(
        request,
        lambda: keeping.refuse_retention_run(run=run, refused_by=request.user, now=timezone.now()),
        _("Refused. Nothing is erased."),
    )
    return redirect("people:retention-run", number)


# Access ---------------------------------------------------------------------------------------------------------------
@_needs("people.record_data_request")
def record_access_request(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Write down that somebody wants to know what is held on them."""
    who = _visible_person(request, person_id)
    form = bind(request, RecordAccessRequestForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: access_requests.record_access_request(person=who, recorded_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("Recorded. The answer is being compiled."))
            return redirect("people:access-request", done.number)
    audit.read(request, "record_access_request", who)
    page = _about_person(who, form, _("Record a request for access"), _("Record"))
    return render(request, "people/data_form.html", page)


def _visible_request(request: SignedIn, number: str) -> AccessRequest:
    rows = AccessRequest.objects.visible_to(request.user)
    found: AccessRequest = _found(
        rows.select_related("key", "person__key", "recorded_by", "released_by", "pdf__key", "data__key"), number
    )
    return found


@require_safe
@_needs("people.record_data_request")
def access_request(request: SignedIn, number: str) -> HttpResponse:
    """One request: how far it is, its sections for the reviewer, the files once it is released."""
    found = _visible_request(request, number)
    audit.read(request, "access_request", found, found.person)
    sections = list(access_requests.sections_of(found)) if found.status != AccessStatus.RECORDED else []
    reviewing = found.status == AccessStatus.REVIEW and found.recorded_by_id != request.user.pk
    may_release = reviewing and request.user.has_perm("people.review_access_request")
    left = sum(1 for section in sections if section.body and section.checked_at is None)
    page = {
        "asked": found,
        "now": timezone.now(),
        "overdue": found.status != AccessStatus.READY and found.due_on < timezone.localdate(),
        "working": found.status in (AccessStatus.RECORDED, AccessStatus.RELEASED),
        "percent": round(100 * found.steps_done / found.steps) if found.steps else 0,
        "headers": [_("Section"), _("Entries"), _("Looked at by"), _("Result")],
        "sections": [_section_row(found, section) for section in sections if section.body],
        "may_release": may_release and not left,
        "left": _("Look at every section first: %(count)d are left.") % {"count": left} if may_release and left else "",
        "waits_for_other": found.status == AccessStatus.REVIEW and not reviewing,
        "may_compile": may(found, "compile_again", request.user),
        "ready": found.status == AccessStatus.READY and not found.erased,
    }
    return render(request, "people/data_access.html", page)


def _section_row(asked: AccessRequest, section: Any) -> list[Any]:
    title = {
        "text": access_requests.title_of(section),
        "url": reverse("people:check-section", args=[asked.number, section.position]),
    }
    if section.checked_at is None:
        return [title, len(section.body), "–", {"status": "waiting", "label": _("Not looked at yet")}]
    result = section.get_withheld_display() if section.withheld else _("Goes out")
    return [title, len(section.body), str(section.checked_by), result]


@_needs("people.review_access_request")
@recently_signed_in
def check_section(request: SignedIn, number: str, position: int) -> HttpResponse:
    """One section as it would go out, and the reviewer's word on it."""
    found = _visible_request(request, number)
    section = access_requests.sections_of(found).filter(position=position).first()
    if section is None:
        raise Http404
    form = bind(request, CheckSectionForm, initial={"withheld": section.withheld})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: access_requests.check_section(
                section=section,
                withheld=form.cleaned_data["withheld"],
                checked_by=request.user,
                now=timezone.now(),
            ),
        )
        if done is not None:
            return redirect(_next_section(found, position))
    audit.read(request, "check_section", found, found.person, note=section.label)
    page = {
        "asked": found,
        "title": access_requests.title_of(section),
        "rows": access_requests.rows_for_review(section, masked_fields(found.person, request.user)),
        "form": form,
        "reviewing": found.status == AccessStatus.REVIEW and found.recorded_by_id != request.user.pk,
    }
    return render(request, "people/data_section.html", page)


def _next_section(found: AccessRequest, position: int) -> str:
    """The next section that nobody has looked at, else the page of the request."""
    left = [each for each in access_requests.sections_of(found).filter(checked_at=None) if each.body]
    if not left:
        return reverse("people:access-request", args=[found.number])
    after = [each for each in left if each.position > position] or left
    return reverse("people:check-section", args=[found.number, after[0].position])


@require_POST
@_needs("people.record_data_request")
def compile_again(request: SignedIn, number: str) -> HttpResponse:
    found = _visible_request(request, number)
    _act(
        request,
        lambda: access_requests.compile_again(request=found, compiled_by=request.user),
        _("The answer is being compiled afresh."),
    )
    return redirect("people:access-request", number)


@require_POST
@_needs("people.review_access_request")
@recently_signed_in
def release_access_request(request: SignedIn, number: str) -> HttpResponse:
    found = _visible_request(request, number)
    _act(
        request,
        lambda: access_requests.release_access_request(request=found, released_by=request.user, now=timezone.now()),
        _("Released. The files are being written."),
    )
    return redirect("people:access-request", number)


@require_safe
@_needs("people.record_data_request")
@recently_signed_in
def export_access_request(request: SignedIn, number: str, kind: str) -> HttpResponse:
    """Hand out the answer as a file, named by its number alone; in the trail before the first byte."""
    if kind not in access_requests.MEDIA:
        raise Http404
    found = _visible_request(request, number)
    try:
        content = access_requests.export_access_request(request=found, kind=kind, exported_by=request.user)
    except Refused as refusal:
        trace_refusal(request)
        messages.error(request, str(refusal.sentence))
        return redirect("people:access-request", number)
    response = HttpResponse(content, content_type=access_requests.MEDIA[kind])
    response["Content-Disposition"] = f'attachment; filename="{found.number}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# Correction -----------------------------------------------------------------------------------------------------------
@_needs("people.record_data_request")
def record_correction(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Write down that somebody says what is recorded is wrong."""
    who = _visible_person(request, person_id)
    form = bind(request, RecordCorrectionForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: corrections.record_correction(person=who, recorded_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("people:correction", done.number)
    audit.read(request, "record_correction", who)
    page = _about_person(who, form, _("Record a request for correction"), _("Record"))
    return render(request, "people/data_form.html", page)


@_needs("people.record_data_request")
def correction(request: SignedIn, number: str) -> HttpResponse:
    """One request for correction, with its decision or the form for it."""
    rows = Correction.objects.visible_to(request.user)
    found = _found(rows.select_related("key", "person__key", "recorded_by", "decided_by"), number)
    may_decide = found.status == CorrectionStatus.WAITING and request.user.has_perm("people.decide_correction")
    form = bind(request, DecideCorrectionForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: corrections.decide_correction(
                correction=found, decided_by=request.user, now=timezone.now(), **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("The decision is recorded."))
            return redirect("people:correction", number)
    audit.read(request, "correction", found, found.person)
    page = {
        "correction": found,
        "form": form,
        "may_decide": may_decide,
        "of_person": found.amended == corrections.THE_PERSON,
        "overdue": found.status == CorrectionStatus.WAITING and found.due_on < timezone.localdate(),
    }
    return render(request, "people/data_correction.html", page)
