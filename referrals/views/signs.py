"""The signs of exploitation on a referral: what they point to, as a count and never as a verdict; the checklist."""

from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.workflow import Stale
from reference import codes
from referrals import services
from referrals.forms.signs import LIST, SignsForm, guidance, saved_signs
from referrals.models import Seen
from referrals.views.finding import ask, referral_frame, visible_referral


@require_safe
def signs(request: SignedIn, number: str) -> HttpResponse:
    """Which signs were seen or said, to which forms of exploitation they point, and where each comes from."""
    ask(request, "referrals.view_referral")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "signs")
    prefetch_related_objects([referral], "indicators")
    held = {row.code: Seen(row.how) for row in referral.indicators.all() if row.how != Seen.NOT_ASKED}
    pointed = {form: [code for code in signs if code in held] for form, signs in codes.indicator_forms().items()}
    page = {
        **frame,
        "chart": [(codes.label("exploitation_forms", form), len(found)) for form, found in pointed.items()],
        "pointed_headers": [_("Form of exploitation"), _("Signs that point to it"), _("Which")],
        "pointed": [_pointed(form, found) for form, found in pointed.items()],
        "headers": [_("Sign"), _("How it came to us"), _("Points to"), _("Source")],
        "rows": [_row(code, how) for code, how in held.items()],
        "amend_url": reverse("referrals:amend-signs", args=[number])
        if request.user.has_perm("referrals.amend_referral") and not referral.entered_in_error
        else "",
    }
    return render(request, "referrals/signs.html", page)


def amend_signs(request: SignedIn, number: str) -> HttpResponse:
    """The checklist: every sign once, seen, said or not asked."""
    ask(request, "referrals.amend_referral")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "signs")
    form = bind(request, SignsForm, initial=saved_signs(referral))
    back_url = reverse("referrals:signs", args=[number])
    if form.is_bound and form.is_valid():
        try:
            amended = attempt(
                form,
                lambda: services.amend_referral(
                    referral=referral,
                    version=form.cleaned_data["version"],
                    indicators=form.indicators(),
                    other_signs=form.cleaned_data["other_signs"],
                    amended_by=request.user,
                ),
            )
        except Stale:
            fresh = visible_referral(request, number)
            form.show_conflict(saved_signs(fresh), fresh.version)
        else:
            if amended is not None:
                messages.success(request, _("The signs are saved."))
                return redirect(back_url)
    return render(request, "referrals/amend_signs.html", {**frame, "form": form, "back_url": back_url})


def _pointed(form: str, found: list[str]) -> list[Any]:
    all_of_them = len(codes.indicator_forms()[form])
    count = ngettext("%(held)d of %(all)d sign", "%(held)d of %(all)d signs", all_of_them)
    return [
        codes.label("exploitation_forms", form),
        count % {"held": len(found), "all": all_of_them},
        [codes.label(LIST, code) for code in found] or "–",
    ]


def _row(code: str, how: Seen) -> list[Any]:
    pointed = [codes.label("exploitation_forms", form) for form in codes.forms_of_indicator(code)]
    url = reverse("reference:entry", args=["codes-trafficking-indicators", code])
    return [{"text": codes.label(LIST, code), "url": url}, how.label, pointed or _("General"), guidance(code)]
