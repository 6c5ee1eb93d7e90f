"""Sites with many persons: written down, filled, screened one by one, and what leads from there to a referral."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from casework import workflow
from casework.access.models import User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require
from casework.audit import services as audit
from casework.vault.models import VaultKey
from casework.workflow import Refused
from reference import codes
from referrals.models import Referral, Screened, SitePerson, Worksite
from referrals.services.intake import log_referral
from referrals.services.places import (
    RECORD,
    check_code,
    check_codes,
    check_day,
    language_of,
    municipality_of,
    must_see,
    record_of,
)

MOST_AT_ONCE = 200
MOST_ON_A_SITE = 5_000
_SITE = ("name", "address", "employer", "note", "municipality", "sector", "population")
_VERBS = {
    Screened.SCREENED: "screen_site_person",
    Screened.REFUSED: "record_refused_screening",
    Screened.LEFT: "record_left_unscreened",
    Screened.NOT_SCREENED: "take_back_screening",
}


@transaction.atomic
def log_site(*, now: datetime.datetime, logged_by: User, **site: Any) -> Worksite:
    """Write down a place of work: `name`, `sector`, and as known `address`, `employer`, `municipality`, `population`,
    `note`. Raises `Refused`."""
    require(logged_by, RECORD)
    worksite = Worksite(organisation=logged_by.organisation, logged_by=logged_by, **site)
    _check(worksite)
    worksite.key = VaultKey.make()
    worksite.number = next_number("W", now.year)
    worksite.save(force_insert=True)
    audit.act("log_site", worksite, by=logged_by)
    return worksite


@transaction.atomic
def amend_site(*, worksite: Worksite, version: int, amended_by: User, **changes: Any) -> Worksite:
    """Change what a site says. Raises `Stale` when it was saved since, `Refused`."""
    fresh: Worksite = record_of(worksite, amended_by, version=version)
    strange = changes.keys() - set(_SITE)
    if strange:
        raise TypeError(f"a site has no {', '.join(sorted(strange))} to amend")
    changed = [name for name, value in changes.items() if getattr(fresh, name) != value]
    for name in changed:
        setattr(fresh, name, changes[name])
    _check(fresh)
    fresh.version += 1
    fresh.save()
    audit.act("amend_site", fresh, by=amended_by, fields=changed)
    return fresh


def _check(worksite: Worksite) -> None:
    if not worksite.name.strip():
        raise Refused(_("Say what the site is called, or what it is."), field="name")
    check_code("sectors", worksite.sector, field="sector")
    check_code("vulnerable_groups", worksite.population, field="population", optional=True)
    worksite.municipality = municipality_of(worksite.municipality)


@transaction.atomic
def add_site_persons(
    *, worksite: Worksite, count: int, added_by: User, citizenship: str = "", language: str = ""
) -> list[SitePerson]:
    """Put so many persons on a site, without names, all of one nationality and language. Raises `Refused`."""
    site: Worksite = record_of(worksite, added_by)  # locked: two who add at once get numbers one after the other
    if not 1 <= count <= MOST_AT_ONCE:
        raise Refused(_("Add between 1 and %(most)d persons at once.") % {"most": MOST_AT_ONCE}, field="count")
    if citizenship and not codes.is_country(citizenship):
        raise Refused(_("Choose one from the list."), field="citizenship")
    last = SitePerson._base_manager.filter(worksite=site).aggregate(last=Max("position"))["last"] or 0
    if last + count > MOST_ON_A_SITE:
        raise Refused(
            _("A site holds at most %(most)d persons. Write a second site down for the others.")
            % {"most": MOST_ON_A_SITE},
            field="count",
        )
    spoken = language_of(language, field="language")
    persons = [
        SitePerson(
            key=site.key,
            worksite=site,
            position=last + place,
            citizenship=citizenship,
            language=spoken,
            added_by=added_by,
        )
        for place in range(1, count + 1)
    ]
    SitePerson.objects.bulk_create(persons)
    audit.act("add_site_persons", site, *persons, by=added_by)
    return persons


@transaction.atomic
def screen_site_person(
    *,
    site_person: SitePerson,
    version: int,
    status: str,
    today: datetime.date,
    screened_by: User,
    happened_on: datetime.date | None = None,
    screener: str = "",
    language: str = "",
    citizenship: str = "",
    indicators: Iterable[str] = (),
    description: str = "",
    note: str = "",
) -> SitePerson:
    """Record what became of the screening of one person, or what else is known of them.

    `status` is one of `Screened`; all but “not screened” have a day. Raises `Stale`, `Refused`.
    """
    fresh: SitePerson = record_of(site_person, screened_by, version=version)
    site = fresh.worksite
    if status not in Screened.values:
        raise Refused(_("Choose one of the answers that are offered."), field="status")
    if status == Screened.NOT_SCREENED:
        happened_on, screener = None, ""
    elif happened_on is None:
        raise Refused(_("Say on which day."), field="happened_on")
    check_day(happened_on, today, field="happened_on")
    if citizenship and not codes.is_country(citizenship):
        raise Refused(_("Choose one from the list."), field="citizenship")
    if status == Screened.SCREENED and not screener.strip():
        raise Refused(_("Say who screened the person."), field="screener")
    found = check_codes("trafficking_indicators", indicators, field="indicators")
    if found and status != Screened.SCREENED:
        raise Refused(_("Signs are found at a screening. Say that the person was screened."), field="indicators")
    changes = {
        "happened_on": happened_on,
        "screener": screener.strip(),
        "language": language_of(language, field="language"),
        "citizenship": citizenship,
        "indicators": found,
        "description": description.strip(),
        "note": note.strip(),
    }
    about = [site, *_referred(fresh)]
    if fresh.status != status:
        return workflow.advance(fresh, _VERBS[Screened(status)], by=screened_by, about=about, **changes)
    changed = [name for name, value in changes.items() if getattr(fresh, name) != value]
    for name in changed:
        setattr(fresh, name, changes[name])
    fresh.version += 1
    fresh.save()
    audit.act("amend_site_person", fresh, *about, by=screened_by, fields=changed)
    return fresh


def _referred(site_person: SitePerson) -> list[Any]:
    referral = site_person.referral
    return [] if referral is None else [record for record in (referral, referral.person) if record is not None]


@transaction.atomic
def refer_site_person(*, site_person: SitePerson, referred_by: User, **told: Any) -> Referral:
    """Log a referral on somebody of a site; `told` as `log_referral` takes it. From then on what is written of the
    person here is sealed with the key of the referral, and erased with it. Raises `Refused`."""
    fresh: SitePerson = record_of(site_person, referred_by)
    if fresh.referral_id is not None:
        raise Refused(_("A referral on this person is already logged."))
    referral = log_referral(logged_by=referred_by, **told)
    for field in fresh._meta.concrete_fields:
        getattr(fresh, field.name)  # opened with the old key, sealed with the new one when it is saved
    fresh.referral, fresh.key = referral, referral.key
    fresh.version += 1
    fresh.save()
    audit.act("refer_site_person", fresh, fresh.worksite, *_referred(fresh), by=referred_by, fields=["referral"])
    return referral


@transaction.atomic
def mark_site_in_error(*, worksite: Worksite, why: str, marked_by: User) -> Worksite:
    """A site that should not be there. Its allegations stay."""
    must_see(worksite, marked_by)
    return mark_in_error(record=worksite, why=why, marked_by=marked_by)


@transaction.atomic
def mark_site_person_in_error(*, site_person: SitePerson, why: str, marked_by: User) -> SitePerson:
    """Somebody who is not on the site, or stands there twice: no longer counted among its persons."""
    must_see(site_person, marked_by)
    about = [site_person.worksite, *_referred(site_person)]
    return mark_in_error(record=site_person, why=why, marked_by=marked_by, about=about)
