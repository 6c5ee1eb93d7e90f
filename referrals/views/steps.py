"""Acts on one referral: each a page with a form, a service, and the way back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import workflow
from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.workflow import Refused
from referrals import services
from referrals.forms import (
    DecideRouteForm,
    DeclineReferralForm,
    InitiateCaseForm,
    LinkReferralForm,
    MarkInErrorForm,
    RecordDecisionForm,
)
from referrals.models import Referral, Route
from referrals.views.finding import (
    alone,
    ask,
    concerned,
    referral_to_work_on,
    url_of,
    visible_decision,
    visible_identification,
    who,
)


def initiate_case(request: SignedIn, number: str) -> HttpResponse:
    """Open the case, with whoever does it as provisional caseworker."""
    referral = referral_to_work_on(request, number, "referrals.initiate_case")
    form = bind(request, InitiateCaseForm)
    if form.is_bound and form.is_valid():
        case = attempt(
            form,
            lambda: services.initiate_case(referral=referral, now=timezone.now(), initiated_by=request.user),
        )
        if case is not None:
            return _done(request, referral, _("The case of %(referral)s is initiated.") % {"referral": referral.number})
    offered = workflow.may(referral, "initiate_case", request.user) and referral.person is not None
    return render(request, "referrals/initiate_case.html", _page(referral, form, offered=offered))


def decline_referral(request: SignedIn, number: str) -> HttpResponse:
    referral = referral_to_work_on(request, number, "referrals.decline_referral")
    form = bind(request, DeclineReferralForm)
    if form.is_bound and form.is_valid():
        declined = attempt(
            form,
            lambda: services.decline_referral(
                referral=referral, now=timezone.now(), declined_by=request.user, **form.cleaned_data
            ),
        )
        if declined is not None:
            return _done(request, referral, _("%(referral)s is declined.") % {"referral": referral.number})
    return render(request, "referrals/decline_referral.html", _page(referral, form))


def link_referral(request: SignedIn, number: str) -> HttpResponse:
    """Link to an earlier referral that the user sees; an invisible one is answered like one that does not exist."""
    referral = referral_to_work_on(request, number, "referrals.link_referral")
    form = bind(request, LinkReferralForm, initial={"earlier": request.GET.get("earlier", "")[:20]})
    if form.is_bound and form.is_valid():

        def link() -> Referral:
            earlier = Referral.objects.visible_to(request.user).filter(number=form.cleaned_data["earlier"]).first()
            if earlier is None:
                raise Refused(_("You see no earlier referral with this number."), field="earlier")
            return services.link_referral(
                referral=referral, earlier=earlier, now=timezone.now(), linked_by=request.user
            )

        if attempt(form, link) is not None:
            return _done(request, referral, _("%(referral)s is linked.") % {"referral": referral.number})
    return render(request, "referrals/link_referral.html", _page(referral, form))


def decide_route(request: SignedIn, number: str) -> HttpResponse:
    """A supervisor says which body decides."""
    referral = referral_to_work_on(request, number, "referrals.decide_route")
    identification = visible_identification(request, referral)
    form = bind(request, DecideRouteForm)
    if form.is_bound and form.is_valid():
        decided = attempt(
            form,
            lambda: services.decide_route(identification=identification, decided_by=request.user, **form.cleaned_data),
        )
        if decided is not None:
            return _done(
                request, referral, _("The route is decided: %(route)s.") % {"route": decided.get_route_display()}
            )
    return render(
        request,
        "referrals/decide_route.html",
        _page(referral, form, identification=identification, alone=alone(referral)),
    )


def record_decision(request: SignedIn, number: str) -> HttpResponse:
    """Record what the body of the route decided; without a route, or without a case, the page says what comes first."""
    referral = referral_to_work_on(request, number, "referrals.record_decision")
    identification = visible_identification(request, referral)
    if identification.route == Route.UNDECIDED or referral.case is None or referral.entered_in_error:
        page = _page(referral, None, identification=identification)
        return render(request, "referrals/record_decision.html", page)
    form = bind(request, RecordDecisionForm, identification=identification)
    if form.is_bound and form.is_valid():
        decision = attempt(
            form,
            lambda: services.record_decision(
                identification=identification,
                authority=identification.route,
                today=timezone.localdate(),
                recorded_by=request.user,
                **form.cleaned_data,
            ),
        )
        if decision is not None:
            return _done(request, referral, _("The decision is recorded."))
    return render(request, "referrals/record_decision.html", _page(referral, form, identification=identification))


def mark_referral_in_error(request: SignedIn, number: str) -> HttpResponse:
    referral = referral_to_work_on(request, number, "cases.mark_in_error")
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        marked = attempt(
            form,
            lambda: services.mark_referral_in_error(
                referral=referral, now=timezone.now(), marked_by=request.user, **form.cleaned_data
            ),
        )
        if marked is not None:
            return _done(
                request, referral, _("%(referral)s is marked as entered in error.") % {"referral": referral.number}
            )
    return render(request, "referrals/mark_referral_in_error.html", _page(referral, form))


def mark_decision_in_error(request: SignedIn, decision_id: Any) -> HttpResponse:
    ask(request, "cases.mark_in_error")
    decision = visible_decision(request, decision_id)
    referral = decision.identification.referral
    audit.read(request, "decision", decision, *concerned(referral))
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        marked = attempt(
            form,
            lambda: services.mark_decision_in_error(
                decision=decision, now=timezone.now(), marked_by=request.user, **form.cleaned_data
            ),
        )
        if marked is not None:
            return _done(request, referral, _("The decision is marked as entered in error."))
    return render(request, "referrals/mark_decision_in_error.html", _page(referral, form, decision=decision))


def _page(referral: Referral, form: Any, **more: Any) -> dict[str, Any]:
    return {"referral": referral, "form": form, "who": who(referral), "back_url": url_of(referral), **more}


def _done(request: SignedIn, referral: Referral, sentence: str) -> HttpResponse:
    """Say what was done and go back: to the referral, or to the list when the act took it out of sight."""
    messages.success(request, sentence)
    if Referral.objects.is_visible_to(request.user, referral):
        return redirect(url_of(referral))
    return redirect(reverse("referrals:referrals"))
