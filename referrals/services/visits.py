"""Visits of a mobile team."""

import datetime
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation, User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require, require_visible
from casework.audit import services as audit
from casework.vault.models import VaultKey
from casework.workflow import Refused
from referrals.models import Visit

SERIES = "V"


@transaction.atomic
def log_visit(
    *,
    organisation: Organisation,
    visited_at: datetime.datetime,
    place: str,
    members: Iterable[str],
    now: datetime.datetime,
    logged_by: User,
    municipality: str = "",
    note: str = "",
) -> Visit:
    """Write down where a team went, when, and who they were; `members` are names. Raises `Refused`."""
    require(logged_by, "referrals.log_visit")
    if organisation.pk != logged_by.organisation_id:
        raise Refused(_("You log visits of your own organisation only."))
    if visited_at > now:
        raise Refused(_("The time of the visit is in the future."), field="visited_at")
    if not place.strip():
        raise Refused(_("Write where the team was."), field="place")
    names = list(dict.fromkeys(name.strip() for name in members if name.strip()))
    if not names:
        raise Refused(_("Say who of the team was there."), field="colleagues")
    visit = Visit(
        key=VaultKey.make(),
        number=next_number(SERIES, timezone.localdate(visited_at).year),
        organisation=organisation,
        visited_at=visited_at,
        municipality=municipality.strip(),
        place=place.strip(),
        members=names,
        note=note.strip(),
        logged_by=logged_by,
    )
    visit.save(force_insert=True)
    audit.act("log_visit", visit, by=logged_by)
    return visit


def mark_visit_in_error(*, visit: Visit, why: str, marked_by: User) -> Visit:
    """A visit that never took place, or not so. The referrals that came of it stay."""
    require(marked_by, "cases.mark_in_error")
    require_visible(visit, marked_by)
    return mark_in_error(record=visit, why=why, marked_by=marked_by)
