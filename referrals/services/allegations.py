"""Allegations: received, answered, investigated, and ended with a reason. None is ever deleted."""

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import workflow
from casework.access.models import User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require
from casework.audit import services as audit
from casework.vault.models import VaultKey
from casework.workflow import Refused
from referrals.models import Allegation, Worksite
from referrals.services.places import RECORD, check_code, check_day, must_see, record_of

MOST_AFFECTED = 1_000_000


@transaction.atomic
def log_allegation(
    *,
    received_on: datetime.date,
    source: str,
    content: str,
    now: datetime.datetime,
    logged_by: User,
    worksite: Worksite | None = None,
    received_from: str = "",
    place: str = "",
    affected: int | None = None,
) -> Allegation:
    """Write down an allegation about a site, or about a place in words. Raises `Refused`."""
    require(logged_by, RECORD)
    check_day(received_on, timezone.localdate(now), field="received_on")
    check_code("referral_sources", source, field="source")
    if not content.strip():
        raise Refused(_("Say what is alleged."), field="content")
    if affected is not None and not 0 <= affected <= MOST_AFFECTED:
        raise Refused(_("Check this number."), field="affected")
    site = record_of(worksite, logged_by) if worksite is not None else None
    if site is None and not place.strip():
        raise Refused(_("Choose a site, or say which place it is about."), field="place")
    allegation = Allegation(
        key=site.key if site is not None else VaultKey.make(),
        number=next_number("A", received_on.year),
        organisation=logged_by.organisation,
        logged_by=logged_by,
        worksite=site,
        received_on=received_on,
        source=source,
        received_from=received_from.strip(),
        place=place.strip(),
        content=content.strip(),
        affected=affected,
    )
    allegation.save(force_insert=True)
    audit.act("log_allegation", allegation, *_site(allegation), by=logged_by)
    return allegation


@transaction.atomic
def answer_allegation(
    *, allegation: Allegation, version: int, answered_on: datetime.date, today: datetime.date, answered_by: User,
    answer: str = "",
) -> Allegation:  # fmt: skip
    """Record when whoever told us, or whoever must answer, had an answer, and what it was."""
    return _change(
        allegation, version, "answer_allegation", today, answered_by, answered_on=answered_on, answer=answer.strip()
    )


@transaction.atomic
def investigate_allegation(
    *, allegation: Allegation, version: int, investigated_by: str, today: datetime.date, recorded_by: User,
    investigated_since: datetime.date | None = None,
) -> Allegation:  # fmt: skip
    """Record which body investigates, and since when."""
    if not investigated_by.strip():
        raise Refused(_("Say which body investigates."), field="investigated_by")
    return _change(
        allegation,
        version,
        "investigate_allegation",
        today,
        recorded_by,
        investigated_by=investigated_by.strip(),
        investigated_since=investigated_since,
    )


def _change(
    allegation: Allegation, version: int, verb: str, today: datetime.date, user: User, **changes: Any
) -> Allegation:
    fresh: Allegation = record_of(allegation, user, version=version)
    for name, value in changes.items():
        if isinstance(value, datetime.date):
            _check_day(fresh, value, today, name)
        setattr(fresh, name, value)
    fresh.version += 1
    fresh.save()
    audit.act(verb, fresh, *_site(fresh), by=user, fields=changes)
    return fresh


@transaction.atomic
def dismiss_allegation(
    *,
    allegation: Allegation,
    dismissed_on: datetime.date,
    body: str,
    why: str,
    today: datetime.date,
    dismissed_by: User,
) -> Allegation:
    """Record that a body dismissed the allegation, when and why. With nobody screened it stands first in the list."""
    fresh: Allegation = record_of(allegation, dismissed_by)
    _check_day(fresh, dismissed_on, today, "dismissed_on")
    if not body.strip():
        raise Refused(_("Say which body dismissed it."), field="body")
    if not why.strip():
        raise Refused(_("Say with what reason it was dismissed."), field="why")
    return workflow.advance(
        fresh,
        "dismiss_allegation",
        by=dismissed_by,
        about=_site(fresh),
        dismissed_on=dismissed_on,
        dismissed_by=body.strip(),
        dismissed_why=why.strip(),
    )


@transaction.atomic
def confirm_allegation(
    *, allegation: Allegation, confirmed_on: datetime.date, how: str, today: datetime.date, confirmed_by: User
) -> Allegation:
    """Record that the allegation proved true, when and by what."""
    fresh: Allegation = record_of(allegation, confirmed_by)
    _check_day(fresh, confirmed_on, today, "confirmed_on")
    if not how.strip():
        raise Refused(_("Say by what it was confirmed."), field="how")
    return workflow.advance(
        fresh,
        "confirm_allegation",
        by=confirmed_by,
        about=_site(fresh),
        confirmed_on=confirmed_on,
        confirmed_how=how.strip(),
    )


@transaction.atomic
def reopen_allegation(*, allegation: Allegation, reopened_by: User) -> Allegation:
    """Take an ended allegation up again. When and why it was dismissed stays to be read."""
    fresh: Allegation = record_of(allegation, reopened_by)
    return workflow.advance(fresh, "reopen_allegation", by=reopened_by, about=_site(fresh))


@transaction.atomic
def mark_allegation_in_error(*, allegation: Allegation, why: str, marked_by: User) -> Allegation:
    """An allegation that was written down twice, or wrongly: struck through at the end of the list."""
    must_see(allegation, marked_by)
    return mark_in_error(record=allegation, why=why, marked_by=marked_by, about=_site(allegation))


def _check_day(allegation: Allegation, day: datetime.date, today: datetime.date, field: str) -> None:
    check_day(day, today, field=field)
    if day < allegation.received_on and field != "investigated_since":
        raise Refused(_("This is before the allegation was received."), field=field)


def _site(allegation: Allegation) -> list[Worksite]:
    return [allegation.worksite] if allegation.worksite is not None else []
