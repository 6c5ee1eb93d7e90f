"""The weeks of the trail: signed, due and overdue. (A week's own page is `casework.config.reviews`.)"""

import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.audit import reviews as weekly
from casework.audit.views.common import frame, next_page

LABELS = {
    "signed": (lambda: _("Signed"), "green"),
    "due": (lambda: _("Due"), "yellow"),
    "overdue": (lambda: _("Overdue"), "red"),
    "running": (lambda: _("Not over yet"), "grey"),
}


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def reviews(request: HttpRequest) -> HttpResponse:
    """The weeks, newest first: what waits for a signature, and who signed the others."""
    user: Any = request.user
    today = timezone.localdate()
    weeks = weekly.weeks(user.organisation_id, today=today, before=_day(request.GET.get("before", "")))
    start = weekly.first_week(user.organisation_id)
    more = bool(weeks) and start is not None and weeks[-1].monday > start
    return render(
        request,
        "audit/reviews.html",
        frame(request, "reviews")
        | {
            "heads": [_("Week"), _("State"), _("Signed by"), _("Signed at")],
            "rows": [_row(week) for week in weeks],
            "unsigned": weekly.unsigned(user.organisation_id, today=today),
            "following": next_page(request, before=weeks[-1].monday) if more else None,
        },
    )


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _row(week: weekly.Week) -> list[Any]:
    label, colour = LABELS[week.status]
    url = reverse("sign-review", args=[f"{week.monday:%Y-%m-%d}"])
    review = week.review
    return [
        {"text": f"{week.monday:%d.%m.%Y.} – {week.sunday:%d.%m.%Y.}", "url": url},
        {"status": week.status, "label": label(), "colour": colour},
        str(review.auditor) if review else "–",
        review.signed_at if review else "–",
    ]
