"""The leaflet on rights: a tab of the referral with every time it was given, and the form for one more."""

import uuid
from typing import Any

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
from referrals.forms import MarkInErrorForm, RecordLeafletForm
from referrals.models import Leaflet, Referral
from referrals.services.leaflets import leaflets_of, suggested_audience
from referrals.views.finding import ask, referral_frame, visible_referral


def leaflet_line(referral: Referral, user: Any) -> str:
    """Whether the leaflet was given, in one line: no, until a row says which, in which language and when."""
    valid = [each for each in leaflets_of(referral, user) if not each.entered_in_error]
    if not valid:
        return _("No")
    return _("Yes: %(what)s") % {"what": "; ".join(_in_short(each) for each in valid)}


def _in_short(leaflet: Leaflet) -> str:
    language = codes.language_label(leaflet.language)
    return f"{leaflet.get_audience_display()}, {language}, {leaflet.given_on:%d.%m.%Y.}"


def leaflets(request: SignedIn, number: str) -> HttpResponse:
    """Every time the leaflet was given; what was wrong is struck through."""
    ask(request, "referrals.view_referral")
    found = visible_referral(request, number)
    page = referral_frame(request, found, "leaflets")
    may_mark = request.user.has_perm("cases.mark_in_error")
    page |= {
        "line": leaflet_line(found, request.user),
        "headers": [
            *(_("Leaflet"), _("Language"), _("Given"), _("By whom"), _("Recorded by")),
            *([""] if may_mark else []),
        ],
        "rows": [_row(each, number, may_mark) for each in leaflets_of(found, request.user)],
        "said": found.get_leaflet_given_display(),
        "may_record": not found.entered_in_error and request.user.has_perm("referrals.record_leaflet"),
    }
    return render(request, "referrals/leaflets.html", page)


def _row(leaflet: Leaflet, number: str, may_mark: bool) -> dict[str, Any]:
    cells: list[Any] = [
        leaflet.get_audience_display(),
        codes.language_label(leaflet.language),
        leaflet.given_on,
        leaflet.given_by,
        str(leaflet.recorded_by),
    ]
    if may_mark:
        url = reverse("referrals:mark-leaflet-in-error", args=[number, leaflet.pk])
        cells.append("–" if leaflet.entered_in_error else {"text": _("Mark as entered in error"), "url": url})
    return {"cells": cells, "struck": leaflet.entered_in_error, "reason": leaflet.error_why}


def record_leaflet(request: SignedIn, number: str) -> HttpResponse:
    """Which leaflet, in which language, when, by whom."""
    ask(request, "referrals.record_leaflet")
    found = visible_referral(request, number)
    initial = {
        "audience": suggested_audience(found),
        "language": found.language,
        "given_on": timezone.localdate(),
        "given_by": request.user.full_name,
    }
    form = bind(request, RecordLeafletForm, initial=initial)
    if form.is_bound and form.is_valid():
        today = timezone.localdate()
        done = attempt(
            form,
            lambda: services.record_leaflet(referral=found, today=today, recorded_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("referrals:leaflets", number)
    page = referral_frame(request, found, "leaflets") | {
        "form": form,
        "heading": _("Record that the leaflet was given"),
    }
    return render(request, "referrals/record_leaflet.html", page | {"variant": "primary"})


def mark_leaflet_in_error(request: SignedIn, number: str, leaflet_id: uuid.UUID) -> HttpResponse:
    ask(request, "cases.mark_in_error")
    found = visible_referral(request, number)
    leaflet = next((each for each in leaflets_of(found, request.user) if each.pk == leaflet_id), None)
    if leaflet is None:
        raise Http404
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.mark_leaflet_in_error(leaflet=leaflet, marked_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("It is marked as entered in error."))
            return redirect("referrals:leaflets", number)
    page = referral_frame(request, found, "leaflets") | {"form": form, "heading": _("Mark as entered in error")}
    return render(request, "referrals/record_leaflet.html", page | {"variant": "warning", "what": _in_short(leaflet)})
