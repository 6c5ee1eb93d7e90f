"""The review of one week. It stands here because it joins the trail with forms that lose nothing, which lie above."""

import datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from casework.access.forms import LongTextField, RecordForm, attempt, bind
from casework.access.requests import SignedIn
from casework.audit import reviews
from casework.audit.seal_models import Review
from casework.audit.unusual import RULES
from casework.audit.views.common import frame, trail_url
from casework.workflow import Refused

REFUSALS = {
    "not-over": gettext_lazy("This week is not over yet. You can sign it from Monday on."),
    "before-the-trail": gettext_lazy("The trail does not go back to this week."),
    "signed-already": gettext_lazy("Another auditor signed this week in the meantime. It cannot be signed twice."),
}


class SignReviewForm(RecordForm):
    looked = forms.BooleanField(
        label=gettext_lazy("I have looked through this week's trail, or as much of it as I describe below.")
    )
    remark = LongTextField(
        label=gettext_lazy("Remark"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("What you found and what you did about it. Kept encrypted; the auditors read it."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("audit.read_trail", raise_exception=True)
def sign_review(request: SignedIn, week: str) -> HttpResponse:
    """What there is to look at in a week, and the auditor's signature: once for each week."""
    try:
        monday = datetime.date.fromisoformat(week)
    except ValueError:
        raise Http404 from None
    mine = request.user.organisation_id
    start = reviews.first_week(mine)
    today = timezone.localdate()
    if monday.weekday() or start is None or not start <= monday <= today:
        raise Http404
    signed = Review.objects.visible_to(request.user).select_related("key", "auditor").filter(week=monday).first()
    over = monday + reviews.WEEK <= reviews.monday_of(today)
    form = bind(request, SignReviewForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: _sign(request, monday, form.cleaned_data["remark"]))
        if done is not None:
            return redirect("sign-review", week=week)
    found = signed.looked_at if signed else reviews.summary(mine, monday)
    return render(
        request,
        "audit/sign_review.html",
        frame(request, "reviews")
        | {
            "monday": monday,
            "sunday": monday + datetime.timedelta(days=6),
            "signed": signed,
            "over": over,
            "form": form,
            "summary": _counts(found, monday),
            "unusual": _unusual(found, monday),
            "reviews_url": reverse("audit:reviews"),
        },
    )


def _sign(request: SignedIn, monday: datetime.date, remark: str) -> Review:
    try:
        return reviews.sign_review(
            organisation_id=request.user.organisation_id,
            week=monday,
            remark=remark,
            now=timezone.now(),
            signed_by=request.user,
        )
    except reviews.CannotSign as why:
        raise Refused(REFUSALS[why.code]) from None


def _days(monday: datetime.date) -> dict[str, Any]:
    return {"since": monday, "until": monday + datetime.timedelta(days=6)}


def _counts(found: dict[str, Any], monday: datetime.date) -> list[list[Any]]:
    days = _days(monday)

    def page(name: str) -> str:
        return trail_url(**days).replace(reverse("audit:trail"), reverse(f"audit:{name}"), 1)

    return [
        [{"text": _("Pages read"), "url": trail_url(kind="read", **days)}, found["reads"]],
        [{"text": _("Acts"), "url": trail_url(kind="act", **days)}, found["acts"]],
        [{"text": _("Refusals"), "url": page("refusals")}, found["refusals"]],
        [{"text": _("Reveals"), "url": page("reveals")}, found["reveals"]],
        [{"text": _("Exports"), "url": page("exports")}, found["exports"]],
    ]


def _unusual(found: dict[str, Any], monday: datetime.date) -> list[list[Any]]:
    url = trail_url(**_days(monday)).replace(reverse("audit:trail"), reverse("audit:unusual-reads"), 1)
    counts = found["unusual"]
    return [
        [{"text": RULES[code].label if code in RULES else code, "url": url}, count] for code, count in counts.items()
    ]
