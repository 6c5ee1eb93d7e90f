"""Onward referrals of the sender: the tab of a case, what waits for others, one of them, and what is done with it."""

import re
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework import workflow
from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.cases.models import CaseStatus
from casework.cases.views import case_frame, visible_case
from casework.workflow import Stale
from reference import codes
from referrals import services
from referrals.forms import (
    ChooseSharedForm,
    MarkInErrorForm,
    PrepareOnwardForm,
    RecordResultForm,
    SendOnwardForm,
    WithdrawOnwardForm,
)
from referrals.models import Onward, OnwardStatus
from referrals.services.onward import verdict
from referrals.services.recipients import bodies_for, body_of
from referrals.services.sharing import rows_of, snapshot_of
from referrals.views.finding import ask
from referrals.views.onward_pages import answer_rows, consent_url_of, onward_row, onward_tabs, steps_of

PAGE = 25
NUMBER = re.compile(r"O-\d{4}-\d{6,9}")
_NEEDED = ("key", "organisation", "recipient_organisation", "case__key", "case__person__key", "case__caseworker")


def with_all(found: QuerySet[Onward]) -> QuerySet[Onward]:
    """With what opens the encrypted fields, of the case's person too."""
    return found.select_related(*_NEEDED, "prepared_by", "sent_by", "answered_by", "error_by", "consent__key")


def visible_onward(request: SignedIn, number: str) -> Onward:
    """The onward referral of this number, if this user may see it as its sender. Raises Http404 otherwise."""
    ask(request, "referrals.send_onward")
    found = with_all(Onward.objects.all()).one_visible_to(request.user, number=number)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _frame(request: SignedIn, onward: Onward) -> dict[str, Any]:
    """What every page of an onward referral begins with; writes the read to the trail."""
    audit.read(request, "onward", onward, onward.case, onward.case.person)
    return {
        "onward": onward,
        "case": onward.case,
        "person": onward.case.person,
        "back_url": reverse("referrals:case-onward", args=[onward.case.number]),
        "here_url": reverse("referrals:onward", args=[onward.number]),
    }


# Lists ----------------------------------------------------------------------------------------------------------------
@require_safe
def waiting_onward(request: SignedIn) -> HttpResponse:
    """What waits for others, the longest waiting first."""
    ask(request, "referrals.send_onward")
    after = _after(request, request.GET.get("after", "")[:20])
    rows = with_all(Onward.objects.waiting())
    page = rows.page_visible_to(  # type: ignore[attr-defined]
        request.user, order_by=("sent_at", "number"), size=PAGE + 1, after=after
    )
    shown, more = page[:PAGE], page[PAGE:]
    audit.read(request, "waiting_onward", *shown, *{row.case_id: row.case for row in shown}.values(), *_persons(shown))
    here, now = reverse("referrals:waiting-onward"), timezone.now()
    context = {
        "tabs": onward_tabs(request.user, "waiting"),
        "headers": [_("Number"), _("About"), _("Recipient"), _("Purpose"), _("Status"), _("Sent")],
        "rows": [onward_row(row, now, person=True) for row in shown],
        "count": Onward.objects.waiting().count_visible_to(request.user),
        "first_url": here if after else "",
        "next_url": f"{here}?after={shown[-1].number}" if more else "",
    }
    return render(request, "referrals/waiting_onward.html", context)


def _after(request: SignedIn, number: str) -> tuple[Any, str] | None:
    """The key of the last row of the page before: its number names it, if the user still sees it."""
    if not NUMBER.fullmatch(number):
        return None
    last = Onward.objects.one_visible_to(request.user, number=number)
    return (last.sent_at, last.number) if last is not None and last.sent_at else None


def _persons(rows: list[Onward]) -> list[Any]:
    return list({row.case.person_id: row.case.person for row in rows}.values())


@require_safe
def case_onward(request: SignedIn, number: str) -> HttpResponse:
    """The tab of a case: where this person was passed on to, and what came of it."""
    ask(request, "referrals.send_onward")
    case = visible_case(request, number)
    frame = case_frame(request, case, active="onward")
    held = with_all(Onward.objects.visible_to(request.user).filter(case=case)).order_by("-number")
    now = timezone.now()
    page = {
        **frame,
        "headers": [_("Number"), _("Recipient"), _("Purpose"), _("Status"), _("Sent")],
        "rows": [onward_row(row, now) for row in held],
        "may_prepare": case.status == CaseStatus.OPEN and case.organisation_id == request.user.organisation_id,
    }
    return render(request, "referrals/case_onward.html", page)


# One of them ----------------------------------------------------------------------------------------------------------
@require_safe
def onward(request: SignedIn, number: str) -> HttpResponse:
    """Where it stands: consent first, then what is shared, then sending; afterwards the answers."""
    found = visible_onward(request, number)
    today, user = timezone.localdate(), request.user
    page = _frame(request, found)
    draft = found.status == OnwardStatus.DRAFT and not found.entered_in_error
    asked = verdict(found, today) if draft else None
    page |= {
        "now": timezone.now(),
        "purpose": codes.label("consent_purposes", found.purpose),
        "verdict": asked,
        "steps": steps_of(found, asked) if asked else [],
        "shared": rows_of(snapshot_of(found, today) if draft else found.snapshot),
        "answers": answer_rows(found),
        "reminders": list(found.reminders.visible_to(user)) if found.sent_at else [],
        "acts": _acts(found, user),
        "prints": _prints(found),
        "inside": found.recipient_organisation is not None,
    }
    return render(request, "referrals/onward.html", page)


def _acts(onward: Onward, user: Any) -> list[dict[str, str]]:
    """What can be done now. The services have the last word."""
    if onward.entered_in_error:
        return []
    outside = onward.recipient_organisation is None
    moves = [
        (
            "acknowledge-onward",
            _("Record that they have it"),
            outside and workflow.may(onward, "acknowledge_onward", user),
        ),
        ("accept-onward", _("Record that they accept"), outside and workflow.may(onward, "accept_onward", user)),
        ("refuse-onward", _("Record that they refuse"), outside and workflow.may(onward, "refuse_onward", user)),
        ("record-result", _("Record the result"), workflow.may(onward, "record_result", user)),
        ("withdraw-onward", _("Withdraw"), workflow.may(onward, "withdraw_onward", user)),
        ("mark-onward-in-error", _("Mark as entered in error"), user.has_perm("cases.mark_in_error")),
    ]
    return [
        {"label": label, "url": reverse(f"referrals:{name}", args=[onward.number])} for name, label, yes in moves if yes
    ]


def _prints(onward: Onward) -> list[dict[str, str]]:
    if onward.sent_at is None:
        return []
    written = (("en", "English"), ("sr-latn", "srpski (latinica)"), ("sr", "српски (ћирилица)"))
    return [
        {"label": label, "lang": code, "url": reverse("referrals:print-onward", args=[onward.number, code])}
        for code, label in written
    ]


def prepare_onward(request: SignedIn, number: str) -> HttpResponse:
    """The first step: for what, to whom. Nothing is told by it."""
    ask(request, "referrals.send_onward")
    case = visible_case(request, number)
    form = bind(request, PrepareOnwardForm, bodies=bodies_for(case.organisation))
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        chosen = body_of(given["body"])
        done = attempt(
            form,
            lambda: services.prepare_onward(
                case=case,
                purpose=given["purpose"],
                recipient_kind=given["recipient_kind"],
                recipient=chosen.name or given["recipient"],
                recipient_organisation=chosen.organisation,
                recipient_entry=chosen.entry,
                now=timezone.now(),
                prepared_by=request.user,
            ),
        )
        if done is not None:
            return redirect("referrals:onward", done.number)
    page = case_frame(request, case, active="onward") | {"form": form}
    return render(request, "referrals/prepare_onward.html", page)


def choose_shared(request: SignedIn, number: str) -> HttpResponse:
    """Field by field, after consent or a ground is there."""
    found = visible_onward(request, number)
    form = bind(request, ChooseSharedForm, initial=_saved(found))
    if form.is_bound and form.is_valid():
        done = None
        try:
            done = attempt(
                form,
                lambda: services.choose_shared(
                    onward=found, today=timezone.localdate(), chosen_by=request.user, **form.cleaned_data
                ),
            )
        except Stale as stale:
            form.show_conflict(_saved(stale.record), stale.record.version)  # type: ignore[attr-defined]
            messages.warning(request, stale.sentence)
        if done is not None:
            messages.success(request, _("Saved. Look at what will be shared before you send it."))
            return redirect("referrals:onward", number)
    return _form_page(
        request, found, form, _("Choose what is shared"), _("Save"), verdict=verdict(found, timezone.localdate())
    )


def _saved(onward: Any) -> dict[str, Any]:
    return {name: getattr(onward, name) for name in ChooseSharedForm.base_fields}


def send_onward(request: SignedIn, number: str) -> HttpResponse:
    """The last look, and sending."""
    found = visible_onward(request, number)
    form = bind(request, SendOnwardForm, inside=found.recipient_organisation is not None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.send_onward(
                onward=found,
                channel=form.cleaned_data.get("channel", ""),
                now=timezone.now(),
                sent_by=request.user,
            ),
        )
        if done is not None:
            messages.success(request, _("%(number)s is sent. What was shared is kept as it is.") % {"number": number})
            return redirect("referrals:onward", number)
    today = timezone.localdate()
    more: dict[str, Any] = {"verdict": verdict(found, today), "shared": rows_of(snapshot_of(found, today))}
    return _form_page(request, found, form, _("Send"), _("Send"), **more)


def record_result(request: SignedIn, number: str) -> HttpResponse:
    found = visible_onward(request, number)
    form = bind(request, RecordResultForm, initial={"result_on": timezone.localdate()})
    if form.is_bound and form.is_valid():
        today = timezone.localdate()
        if attempt(
            form,
            lambda: services.record_result(onward=found, today=today, recorded_by=request.user, **form.cleaned_data),
        ):
            messages.success(request, _("The result is recorded."))
            return redirect("referrals:onward", number)
    return _form_page(request, found, form, _("Record the result"), _("Save"))


def withdraw_onward(request: SignedIn, number: str) -> HttpResponse:
    found = visible_onward(request, number)
    form = bind(request, WithdrawOnwardForm)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        if attempt(
            form,
            lambda: services.withdraw_onward(onward=found, now=now, withdrawn_by=request.user, **form.cleaned_data),
        ):
            messages.success(request, _("%(number)s is withdrawn.") % {"number": number})
            return redirect("referrals:onward", number)
    return _form_page(request, found, form, _("Withdraw"), _("Withdraw"), variant="warning")


def mark_onward_in_error(request: SignedIn, number: str) -> HttpResponse:
    ask(request, "cases.mark_in_error")
    found = visible_onward(request, number)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        if attempt(
            form,
            lambda: services.mark_onward_in_error(onward=found, now=now, marked_by=request.user, **form.cleaned_data),
        ):
            messages.success(request, _("%(number)s is marked as entered in error.") % {"number": number})
            return redirect("referrals:onward", number)
    return _form_page(
        request, found, form, _("Mark as entered in error"), _("Mark as entered in error"), variant="warning"
    )


def _form_page(
    request: SignedIn, onward: Onward, form: Any, heading: str, submit: str, *, variant: str = "primary", **more: Any
) -> HttpResponse:
    page = _frame(request, onward) | {"form": form, "heading": heading, "submit": submit, "variant": variant, **more}
    # Consent comes first; but what somebody has typed meanwhile is shown again.
    first = more.get("verdict")
    page["offered"] = not onward.entered_in_error and (first is None or first.allowed or form.is_bound)
    page["consent_url"] = consent_url_of(onward)
    return render(request, "referrals/onward_form.html", page)
