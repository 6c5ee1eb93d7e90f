"""The age beside a decision on a witness status."""

from casework.justice.models import WitnessStatus
from casework.people.ages import register
from casework.people.models import Person


def recompute(person: Person) -> None:
    """Recompute the age at the decision, for every witness status of a person that was decided."""
    for status in WitnessStatus._base_manager.filter(person=person).only("decided_on"):
        age = person.age_on(status.decided_on) if status.decided_on else None
        WitnessStatus._base_manager.filter(pk=status.pk).update(age_at_decision=age)


register(recompute)
