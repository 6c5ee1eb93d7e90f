"""Calls to a hotline: logged, tied to the referral that came of them, marked when they were never made."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation, User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require, require_visible
from casework.audit import services as audit
from casework.vault.models import VaultKey
from casework.workflow import Refused, lock
from reference import codes
from referrals.models import Call, Hotline, Referral, Related
from referrals.services.reach import must_be_valid, must_reach

SERIES = "H"


@transaction.atomic
def log_call(
    *,
    organisation: Organisation,
    hotline: str,
    received_at: datetime.datetime,
    trafficking_related: str,
    now: datetime.datetime,
    logged_by: User,
    topic: str = "",
    caller: str = "",
    language: str = "",
    outcome: str = "",
    note: str = "",
) -> Call:
    """Write down one call; it is counted as a call, and nobody by it as a person. Raises `Refused`."""
    require(logged_by, "referrals.log_call")
    if organisation.pk != logged_by.organisation_id:
        raise Refused(_("You log calls for your own organisation only."))
    if hotline not in Hotline.values:
        raise Refused(_("Choose which hotline was called."), field="hotline")
    if trafficking_related not in Related.values:
        raise Refused(_("Say whether the call was about trafficking."), field="trafficking_related")
    if received_at > now:
        raise Refused(_("The time of the call is in the future."), field="received_at")
    spoken = codes.canonical_language(language) if language else ""
    if spoken is None:
        raise Refused(_("“%(code)s” is not the code of a language.") % {"code": language}, field="language")
    call = Call(
        key=VaultKey.make(),
        number=next_number(SERIES, timezone.localdate(received_at).year),
        organisation=organisation,
        hotline=hotline,
        received_at=received_at,
        trafficking_related=trafficking_related,
        topic=topic.strip(),
        caller=caller.strip(),
        language=spoken,
        outcome=outcome.strip(),
        note=note.strip(),
        logged_by=logged_by,
    )
    call.save(force_insert=True)
    audit.act("log_call", call, by=logged_by)
    return call


@transaction.atomic
def link_call(*, call: Call, referral: Referral, linked_by: User) -> Call:
    """Tie a call to the referral that it became or belongs to; from then on it is sealed with the referral's key.

    Both must be visible to the user. A call belongs to one referral, a referral may have come of many calls. Raises
    `Refused`.
    """
    require(linked_by, "referrals.log_call")
    must_reach(referral, linked_by)
    require_visible(call, linked_by)
    told = lock(referral)
    must_be_valid(told)
    fresh = lock(call)
    if fresh.entered_in_error:
        raise Refused(_("This call is marked as entered in error. Nothing more can be done with it."))
    if fresh.referral_id is not None:
        raise Refused(_("Somebody has already tied this call to a referral. Open the call again to see which."))
    if fresh.organisation_id != told.organisation_id:
        raise Refused(_("This call and this referral are in the records of two organisations."))
    old = fresh.key_id
    reseal_call(fresh, told.key)
    VaultKey.objects.filter(pk=old).update(replaced_by=told.key)  # older dumps: erased with the referral
    fresh.referral = told
    fresh.version += 1
    fresh.save()
    about = [record for record in (told, told.case, told.person) if record is not None]
    audit.act("link_call", fresh, *about, by=linked_by, fields=["referral"])
    return fresh


@transaction.atomic
def mark_call_in_error(*, call: Call, why: str, marked_by: User) -> Call:
    """A call that was never made, or not so: it leaves the figures; the referral that came of it stays."""
    require(marked_by, "cases.mark_in_error")
    require_visible(call, marked_by)
    referral = call.referral
    others = (referral, referral.case, referral.person) if referral else ()
    return mark_in_error(
        record=call, why=why, marked_by=marked_by, about=[record for record in others if record is not None]
    )


def reseal_call(call: Call, key: VaultKey) -> None:
    """Open what the call's key sealed, so that saving seals it with another one."""
    for field in call._meta.concrete_fields:
        getattr(call, field.attname)
    call.key = key
