"""The arithmetic of nights against a count of nights one by one."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.shelter.nights import BedNights, Stay, bed_for, first_full_night, first_start, longest_from

FIRST = datetime.date(2026, 6, 1)
HORIZON = 60  # nights counted one by one; an open end runs past it


def d(number: int) -> datetime.date:
    return FIRST + datetime.timedelta(days=number)


def nights_of(stay: Stay) -> set[int]:
    start = (stay.start - FIRST).days
    end = HORIZON if stay.end is None else (stay.end - FIRST).days
    return set(range(start, end))


stays = st.builds(
    lambda start, length: Stay(d(start), None if length is None else d(start + length)),
    st.integers(0, 12),
    st.none() | st.integers(0, 8),
)


@st.composite
def a_bed(draw, name):
    """A bed with stays that do not overlap, as the database guarantees."""
    taken: list[Stay] = []
    for stay in draw(st.lists(stays, max_size=4)):
        if not any(stay.overlaps(other) for other in taken):
            taken.append(stay)
    since = draw(st.integers(-3, 3))
    until = draw(st.none() | st.integers(since + 1, 20))
    return BedNights(name, Stay(d(since), None if until is None else d(until)), tuple(taken))


houses = st.integers(0, 3).flatmap(lambda count: st.tuples(*(a_bed(name) for name in range(count))))


def free_nights(bed: BedNights) -> set[int]:
    there = nights_of(bed.valid)
    return there - set().union(*(nights_of(stay) for stay in bed.taken))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (Stay(d(1), d(5)), Stay(d(5), d(8)), False),  # leaves in the morning, comes in the evening
        (Stay(d(1), d(5)), Stay(d(4), d(5)), True),
        (Stay(d(1), d(5)), Stay(d(3), d(3)), False),  # no night at all
        (Stay(d(1), d(1)), Stay(d(1), d(1)), False),
        (Stay(d(1)), Stay(d(100)), True),  # no end
        (Stay(d(5)), Stay(d(1), d(5)), False),
        (Stay(d(5)), Stay(d(1), d(6)), True),
    ],
)
def test_overlap(one, other, overlap):
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


@given(stays, stays)
def test_overlap_is_a_common_night(one, other):
    assert one.overlaps(other) == bool(nights_of(one) & nights_of(other))


@given(houses, stays)
def test_a_bed_is_found_when_one_is_free_on_every_night(beds, stay):
    wanted = nights_of(stay) or {(stay.start - FIRST).days}
    fitting = [bed for bed in beds if wanted <= nights_of(bed.valid) and (stay.empty or wanted <= free_nights(bed))]
    assert bed_for(stay, beds) == (fitting[0] if fitting else None)


@given(houses, stays)
def test_first_full_night(beds, stay):
    full = [night for night in sorted(nights_of(stay)) if not any(night in free_nights(bed) for bed in beds)]
    assert first_full_night(stay, beds) == (d(full[0]) if full else None)


@given(houses, stays)
def test_first_start_is_the_first_day_that_works(beds, stay):
    first = (stay.start - FIRST).days
    works = [day for day in range(first, HORIZON) if bed_for(stay.moved(d(day)), beds) is not None]
    assert first_start(stay, beds) == (d(works[0]) if works else None)


@given(houses, st.integers(0, 12))
def test_longest_stretch(beds, night):
    def until(bed):
        run = night
        while run < HORIZON and run in free_nights(bed):
            run += 1
        return run

    found = longest_from(d(night), beds)
    best = max((until(bed) for bed in beds), default=night)
    if best == night:
        assert found is None
    else:
        bed, day = found
        assert until(bed) == best
        assert (day is None and best == HORIZON) or day == d(best)
