"""Referrals come in: the house's form, the responder's form, and amending."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casework.access.drafts import forget_going_on, going_on, keep_going_on
from casework.access.forms import attempt, bind, fill
from casework.access.requests import SignedIn
from casework.access.uploads import takes_files
from casework.audit import services as audit
from casework.people.masking import (
    fields_to_hide,
    keep_hidden,
    masked_fields,
    say_hidden,
    to_compare,
    without_hidden,
)
from casework.people.models import Person
from casework.workflow import Stale
from referrals import services
from referrals.forms import MASKED_IN_FORM, AmendReferralForm, LogReferralForm, SubmitReferralForm, saved_referral
from referrals.models import Call, Referral, ReferralStatus, Visit
from referrals.views.calls import answers_of_call, visible_call
from referrals.views.finding import ask, referral_to_work_on, url_of, visible_referral, who
from referrals.views.visits import answers_of_visit, visible_visit

PAGE = 25
# What a responder is told; a linked referral looks like any other in hand, so that nobody learns who is known.
SUBMISSION_STATES: dict[str, tuple[str, Any]] = {
    ReferralStatus.RECEIVED: ("received", gettext_lazy("Received")),
    ReferralStatus.INITIATED: ("in-hand", gettext_lazy("In hand")),
    ReferralStatus.LINKED: ("in-hand", gettext_lazy("In hand")),
    ReferralStatus.CLOSED: ("in-hand", gettext_lazy("In hand")),
    ReferralStatus.DECLINED: ("waiting", gettext_lazy("Please contact us")),
}


@takes_files
def log_referral(request: SignedIn) -> HttpResponse:
    """A colleague writes down what somebody told us; with `?person=` about somebody whom they already see."""
    ask(request, "referrals.log_referral")
    call, visit = _comes_of(request)
    initial = {
        "received_at": timezone.now(),
        "person": request.GET.get("person"),
        **(answers_of_call(call) | {"call": call.number} if call else {}),
        **(answers_of_visit(visit) | {"visit": visit.number} if visit else {}),
    }
    form = bind(request, LogReferralForm, initial=initial)
    person = _known_person(request, form["person"].value())
    if person is not None:
        audit.read(request, "log_referral", person)
        form.about(person)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        referral = attempt(
            form,
            lambda: services.receive_with_files(
                receive=lambda: services.log_referral(
                    organisation=request.user.organisation,
                    received_at=form.cleaned_data["received_at"],
                    now=now,
                    existing_person=person,
                    call=call,
                    visit=visit,
                    person=None if person else form.person_details(),
                    indicators=form.indicators(),
                    logged_by=request.user,
                    **form.report(),
                ),
                brought=form.brought(),
                now=now,
                attached_by=request.user,
            ),
        )
        if referral is not None:
            messages.success(request, _("%(number)s is logged.") % {"number": referral.number})
            return redirect(url_of(referral))
    form.remind_to_choose_again()
    page = {"form": form, "person": person, "comes_of": [each.number for each in (call, visit) if each]}
    return render(request, "referrals/log_referral.html", page)


def _comes_of(request: SignedIn) -> tuple[Call | None, Visit | None]:
    """The hotline call and the team's visit that a referral comes of, where the page was opened from one.

    Raises Http404 for one that the user does not see.
    """
    told = request.POST if request.method == "POST" else request.GET
    number, of_visit = told.get("call", "")[:20], told.get("visit", "")[:20]
    if not (number + of_visit).isprintable():
        raise Http404
    call = visible_call(request, number) if number else None
    visit = visible_visit(request, of_visit) if of_visit else None
    if call or visit:
        audit.read(request, "log_referral", *[each for each in (call, visit) if each])
    return call, visit


def _known_person(request: SignedIn, key: Any) -> Person | None:
    if not key:
        return None
    try:
        key = uuid.UUID(str(key))
    except ValueError:
        raise Http404 from None
    person = Person.objects.visible_to(request.user).select_related("key").filter(pk=key).first()
    if person is None:
        raise Http404
    return person


@takes_files
def submit_referral(request: SignedIn) -> HttpResponse:
    """A responder tells an organisation of a person or a place."""
    ask(request, "referrals.submit_referral")
    form = bind(request, SubmitReferralForm, initial=_usual_answers(request))
    if form.is_bound and form.is_valid():
        now = timezone.now()
        submitted = attempt(
            form,
            lambda: services.submit_once(
                mark=str(form.cleaned_data["mark"] or uuid.uuid4()),
                content=form.content(),
                receive=lambda: services.receive_with_files(
                    receive=lambda: services.submit_referral(
                        organisation=form.cleaned_data["organisation"],
                        now=now,
                        person=form.person_details(),
                        indicators=form.indicators(),
                        submitted_by=request.user,
                        **form.report(),
                    ),
                    brought=form.brought(),
                    now=now,
                    attached_by=request.user,
                ),
                now=now,
                submitted_by=request.user,
            ),
        )
        if submitted is not None:
            forget_going_on(request.user, request.path)
            sentence = _("Thank you. %(number)s is received. Keep this number.") % {"number": submitted[0].number}
            messages.success(request, sentence)
            return redirect("referrals:submissions")
    if "X-Files-Stay" not in request.headers:  # the page itself keeps what was chosen
        form.remind_to_choose_again()
    kept = None if form.is_bound or getattr(form, "restored", False) else going_on(request.user, request.path)
    if kept is not None:
        fill(form, kept)
    return render(request, "referrals/submit_referral.html", {"form": form, "went_on": kept is not None})


@require_POST
def keep_draft(request: SignedIn) -> HttpResponse:
    """The page keeps what is being typed, every few seconds: encrypted, for a day, until it is sent."""
    ask(request, "referrals.submit_referral")
    keep_going_on(request, reverse("referrals:submit-referral"))
    return HttpResponse(status=204)


@require_POST
def discard_draft(request: SignedIn) -> HttpResponse:
    """Begin afresh: what was typed and not sent is gone."""
    ask(request, "referrals.submit_referral")
    forget_going_on(request.user, reverse("referrals:submit-referral"))
    return redirect("referrals:submit-referral")


def _usual_answers(request: SignedIn) -> dict[str, Any]:
    """The responder's own kind of body, and that a telephone sent this, where the browser says so."""
    source = {"csw": "social-welfare-center", "ngo": "ngo"}.get(request.user.organisation.kind, "")
    telephone = "Mobi" in request.headers.get("User-Agent", "")
    return {"source": source, "channel": "mobile-application" if telephone else "web-form", "mark": uuid.uuid4()}


@require_safe
def submissions(request: SignedIn) -> HttpResponse:
    """Own submissions, newest first: the number and one of three words, never what became of the person."""
    ask(request, "referrals.submit_referral")
    after = request.GET.get("after", "")[:20]
    mine = Referral.objects.submitted_by(request.user).order_by("-number")
    if after:
        mine = mine.filter(number__lt=after)
    found = list(mine.only("number", "received_at", "status", "error_at")[: PAGE + 1])
    rows = []
    for referral in found[:PAGE]:
        state, label = SUBMISSION_STATES["declined" if referral.entered_in_error else referral.status]
        rows.append([referral.number, referral.received_at, {"text": label, "status": state, "label": label}])
    more = f"{reverse('referrals:submissions')}?after={found[PAGE - 1].number}" if len(found) > PAGE else ""
    page = {"headers": [_("Number"), _("Received"), _("State")], "rows": rows, "next_url": more}
    return render(request, "referrals/submissions.html", page)


def amend_referral(request: SignedIn, number: str) -> HttpResponse:
    """Change what is saved, or add what is now known of the person; a save by somebody else meanwhile is shown."""
    referral = referral_to_work_on(request, number, "referrals.amend_referral")
    person = referral.person
    hidden = fields_to_hide(masked_fields(person, request.user), MASKED_IN_FORM) if person else []
    form = bind(request, AmendReferralForm, initial=without_hidden(saved_referral(referral), hidden))
    say_hidden(form, hidden)
    if form.is_bound and form.is_valid():
        keep_hidden(form, saved_referral(referral), hidden)
        try:
            amended = attempt(
                form,
                lambda: services.amend_referral(
                    referral=referral,
                    version=form.cleaned_data["version"],
                    person=form.person_details(referral.person),
                    person_version=form.cleaned_data["person_version"],
                    indicators=form.indicators(),
                    amended_by=request.user,
                    **form.report(),
                ),
            )
        except Stale:
            fresh = visible_referral(request, number)
            form.show_conflict(to_compare(form, saved_referral(fresh), hidden), fresh.version)
        else:
            if amended is not None:
                messages.success(request, _("%(number)s is amended.") % {"number": referral.number})
                return redirect(url_of(referral))
    page = {"form": form, "referral": referral, "who": who(referral), "back_url": url_of(referral)}
    return render(request, "referrals/amend_referral.html", page)
