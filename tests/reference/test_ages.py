"""Ages in completed years, the birthdays that matter, and the classes of the Ministry of Interior letter."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import ages

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2023, 5, 9), 13),
        (date(2023, 5, 10), 14),
        (date(2027, 5, 9), 17),
        (date(2027, 5, 10), 18),
        (date(2009, 5, 10), 0),
    ],
)
def test_the_birthday_itself_completes_the_year(day, age):
    assert ages.age_on(date(2009, 5, 10), day) == age


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2022, 2, 28), 17),
        (date(2022, 3, 1), 18),
        (date(2024, 2, 28), 19),
        (date(2024, 2, 29), 20),
    ],
)
def test_who_was_born_on_29_february_comes_of_age_on_1_march(day, age):
    assert ages.age_on(date(2004, 2, 29), day) == age


def test_an_age_given_at_a_referral_moves_with_birthdays_that_follow_from_its_day():
    received = date(2021, 3, 5)
    assert 17 + ages.age_on(received, date(2021, 3, 4)) == 16
    assert 17 + ages.age_on(received, received) == 17
    assert 17 + ages.age_on(received, date(2022, 3, 4)) == 17
    assert 17 + ages.age_on(received, date(2022, 3, 5)) == 18


@given(birth=DAYS, day=DAYS)
def test_age_never_falls_as_days_pass(birth, day):
    assert ages.age_on(birth, day) - ages.age_on(birth, date.fromordinal(day.toordinal() - 1)) in (0, 1)


@pytest.mark.parametrize(
    ("age", "narrowest", "classes"),
    [
        (0, "child", ("child", "juvenile")),
        (13, "child", ("child", "juvenile")),
        (14, "minor", ("minor", "juvenile")),
        (17, "minor", ("minor", "juvenile")),
        (18, "adult", ()),
    ],
)
def test_the_fourteenth_and_the_eighteenth_birthday_change_the_class(age, narrowest, classes):
    assert ages.age_class(age) == narrowest
    assert ages.age_classes(age) == classes


def test_the_limit_of_childhood_is_eighteen_unless_a_setting_says_otherwise():
    assert ages.is_child(17)
    assert not ages.is_child(18)
    assert not ages.is_child(14, limit=14)
    assert ages.is_child(13, limit=14)
