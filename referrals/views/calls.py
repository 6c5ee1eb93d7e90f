"""The hotline log: a call is written down, read again, becomes a referral or is tied to one."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.models import User
from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from referrals import services
from referrals.forms import FilterCallsForm, LinkCallForm, LogCallForm, MarkInErrorForm
from referrals.models import SOURCE_OF_HOTLINE, Call, Hotline, Referral
from referrals.views.finding import ask, concerned, url_of, who

PAGE = 25


def ways_tabs(user: User, active: str) -> list[dict[str, Any]]:
    """The lists of the front door: referrals, and what they come of."""
    offered = [
        ("referrals", _("Referrals"), "referrals:referrals", "referrals.view_referral"),
        ("calls", _("Hotline calls"), "referrals:calls", "referrals.log_call"),
        ("visits", _("Visits of the mobile team"), "referrals:visits", "referrals.log_visit"),
    ]
    found = [
        {"label": label, "url": reverse(name), "active": key == active, "count": None}
        for key, label, name, permission in offered
        if user.has_perm(permission)
    ]
    return found if len(found) > 1 else []


def visible_call(request: SignedIn, number: str) -> Call:
    """The call of this number, if this user may see it. Raises Http404 otherwise."""
    held = Call.objects.select_related("key", "logged_by", "error_by", "organisation", "referral__case")
    found = held.select_related("referral__person__key", "referral__key").one_visible_to(request.user, number=number)
    if found is None:
        raise Http404
    return found


def _read(request: SignedIn, call: Call) -> None:
    audit.read(request, "call", call, *(concerned(call.referral) if call.referral else []))


@require_safe
def calls(request: SignedIn) -> HttpResponse:
    """The calls that a user may see, newest number first, by hotline and period."""
    ask(request, "referrals.log_call")
    form = FilterCallsForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    held, narrowed = _narrowed(Call.objects.all(), chosen)
    after, before = request.GET.get("after", "")[:20], request.GET.get("before", "")[:20]
    matching = held.select_related("key", "referral__person", "referral__case")
    if before and not after:
        found = matching.page_visible_to(request.user, order_by=("number",), size=PAGE + 1, after=(before,))
        page, earlier, later = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        key = (after,) if after else None
        found = matching.page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=key)
        page, earlier, later = found[:PAGE], bool(after), len(found) > PAGE
    tied = [each for call in page if call.referral for each in concerned(call.referral)]
    audit.read(request, "calls", *dict.fromkeys([*page, *tied]))
    shown = {
        "form": form,
        "tabs": ways_tabs(request.user, "calls"),
        "clear_url": reverse("referrals:calls"),
        "headers": [_("Number"), _("Hotline"), _("When"), _("About trafficking"), _("Topic"), _("Referral")],
        "rows": [_row(call) for call in page],
        "count": held.order_by().count_visible_to(request.user),
        "previous_url": _page_url(narrowed, "before", page[0].number) if earlier and page else "",
        "next_url": _page_url(narrowed, "after", page[-1].number) if later and page else "",
    }
    return render(request, "referrals/calls.html", shown)


def _narrowed(held: Any, chosen: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The calls of a hotline and a period, and the same as parameters of an address."""
    narrowed = {}
    if chosen.get("hotline"):
        held, narrowed["hotline"] = held.filter(hotline=chosen["hotline"]), chosen["hotline"]
    for name, lookup, days in (("since", "received_at__gte", 0), ("until", "received_at__lt", 1)):
        day = chosen.get(name)
        if day:
            midnight = datetime.datetime.combine(day + datetime.timedelta(days=days), datetime.time())
            held = held.filter(**{lookup: timezone.make_aware(midnight)})
            narrowed[name] = f"{day:%d.%m.%Y.}"
    return held, narrowed


def _page_url(narrowed: dict[str, str], direction: str, number: str) -> str:
    return f"{reverse('referrals:calls')}?{urlencode({**narrowed, direction: number})}"


def _row(call: Call) -> dict[str, Any]:
    referral = call.referral
    cells: list[Any] = [
        {"text": call.number, "url": reverse("referrals:call", args=[call.number])},
        call.get_hotline_display(),
        call.received_at,
        call.get_trafficking_related_display(),
        call.topic,
        {"text": referral.number, "url": url_of(referral)} if referral else _("None"),
    ]
    return {"cells": cells, "struck": call.entered_in_error, "reason": call.error_why}


def log_call(request: SignedIn) -> HttpResponse:
    """A colleague writes a call down, while it lasts or after."""
    ask(request, "referrals.log_call")
    usual = Hotline.CPTV if request.user.organisation.kind == "cptv" else Hotline.NGO
    form = bind(request, LogCallForm, initial={"hotline": usual, "received_at": timezone.now()})
    if form.is_bound and form.is_valid():
        logged = attempt(
            form,
            lambda: services.log_call(
                organisation=request.user.organisation,
                now=timezone.now(),
                logged_by=request.user,
                **form.cleaned_data,
            ),
        )
        if logged is not None:
            messages.success(request, _("%(number)s is logged.") % {"number": logged.number})
            return redirect("referrals:call", logged.number)
    return render(request, "referrals/log_call.html", {"form": form})


@require_safe
def call(request: SignedIn, number: str) -> HttpResponse:
    """One call, the referral that came of it, and what can be done."""
    ask(request, "referrals.log_call")
    found = visible_call(request, number)
    _read(request, found)
    referral = found.referral
    open_call = not found.entered_in_error and referral is None
    acts = [
        (_("Make a referral of this call"), f"{reverse('referrals:log-referral')}?call={number}", open_call),
        (_("Tie to a referral"), reverse("referrals:link-call", args=[number]), open_call),
        (
            _("Mark as entered in error"),
            reverse("referrals:mark-call-in-error", args=[number]),
            not found.entered_in_error and request.user.has_perm("cases.mark_in_error"),
        ),
    ]
    shows = referral is not None and Referral.objects.is_visible_to(request.user, referral)
    page = {
        "call": found,
        "referral_url": url_of(referral) if referral is not None and shows else "",
        "who": who(referral) if referral is not None and shows else "",
        "acts": [{"label": label, "url": url} for label, url, offered in acts if offered],
        "told": [
            (_("Hotline"), found.get_hotline_display()),
            (_("When"), found.received_at),
            (_("About trafficking"), found.get_trafficking_related_display()),
            (_("Topic"), found.topic),
            (_("Who called"), found.caller),
            (_("Language"), codes.language_label(found.language) if found.language else ""),
            (_("Outcome"), found.outcome),
            (_("Note"), found.note),
            (_("Logged by"), str(found.logged_by) if found.logged_by else None),
        ],
    }
    return render(request, "referrals/call.html", page)


def link_call(request: SignedIn, number: str) -> HttpResponse:
    """Tie a call to a referral that is there already, and that the user sees."""
    ask(request, "referrals.log_call")
    found = visible_call(request, number)
    _read(request, found)
    form = bind(request, LinkCallForm)
    if form.is_bound and form.is_valid():
        wanted = Referral.objects.all().one_visible_to(request.user, number=form.cleaned_data["referral"])
        if wanted is None:
            form.add_error("referral", _("You see no referral with this number."))
        else:
            linked = attempt(form, lambda: services.link_call(call=found, referral=wanted, linked_by=request.user))
            if linked is not None:
                said = _("%(call)s is tied to %(referral)s.") % {"call": number, "referral": wanted.number}
                messages.success(request, said)
                return redirect("referrals:call", number)
    page = {"form": form, "call": found, "heading": _("Tie to a referral"), "variant": "primary"}
    return render(request, "referrals/call_act.html", page)


def mark_call_in_error(request: SignedIn, number: str) -> HttpResponse:
    """A call that was never made: it stays, struck through, and leaves the figures."""
    ask(request, "referrals.log_call")
    ask(request, "cases.mark_in_error")
    found = visible_call(request, number)
    _read(request, found)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        marked = attempt(
            form, lambda: services.mark_call_in_error(call=found, marked_by=request.user, **form.cleaned_data)
        )
        if marked is not None:
            messages.success(request, _("%(number)s is marked as entered in error.") % {"number": number})
            return redirect("referrals:call", number)
    page = {"form": form, "call": found, "heading": _("Mark as entered in error"), "variant": "warning"}
    return render(request, "referrals/call_act.html", page)


def answers_of_call(call: Call) -> dict[str, Any]:
    """What the form of a referral is filled with from the call that it comes of."""
    return {
        "received_at": call.received_at,
        "source": SOURCE_OF_HOTLINE[Hotline(call.hotline)],
        "channel": "hotline",
        "referrer_name": call.caller,
        "language": call.language,
        "summary": "\n".join(text for text in (call.topic, call.note) if text),
    }
