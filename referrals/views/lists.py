"""What is due today, and the list of referrals."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.grants import Role
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.cases.models import Assignment, AssignmentStatus, Case, CaseStatus
from reference import codes
from referrals.forms import FilterReferralsForm
from referrals.models import (
    Deadline,
    Identification,
    IdentificationStatus,
    NeedStatus,
    Referral,
    ReferralStatus,
    Route,
    UrgentNeed,
)
from referrals.views.calls import ways_tabs
from referrals.views.finding import alone, ask, url_of, who, with_keys

PAGE = 25
SHOWN_TODAY = 15


@require_safe
def today(request: SignedIn) -> HttpResponse:
    """What is due and overdue first; then what waits for those on duty and for supervisors; then own cases."""
    ask(request, "referrals.view_referral")
    user, now = request.user, timezone.now()
    supervisor = user.has_role(Role.SUPERVISOR)
    clocks = list(
        Deadline.objects.running()
        .visible_to(user)
        .filter(referral__error_at=None)
        .select_related("referral__key", "referral__person__key")
        .order_by("due_at", "pk")[: 2 * SHOWN_TODAY + 1]
    )
    running = Deadline.objects.running().visible_to(user).filter(referral__error_at=None)
    waiting = Referral.objects.filter(status=ReferralStatus.RECEIVED, error_at=None)
    received = with_keys(waiting).page_visible_to(user, order_by=("-number",), size=SHOWN_TODAY)
    received.sort(key=lambda referral: referral.immediate_danger != "yes")  # danger first, then the newest
    routes = list(
        Identification.objects.visible_to(user)
        .filter(
            route=Route.UNDECIDED,
            status=IdentificationStatus.OPEN,
            error_at=None,
            referral__error_at=None,
            referral__status__in=[ReferralStatus.RECEIVED, ReferralStatus.INITIATED],
        )
        .select_related("referral__key", "referral__person__key")
        .order_by("referral__number")[:SHOWN_TODAY]
        if supervisor
        else []
    )
    reviews = list(
        Assignment.objects.visible_to(user)
        .filter(status=AssignmentStatus.PROVISIONAL)
        .select_related("case__key", "case__person__key", "caseworker")
        .order_by("assigned_at")[:SHOWN_TODAY]
        if user.has_perm("cases.confirm_assignment")
        else []
    )
    needs = list(
        UrgentNeed.objects.visible_to(user)
        .valid()
        .filter(status=NeedStatus.OPEN, referral__error_at=None)
        .select_related("referral__key", "referral__person__key")
        .order_by("asked_at", "kind")[:SHOWN_TODAY]
    )
    own = Case.objects.filter(caseworker=user, status=CaseStatus.OPEN, error_at=None)
    own_cases = own.select_related("key", "person__key").page_visible_to(user, order_by=("-number",), size=SHOWN_TODAY)
    due = _by_referral(clocks)
    shown: list[Any] = [row["referral"] for row in due[:SHOWN_TODAY]] + received
    shown += [row.referral for row in (*routes, *needs)]
    persons = [referral.person for referral in shown if referral.person]
    cases = [review.case for review in reviews] + own_cases
    seen = {record.pk: record for record in [*shown, *persons, *cases, *[case.person for case in cases]]}
    audit.read(request, "today", *seen.values())
    page = {
        "now": now,
        "overdue_count": running.filter(due_at__lte=now).count(),
        "running_count": running.filter(due_at__gt=now).count(),
        "received_count": waiting.count_visible_to(user),
        "own_count": own.count_visible_to(user),
        "due": due[:SHOWN_TODAY],
        "more_due": len(due) > SHOWN_TODAY,
        "received": [_received_row(referral) for referral in received],
        "received_headers": [_("Number"), _("About"), _("Received"), _("Immediate danger"), _("Who told us")],
        "needs": [
            [
                {"text": row.referral.number, "url": reverse("referrals:assess-risk", args=[row.referral.number])},
                who(row.referral),
                codes.label("assistance_services", row.kind),
                row.asked_at,
            ]
            for row in needs
        ],
        "needs_headers": [_("Number"), _("About"), _("What is needed"), _("Since")],
        "routes": [
            [
                {"text": row.referral.number, "url": url_of(row.referral)},
                {"text": who(row.referral), "hint": alone(row.referral)},
                row.referral.received_at,
            ]
            for row in routes
        ],
        "routes_headers": [_("Number"), _("About"), _("Received")],
        "reviews": [
            [
                {"text": review.case.number, "url": reverse("cases:case", args=[review.case.number])},
                review.case.person.name,
                str(review.caseworker),
                review.assigned_at,
            ]
            for review in reviews
        ],
        "reviews_headers": [_("Case"), _("Person"), _("Caseworker"), _("Since")],
        "own_cases": [
            [
                {"text": case.number, "url": reverse("cases:case", args=[case.number])},
                case.person.name,
                {"text": case.victim_status_label, "status": case.victim_status, "label": case.victim_status_label},
                case.opened_on,
            ]
            for case in own_cases
        ],
        "own_headers": [_("Case"), _("Person"), _("Status"), _("Opened")],
        "supervisor": supervisor,
    }
    return render(request, "referrals/today.html", page)


def _by_referral(clocks: list[Deadline]) -> list[dict[str, Any]]:
    """One row a referral, in the order in which its first clock runs out."""
    rows: dict[Any, dict[str, Any]] = {}
    for clock in clocks:
        referral = clock.referral
        row = rows.setdefault(
            referral.pk, {"referral": referral, "who": who(referral), "url": url_of(referral), "clocks": []}
        )
        row["clocks"].append(clock)
    return list(rows.values())


def _received_row(referral: Referral) -> list[Any]:
    danger = referral.get_immediate_danger_display()
    return [
        {"text": referral.number, "url": url_of(referral)},
        who(referral),
        referral.received_at,
        {"text": danger, "status": "danger", "label": danger} if referral.immediate_danger == "yes" else danger,
        codes.label("referral_sources", referral.source),
    ]


@require_safe
def referrals(request: SignedIn) -> HttpResponse:
    """The referrals a user may see, newest number first, by status and by who told us."""
    ask(request, "referrals.view_referral")
    form = FilterReferralsForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    narrowed = {name: value for name in ("status", "source_group", "source") if (value := chosen.get(name))}
    told = Referral.objects.filter(**narrowed)
    if chosen.get("sign"):
        told = told.with_sign(chosen["sign"])
        narrowed["sign"] = chosen["sign"]
    if chosen.get("contact"):
        told = told.without_contact() if chosen["contact"] == "none" else told.filter(person__isnull=False)
        narrowed["contact"] = chosen["contact"]
    matching = with_keys(told)
    after, before = request.GET.get("after", "")[:20], request.GET.get("before", "")[:20]
    if before and not after:
        found = matching.page_visible_to(request.user, order_by=("number",), size=PAGE + 1, after=(before,))
        page, earlier, later = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        key = (after,) if after else None
        found = matching.page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=key)
        page, earlier, later = found[:PAGE], bool(after), len(found) > PAGE
    audit.read(request, "referrals", *page, *{row.person_id: row.person for row in page if row.person}.values())
    shown = {
        "form": form,
        "tabs": ways_tabs(request.user, "referrals"),
        "clear_url": reverse("referrals:referrals"),
        "headers": [_("Number"), _("About"), _("Received"), _("Who told us"), _("Status")],
        "rows": [_list_row(referral) for referral in page],
        "count": matching.order_by().count_visible_to(request.user),
        "previous_url": _page_url(narrowed, "before", page) if earlier else "",
        "next_url": _page_url(narrowed, "after", page) if later else "",
    }
    return render(request, "referrals/referrals.html", shown)


def _list_row(referral: Referral) -> dict[str, Any]:
    status = {"status": referral.status, "label": referral.get_status_display(), "text": referral.get_status_display()}
    cells = [
        {"text": referral.number, "url": url_of(referral)},
        who(referral),
        referral.received_at,
        codes.label("referral_sources", referral.source),
        status,
    ]
    return {"cells": cells, "struck": referral.entered_in_error, "reason": referral.error_why}


def _page_url(narrowed: dict[str, str], direction: str, page: list[Referral]) -> str:
    if not page:
        return ""
    edge = page[-1] if direction == "after" else page[0]
    return f"{reverse('referrals:referrals')}?{urlencode({**narrowed, direction: edge.number})}"
