"""Which body decides: CPTV on adults, a centre for social work on children; unknown age waits for a supervisor.

The rules are those of `reference.routing`, in the wording of the day of receipt.
"""

import datetime

from django.conf import settings
from django.utils import timezone

from casework.outbox.models import Subject
from casework.outbox.services import tell
from reference import routing
from referrals.models import Identification, IdentificationStatus, Referral, Route
from referrals.services.reach import page_of, supervisors_of


def route_by_age(age: int | None, on: datetime.date) -> Route:
    """The route that the rules of a day give an age at the referral; the child age is a setting, as no source gives it.

    Where they name no body that is a route here, a supervisor decides.
    """
    if age is None:
        return Route.UNDECIDED
    rules = routing.entries_on([routing.RULES], on)
    authority = routing.identifying_authority(age, settings.CHILD_AGE_LIMIT, rules)
    return Route(authority) if authority in Route.values else Route.UNDECIDED


def open_identification(referral: Referral) -> Identification:
    """Start the identification of a referral with a person. Call inside the transaction that named the person."""
    route = route_by_age(referral.age_at_referral, timezone.localdate(referral.received_at))
    identification = Identification(key=referral.key, referral=referral, route=route)
    identification.save(force_insert=True)
    if route == Route.UNDECIDED:
        ask_supervisors(referral)
    return identification


def reroute(referral: Referral) -> bool:
    """Follow a changed age, unless a supervisor decided the route or the body has decided. Says whether it changed."""
    route = route_by_age(referral.age_at_referral, timezone.localdate(referral.received_at))
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
