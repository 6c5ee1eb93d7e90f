"""Pages of the witness status. Every page that shows a person is in the trail before it is rendered."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from casework.access.forms import RecordForm, attempt, bind
from casework.access.requests import SignedIn
from casework.cases.forms import MarkInErrorForm
from casework.cases.models import CaseStatus
from casework.cases.views import case_frame, visible_case
from casework.justice import services
from casework.justice.forms import DecideForm, RequestWitnessStatusForm, WithdrawForm
from casework.justice.models import WitnessStatus
from casework.justice.steps import steps_of
from casework.workflow import may
from reference import codes


@require_safe
def witness_statuses(request: SignedIn, number: str) -> HttpResponse:
    """The tab: the chain with what is done, next and locked, then every request with what became of it."""
    case = visible_case(request, number)
    page = case_frame(request, case, active="witness")
    found = list(case.witness_statuses.visible_to(request.user).select_related("key"))
    page["steps"] = steps_of(case, found, request.user)
    page["statuses"] = [(one, _acts(one, request.user)) for one in found]
    page["may_request"] = case.status == CaseStatus.OPEN and request.user.has_perm("justice.request_witness_status")
    return render(request, "justice/witness_statuses.html", page)


def _acts(one: WitnessStatus, user: Any) -> list[tuple[str, str]]:
    """Label and address of what this user may do with a request now."""
    if one.entered_in_error:
        return []
    offered = [
        (may(one, "grant_witness_status", user), _("Record that it was granted"), "grant-witness-status"),
        (may(one, "refuse_witness_status", user), _("Record that it was refused"), "refuse-witness-status"),
        (may(one, "withdraw_witness_status", user), _("Withdraw the request"), "withdraw-witness-status"),
        (user.has_perm("cases.mark_in_error"), _("Mark as entered in error"), "mark-witness-status-in-error"),
    ]
    return [(label, reverse(f"justice:{name}", args=[one.pk])) for yes, label, name in offered if yes]


@permission_required("justice.request_witness_status", raise_exception=True)
def request_witness_status(request: SignedIn, number: str) -> HttpResponse:
    """Record that a designation or a status was asked for; reached from its step of the chain."""
    case, today = visible_case(request, number), timezone.localdate()
    asked = request.GET.get("kind", "")
    kind = asked if codes.is_code("witness_statuses", asked) else ""
    form = bind(request, RequestWitnessStatusForm, initial={"kind": kind, "requested_on": today})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.request_witness_status(
                case=case, requested_by=request.user, today=today, **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("The request is recorded."))
            return redirect("justice:witness-statuses", number)
    page = case_frame(request, case, active="witness") | {"form": form}
    return render(request, "justice/request_witness_status.html", page)


@permission_required("justice.grant_witness_status", raise_exception=True)
def grant_witness_status(request: SignedIn, status_id: uuid.UUID) -> HttpResponse:
    """Record that the prosecutor's office or the court granted it."""

    def act(one: WitnessStatus, **given: Any) -> WitnessStatus:
        return services.grant_witness_status(witness_status=one, granted_by=request.user, **given)

    return _decide(request, status_id, DecideForm, act, "grant_witness_status", _("The grant is recorded."))


@permission_required("justice.refuse_witness_status", raise_exception=True)
def refuse_witness_status(request: SignedIn, status_id: uuid.UUID) -> HttpResponse:
    """Record that the prosecutor's office or the court refused it."""

    def act(one: WitnessStatus, **given: Any) -> WitnessStatus:
        return services.refuse_witness_status(witness_status=one, refused_by=request.user, **given)

    return _decide(request, status_id, DecideForm, act, "refuse_witness_status", _("The refusal is recorded."))


@permission_required("justice.withdraw_witness_status", raise_exception=True)
def withdraw_witness_status(request: SignedIn, status_id: uuid.UUID) -> HttpResponse:
    """Take a request back."""

    def act(one: WitnessStatus, **given: Any) -> WitnessStatus:
        return services.withdraw_witness_status(witness_status=one, withdrawn_by=request.user, **given)

    return _decide(request, status_id, WithdrawForm, act, "withdraw_witness_status", _("The request is withdrawn."))


@permission_required("cases.mark_in_error", raise_exception=True)
def mark_witness_status_in_error(request: SignedIn, status_id: uuid.UUID) -> HttpResponse:
    """Mark a request, with what became of it, as entered in error."""

    def act(one: WitnessStatus, why: str, **_given: Any) -> WitnessStatus:
        return services.mark_witness_status_in_error(witness_status=one, why=why, marked_by=request.user)

    done = _("It is marked as entered in error.")
    return _decide(request, status_id, MarkInErrorForm, act, "mark_witness_status_in_error", done)


_HEADINGS = {
    "grant_witness_status": gettext_lazy("Record that it was granted"),
    "refuse_witness_status": gettext_lazy("Record that it was refused"),
    "withdraw_witness_status": gettext_lazy("Withdraw the request"),
    "mark_witness_status_in_error": gettext_lazy("Mark as entered in error"),
}


def _decide(
    request: SignedIn,
    status_id: uuid.UUID,
    form_class: type[RecordForm],
    act: Callable[..., WitnessStatus],
    verb: str,
    done_words: str,
) -> HttpResponse:
    """What the four pages on one request share: fetch, ask, act, go back to the chain."""
    one, today = _visible_status(request, status_id), timezone.localdate()
    case = visible_case(request, one.case.number)
    form = bind(request, form_class, initial={"decided_on": today, "decided_by_body": one.decided_by_body})
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: act(one, today=today, **form.cleaned_data))
        if done is not None:
            messages.success(request, done_words)
            return redirect("justice:witness-statuses", case.number)
    page = case_frame(request, case, active="witness") | {"form": form, "one": one, "heading": _HEADINGS[verb]}
    return render(request, f"justice/{verb}.html", page)


def _visible_status(request: SignedIn, status_id: uuid.UUID) -> WitnessStatus:
    found = WitnessStatus.objects.visible_to(request.user).select_related("key", "case").filter(pk=status_id).first()
    if found is None:
        raise Http404
    return found
