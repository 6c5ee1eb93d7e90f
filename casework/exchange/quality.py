"""What in the records is incomplete though it was accepted: imported history may lack what the live work demands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from casework.access.visibility import VisibleQuerySet

LISTED = 500  # reference numbers shown of one kind


@dataclass(frozen=True)
class Concern:
    """One kind of gap. `rows` gives the records of an organisation that have it, `number` the lookup from a row to the
    reference number under which it is found."""

    id: str
    label: Any
    rows: Callable[[Any], VisibleQuerySet]
    number: str


CONCERNS: dict[str, Concern] = {}


def register(*concerns: Concern) -> None:
    """Declare kinds of gaps; each app does so in its module `records`."""
    for concern in concerns:
        if concern.id in CONCERNS:
            raise ValueError(f"concern {concern.id} is declared twice")
        CONCERNS[concern.id] = concern


def adult_age() -> int:
    """The age from which somebody is routed and protected as an adult."""
    return settings.CHILD_AGE_LIMIT


@dataclass(frozen=True)
class Found:
    """How many records have a gap, and the numbers of those that the reader may see."""

    concern: Concern
    count: int
    numbers: list[str]


def gaps(user: Any) -> list[Found]:
    """The gaps of the user's organisation. Who sees cases gets the counts and reference numbers of what they may see
    (a count over more would tell of sealed cases); who sees figures only gets counts, over all."""
    found = []
    for concern in CONCERNS.values():
        rows = concern.rows(user.organisation_id)
        numbers: list[str] = []
        if user.has_perm("cases.view_case"):
            rows = rows.visible_to(user)
            numbers = list(rows.order_by(concern.number).values_list(concern.number, flat=True).distinct()[:LISTED])
        found.append(Found(concern, rows.count(), numbers))
    return found
