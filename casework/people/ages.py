"""Age at an event, kept plain beside the event so that figures need no key; recomputed when a birth date changes.

Reckoning (EXCHANGE.md, section 2, *Persons*): with a birth date, completed years. Without one, an age given at a
referral is reached on the day of receipt and birthdays follow from that day: the referral of the event first, else the
newest that gives an age.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from reference.ages import age_on

if TYPE_CHECKING:
    from casework.people.models import Person


@dataclass(frozen=True)
class GivenAge:
    """An age in whole years that somebody gave on a day."""

    day: datetime.date
    age: int

    def on(self, day: datetime.date) -> int:
        """The age on another day."""
        return self.age + age_on(self.day, day)


def age_at(
    day: datetime.date,
    *,
    birth_date: datetime.date | None,
    own: GivenAge | None = None,
    newest: GivenAge | None = None,
) -> int | None:
    """Age in completed years on a day, or None when not known. `own` is the age given at the event's referral.

    It falls below zero where a child's given age, reckoned back, or a mistaken birth date lies after the day. Somebody
    to whom something happened was there and is younger than 18, so that is a child and not an unknown age.
    """
    if birth_date is not None:
        return age_on(birth_date, day)
    given = own or newest
    return given.on(day) if given else None


Recompute = Callable[["Person"], None]
EVENTS: list[Recompute] = []


def register(recompute: Recompute) -> None:
    """Apps with dated events register, in a module named `ages`, what recomputes the ages of a person's events."""
    EVENTS.append(recompute)


def recompute_ages(person: "Person") -> None:
    """Recompute the plain ages beside every event of a person. Call inside the transaction that changed the birth."""
    for recompute in EVENTS:
        recompute(person)


def majority_of(person: "Person", *, born_at_latest: datetime.date) -> datetime.date:
    """The day on which a person comes of age (CHILD_AGE_LIMIT); where no age is known, as if born on the day given."""
    born = person.birth_date
    if born is None and person.given_age is not None and person.given_age_on is not None:
        born = years_after(person.given_age_on, -person.given_age)
    return years_after(born or born_at_latest, settings.CHILD_AGE_LIMIT)


def years_after(day: datetime.date, years: int) -> datetime.date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)
