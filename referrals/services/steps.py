"""What becomes of a referral: a case, a no, an earlier referral; and that everyone concerned is told."""

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.cases import services as cases
from casework.cases.models import Case, CaseStatus
from casework.people.models import Person
from casework.workflow import Refused, advance, lock
from referrals.models import ClockKind, Referral, ReferralStatus
from referrals.services import clocks
from referrals.services.reach import must_be_valid, must_reach
from referrals.services.risk import carry_risk


@transaction.atomic
def initiate_case(*, referral: Referral, now: datetime.datetime, initiated_by: User) -> Case:
    """Open the case of a referral, with whoever initiates it as provisional caseworker until a supervisor reviews that.

    A person with an open case keeps it: the referral joins. Two people at once get one case; the second is refused.
    """
    require(initiated_by, "referrals.initiate_case")
    fresh = lock(referral)
    if fresh.status == ReferralStatus.INITIATED:
        raise Refused(_("A colleague has already initiated this case. Open the referral again to see it."))
    must_reach(fresh, initiated_by)
    must_be_valid(fresh)
    if fresh.person_id is None:
        raise Refused(
            _(
                "This referral names no person yet. Amend it with anything that is known: a name, the sex, an age or a"
                " citizenship. Then initiate the case."
            )
        )
    # Two referrals on one person may be initiated at once: the person's row decides who opens the case.
    person = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("key").get(pk=fresh.person_id)
    case = person.cases.filter(organisation=fresh.organisation_id, status=CaseStatus.OPEN, error_at=None).first()
    if case is None:
        case = cases.open_case(  # tells the supervisors that an assignment waits for their review
            person=person,
            organisation=fresh.organisation,
            opened_on=timezone.localdate(now),
            caseworker=initiated_by,
            opened_by=initiated_by,
            now=now,
        )
    advance(
        referral,
        "initiate_case",
        by=initiated_by,
        about=[case, person],
        case=case,
        sealed=case.sealed or person.sealed,
        initiated_at=now,
        initiated_by=initiated_by,
    )
    clocks.meet(referral, ClockKind.INITIATE, now)
    carry_risk(case=case, carried_by=initiated_by)
    return case


@transaction.atomic
def decline_referral(
    *, referral: Referral, reason: str, now: datetime.datetime, declined_by: User, signposted_to: str = ""
) -> Referral:
    """Say no to a referral, why, and where the person was sent instead. Its clocks stop."""
    _must_be_free(referral, declined_by)
    if not reason.strip():
        raise Refused(_("Say why the referral is declined."), field="reason")
    advance(
        referral,
        "decline_referral",
        by=declined_by,
        about=_about(referral),
        declined_on=timezone.localdate(now),
        declined_why=reason.strip(),
        signposted_to=signposted_to.strip(),
    )
    clocks.stop(referral, now)
    return referral


@transaction.atomic
def link_referral(*, referral: Referral, earlier: Referral, now: datetime.datetime, linked_by: User) -> Referral:
    """Say that an earlier referral told us of the same; this one's clocks stop and work goes on there."""
    _must_be_free(referral, linked_by)
    if earlier.pk == referral.pk:
        raise Refused(_("A referral cannot be linked to itself."), field="earlier")
    # no oracle: what is invisible, elsewhere or not there is refused with the same words
    known = Referral.objects.visible_to(linked_by).filter(
        pk=earlier.pk, organisation=referral.organisation_id, error_at=None
    )
    if not known.exists():
        raise Refused(_("You see no earlier referral with this number."), field="earlier")
    if (earlier.received_at, earlier.number) > (referral.received_at, referral.number):
        raise Refused(
            _("%(number)s was received later. Link that one to this one instead.") % {"number": earlier.number},
            field="earlier",
        )
    if earlier.status == ReferralStatus.LINKED:
        raise Refused(
            _("%(number)s is itself linked to an earlier referral. Link to that one.") % {"number": earlier.number},
            field="earlier",
        )
    advance(referral, "link_referral", by=linked_by, about=[*_about(referral), earlier], linked_to=earlier)
    clocks.stop(referral, now)
    return referral


@transaction.atomic
def close_referral(*, case: Case, closed_by: User) -> None:
    """The case is closed: so are its referrals."""
    for referral in case.referrals.filter(status=ReferralStatus.INITIATED):
        advance(referral, "close_referral", by=closed_by, about=[case])


@transaction.atomic
def reopen_referral(*, case: Case, reopened_by: User) -> None:
    """The case is open again: so are the referrals that it closed."""
    for referral in case.referrals.filter(status=ReferralStatus.CLOSED):
        advance(referral, "reopen_referral", by=reopened_by, about=[case])


def _must_be_free(referral: Referral, user: User) -> None:
    must_reach(referral, user)
    must_be_valid(lock(referral))


def _about(referral: Referral) -> list[Any]:
    return [record for record in (referral.case, referral.person) if record is not None]
