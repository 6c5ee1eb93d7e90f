"""Ages beside a placement: on its first day, and on the first 1 January after it."""

import datetime

from casework.people.ages import register
from casework.people.models import Person
from casework.shelter.models import Placement


def set_ages(placement: Placement, person: Person) -> None:
    """Set both ages; later ones follow year by year. The newest age given holds: a stay has no referral of its own."""
    placement.age_at_start = person.age_on(placement.starts_on)
    placement.age_next_january = person.age_on(datetime.date(placement.starts_on.year + 1, 1, 1))


def recompute(person: Person) -> None:
    """Recompute the ages beside every placement of a person."""
    for placement in Placement._base_manager.filter(person=person).only("starts_on"):
        set_ages(placement, person)
        Placement._base_manager.filter(pk=placement.pk).update(
            age_at_start=placement.age_at_start, age_next_january=placement.age_next_january
        )


register(recompute)
