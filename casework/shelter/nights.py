"""The arithmetic of nights: which bed is free when, and from when a full shelter has a free one. Pure functions.

A stay is the nights from its first day up to the day before the day of leaving: who leaves on the 9th leaves the bed
free for somebody who comes on the 9th, and who leaves on the day of coming occupies no night. An end of None is open.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Day = datetime.date
ONE_NIGHT = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Stay:
    """The nights from `start` until the day of leaving, or without an end. Empty when both are the same day."""

    start: Day
    end: Day | None = None

    @property
    def empty(self) -> bool:
        return self.end is not None and self.end <= self.start

    def overlaps(self, other: "Stay") -> bool:
        """Whether both occupy one night at least. A stay without a night overlaps nothing."""
        if self.empty or other.empty:
            return False
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def holds(self, night: Day) -> bool:
        return self.start <= night and (self.end is None or night < self.end)

    def moved(self, start: Day) -> "Stay":
        """A stay as long as this one that starts on another day."""
        return Stay(start, None if self.end is None else start + (self.end - self.start))


@dataclass(frozen=True)
class BedNights:
    """A bed, the nights on which it is there, and the stays in it. `bed` is whatever the caller calls it by."""

    bed: Any
    valid: Stay
    taken: Sequence[Stay] = field(default_factory=tuple)

    def is_there(self, stay: Stay) -> bool:
        """Whether the bed is there on every night of a stay; on the day itself for a stay without a night."""
        if not self.valid.holds(stay.start):
            return False
        if self.valid.end is None or stay.empty:
            return True
        return stay.end is not None and stay.end <= self.valid.end

    def in_the_way(self, stay: Stay) -> Stay | None:
        """The first stay in this bed that overlaps another one."""
        return min((one for one in self.taken if one.overlaps(stay)), key=lambda one: one.start, default=None)

    def free_for(self, stay: Stay) -> bool:
        return self.is_there(stay) and self.in_the_way(stay) is None

    def free_on(self, night: Day) -> bool:
        return self.valid.holds(night) and not any(one.holds(night) for one in self.taken)

    def free_until(self, night: Day) -> Day | None:
        """The first night after a free one on which the bed is not free any more; None: it stays free."""
        ends = [one.start for one in self.taken if one.start > night and not one.empty]
        if self.valid.end is not None:
            ends.append(self.valid.end)
        return min(ends, default=None)

    def changes(self) -> Iterator[Day]:
        """The days on which this bed becomes free or stops being free."""
        yield self.valid.start
        if self.valid.end is not None:
            yield self.valid.end
        for one in self.taken:
            if not one.empty:
                yield one.start
                if one.end is not None:
                    yield one.end


def bed_for(stay: Stay, beds: Sequence[BedNights]) -> BedNights | None:
    """The first of these beds that is free on every night of a stay."""
    return next((bed for bed in beds if bed.free_for(stay)), None)


def first_full_night(stay: Stay, beds: Sequence[BedNights]) -> Day | None:
    """The first night of a stay on which no bed is free."""
    if stay.empty:
        return None
    return next(
        (
            night
            for night in _turning_days(stay.start, beds)
            if stay.holds(night) and not any(bed.free_on(night) for bed in beds)
        ),
        None,
    )


def first_start(stay: Stay, beds: Sequence[BedNights]) -> Day | None:
    """The first day, not before the stay's own, from which one bed is free for as long; None when no day is known."""
    return next((day for day in _turning_days(stay.start, beds) if bed_for(stay.moved(day), beds)), None)


def longest_from(start: Day, beds: Sequence[BedNights]) -> tuple[BedNights, Day | None] | None:
    """Of the beds free on a night, the one that stays free longest, and until when (None: without an end)."""
    free = [(bed, bed.free_until(start)) for bed in beds if bed.free_on(start)]
    return max(free, key=lambda pair: pair[1] or Day.max, default=None)


def _turning_days(start: Day, beds: Sequence[BedNights]) -> list[Day]:
    """The start and every later day on which anything changes: between two of them every night is like the first."""
    return sorted({start} | {day for bed in beds for day in bed.changes() if day > start})
