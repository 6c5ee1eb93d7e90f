"""Visits of the mobile team, and the referrals that come of them."""

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
from casework.access.requests import SignedIn
from casework.audit import services as audit
from referrals import services
from referrals.forms import LogVisitForm, MarkInErrorForm
from referrals.models import MOBILE_TEAM, Referral, Visit
from referrals.views.calls import ways_tabs
from referrals.views.finding import ask, concerned, url_of, who, with_keys

PAGE = 25
MOST_SHOWN = 100  # referrals of one visit


def visible_visit(request: SignedIn, number: str) -> Visit:
    """The visit of this number, if this user may see it. Raises Http404 otherwise."""
    found: Visit | None = Visit.objects.select_related("key", "logged_by", "error_by").one_visible_to(
        request.user, number=number
    )
    if found is None:
        raise Http404
    return found


@require_safe
def visits(request: SignedIn) -> HttpResponse:
    """The visits that a user may see, newest number first."""
    ask(request, "referrals.log_visit")
    after = request.GET.get("after", "")[:20]
    held = Visit.objects.select_related("key", "logged_by")
    found = held.page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=(after,) if after else None)
    page = found[:PAGE]
    audit.read(request, "visits", *page)
    address = reverse("referrals:visits")
    shown = {
        "tabs": ways_tabs(request.user, "visits"),
        "headers": [_("Number"), _("When"), _("Town or municipality"), _("Place"), _("Who was there")],
        "rows": [_row(visit) for visit in page],
        "count": Visit.objects.all().count_visible_to(request.user),
        "first_url": address if after else "",
        "next_url": f"{address}?{urlencode({'after': page[-1].number})}" if len(found) > PAGE else "",
    }
    return render(request, "referrals/visits.html", shown)


def _row(visit: Visit) -> dict[str, Any]:
    cells: list[Any] = [
        {"text": visit.number, "url": reverse("referrals:visit", args=[visit.number])},
        visit.visited_at,
        visit.municipality,
        visit.place,
        ", ".join(_members(visit)),
    ]
    return {"cells": cells, "struck": visit.entered_in_error, "reason": visit.error_why}


def _members(visit: Visit) -> list[str]:
    held: Any = visit.members
    return list(held) if isinstance(held, list) else []


def log_visit(request: SignedIn) -> HttpResponse:
    """Where the team went, when, and who was there."""
    ask(request, "referrals.log_visit")
    organisation = request.user.organisation
    initial = {"visited_at": timezone.now(), "colleagues": [str(request.user.pk)]}
    form = bind(request, LogVisitForm, initial=initial, organisation=organisation)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        logged = attempt(
            form,
            lambda: services.log_visit(
                organisation=organisation,
                visited_at=typed["visited_at"],
                municipality=typed["municipality"],
                place=typed["place"],
                members=form.members(),
                note=typed["note"],
                now=timezone.now(),
                logged_by=request.user,
            ),
        )
        if logged is not None:
            messages.success(request, _("%(number)s is logged.") % {"number": logged.number})
            return redirect("referrals:visit", logged.number)
    return render(request, "referrals/log_visit.html", {"form": form})


@require_safe
def visit(request: SignedIn, number: str) -> HttpResponse:
    """One visit, and those of its referrals that the user may see."""
    ask(request, "referrals.log_visit")
    found = visible_visit(request, number)
    held = with_keys(Referral.objects.visible_to(request.user).filter(visit=found)).order_by("-number")
    came = list(held[:MOST_SHOWN])
    audit.read(request, "visit", found, *dict.fromkeys(each for referral in came for each in concerned(referral)))
    acts = [
        (
            _("Log a referral of this visit"),
            f"{reverse('referrals:log-referral')}?visit={number}",
            "referrals.log_referral",
        ),
        (
            _("Mark as entered in error"),
            reverse("referrals:mark-visit-in-error", args=[number]),
            "cases.mark_in_error",
        ),
    ]
    page = {
        "visit": found,
        "acts": [
            {"label": label, "url": url}
            for label, url, permission in acts
            if not found.entered_in_error and request.user.has_perm(permission)
        ],
        "told": [
            (_("When"), found.visited_at),
            (_("Town or municipality"), found.municipality),
            (_("Place"), found.place),
            (_("Who was there"), _members(found)),
            (_("Note"), found.note),
            (_("Logged by"), str(found.logged_by)),
        ],
        "headers": [_("Number"), _("About"), _("Received"), _("Status")],
        "rows": [
            {
                "cells": [
                    {"text": referral.number, "url": url_of(referral)},
                    who(referral),
                    referral.received_at,
                    {"text": referral.get_status_display(), "status": referral.status,
                     "label": referral.get_status_display()},
                ],
                "struck": referral.entered_in_error,
                "reason": referral.error_why,
            }
            for referral in came
        ],
    }  # fmt: skip
    return render(request, "referrals/visit.html", page)


def mark_visit_in_error(request: SignedIn, number: str) -> HttpResponse:
    """A visit that never took place: it stays, struck through; its referrals stay as they are."""
    ask(request, "referrals.log_visit")
    ask(request, "cases.mark_in_error")
    found = visible_visit(request, number)
    audit.read(request, "visit", found)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        marked = attempt(
            form, lambda: services.mark_visit_in_error(visit=found, marked_by=request.user, **form.cleaned_data)
        )
        if marked is not None:
            messages.success(request, _("%(number)s is marked as entered in error.") % {"number": number})
            return redirect("referrals:visit", number)
    page = {"form": form, "visit": found, "heading": _("Mark as entered in error")}
    return render(request, "referrals/mark_visit_in_error.html", page)


def answers_of_visit(visit: Visit) -> dict[str, Any]:
    """What the form of a referral is filled with from the visit that it comes of."""
    return {
        "received_at": visit.visited_at,
        "source": MOBILE_TEAM,
        "municipality": visit.municipality,
        "place": visit.place,
    }
