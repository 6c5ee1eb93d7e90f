"""Screenings of a population, the referrals that follow from them, and targets."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require
from casework.audit import services as audit
from casework.vault.models import VaultKey
from casework.workflow import Refused
from reference.models import PublishedFigure
from referrals.models import FollowUp, Referral, Screening, ScreeningTarget
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

MOST = 100_000
_FIELDS = (
    "population",
    "held_on",
    "municipality",
    "place",
    "screener",
    "screened",
    "informed",
    "informed_languages",
    "leaflets",
    "indicators",
    "note",
)


@transaction.atomic
def record_screening(*, now: datetime.datetime, recorded_by: User, **said: Any) -> Screening:
    """Write down a screening: `population`, `held_on`, `screened`, and as known the other fields of `Screening`.

    Raises `Refused`.
    """
    require(recorded_by, RECORD)
    screening = Screening(organisation=recorded_by.organisation, logged_by=recorded_by)
    _fill(screening, said, timezone.localdate(now))
    screening.key = VaultKey.make()
    screening.number = next_number("S", screening.held_on.year)
    screening.save(force_insert=True)
    audit.act("record_screening", screening, by=recorded_by)
    return screening


@transaction.atomic
def amend_screening(
    *, screening: Screening, version: int, today: datetime.date, amended_by: User, **changes: Any
) -> Screening:
    """Change what a screening says. Raises `Stale` when it was saved since, `Refused`."""
    fresh: Screening = record_of(screening, amended_by, version=version)
    changed = [name for name, value in changes.items() if getattr(fresh, name, None) != value]
    _fill(fresh, changes, today)
    fresh.version += 1
    fresh.save()
    audit.act("amend_screening", fresh, by=amended_by, fields=changed)
    return fresh


def _fill(screening: Screening, said: Mapping[str, Any], today: datetime.date) -> None:
    strange = said.keys() - set(_FIELDS)
    if strange:
        raise TypeError(f"a screening has no {', '.join(sorted(strange))}")
    for name, value in said.items():
        setattr(screening, name, value)
    check_code("vulnerable_groups", screening.population, field="population")
    check_day(screening.held_on, today, field="held_on")
    screening.municipality = municipality_of(screening.municipality)
    for name in ("screened", "informed", "leaflets"):
        number = getattr(screening, name)
        if number is not None and not 0 <= number <= MOST:
            raise Refused(_("Check this number."), field=name)
    spoken = [language_of(code, field="informed_languages") for code in screening.informed_languages if code]
    screening.informed_languages = list(dict.fromkeys(spoken))
    screening.indicators = check_codes("trafficking_indicators", screening.indicators, field="indicators")


@transaction.atomic
def link_follow_up(*, screening: Screening, number: str, now: datetime.datetime, linked_by: User) -> FollowUp:
    """Say that a referral followed from a screening. Only one that the user sees can be linked. Raises `Refused`."""
    fresh: Screening = record_of(screening, linked_by)
    referral = Referral.objects.valid().one_visible_to(linked_by, number=number.strip().upper())
    if referral is None or referral.organisation_id != fresh.organisation_id:
        raise Refused(_("You see no referral with this number."), field="number")
    return _link(fresh, referral, now, linked_by)


@transaction.atomic
def unlink_follow_up(*, follow_up: FollowUp, now: datetime.datetime, unlinked_by: User) -> FollowUp:
    """Take back that a referral followed from this screening."""
    screening: Screening = record_of(follow_up.screening, unlinked_by)
    fresh = FollowUp.objects.visible_to(unlinked_by).select_for_update(of=("self",)).filter(pk=follow_up.pk).first()
    if fresh is None or fresh.unlinked_at is not None:
        raise Refused(_("This referral is no longer linked."))
    fresh.unlinked_at, fresh.unlinked_by = now, unlinked_by
    fresh.save()
    audit.act("unlink_follow_up", screening, *_about(fresh.referral), by=unlinked_by)
    return fresh


@transaction.atomic
def refer_from_screening(*, screening: Screening, now: datetime.datetime, referred_by: User, **told: Any) -> Referral:
    """Log a referral that follows from a screening; `told` as `log_referral` takes it. Raises `Refused`."""
    fresh: Screening = record_of(screening, referred_by)
    referral = log_referral(logged_by=referred_by, now=now, **told)
    _link(fresh, referral, now, referred_by)
    return referral


def _link(screening: Screening, referral: Referral, now: datetime.datetime, user: User) -> FollowUp:
    follow_up = FollowUp(screening=screening, referral=referral, linked_at=now, linked_by=user)
    try:
        with transaction.atomic():
            follow_up.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("This referral already follows from a screening."), field="number") from None
    audit.act("link_follow_up", screening, *_about(referral), by=user)
    return follow_up


def _about(referral: Referral) -> list[Any]:
    return [record for record in (referral, referral.person) if record is not None]


@transaction.atomic
def mark_screening_in_error(*, screening: Screening, why: str, marked_by: User) -> Screening:
    """A screening that was not, or stands there twice: no longer counted."""
    must_see(screening, marked_by)
    return mark_in_error(record=screening, why=why, marked_by=marked_by)


@transaction.atomic
def set_screening_target(
    *,
    population: str,
    starts_on: datetime.date,
    ends_on: datetime.date,
    planned: int,
    source: str,
    set_by: User,
    published: str = "",
) -> ScreeningTarget:
    """Write down how many somebody planned to have screened, and where that stands. Raises `Refused`.

    `published` is the code of a published figure, which the page links.
    """
    require(set_by, "referrals.set_screening_target")
    check_code("vulnerable_groups", population, field="population")
    if ends_on < starts_on:
        raise Refused(_("The end is before the beginning."), field="ends_on")
    if not 1 <= planned <= 100 * MOST:
        raise Refused(_("Check this number."), field="planned")
    if not source.strip():
        raise Refused(_("Say where the target comes from."), field="source")
    if published and not PublishedFigure.objects.filter(code=published).exists():
        raise Refused(_("Choose one from the list."), field="published")
    target = ScreeningTarget(
        key=VaultKey.make(),
        organisation=set_by.organisation,
        set_by=set_by,
        population=population,
        starts_on=starts_on,
        ends_on=ends_on,
        planned=planned,
        source=source.strip(),
        published=published,
    )
    target.save(force_insert=True)
    audit.act("set_screening_target", target, by=set_by)
    return target


@transaction.atomic
def mark_target_in_error(*, target: ScreeningTarget, why: str, marked_by: User) -> ScreeningTarget:
    """A target that nobody set, or not so."""
    require(marked_by, "referrals.set_screening_target")
    must_see(target, marked_by)
    return mark_in_error(record=target, why=why, marked_by=marked_by)
