"""Ages at events: from a birth date, from an age given on a day, and before either."""

import datetime

import pytest

from casework.people.ages import GivenAge, age_at

DAY = datetime.date


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (DAY(2024, 2, 29), 17),
        (DAY(2025, 2, 28), 17),
        (DAY(2025, 3, 1), 18),
        (DAY(2023, 3, 1), 16),
        (DAY(2023, 2, 28), 15),
    ],
)
def test_birthdays_follow_from_the_day_on_which_an_age_was_given(day, age):
    assert age_at(day, birth_date=None, newest=GivenAge(DAY(2024, 2, 29), 17)) == age


def test_the_age_of_the_events_own_referral_comes_first_and_a_birth_date_before_both():
    own, newest = GivenAge(DAY(2024, 5, 1), 15), GivenAge(DAY(2024, 6, 1), 20)
    assert age_at(DAY(2024, 5, 1), birth_date=None, own=own, newest=newest) == 15
    assert age_at(DAY(2024, 5, 1), birth_date=None, newest=newest) == 19
    assert age_at(DAY(2024, 5, 1), birth_date=DAY(2000, 5, 2), own=own, newest=newest) == 23
    assert age_at(DAY(2024, 5, 1), birth_date=None) is None


def test_who_is_reckoned_to_be_born_after_an_event_is_a_child_at_it_and_not_of_unknown_age():
    """A baby of 1 in June 2025 may well have been with a foster family in April 2024: under 18 either way."""
    assert age_at(DAY(2024, 4, 1), birth_date=None, newest=GivenAge(DAY(2025, 6, 1), 1)) == -1
    assert age_at(DAY(2024, 4, 1), birth_date=DAY(2024, 4, 2)) == -1
