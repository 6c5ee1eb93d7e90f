"""Identification: whose decision it is, what that body decided, and what follows for the case."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases import services as cases
from casework.cases.models import Case
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused, advance, lock
from reference import codes
from referrals.models import POSITIVE, Decision, Identification, ReferralStatus, Route
from referrals.services.participants import add_relevant
from referrals.services.reach import must_be_valid, must_reach, supervisors_of

# The word of each body: CPTV identifies an adult, a centre for social work recognises a child.
POSITIVE_OF = {"cptv": "identified", "csw": "recognised"}
NOT_POSITIVE = ("not_identified", "inconclusive", "discontinued")
VICTIM_STATUS = {
    "identified": "officially-identified",
    "recognised": "officially-recognised-child",
    "not_identified": "not-identified",
    "inconclusive": "potential-victim",
    "discontinued": "potential-victim",
}


def outcomes_of(authority: str) -> tuple[str, ...]:
    """The outcomes that this body may reach, in its own words."""
    return (POSITIVE_OF[authority], *NOT_POSITIVE)


@transaction.atomic
def decide_route(*, identification: Identification, route: str, reason: str, decided_by: User) -> Identification:
    """A supervisor says which body decides, when the age is unknown or disputed. Raises `Refused` without a reason."""
    require(decided_by, "referrals.decide_route")
    must_reach(identification.referral, decided_by)
    must_be_valid(identification.referral)
    if route not in (Route.CPTV, Route.CSW):
        raise Refused(_("Choose CPTV or CSW."), field="route")
    if not reason.strip():
        raise Refused(_("Say why: the reason stays with the referral."), field="reason")
    fresh = lock(identification)
    if fresh.route == route and fresh.route_decided_by_id is not None:
        raise Refused(_("This route is already decided."), field="route")
    fresh.route, fresh.route_reason, fresh.route_decided_by = route, reason.strip(), decided_by
    fresh.version += 1
    fresh.save()
    referral = fresh.referral
    about = [record for record in (referral.case, referral.person) if record is not None]
    add_relevant(referral)
    audit.act("decide_route", referral, fresh, *about, by=decided_by, fields=["route", "route_reason"])
    return fresh


@transaction.atomic
def record_decision(
    *,
    identification: Identification,
    authority: str,
    outcome: str,
    decided_on: datetime.date,
    reasons: str,
    today: datetime.date,
    recorded_by: User,
    forms: Iterable[str] = (),
    body: str = "",
    reference: str = "",
) -> Decision:
    """Record what CPTV or a CSW decided, in its own words. The newest valid decision sets the case's victim status.

    `body` says which CSW, `reference` its number. A decision is never edited: a later one makes it history. Raises
    `Refused` when the route is not this body's, when reasons or forms are missing, or for a day that cannot be.
    """
    require(recorded_by, "referrals.record_decision")
    must_reach(identification.referral, recorded_by)
    referral = lock(identification.referral)
    must_be_valid(referral)
    fresh = lock(identification)
    found = list(dict.fromkeys(forms))
    if referral.case is None or referral.status not in (ReferralStatus.INITIATED, ReferralStatus.CLOSED):
        raise Refused(_("Initiate the case first: a decision is recorded in a case."))
    _check_body_and_word(fresh, authority, outcome)
    _check_day(referral.received_at, decided_on, today)
    if not reasons.strip():
        raise Refused(_("Write down the reasons that the body gave."), field="reasons")
    if codes.unknown("exploitation_forms", found):
        raise Refused(_("Choose the forms of exploitation from the list."), field="forms")
    if outcome in POSITIVE and not found:
        raise Refused(_("Choose at least one form of exploitation that the body found."), field="forms")
    if outcome not in POSITIVE and found:
        raise Refused(
            _("Forms of exploitation go with a positive decision only. Clear them or change the outcome."),
            field="forms",
        )
    advance(fresh, "record_decision", by=recorded_by, about=_about(fresh))
    person = referral.person
    # A person's decisions of one day are in order across all referrals: figures take the last.
    theirs = Decision.objects.filter(person=person) if person else fresh.decisions
    same_day = theirs.filter(decided_on=decided_on).aggregate(last=Max("sequence"))["last"]
    decision = Decision(
        key=fresh.key,
        identification=fresh,
        person=person,
        authority=authority,
        outcome=outcome,
        decided_on=decided_on,
        sequence=0 if same_day is None else same_day + 1,
        forms=found,
        body=body.strip(),
        reference=reference.strip(),
        reasons=reasons.strip(),
        recorded_by=recorded_by,
        age_at_decision=person.age_on(decided_on, own=referral.own_age()) if person else None,
    )
    decision.save(force_insert=True)
    case = referral.case
    derive_victim_status(case=case, today=today, derived_by=recorded_by)
    worker = case.caseworker
    sees = worker is not None and Case.objects.is_visible_to(worker, case)
    told = [*([worker] if worker is not None and sees else []), *supervisors_of(referral)]
    page = reverse("referrals:case-referrals", args=[case.number])
    tell(told, Subject.DECISION_RECORDED, reference=case.number, path=page)
    return decision


@transaction.atomic
def derive_victim_status(*, case: Case, today: datetime.date, derived_by: User) -> None:
    """Set the case's victim status from its newest valid decision: latest date, an appeal's after a first one, then
    the later recorded. Without a decision the person is a potential victim."""
    newest = newest_decision(case)
    status = VICTIM_STATUS[newest.outcome] if newest else "potential-victim"
    decision_id = newest.pk if newest else None
    current = case.victim_statuses.last()
    if current is not None and (current.status, current.decision_id) == (status, decision_id):
        return
    cases.set_victim_status(
        case=case,
        status=status,
        since=newest.decided_on if newest else today,
        decision_id=decision_id,
        set_by=derived_by,
    )


def newest_decision(case: Case) -> Decision | None:
    """The decision that counts for a case now, if any."""
    valid = Decision.objects.valid().filter(
        identification__referral__case=case, identification__error_at=None, identification__referral__error_at=None
    )
    return valid.order_by("decided_on", "on_appeal", "sequence", "created_at").last()


def _check_body_and_word(identification: Identification, authority: str, outcome: str) -> None:
    if identification.route == Route.UNDECIDED:
        raise Refused(
            _("The route is not decided, because the age is not known. A supervisor decides the route first.")
        )
    if authority not in POSITIVE_OF:
        raise Refused(_("Choose CPTV or CSW."), field="authority")
    if authority != identification.route:
        if identification.route == Route.CPTV:
            raise Refused(_("This person is an adult: CPTV decides, not a centre for social work."), field="authority")
        raise Refused(_("This person is a child: a centre for social work decides, not CPTV."), field="authority")
    if not codes.is_code("decision_outcomes", outcome):
        raise Refused(_("Choose the outcome from the list."), field="outcome")
    if outcome not in outcomes_of(authority):
        raise Refused(
            _("CPTV identifies adults; a centre for social work recognises children. Choose the word of the body."),
            field="outcome",
        )


def _check_day(received_at: datetime.datetime, decided_on: datetime.date, today: datetime.date) -> None:
    if decided_on > today:
        raise Refused(_("The decision is dated in the future."), field="decided_on")
    if decided_on < timezone.localdate(received_at):
        raise Refused(_("The decision is dated before the referral was received."), field="decided_on")


def _about(identification: Identification) -> list[Any]:
    referral = identification.referral
    return [record for record in (referral, referral.case, referral.person) if record is not None]
