"""What was entered in error stays, struck through; figures and victim status follow."""

import datetime

from django.db import transaction
from django.utils import timezone

from casework.access.models import User
from casework.access.record_services import mark_in_error, require
from casework.workflow import advance, lock
from referrals.models import Decision, IdentificationStatus, Referral
from referrals.services import clocks
from referrals.services.identification import derive_victim_status
from referrals.services.reach import must_reach


@transaction.atomic
def mark_referral_in_error(*, referral: Referral, why: str, now: datetime.datetime, marked_by: User) -> Referral:
    """A referral that should not be there: its clocks stop, its decisions no longer move the case's victim status."""
    require(marked_by, "cases.mark_in_error")
    must_reach(referral, marked_by)
    about = [record for record in (referral.case, referral.person) if record is not None]
    marked = mark_in_error(record=referral, why=why, marked_by=marked_by, about=about)
    clocks.stop(marked, now)
    if marked.case is not None:
        derive_victim_status(case=marked.case, today=timezone.localdate(now), derived_by=marked_by)
    return marked


@transaction.atomic
def mark_decision_in_error(*, decision: Decision, why: str, now: datetime.datetime, marked_by: User) -> Decision:
    """A decision that was never made, or not so: the newest of the others counts again."""
    require(marked_by, "cases.mark_in_error")
    identification = decision.identification
    referral = identification.referral
    must_reach(referral, marked_by)
    lock(referral)
    about = [record for record in (referral, referral.case, referral.person) if record is not None]
    marked = mark_in_error(record=decision, why=why, marked_by=marked_by, about=about)
    fresh = lock(identification)
    if fresh.status == IdentificationStatus.DECIDED and not fresh.decisions.valid().exists():
        advance(fresh, "reopen_identification", by=marked_by, about=about)
    if referral.case is not None:
        derive_victim_status(case=referral.case, today=timezone.localdate(now), derived_by=marked_by)
    return marked
