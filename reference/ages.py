"""Ages in completed years, and the age classes of age_classes.yaml. Pure functions: the day is always given."""

from datetime import date
from functools import cache

from . import files

ADULT = "adult"


def age_on(birth_date: date, day: date) -> int:
    """Completed years on a day. The birthday itself completes the year; who was born on 29 February completes it on
    1 March of a year without that day (EXCHANGE.md section 2). Negative before birth.

    Also moves an age given on one day to another, because birthdays follow from that day:
    `age + age_on(given_on, day)`.
    """
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_child(age: int, limit: int = 18) -> bool:
    """Whether an age is under the limit; the documents do not say at which age routing changes, so it is a setting."""
    return age < limit


def age_classes(age: int) -> tuple[str, ...]:
    """Every class of the Criminal Code that an age falls in: 13 is child and juvenile, 14 minor and juvenile."""
    return tuple(name for name, lowest, limit in _bounds() if lowest <= age < limit)


def age_class(age: int) -> str:
    """The narrowest class of an age: child (under 14), minor (14 to under 18) or adult, which the code only implies."""
    return next((name for name in age_classes(age) if name not in _unions()), ADULT)


def bound_of(name: str) -> int:
    """The age at which a class ends: 14 of child, 18 of minor and juvenile, as the Ministry's letter prints them."""
    return next(int(limit) for known, _lowest, limit in _bounds() if known == name)


@cache
def _bounds() -> tuple[tuple[str, float, float], ...]:
    return tuple(
        (
            entry["id"],
            float("-inf") if entry["min_age_inclusive"] is None else entry["min_age_inclusive"],
            float("inf") if entry["max_age_exclusive"] is None else entry["max_age_exclusive"],
        )
        for entry in files.read("age_classes")["age_classes"]
    )


@cache
def _unions() -> frozenset[str]:
    return frozenset(entry["id"] for entry in files.read("age_classes")["age_classes"] if "union_of" in entry)
