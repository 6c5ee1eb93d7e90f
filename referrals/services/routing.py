"""Which body decides: CPTV on adults, a centre for social work on children; unknown age waits for a supervisor."""

from django.conf import settings

from casework.outbox.models import Subject
from casework.outbox.services import tell
from referrals.models import Identification, IdentificationStatus, Referral, Route
from referrals.services.reach import page_of, supervisors_of


def route_by_age(age: int | None) -> Route:
    """The route that an age at the referral leads to; the child age is a setting, because no source gives it."""
    if age is None:
        return Route.UNDECIDED
    return Route.CSW if age < settings.CHILD_AGE_LIMIT else Route.CPTV


def open_identification(referral: Referral) -> Identification:
    """Start the identification of a referral with a person. Call inside the transaction that named the person."""
    route = route_by_age(referral.age_at_referral)
    identification = Identification(key=referral.key, referral=referral, route=route)
    identification.save(force_insert=True)
    if route == Route.UNDECIDED:
        ask_supervisors(referral)
    return identification


def reroute(referral: Referral) -> bool:
    """Follow a changed age, unless a supervisor decided the route or the body has decided. Says whether it changed."""
    route = route_by_age(referral.age_at_referral)
    waiting = Identification.objects.filter(
        referral=referral, status=IdentificationStatus.OPEN, route_decided_by=None, error_at=None
    )
    changed = waiting.exclude(route=route).update(route=route)
    if changed and route == Route.UNDECIDED:
        ask_supervisors(referral)
    return bool(changed)


def ask_supervisors(referral: Referral) -> None:
    """Tell the supervisors that the route of a referral waits for them."""
    tell(supervisors_of(referral), Subject.ROUTE_UNDECIDED, reference=referral.number, path=page_of(referral))
