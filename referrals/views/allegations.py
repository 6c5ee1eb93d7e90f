"""Allegations: the list in which what is wrong comes first, one of them, and what is done with it."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from casework import workflow
from casework.access.forms import ConfirmForm, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from referrals import services
from referrals.forms import MarkInErrorForm
from referrals.forms.screening import (
    AnswerAllegationForm,
    ConfirmAllegationForm,
    DismissAllegationForm,
    InvestigateAllegationForm,
    LogAllegationForm,
    saved_answer,
)
from referrals.models import Allegation, AllegationStatus, Concern, Worksite
from referrals.views.finding import ask
from referrals.views.screening import PAGE, RECORD, VIEW, act_page, numbered_visible_to, parts

NEWEST_SITES = 200  # offered when an allegation is written down
_COLOURS = {
    Concern.DISMISSED_UNSCREENED: "red",
    Concern.NOBODY_SCREENED: "orange",
    Concern.OPEN: "blue",
    Concern.DISMISSED: "grey",
    Concern.CONFIRMED: "purple",
    Concern.IN_ERROR: "grey",
}


@require_safe
def allegations(request: SignedIn) -> HttpResponse:
    """Every allegation, the worst first: dismissed with nobody screened, then open with nobody screened."""
    ask(request, VIEW)
    after = _key_of(request.GET.get("after", ""))
    found = (
        Allegation.objects.weighed()
        .select_related("key", "worksite__key")
        .page_visible_to(request.user, order_by=("concern", "number"), size=PAGE + 1, after=after)
    )
    shown = found[:PAGE]
    audit.read(request, "allegations", *shown)
    here = reverse("referrals:allegations")
    page = {
        "parts": parts("allegations"),
        "headers": [_("Number"), _("About"), _("Received"), _("Answered"), _("Screened"), _("State")],
        "rows": allegation_rows(shown),
        "count": Allegation.objects.count_visible_to(request.user),
        "next_url": f"{here}?after={shown[-1].concern}-{shown[-1].number}" if len(found) > PAGE else "",
        "previous_url": here if after else "",
    }
    return render(request, "referrals/allegations.html", page)


def _key_of(typed: str) -> tuple[int, str] | None:
    concern, _dash, number = typed[:25].partition("-")
    return (int(concern), number) if concern in "012345" and len(concern) == 1 and number else None


def allegation_rows(found: Iterable[Any], *, of_site: bool = False) -> list[dict[str, Any]]:
    """Rows of the list; on the page of their site without saying which site it is."""
    today = timezone.localdate()
    return [_row(allegation, today, of_site=of_site) for allegation in found]


def _row(allegation: Any, today: datetime.date, *, of_site: bool) -> dict[str, Any]:
    site = allegation.worksite
    cells = [
        {"text": allegation.number, "url": allegation_url(allegation)},
        {"text": site.name, "hint": site.number} if site is not None else allegation.place,
        allegation.received_on,
        answered(allegation, today),
        screened(allegation),
        state_of(allegation),
    ]
    if of_site:
        del cells[1]
    return {"cells": cells, "struck": allegation.entered_in_error, "reason": allegation.error_why}


def state_of(allegation: Any) -> dict[str, Any]:
    """What is wrong with it, as a coloured word."""
    concern = Concern(allegation.concern)
    return {"status": concern.name.lower(), "label": concern.label, "colour": _COLOURS[concern]}


def screened(allegation: Any) -> str:
    """How many of how many are screened: of a site its persons, of a place as many as are said to be affected."""
    of = allegation.persons if allegation.worksite_id else allegation.affected
    if of is None:
        return _("%(done)d of an unknown number") % {"done": allegation.screened}
    return _("%(done)d of %(all)d") % {"done": allegation.screened, "all": of}


def answered(allegation: Allegation, today: datetime.date) -> Any:
    """When it was answered and after how long; or for how long there was no answer."""
    if allegation.answered_on is not None:
        days = (allegation.answered_on - allegation.received_on).days
        hint = ngettext("after %(days)d day", "after %(days)d days", days) % {"days": days}
        return {"text": allegation.answered_on, "hint": hint}
    days = (today - allegation.received_on).days
    return ngettext("No answer for %(days)d day", "No answer for %(days)d days", days) % {"days": days}


def allegation_url(allegation: Allegation) -> str:
    return reverse("referrals:allegation", args=[allegation.number])


def log_allegation(request: SignedIn) -> HttpResponse:
    """An allegation is written down; with `?site=` about that site."""
    ask(request, RECORD)
    sites = Worksite.objects.filter(error_at=None).visible_to(request.user).select_related("key").order_by("-number")
    newest = Worksite.objects.filter(pk__in=list(sites.values_list("pk", flat=True)[:NEWEST_SITES])).visible_to(
        request.user
    )
    chosen = sites.filter(number=request.GET.get("site", "")[:20]).first()
    form = bind(
        request,
        LogAllegationForm,
        initial={"received_on": timezone.localdate(), "worksite": chosen.pk if chosen else None},
        worksites=newest.select_related("key").order_by("-number"),
    )
    audit.read(request, "log_allegation", *([chosen] if chosen else []))
    return act_page(
        request,
        form,
        lambda typed: services.log_allegation(now=timezone.now(), logged_by=request.user, **typed),
        done=_("The allegation is written down."),
        back_url=reverse("referrals:allegations"),
        to=allegation_url,
        page={
            "heading": _("Write an allegation down"),
            "submit": _("Save the allegation"),
            "parts": parts("allegations"),
        },
    )


@require_safe
def allegation(request: SignedIn, number: str) -> HttpResponse:
    """One allegation: what was alleged, what came of it, and whether anybody was screened before."""
    found = _found(request, number, VIEW)
    url = allegation_url(found)
    site = found.worksite
    page = {
        "allegation": found,
        "parts": parts("allegations"),
        "state": state_of(found),
        "told": [
            (_("Received"), found.received_on),
            (_("Who told us"), codes.label("referral_sources", found.source)),
            (_("From whom"), found.received_from),
            (
                _("Site"),
                {"text": f"{site.number} · {site.name}", "url": reverse("referrals:site", args=[site.number])},
            )
            if site is not None
            else (_("Place"), found.place),
            (_("Said to be affected"), found.affected),
            (_("What is alleged"), found.content),
            (_("Written down by"), str(found.logged_by) if found.logged_by else None),
        ],
        "became": [
            (_("Answered"), answered(found, timezone.localdate())),
            (_("The answer"), found.answer),
            (_("Investigated by"), found.investigated_by),
            (_("Investigated since"), found.investigated_since),
            *_ending(found),
        ],
        "screened": screened(found),
        "place": found.place if site is not None else "",
        "unscreened": found.concern in (Concern.DISMISSED_UNSCREENED, Concern.NOBODY_SCREENED),
        "acts": [] if found.entered_in_error else _acts(request, found, url),
    }
    return render(request, "referrals/allegation.html", page)


def _ending(found: Any) -> list[Any]:
    rows: list[Any] = []
    if found.dismissed_on is not None:
        said = {"done": found.screened_before, "all": found.persons or found.affected or 0}
        rows += [
            (_("Dismissed"), found.dismissed_on),
            (_("Dismissed by"), found.dismissed_by),
            (_("Reason given"), found.dismissed_why),
            (_("Screened by then"), _("%(done)d of %(all)d") % said),
        ]
    if found.confirmed_on is not None:
        rows += [(_("Confirmed"), found.confirmed_on), (_("By what"), found.confirmed_how)]
    return rows


def _acts(request: SignedIn, found: Allegation, url: str) -> list[dict[str, Any]]:
    user = request.user
    record = user.has_perm(RECORD)
    offered = [
        ("answer", _("Record the answer"), record),
        ("investigate", _("Record who investigates"), record),
        ("confirm", _("Confirmed"), workflow.may(found, "confirm_allegation", user)),
        ("dismiss", _("Dismissed"), workflow.may(found, "dismiss_allegation", user)),
        ("reopen", _("Take it up again"), workflow.may(found, "reopen_allegation", user)),
        ("mark-in-error", _("Mark as entered in error"), user.has_perm("cases.mark_in_error")),
    ]
    return [{"label": label, "url": f"{url}{act}/"} for act, label, allowed in offered if allowed]


def _found(request: SignedIn, number: str, permission: str = RECORD) -> Any:
    shown = Allegation.objects.weighed().select_related("key", "worksite__key", "logged_by", "error_by")
    found = numbered_visible_to(request, shown, number, permission)
    audit.read(request, "allegation", found)
    return found


def _page(found: Allegation, heading: str, submit: str) -> dict[str, Any]:
    return {
        "heading": heading,
        "submit": submit,
        "caption": found.number,
        "number": found.number,
        "parts": parts("allegations"),
    }


def _current(request: SignedIn, number: str) -> Any:
    def current() -> tuple[dict[str, Any], int]:
        fresh = numbered_visible_to(request, Allegation.objects.select_related("key"), number)
        return saved_answer(fresh), fresh.version

    return current


def answer_allegation(request: SignedIn, number: str) -> HttpResponse:
    """There was an answer."""
    found = _found(request, number)
    return act_page(
        request,
        bind(request, AnswerAllegationForm, initial=saved_answer(found)),
        lambda typed: services.answer_allegation(
            allegation=found, today=timezone.localdate(), answered_by=request.user, **typed
        ),
        done=_("The answer is recorded."),
        back_url=allegation_url(found),
        current=_current(request, number),
        page=_page(found, _("Record the answer"), _("Save")),
    )


def investigate_allegation(request: SignedIn, number: str) -> HttpResponse:
    """Some body investigates."""
    found = _found(request, number)
    return act_page(
        request,
        bind(request, InvestigateAllegationForm, initial=saved_answer(found)),
        lambda typed: services.investigate_allegation(
            allegation=found, today=timezone.localdate(), recorded_by=request.user, **typed
        ),
        done=_("It is recorded who investigates."),
        back_url=allegation_url(found),
        current=_current(request, number),
        page=_page(found, _("Record who investigates"), _("Save")),
    )


def dismiss_allegation(request: SignedIn, number: str) -> HttpResponse:
    """Some body dismissed it."""
    found = _found(request, number)
    warning = "" if found.screened else _("Nobody was screened. It will stand in red at the top of the list.")
    return act_page(
        request,
        bind(request, DismissAllegationForm, initial={"dismissed_on": timezone.localdate()}),
        lambda typed: services.dismiss_allegation(
            allegation=found, today=timezone.localdate(), dismissed_by=request.user, **typed
        ),
        done=_("It is recorded that the allegation was dismissed."),
        back_url=allegation_url(found),
        page={**_page(found, _("Record that it was dismissed"), _("Save")), "warning": warning},
    )


def confirm_allegation(request: SignedIn, number: str) -> HttpResponse:
    """It proved true."""
    found = _found(request, number)
    return act_page(
        request,
        bind(request, ConfirmAllegationForm, initial={"confirmed_on": timezone.localdate()}),
        lambda typed: services.confirm_allegation(
            allegation=found, today=timezone.localdate(), confirmed_by=request.user, **typed
        ),
        done=_("It is recorded that the allegation was confirmed."),
        back_url=allegation_url(found),
        page=_page(found, _("Record that it was confirmed"), _("Save")),
    )


def reopen_allegation(request: SignedIn, number: str) -> HttpResponse:
    """An ended allegation is taken up again."""
    found = _found(request, number)
    return act_page(
        request,
        bind(request, ConfirmForm),
        lambda typed: services.reopen_allegation(allegation=found, reopened_by=request.user),
        done=_("The allegation is open again."),
        back_url=allegation_url(found),
        page={
            **_page(found, _("Take the allegation up again"), _("Take it up again")),
            "lead": _("When and why it ended stays to be read."),
            "closed": "" if found.status != AllegationStatus.OPEN else _("This allegation is open."),
        },
    )


def mark_allegation_in_error(request: SignedIn, number: str) -> HttpResponse:
    """It was written down twice, or wrongly. It stays, struck through."""
    found = _found(request, number, "cases.mark_in_error")
    page = _page(found, _("Mark as entered in error"), _("Mark as entered in error"))
    return act_page(
        request,
        bind(request, MarkInErrorForm),
        lambda typed: services.mark_allegation_in_error(allegation=found, marked_by=request.user, **typed),
        done=_("It is marked as entered in error."),
        back_url=allegation_url(found),
        page={**page, "variant": "warning"},
    )
