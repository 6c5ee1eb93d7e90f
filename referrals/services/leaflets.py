"""The leaflet on rights: that it was given, and that it was not."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import mark_in_error, require
from casework.audit import services as audit
from casework.workflow import Refused, lock
from reference import codes
from referrals.models import Leaflet, LeafletFor, Referral
from referrals.services.reach import must_be_valid, must_reach


@transaction.atomic
def record_leaflet(
    *,
    referral: Referral,
    audience: str,
    language: str,
    given_on: datetime.date,
    given_by: str,
    today: datetime.date,
    recorded_by: User,
) -> Leaflet:
    """Write down which leaflet the person was given, in which language, when and by whom. Raises `Refused`."""
    require(recorded_by, "referrals.record_leaflet")
    must_reach(referral, recorded_by)
    fresh = lock(referral)
    must_be_valid(fresh)
    if audience not in LeafletFor.values:
        raise Refused(_("Choose the leaflet for adults or the one for children."), field="audience")
    known = codes.canonical_language(language) if language else None
    if known is None:
        raise Refused(_("Choose the language of the leaflet."), field="language")
    if given_on > today:
        raise Refused(_("This date is in the future."), field="given_on")
    if not given_by.strip():
        raise Refused(_("Write who gave it."), field="given_by")
    leaflet = Leaflet(
        key=fresh.key,
        referral=fresh,
        audience=audience,
        language=known,
        given_on=given_on,
        given_by=given_by.strip(),
        recorded_by=recorded_by,
    )
    leaflet.save(force_insert=True)
    about = [record for record in (fresh, fresh.case, fresh.person) if record is not None]
    audit.act("record_leaflet", leaflet, *about, by=recorded_by)
    return leaflet


def mark_leaflet_in_error(*, leaflet: Leaflet, why: str, marked_by: User) -> Leaflet:
    """It was not given, or not so."""
    must_reach(leaflet.referral, marked_by)
    referral = leaflet.referral
    about = [record for record in (referral, referral.case, referral.person) if record is not None]
    return mark_in_error(record=leaflet, why=why, marked_by=marked_by, about=about)


def leaflets_of(referral: Referral, user: User) -> list[Leaflet]:
    """Every row, the newest first, those in error too."""
    found = Leaflet.objects.visible_to(user).filter(referral=referral)
    return list(found.select_related("key", "recorded_by"))


def suggested_audience(referral: Referral) -> str:
    """For whom the leaflet would be: unknown age is a child."""
    person = referral.person
    if person is None:
        return ""
    child = person.protected_as_child_on(timezone.localdate())
    return LeafletFor.CHILD if child else LeafletFor.ADULT
