"""Builders of the front door; each goes through the services."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from casework.access.models import Duty
from referrals import services
from referrals.models import Decision, Referral


@pytest.fixture
def log(cast: Any) -> Callable[..., Referral]:
    """Log a referral: Ana, an hour ago, by telephone from the police, on an unnamed woman of 20."""

    def logged(**given: Any) -> Referral:
        now = given.pop("now", timezone.now())
        user = given.pop("logged_by", cast.ana)
        values: dict[str, Any] = {
            "organisation": user.organisation,
            "received_at": now - datetime.timedelta(hours=1),
            "source": "police",
            "person": {"sex": "female"},
            "given_age": 20,
        }
        return services.log_referral(**{**values, **given}, now=now, logged_by=user)

    return logged


@pytest.fixture
def initiated(cast: Any, log: Callable[..., Referral]) -> Callable[..., Referral]:
    """Log a referral and initiate its case, both by the same user."""

    def with_case(**given: Any) -> Referral:
        now = given.get("now", timezone.now())
        user = given.get("logged_by", cast.ana)
        referral = log(**given)
        services.initiate_case(referral=referral, now=now, initiated_by=user)
        return referral

    return with_case


@pytest.fixture
def decide(cast: Any) -> Callable[..., Decision]:
    """Record a decision on a referral in the words of its route; positive with one form unless told otherwise."""

    def decided(referral: Referral, **given: Any) -> Decision:
        identification = referral.identification
        positive = {"cptv": "identified", "csw": "recognised"}.get(identification.route, "identified")
        outcome = given.setdefault("outcome", positive)
        values: dict[str, Any] = {
            "authority": identification.route,
            "decided_on": timezone.localdate(),
            "reasons": "As told.",
            "today": timezone.localdate(),
            "forms": ["sex-trafficking"] if outcome in ("identified", "recognised") else [],
            "recorded_by": cast.ana,
        }
        return services.record_decision(identification=identification, **{**values, **given})

    return decided


@pytest.fixture
def on_duty() -> Callable[[Any], None]:
    """Put somebody on duty now."""

    def put(user: Any) -> None:
        now = timezone.now()
        Duty.objects.create(
            organisation=user.organisation,
            user=user,
            starts_at=now - datetime.timedelta(hours=6),
            ends_at=now + datetime.timedelta(hours=6),
            set_by=user,
        )

    return put


@pytest.fixture
def answers() -> Callable[..., dict[str, Any]]:
    """What a browser posts with the house's form when only the required fields are filled in."""

    def posted(**given: Any) -> dict[str, Any]:
        moment = timezone.localtime(timezone.now() - datetime.timedelta(hours=1))
        values: dict[str, Any] = {
            "received_at_0": f"{moment:%d.%m.%Y.}",
            "received_at_1": f"{moment:%H:%M}",
            "source": "police",
            "immediate_danger": "unknown",
            "sex": "unknown",
            "unaccompanied": "unknown",
            "needs_interpreter": "unknown",
            "leaflet_given": "unknown",
        }
        return {**values, **given}

    return posted


@pytest.fixture
def passing(cast: Any, initiated: Callable[..., Referral]) -> Any:
    """Pass a woman of Ana's on: `prepare`, `consent`, `choose`, `ready` (all that comes before sending), `sent`."""
    from tests.referrals.passing import Passing

    return Passing(cast, initiated)
