"""The occupancy board: beds by nights, with names only of those whom this user may see."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.shelter.models import Bed, Placement, Shelter
from casework.shelter.nights import ONE_NIGHT, BedNights
from casework.shelter.occupancy import bed_nights

if TYPE_CHECKING:
    from casework.access.models import User

Day = datetime.date
# The address behind a free stretch: its bed, first night and the night on which it ends (None: not in this window).
FreeUrl = Callable[[Bed, Day, Day | None], str]


@dataclass
class Board:
    """What the board page shows of one shelter in one window of nights."""

    nights: list[Day]
    rows: list[dict[str, Any]]
    beds: int  # there tonight
    occupied: int  # tonight
    arriving: int
    leaving: int
    shown: list[Placement] = field(default_factory=list)  # those whose names the page shows
    without_bed: list[Placement] = field(default_factory=list)
    changing: list[Placement] = field(default_factory=list)  # visible ones who come or leave today


def draw(
    shelter: Shelter, user: "User", *, start: Day, nights: int, today: Day, free_url: FreeUrl | None = None
) -> Board:
    """The board of a shelter that the caller fetched through visible_to. With `free_url`, free stretches are links."""
    window = [start + ONE_NIGHT * count for count in range(nights)]
    end = window[-1] + ONE_NIGHT
    beds = bed_nights(shelter, min(start, today))
    visible = _visible(shelter, user, start, end, today)
    in_bed = {(placed.bed_id, placed.starts_on): placed for placed in visible if placed.starts_on != placed.ends_on}
    today_counts = _comings_and_goings(shelter, today)
    return Board(
        nights=window,
        rows=[_free_row(beds, window), *(_bed_row(bed, window, in_bed, free_url) for bed in beds)],
        beds=sum(bed.valid.holds(today) for bed in beds),
        occupied=sum(any(stay.holds(today) for stay in bed.taken) for bed in beds),
        arriving=today_counts["arriving"],
        leaving=today_counts["leaving"],
        shown=visible,
        without_bed=[placed for placed in visible if placed.bed_id is None],
        changing=[placed for placed in visible if today in (placed.starts_on, placed.ends_on)],
    )


def _in_the_shelter(shelter: Shelter) -> QuerySet[Placement]:
    return Placement.objects.filter(shelter=shelter, error_at=None)


def _visible(shelter: Shelter, user: "User", start: Day, end: Day, today: Day) -> list[Placement]:
    """The placements of this window and of today that the user may see, with what their names need."""
    in_window = Q(starts_on__lt=end) & (Q(ends_on=None) | Q(ends_on__gt=start))
    found = _in_the_shelter(shelter).filter(in_window | Q(starts_on=today) | Q(ends_on=today))
    seen = found.visible_to(user).select_related("key", "person__key", "case", "bed")  # type: ignore[attr-defined]
    return list(seen.order_by("starts_on"))


def _comings_and_goings(shelter: Shelter, today: Day) -> dict[str, int]:
    return _in_the_shelter(shelter).aggregate(
        arriving=Count("pk", filter=Q(starts_on=today)), leaving=Count("pk", filter=Q(ends_on=today))
    )


def _free_row(beds: list[BedNights], window: list[Day]) -> dict[str, Any]:
    """How many beds are free each night; a full night is marked."""
    cells = []
    for night in window:
        free = sum(bed.free_on(night) for bed in beds)
        cells.append({"state": "free", "label": str(free)} if free else {"state": "held", "label": _("Full")})
    return {"label": _("Free beds"), "cells": cells}


def _bed_row(
    bed: BedNights,
    window: list[Day],
    placements: dict[tuple[Any, Day], Placement],
    free_url: FreeUrl | None,
) -> dict[str, Any]:
    cells = []
    for state, first, count, starts_on in _stretches(bed, window, merge_free=free_url is not None):
        cell: dict[str, Any] = {"state": state, "nights": count}
        placed = placements.get((bed.bed.pk, starts_on)) if starts_on else None
        if placed is not None:
            cell |= {"label": placed.person.name, "url": reverse("shelter:placement", args=[placed.pk])}
        elif state == "free" and free_url is not None:
            until = bed.free_until(first)
            free = (until - first).days if until else 0
            cell["label"] = ngettext("Free: %(n)d night", "Free: %(n)d nights", free) % {"n": free} if free else ""
            cell["url"] = free_url(bed.bed, first, until)
        cells.append(cell)
    return {"label": bed.bed.name, "cells": cells}


def _stretches(bed: BedNights, window: list[Day], *, merge_free: bool) -> Iterator[tuple[str, Day, int, Day | None]]:
    """State, first night, number of nights, and for a stay the day it started: night by night, equal ones joined."""
    run: tuple[str, Day, int, Day | None] | None = None
    for night in window:
        stay = next((stay for stay in bed.taken if stay.holds(night)), None)
        starts_on = stay.start if stay else None
        state = "occupied" if stay else "free" if bed.valid.holds(night) else "closed"
        joins = run is not None and (run[0], run[3]) == (state, starts_on) and (state != "free" or merge_free)
        if run is not None and joins:
            run = (state, run[1], run[2] + 1, starts_on)
            continue
        if run is not None:
            yield run
        run = (state, night, 1, starts_on)
    if run is not None:
        yield run
