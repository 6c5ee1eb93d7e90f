"""Emergency first: risk on intake, and what is needed at once. No decision is waited for."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases import services as cases
from casework.cases.models import Case, CaseStatus, RiskLevel
from casework.workflow import Refused, advance, lock
from reference import codes
from referrals.models import Referral, ReferralStatus, RiskAssessment, UrgentNeed
from referrals.services.reach import must_be_valid, must_reach

# What is asked for first; every other service of the code list can be.
EMERGENCY = ("housing-meals-clothing", "medical", "interpretation", "food", "toiletries", "psycho-social", "legal")


@transaction.atomic
def assess_risk(
    *,
    referral: Referral,
    level: str,
    reasons: str,
    now: datetime.datetime,
    assessed_by: User,
    factors: Iterable[str] = (),
    needs: Iterable[str] = (),
) -> RiskAssessment:
    """Write down how high the risk is and why, and what is needed at once; each need waits until somebody met it.

    The case, if there is one, takes the level over. Raises `Refused` without a level or reasons, or for a
    code that is not on the list.
    """
    require(assessed_by, "referrals.assess_risk")
    fresh = _open(referral, assessed_by)
    if level not in (RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH):
        raise Refused(_("Say how high the risk is."), field="level")
    if not reasons.strip():
        raise Refused(_("Say why."), field="reasons")
    factors, needs = list(dict.fromkeys(factors)), list(dict.fromkeys(needs))
    for name, code_list, given in (
        ("factors", "vulnerability_factors", factors),
        ("needs", "assistance_services", needs),
    ):
        if codes.unknown(code_list, given):
            raise Refused(_("Choose from the list."), field=name)
    assessment = RiskAssessment(
        key=fresh.key,
        referral=fresh,
        level=level,
        factors=factors,
        reasons=reasons.strip(),
        assessed_by=assessed_by,
        assessed_at=now,
    )
    assessment.save(force_insert=True)
    for kind in needs:
        need = UrgentNeed(key=fresh.key, referral=fresh, kind=kind, asked_by=assessed_by, asked_at=now)
        try:
            with transaction.atomic():
                need.save(force_insert=True)
        except IntegrityError:  # it waits already
            continue
    audit.act("assess_risk", fresh, assessment, *_others(fresh), by=assessed_by, fields=["level", "needs"])
    if fresh.case is not None:
        carry_risk(case=fresh.case, carried_by=assessed_by)
    return assessment


@transaction.atomic
def carry_risk(*, case: Case, carried_by: User) -> None:
    """The newest valid assessment of the case's referrals is the risk of the case."""
    newest = RiskAssessment.objects.valid().filter(referral__case=case, referral__error_at=None).last()
    if newest is not None and case.status == CaseStatus.OPEN and case.risk_level != newest.level:
        fresh = lock(case)
        cases.amend_case(case=fresh, version=fresh.version, risk_level=newest.level, amended_by=carried_by)


@transaction.atomic
def meet_need(*, need: UrgentNeed, said: str, now: datetime.datetime, met_by: User) -> UrgentNeed:
    """Somebody helped: who and how."""
    return _end(need, "meet_need", said, now, met_by)


@transaction.atomic
def withdraw_need(*, need: UrgentNeed, said: str, now: datetime.datetime, withdrawn_by: User) -> UrgentNeed:
    """It is not needed any more: why."""
    return _end(need, "withdraw_need", said, now, withdrawn_by)


def _end(need: UrgentNeed, verb: str, said: str, now: datetime.datetime, user: User) -> UrgentNeed:
    require(user, "referrals.assess_risk")
    must_reach(need.referral, user)
    must_be_valid(need.referral)
    if not said.strip():
        raise Refused(_("Say who helped and how, or why it is not needed any more."), field="said")
    about = [need.referral, *_others(need.referral)]
    return advance(need, verb, by=user, about=about, ended_by=user, ended_at=now, said=said.strip())


def _open(referral: Referral, user: User) -> Referral:
    must_reach(referral, user)
    fresh = lock(referral)
    must_be_valid(fresh)
    if fresh.status not in (ReferralStatus.RECEIVED, ReferralStatus.INITIATED):
        raise Refused(_("This referral is no longer being worked on."))
    return fresh


def _others(referral: Referral) -> list[Any]:
    return [record for record in (referral.case, referral.person) if record is not None]
