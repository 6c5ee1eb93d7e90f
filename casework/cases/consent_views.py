"""The tab of a case on consent: what counts now, every answer, and the form for a new one."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.cases import consent as services
from casework.cases.consent_forms import RecordConsentForm
from casework.cases.consent_models import Consent
from casework.cases.forms import MarkInErrorForm
from casework.cases.views import case_frame, visible_case
from reference import codes


@require_safe
def consents(request: SignedIn, number: str) -> HttpResponse:
    """What counts for each purpose and recipient, and every answer ever recorded."""
    found = visible_case(request, number)
    page = case_frame(request, found, active="consents")
    held = found.consents.visible_to(request.user).select_related("key", "case__person__key", "recorded_by", "error_by")
    rows = list(held)
    counting = services.standing(found, rows)
    counts = {verdict.consent.pk for verdict in counting if verdict.consent}
    page |= {
        "standing": counting,
        "headers": [
            *(_("Purpose"), _("Recipient"), _("Answer"), _("By whom"), _("Recorded")),
            *([""] if request.user.has_perm("cases.mark_in_error") else []),
        ],
        "rows": [_row(each, found.number, request.user, counts) for each in rows],
        "may_record": request.user.has_perm("cases.record_consent"),
    }
    return render(request, "cases/consents.html", page)


def _row(consent: Consent, number: str, user: Any, counts: set[Any]) -> dict[str, Any]:
    answer = consent.get_answer_display()
    kind = codes.label("recipient_kinds", consent.recipient_kind)
    cells: list[Any] = [
        codes.label("consent_purposes", consent.purpose),
        {"text": consent.recipient, "hint": kind} if consent.recipient else kind,
        {"status": consent.answer, "label": answer, "hint": f"{consent.answered_on:%d.%m.%Y.}"},
        {"text": _by(consent), "hint": _how(consent)},
        {"text": str(consent.recorded_by), "hint": _("Counts now") if consent.pk in counts else ""},
    ]
    if user.has_perm("cases.mark_in_error"):
        url = reverse("cases:mark-consent-in-error", args=[number, consent.pk])
        cells.append({"text": _("Mark as entered in error"), "url": url} if not consent.entered_in_error else "–")
    return {"cells": cells, "struck": consent.entered_in_error, "reason": consent.error_why}


def _by(consent: Consent) -> str:
    if not consent.given_by:
        return str(codes.label("consent_grounds", consent.ground)) if consent.ground else _("Nobody was asked")
    return ": ".join(filter(None, [consent.get_given_by_display(), consent.giver]))


def _how(consent: Consent) -> str:
    parts = [
        consent.get_manner_display() if consent.manner else "",
        str(codes.language_label(consent.language)) if consent.language else "",
        _("with an interpreter") if consent.interpreter == "yes" else "",
        consent.reason,
    ]
    return ", ".join(filter(None, parts))


@permission_required("cases.record_consent", raise_exception=True)
def record_consent(request: SignedIn, number: str) -> HttpResponse:
    """Record an answer; a page that needs one fills in purpose and kind of recipient, as codes, in the address."""
    found = visible_case(request, number)
    initial: dict[str, Any] = {"answered_on": timezone.localdate()}
    for name, listed in (("purpose", "consent_purposes"), ("recipient_kind", "recipient_kinds")):
        if codes.is_code(listed, request.GET.get(name)):
            initial[name] = request.GET[name]
    form = bind(request, RecordConsentForm, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.record_consent(
                case=found, today=timezone.localdate(), recorded_by=request.user, **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("The answer is recorded."))
            return redirect("cases:consents", number)
    page = case_frame(request, found, active="consents") | {"form": form}
    return render(request, "cases/record_consent.html", page)


@permission_required("cases.mark_in_error", raise_exception=True)
def mark_consent_in_error(request: SignedIn, number: str, consent_id: uuid.UUID) -> HttpResponse:
    """Mark an answer as entered in error; the one before it counts again."""
    found = visible_case(request, number)
    held = found.consents.visible_to(request.user).select_related("key", "case__person__key", "recorded_by")
    consent = held.filter(pk=consent_id).first()
    if consent is None:
        raise Http404
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, lambda: services.mark_consent_in_error(consent=consent, marked_by=request.user, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The answer is marked as entered in error."))
            return redirect("cases:consents", number)
    page = case_frame(request, found, active="consents") | {
        "form": form,
        "rows": [
            (_("Purpose"), codes.label("consent_purposes", consent.purpose)),
            (_("Recipient"), consent.recipient or codes.label("recipient_kinds", consent.recipient_kind)),
            (_("Answer"), consent.get_answer_display()),
            (_("Day of the answer"), consent.answered_on),
        ],
    }
    return render(request, "cases/mark_consent_in_error.html", page)
