"""Pages for what is closed by default: reveals, emergency access, reviews, conflicts of interest, sealing."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
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
from casework.cases import services
from casework.cases.emergency import what_helps
from casework.cases.models import Case
from casework.cases.openings import Reviews, reviews_for
from casework.cases.restricted_forms import (
    AskUnsealingForm,
    BreakGlassForm,
    DeclareConflictForm,
    LiftConflictForm,
    RevealForm,
    ReviewOpeningForm,
)
from casework.cases.restricted_models import Conflict, Opened, Opening
from casework.cases.sealing import waiting_sealing
from casework.cases.views import case_frame, visible_case
from casework.people.masking import MASKED, masked_fields, plain_text
from casework.people.models import Person
from casework.workflow import Refused


# One masked field -----------------------------------------------------------------------------------------------------
@recently_signed_in
@permission_required("cases.reveal", raise_exception=True)
def reveal(request: SignedIn, person_id: uuid.UUID, field: str) -> HttpResponse:
    """Ask why, then show one masked field of a person, once: in the answer to this very form and nowhere else."""
    who = Person.objects.visible_to(request.user).select_related("key").filter(pk=person_id).first()
    if who is None or field not in MASKED:
        raise Http404
    page_of_person = reverse("people:person", args=[person_id])
    if field not in masked_fields(who, request.user):
        return redirect(page_of_person)  # nothing is hidden there from this user
    form = bind(request, RevealForm)
    page = {"form": form, "label": Opened(field).label, "back_url": page_of_person, "who": who.name}
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.reveal_field(
                person=who, field=field, revealed_by=request.user, now=timezone.now(), **form.cleaned_data
            ),
        )
        if done is not None:  # the act is committed: from here on the value may be read
            return render(request, "cases/revealed.html", page | {"value": plain_text(who, field)})
    audit.read(request, "reveal", who, note=field)
    return render(request, "cases/reveal.html", page)


# One case, in an emergency --------------------------------------------------------------------------------------------
@recently_signed_in
@permission_required("cases.break_glass", raise_exception=True)
def break_glass(request: SignedIn) -> HttpResponse:
    """Ask for one case by its number, with the reason; then it can be read for an hour."""
    form = bind(request, BreakGlassForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, lambda: services.break_glass(broken_by=request.user, now=timezone.now(), **form.cleaned_data)
        )
        if done is not None:
            return redirect("cases:emergency", form.cleaned_data["number"])
    return render(request, "cases/break_glass.html", {"form": form})


@require_safe
@permission_required("cases.break_glass", raise_exception=True)
def emergency(request: SignedIn, number: str) -> HttpResponse:
    """The read-only page of a case that this user opened: what helps at once, and until when. No link leads on."""
    now = timezone.now()
    opened = Case.objects.through_glass(request.user, now).select_related("key", "person__key", "caseworker")
    found = opened.filter(number=number).first()
    if found is None:
        raise Http404
    audit.read(request, "emergency", found, found.person)
    return render(request, "cases/emergency.html", what_helps(found, request.user, now))


# Reviews --------------------------------------------------------------------------------------------------------------
@require_safe
@permission_required("cases.review_opening", raise_exception=True)
def reviews(request: SignedIn) -> HttpResponse:
    """Emergency access and reveals: what is overdue, what waits, what was decided."""
    now = timezone.now()
    found = reviews_for(request.user, now)
    audit.read(request, "reviews", *_subjects(found))
    page = {
        "now": now,
        "headers": [_("Who"), _("What"), _("Record"), _("When"), _("Review by")],
        "overdue": [_review_row(each, request) for each in found.overdue],
        "waiting": [_review_row(each, request) for each in found.waiting],
        "done_headers": [_("Who"), _("What"), _("Record"), _("When"), _("Reviewed by"), _("Word")],
        "done": [_done_row(each) for each in found.done],
        "counts": {"overdue": len(found.overdue), "waiting": len(found.waiting), "done": len(found.done)},
    }
    return render(request, "cases/reviews.html", page)


def _subjects(found: Reviews) -> list[Any]:
    shown = [*found.overdue, *found.waiting, *found.done]
    records = [record for each in shown for record in (each.case, each.person) if record is not None]
    return list({record.pk: record for record in records}.values())


def _record_of(opening: Opening) -> dict[str, Any]:
    """What the opening was about, with a link for those who see it: everybody who sees the opening does."""
    if opening.case is not None:
        return {"text": opening.case.number, "url": reverse("cases:case", args=[opening.case.number])}
    if opening.person is not None:
        return {"text": opening.person.name, "url": reverse("people:person", args=[opening.person_id])}
    return {"text": _("Shelter"), "url": reverse("shelter:shelters")}


def _review_row(opening: Opening, request: SignedIn) -> list[Any]:
    own = opening.user_id == request.user.pk
    what = {
        "text": opening.get_what_display(),
        "url": "" if own else reverse("cases:review", args=[opening.pk]),
        "hint": _("Your own: another supervisor reviews it") if own else opening.get_reason_kind_display(),
    }
    return [str(opening.user), what, _record_of(opening), opening.opened_at, opening.review_due_at]


def _done_row(opening: Opening) -> list[Any]:
    verdict = {"status": opening.verdict, "label": opening.get_verdict_display(), "hint": opening.review_reason}
    what = {"text": opening.get_what_display(), "hint": opening.reason}
    return [str(opening.user), what, _record_of(opening), opening.opened_at, str(opening.reviewed_by), verdict]


@permission_required("cases.review_opening", raise_exception=True)
def review(request: SignedIn, opening_id: uuid.UUID) -> HttpResponse:
    """Read why it was opened, and say whether it was justified."""
    related = ("key", "user", "case", "person__key", "reviewed_by")
    found = Opening.objects.visible_to(request.user).select_related(*related).filter(pk=opening_id).first()
    if found is None:
        raise Http404
    form = bind(request, ReviewOpeningForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.review_opening(
                opening=found, reviewed_by=request.user, now=timezone.now(), **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("Your review is recorded."))
            return redirect("cases:reviews")
    audit.read(request, "review", found, *(record for record in (found.case, found.person) if record is not None))
    page = {"form": form, "opening": found, "record": _record_of(found), "now": timezone.now()}
    page["may_review"] = found.reviewed_at is None and found.user_id != request.user.pk
    return render(request, "cases/review.html", page)


# Conflicts of interest ------------------------------------------------------------------------------------------------
@permission_required("cases.declare_conflict", raise_exception=True)
def declare_conflict(request: SignedIn, number: str) -> HttpResponse:
    """Say that oneself, or a colleague, must see nothing of this case from now on."""
    found = visible_case(request, number)
    form = bind(request, DeclareConflictForm, case=found, by=request.user)
    if form.is_bound and form.is_valid():
        answers = {"user": request.user} | form.cleaned_data
        done = attempt(
            form,
            lambda: services.declare_conflict(case=found, declared_by=request.user, now=timezone.now(), **answers),
        )
        if done is not None and done.user == request.user:
            messages.success(request, _("The conflict is recorded. You no longer see anything of this case."))
            return redirect("cases:cases")
        if done is not None:
            messages.success(request, _("%(name)s no longer sees anything of this case.") % {"name": done.user})
            return redirect("cases:colleagues", number)
    page = case_frame(request, found, active="colleagues") | {"form": form}
    return render(request, "cases/declare_conflict.html", page)


@permission_required("cases.lift_conflict", raise_exception=True)
def lift_conflict(request: SignedIn, number: str, conflict_id: uuid.UUID) -> HttpResponse:
    """End a colleague's conflict, with the reason."""
    found = visible_case(request, number)
    related = ("key", "user", "case", "person")
    live = Conflict.objects.visible_to(request.user).live().select_related(*related)
    conflict = live.filter(pk=conflict_id, person=found.person_id).first()
    if conflict is None:
        raise Http404
    form = bind(request, LiftConflictForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.lift_conflict(
                conflict=conflict, lifted_by=request.user, now=timezone.now(), **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("The conflict of %(name)s is lifted.") % {"name": done.user})
            return redirect("cases:colleagues", number)
    page = case_frame(request, found, active="colleagues") | {"form": form, "conflict": conflict}
    return render(request, "cases/lift_conflict.html", page)


# Sealing --------------------------------------------------------------------------------------------------------------
@permission_required("cases.seal_case", raise_exception=True)
def ask_unsealing(request: SignedIn, number: str) -> HttpResponse:
    """Ask another of the named few to agree that the case is opened again to its caseworker and supervisors."""
    found = visible_case(request, number)
    form = bind(request, AskUnsealingForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.ask_unsealing(case=found, asked_by=request.user, now=timezone.now(), **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("Asked. The case stays sealed until another of the named few agrees."))
            return redirect("cases:case", number)
    page = case_frame(request, found, active="summary") | {"form": form}
    return render(request, "cases/ask_unsealing.html", page)


@require_POST
@permission_required("cases.decide_sealing", raise_exception=True)
def decide_sealing(request: SignedIn, number: str) -> HttpResponse:
    """The second person's yes or no, from the case page."""
    found = visible_case(request, number)
    sealing = waiting_sealing(found, request.user)
    answer = request.POST.get("agree", "")
    if sealing is None or answer not in ("yes", "no"):
        messages.error(request, _("Nothing about the sealing of this case waits for you any more."))
        return redirect("cases:case", number)
    try:
        done = services.decide_sealing(
            sealing=sealing, agree=answer == "yes", decided_by=request.user, now=timezone.now()
        )
        messages.success(request, _("Recorded: %(what)s.") % {"what": done.get_outcome_display()})
    except Refused as refusal:
        audit.refuse(request.user, "decide_sealing", found, found.person)
        messages.error(request, refusal.sentence)
    if Case.objects.is_visible_to(request.user, found):
        return redirect("cases:case", number)
    return redirect("cases:cases")  # it was unsealed, and is somebody else's
