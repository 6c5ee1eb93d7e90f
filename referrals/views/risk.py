"""Risk on intake: the assessments, what is needed at once, and where to get it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from reference import codes
from referrals import services
from referrals.forms.risk import AssessRiskForm, EndNeedForm
from referrals.models import NeedStatus, Referral, ReferralStatus, RiskAssessment, UrgentNeed
from referrals.views.finding import ask, referral_frame, visible_referral

_COLOURS = {NeedStatus.OPEN: "red", NeedStatus.MET: "green", NeedStatus.WITHDRAWN: "grey"}


def assess_risk(request: SignedIn, number: str) -> HttpResponse:
    """The tab: what is needed at once, the assessments so far, and the short form for another."""
    ask(request, "referrals.view_referral")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "risk")
    may = _may_work(request, referral)
    form = bind(request, AssessRiskForm)
    if may and form.is_bound and form.is_valid():
        assessed = attempt(
            form,
            lambda: services.assess_risk(
                referral=referral, now=timezone.now(), assessed_by=request.user, **form.assessment()
            ),
        )
        if assessed is not None:
            messages.success(request, _("The risk is assessed."))
            return redirect(_page(referral))
    needs = UrgentNeed.objects.visible_to(request.user).filter(referral=referral)
    assessments = RiskAssessment.objects.visible_to(request.user).filter(referral=referral)
    page = {
        **frame,
        "form": form if may else None,
        "need_headers": [_("What"), _("State"), _("Since"), _("What was done"), _("What can be done")],
        "needs": [_need_row(need, referral, may=may) for need in needs.select_related("key", "ended_by")],
        "headers": [_("Assessed"), _("Risk"), _("Why"), _("Factors"), _("By")],
        "rows": [_row(found) for found in assessments.select_related("key", "assessed_by").order_by("-assessed_at")],
    }
    return render(request, "referrals/assess_risk.html", page)


def meet_need(request: SignedIn, need_id: UUID) -> HttpResponse:
    """Somebody helped."""
    return _end_need(request, need_id, _("It is recorded that the need is met."), met=True)


def withdraw_need(request: SignedIn, need_id: UUID) -> HttpResponse:
    """It is not needed any more."""
    return _end_need(request, need_id, _("It is recorded that this is not needed any more."), met=False)


def _end_need(request: SignedIn, need_id: UUID, sentence: str, *, met: bool) -> HttpResponse:
    ask(request, "referrals.assess_risk")
    found = UrgentNeed.objects.visible_to(request.user).select_related("key", "referral").filter(pk=need_id).first()
    if found is None:
        raise Http404
    need = found
    referral = visible_referral(request, need.referral.number)
    frame = referral_frame(request, referral, "risk")
    form = bind(request, EndNeedForm)
    if form.is_bound and form.is_valid():
        now, said = timezone.now(), form.cleaned_data["said"]
        ended = attempt(
            form,
            lambda: (
                services.meet_need(need=need, said=said, now=now, met_by=request.user)
                if met
                else services.withdraw_need(need=need, said=said, now=now, withdrawn_by=request.user)
            ),
        )
        if ended is not None:
            messages.success(request, sentence)
            return redirect(_page(referral))
    what = codes.label("assistance_services", need.kind)
    page = {**frame, "form": form, "what": what, "met": met, "back_url": _page(referral)}
    return render(request, "referrals/end_need.html", page)


def _may_work(request: SignedIn, referral: Referral) -> bool:
    works_here = request.user.organisation_id == referral.organisation_id
    is_open = referral.status in (ReferralStatus.RECEIVED, ReferralStatus.INITIATED) and not referral.entered_in_error
    return works_here and is_open and request.user.has_perm("referrals.assess_risk")


def _need_row(need: UrgentNeed, referral: Referral, *, may: bool) -> dict[str, Any]:
    state = {"status": need.status, "label": need.get_status_display(), "colour": _COLOURS[NeedStatus(need.status)]}
    done: Any = ""
    if need.ended_at is not None:
        done = {"text": need.said, "hint": f"{need.ended_by}, {timezone.localtime(need.ended_at):%d.%m.%Y. %H:%M}"}
    acts = []
    if may and need.status == NeedStatus.OPEN:
        if need.kind == "housing-meals-clothing" and referral.case is not None:
            bed = reverse("shelter:place-person", args=[referral.case.number])
            acts.append({"text": _("Find a bed"), "url": bed})
        acts.append({"text": _("Record that it is met"), "url": reverse("referrals:meet-need", args=[need.pk])})
        acts.append({"text": _("Not needed any more"), "url": reverse("referrals:withdraw-need", args=[need.pk])})
    cells = [codes.label("assistance_services", need.kind), state, need.asked_at, done, acts or ""]
    return {"cells": cells, "struck": need.entered_in_error, "reason": need.error_why}


def _row(found: RiskAssessment) -> dict[str, Any]:
    level = {"text": found.get_level_display(), "status": found.level, "label": found.get_level_display()}
    factors = [codes.label("vulnerability_factors", factor) for factor in found.factors]
    cells = [found.assessed_at, level, found.reasons, factors or "–", str(found.assessed_by)]
    return {"cells": cells, "struck": found.entered_in_error, "reason": found.error_why}


def _page(referral: Referral) -> str:
    return reverse("referrals:assess-risk", args=[referral.number])
