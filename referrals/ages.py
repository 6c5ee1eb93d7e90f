"""Ages beside referrals and decisions, and the route that hangs on them, when a birth date or a given age changes."""

from django.utils import timezone

from casework.people import ages
from casework.people.models import Person
from referrals.models import Decision, Referral
from referrals.services.participants import add_relevant
from referrals.services.routing import reroute


def recompute_referrals_and_decisions(person: Person) -> None:
    for referral in Referral.objects.filter(person=person):
        age = person.age_on(timezone.localdate(referral.received_at), own=referral.own_age())
        if age != referral.age_at_referral:
            Referral.objects.filter(pk=referral.pk).update(age_at_referral=age)
            referral.age_at_referral = age
        if reroute(referral):
            add_relevant(referral)
    for decision in Decision.objects.filter(person=person).select_related("identification__referral"):
        age = person.age_on(decision.decided_on, own=decision.identification.referral.own_age())
        if age != decision.age_at_decision:
            Decision.objects.filter(pk=decision.pk).update(age_at_decision=age)


ages.register(recompute_referrals_and_decisions)
