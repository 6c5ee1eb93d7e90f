"""Sites: the list, one site with its persons, and what is done on it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from referrals import services
from referrals.forms import MarkInErrorForm
from referrals.forms.screening import (
    AddSitePersonsForm,
    AmendSiteForm,
    LogSiteForm,
    ReferForm,
    ScreenSitePersonForm,
    saved_site,
    saved_site_person,
)
from referrals.models import Allegation, Referral, Screened, SitePerson, Worksite
from referrals.services.needs import needs_of
from referrals.views.allegations import allegation_rows
from referrals.views.finding import ask, url_of
from referrals.views.screening import PAGE, RECORD, VIEW, act_page, keyed_visible_to, numbered_visible_to, parts

PERSONS = 50  # of each table of a site


@require_safe
def sites(request: SignedIn) -> HttpResponse:
    """The organisation's sites, newest first, each with how many of its persons are screened."""
    ask(request, VIEW)
    after = request.GET.get("after", "")[:20]
    found = (
        Worksite.objects.counted()
        .select_related("key")
        .page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=(after,) if after else None)
    )
    shown = found[:PAGE]
    audit.read(request, "sites", *shown)
    page = {
        "parts": parts("sites"),
        "headers": [_("Number"), _("Site"), _("Town or municipality"), _("Sector"), _("Screened"), _("State")],
        "rows": [_site_row(site) for site in shown],
        "count": Worksite.objects.count_visible_to(request.user),
        "next_url": f"{reverse('referrals:sites')}?after={shown[-1].number}" if len(found) > PAGE else "",
        "previous_url": reverse("referrals:sites") if after else "",
    }
    return render(request, "referrals/sites.html", page)


def state_of(on_site: int, done: int) -> dict[str, Any]:
    """How far the screening of a site is, as a coloured word."""
    if not on_site:
        return {"status": "none", "label": _("No persons yet"), "colour": "grey"}
    if not done:
        return {"status": "nobody", "label": _("Open: nobody screened"), "colour": "red"}
    if done < on_site:
        return {"status": "some", "label": _("Some screened"), "colour": "yellow"}
    return {"status": "all", "label": _("All screened"), "colour": "green"}


def _site_row(site: Any) -> dict[str, Any]:
    cells = [
        {"text": site.number, "url": site_url(site)},
        site.name,
        site.municipality,
        codes.label("sectors", site.sector),
        _("%(done)d of %(all)d") % {"done": site.done, "all": site.on_site},
        state_of(site.on_site, site.done),
    ]
    return {"cells": cells, "struck": site.entered_in_error, "reason": site.error_why}


def site_url(site: Worksite) -> str:
    return reverse("referrals:site", args=[site.number])


def log_site(request: SignedIn) -> HttpResponse:
    """A site is written down."""
    ask(request, RECORD)
    form = bind(request, LogSiteForm)
    return act_page(
        request,
        form,
        lambda typed: services.log_site(now=timezone.now(), logged_by=request.user, **typed),
        done=_("The site is written down. Now add the persons who are on it."),
        back_url=reverse("referrals:sites"),
        to=site_url,
        page={"heading": _("Write a site down"), "submit": _("Save the site"), "parts": parts("sites")},
    )


@require_safe
def site(request: SignedIn, number: str) -> HttpResponse:
    """One site: how many of its persons are screened, who is not, who is, and what was alleged."""
    counted = Worksite.objects.counted().select_related("key", "organisation", "logged_by", "error_by")
    found = numbered_visible_to(request, counted, number)
    persons = SitePerson.objects.valid().filter(worksite=found).select_related("key", "referral__key")
    waiting, more_waiting = _persons(request, persons.exclude(status=Screened.SCREENED), "after")
    screened, more_screened = _persons(request, persons.filter(status=Screened.SCREENED), "screened_after")
    shown = waiting + screened
    referrals = {person.referral_id for person in shown if person.referral_id}
    linked = {row.pk: row for row in Referral.objects.visible_to(request.user).filter(pk__in=referrals)}
    alleged = (
        Allegation.objects.weighed()
        .filter(worksite=found)
        .select_related("key", "worksite__key")
        .page_visible_to(request.user, order_by=("concern", "number"), size=PAGE)
    )
    audit.read(request, "site", found, *shown, *linked.values(), *alleged)
    may = request.user.has_perm(RECORD) and not found.entered_in_error
    signs = SitePerson.objects.valid().visible_to(request.user).filter(worksite=found).exclude(indicators=[])
    told = sorted({code for row in signs.values_list("indicators", flat=True) for code in row})
    url = site_url(found)
    page = {
        "site": found,
        "parts": parts("sites"),
        "state": state_of(found.on_site, found.done),
        "open_count": found.on_site - found.done,
        "about": _about(found),
        "headers": [_("Person"), _("Screening"), _("Language"), _("Signs found"), _("What can be done")],
        "waiting": [_person_row(person, linked, may=may) for person in waiting],
        "screened": [_person_row(person, linked, may=may) for person in screened],
        "more_waiting": f"{url}?after={more_waiting}" if more_waiting else "",
        "more_screened": f"{url}?screened_after={more_screened}" if more_screened else "",
        "hidden": found.on_site > 0 and not shown,
        "signs": [codes.label("trafficking_indicators", code) for code in told],
        "needs": [codes.label("assistance_services", code) for code in needs_of(told)],
        "allegation_headers": [_("Number"), _("Received"), _("Answered"), _("Screened"), _("State")],
        "allegations": allegation_rows(alleged, of_site=True),
        "may": may,
        "may_mark": may and request.user.has_perm("cases.mark_in_error"),
        "add_form": AddSitePersonsForm() if may else None,
    }
    return render(request, "referrals/site.html", page)


def _persons(request: SignedIn, persons: Any, parameter: str) -> tuple[list[Any], int]:
    """A page of these persons by their place on the site, and after which place the next one begins (0: none)."""
    typed = request.GET.get(parameter, "")
    after = (int(typed),) if typed.isascii() and typed.isdigit() and len(typed) < 5 else None
    found = persons.page_visible_to(request.user, order_by=("position",), size=PERSONS + 1, after=after)
    return found[:PERSONS], found[PERSONS - 1].position if len(found) > PERSONS else 0


def _about(site: Worksite) -> list[Any]:
    return [
        (_("Site"), site.name),
        (_("Employer or agency"), site.employer),
        (_("Address"), site.address),
        (_("Town or municipality"), site.municipality),
        (_("Sector"), codes.label("sectors", site.sector)),
        (
            _("Who mostly works there"),
            codes.label("vulnerable_groups", site.population) if site.population else None,
        ),
        (_("What else is known"), site.note),
        (_("Written down by"), str(site.logged_by) if site.logged_by else None),
    ]


def name_of(person: SitePerson) -> str:
    """What somebody on a site is called: a place in the row, and the country."""
    if not person.citizenship:
        return _("Person %(place)d") % {"place": person.position}
    said = {"place": person.position, "country": codes.country_label(person.citizenship)}
    return _("Person %(place)d, %(country)s") % said


_COLOURS = {
    Screened.NOT_SCREENED: "orange",
    Screened.SCREENED: "green",
    Screened.REFUSED: "yellow",
    Screened.LEFT: "red",
}


def _person_row(person: SitePerson, linked: dict[Any, Referral], *, may: bool) -> list[Any]:
    referral = linked.get(person.referral_id)
    day = person.happened_on
    acts: list[Any] = []
    if may:
        label = _("Record the screening") if person.status == Screened.NOT_SCREENED else _("Change")
        acts.append({"text": label, "url": reverse("referrals:screen-site-person", args=[person.pk])})
    if referral is not None:
        acts.append({"text": referral.number, "url": url_of(referral)})
    elif may and person.referral_id is None:
        acts.append({"text": _("Log a referral"), "url": reverse("referrals:refer-site-person", args=[person.pk])})
    state = {
        "status": person.status,
        "label": person.get_status_display(),
        "colour": _COLOURS[Screened(person.status)],
        "hint": " · ".join(part for part in (f"{day:%d.%m.%Y.}" if day else "", person.screener) if part),
    }
    return [
        {"text": name_of(person), "hint": person.description},
        state,
        codes.language_label(person.language) if person.language else "",
        [codes.label("trafficking_indicators", code) for code in person.indicators]
        if person.status == Screened.SCREENED and person.indicators
        else (_("None") if person.status == Screened.SCREENED else _("Not asked")),
        acts or "",
    ]


def amend_site(request: SignedIn, number: str) -> HttpResponse:
    """What a site says is changed."""
    found = _to_work_on(request, number)

    def current() -> tuple[dict[str, Any], int]:
        fresh = numbered_visible_to(request, Worksite.objects.select_related("key"), number)
        return saved_site(fresh), fresh.version

    return act_page(
        request,
        bind(request, AmendSiteForm, initial=saved_site(found)),
        lambda typed: services.amend_site(worksite=found, amended_by=request.user, **typed),
        done=_("%(number)s is amended.") % {"number": found.number},
        back_url=site_url(found),
        current=current,
        page=_page(found, _("Amend the site"), _("Save")),
    )


def add_site_persons(request: SignedIn, number: str) -> HttpResponse:
    """Several persons are put on the site at once."""
    found = _to_work_on(request, number)
    return act_page(
        request,
        bind(request, AddSitePersonsForm),
        lambda typed: services.add_site_persons(worksite=found, added_by=request.user, **typed),
        done=_("The persons are on the site. None of them is screened yet."),
        back_url=site_url(found),
        page=_page(found, _("Add persons"), _("Add them")),
    )


def mark_site_in_error(request: SignedIn, number: str) -> HttpResponse:
    """The site should not be there."""
    found = _to_work_on(request, number, "cases.mark_in_error")
    return act_page(
        request,
        bind(request, MarkInErrorForm),
        lambda typed: services.mark_site_in_error(worksite=found, marked_by=request.user, **typed),
        done=_("It is marked as entered in error."),
        back_url=site_url(found),
        page={**_page(found, _("Mark as entered in error"), _("Mark as entered in error")), "variant": "warning"},
    )


def _to_work_on(request: SignedIn, number: str, permission: str = RECORD) -> Worksite:
    found: Worksite = numbered_visible_to(request, Worksite.objects.select_related("key"), number, permission)
    audit.read(request, "site", found)
    return found


def _page(site: Worksite, heading: str, submit: str) -> dict[str, Any]:
    caption = f"{site.number} · {site.name}"
    return {"heading": heading, "submit": submit, "caption": caption, "number": site.number, "parts": parts("sites")}


# --- One person ------------------------------------------------------------------------------------------------------
def _person(request: SignedIn, site_person_id: UUID, permission: str = RECORD) -> SitePerson:
    shown = SitePerson.objects.select_related("key", "worksite__key", "referral__person")
    found: SitePerson = keyed_visible_to(request, shown, site_person_id, permission)
    audit.read(request, "site_person", found, found.worksite)
    return found


def screen_site_person(request: SignedIn, site_person_id: UUID) -> HttpResponse:
    """What became of the screening of one person, and what was found."""
    found = _person(request, site_person_id)
    asks = str(request.user)

    def current() -> tuple[dict[str, Any], int]:
        fresh = keyed_visible_to(request, SitePerson.objects.select_related("key"), site_person_id)
        return saved_site_person(fresh), fresh.version

    return act_page(
        request,
        bind(request, ScreenSitePersonForm, initial=saved_site_person(found, screener=asks)),
        lambda typed: services.screen_site_person(
            site_person=found, today=timezone.localdate(), screened_by=request.user, **typed
        ),
        done=_("%(person)s: saved.") % {"person": name_of(found)},
        back_url=site_url(found.worksite),
        current=current,
        template="referrals/screen_site_person.html",
        page={
            **_page(found.worksite, name_of(found), _("Save")),
            "mark_url": reverse("referrals:mark-site-person-in-error", args=[found.pk])
            if request.user.has_perm("cases.mark_in_error")
            else "",
        },
    )


def mark_site_person_in_error(request: SignedIn, site_person_id: UUID) -> HttpResponse:
    """Somebody is not on the site, or stands there twice."""
    found = _person(request, site_person_id, "cases.mark_in_error")
    page = _page(found.worksite, _("%(person)s: entered in error") % {"person": name_of(found)}, _("Mark"))
    return act_page(
        request,
        bind(request, MarkInErrorForm),
        lambda typed: services.mark_site_person_in_error(site_person=found, marked_by=request.user, **typed),
        done=_("It is marked as entered in error."),
        back_url=site_url(found.worksite),
        page={**page, "submit": _("Mark as entered in error"), "variant": "warning"},
    )


def refer_site_person(request: SignedIn, site_person_id: UUID) -> HttpResponse:
    """A referral on somebody of a site: the caseworker's form, filled with what the site knows."""
    found = _person(request, site_person_id)
    site = found.worksite
    initial = {
        "received_at": timezone.now(),
        "source": "worksite-screening",
        "municipality": site.municipality,
        "place": ", ".join(part for part in (site.name, " ".join(site.address.split())) if part)[:200],
        "citizenship": found.citizenship,
        "language": found.language,
        "description": found.description,
        "indicators_said": found.indicators,
        "summary": found.note,
    }
    form = bind(request, ReferForm, initial=initial)
    return act_page(
        request,
        form,
        lambda typed: services.refer_site_person(
            site_person=found, referred_by=request.user, **referral_told(request, form)
        ),
        done=_("The referral is logged."),
        back_url=site_url(site),
        to=url_of,
        template="referrals/refer.html",
        page={
            **_page(site, _("Log a referral"), _("Log the referral")),
            "origin": name_of(found),
            "needs": [codes.label("assistance_services", code) for code in needs_of(found.indicators)],
        },
    )


def referral_told(request: SignedIn, form: Any) -> dict[str, Any]:
    """What the caseworker's form says, as `log_referral` takes it."""
    return {
        "organisation": request.user.organisation,
        "received_at": form.cleaned_data["received_at"],
        "now": timezone.now(),
        "person": form.person_details(),
        "indicators": form.indicators(),
        **form.report(),
    }
