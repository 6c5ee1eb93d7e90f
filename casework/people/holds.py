"""Legal holds: nothing of a person is erased while one is in force. One person sets it; lifting it takes two."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.outbox.models import Subject as Message
from casework.people.data_models import Erasure, ErasureStatus, Hold, HoldGround
from casework.people.models import Person
from casework.people.requests import about, new_number, tell_auditors, tell_one
from casework.vault.models import VaultKey
from casework.workflow import Refused, advance, lock


@transaction.atomic
def set_hold(*, person: Person, ground: str, reason: str, until: datetime.date | None, set_by: User) -> Hold:
    """Put a hold on a person, until a day or until it is lifted. It stops an erasure that is already approved.

    Raises `Refused` without a reason, for a day that is over, and for a person who was erased a moment ago.
    """
    require(set_by, "people.set_hold")
    fresh = lock(person)
    if ground not in HoldGround.values:
        raise Refused(_("Choose one of the grounds that are offered."), field="ground")
    if not reason.strip():
        raise Refused(_("Say why nothing may be erased."), field="reason")
    if until is not None and until < timezone.localdate():
        raise Refused(_("This day is over. Choose a later one."), field="until")
    hold = Hold(
        key=VaultKey.make(),
        number=new_number(),
        organisation_id=fresh.organisation_id,
        person=fresh,
        about=about(fresh),
        ground=ground,
        reason=reason.strip(),
        until=until,
        set_by=set_by,
    )
    hold.save(force_insert=True)
    audit.act("set_hold", hold, fresh, by=set_by, note=ground)
    for erasure in Erasure.objects.filter(person=fresh, status__in=[ErasureStatus.ASKED, ErasureStatus.APPROVED]):
        tell_one(erasure.asked_by, erasure, Message.ERASURE_HELD, "people:erasure")
    return hold


@transaction.atomic
def ask_to_lift_hold(*, hold: Hold, asked_by: User, now: datetime.datetime) -> Hold:
    """Ask that a hold be lifted; it stays in force until somebody else has lifted it."""
    done = advance(
        hold, "ask_to_lift_hold", by=asked_by, about=[hold.person], lift_asked_by=asked_by, lift_asked_at=now
    )
    tell_auditors(done, Message.HOLD_TO_LIFT, "people:hold")
    return done


@transaction.atomic
def lift_hold(*, hold: Hold, lifted_by: User, now: datetime.datetime) -> Hold:
    """Lift a hold, as the second person."""
    fresh = lock(hold)
    if lifted_by.pk == fresh.lift_asked_by_id:
        raise Refused(_("Somebody other than the one who asked must lift a hold."))
    return advance(hold, "lift_hold", by=lifted_by, about=[hold.person], lifted_by=lifted_by, lifted_at=now)


@transaction.atomic
def keep_hold(*, hold: Hold, kept_by: User) -> Hold:
    """Refuse to lift a hold: it stays in force, and may be asked about again."""
    return advance(hold, "keep_hold", by=kept_by, about=[hold.person], lift_asked_by=None, lift_asked_at=None)
