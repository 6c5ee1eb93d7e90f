"""The share of identified persons with at least one confirmed onward referral, with what it is a share of."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from casework.statistics.engine import annual_report
from casework.statistics.periods import Period
from casework.statistics.shares import CountedShare, all_shares, per_cent
from referrals import services
from referrals.models import Onward
from tests.referrals.passing import Passing

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-referral-to-services")]
SHARE = "identified-with-confirmed-onward-referral"


def shared(organisation: Any = None, year: int | None = None) -> tuple[int, int, Decimal | None]:
    report = annual_report(year or timezone.localdate().year, organisation)
    assert not report.failed, report.failed
    found = report.share(SHARE)
    return found.numerator, found.denominator, found.value


@pytest.fixture
def identified(cast: SimpleNamespace, initiated: Any, decide: Any) -> Any:
    """A woman of Ana's who was officially identified today, ready to be passed on."""

    def made(by: Any = None) -> Passing:
        one = Passing(cast, initiated, by=by)
        decide(one.case().referrals.get(), recorded_by=one.by)
        return one

    return made


def test_nobody_identified_is_no_share(cast: SimpleNamespace) -> None:
    assert shared() == (0, 0, None)


def test_confirmed_is_acknowledged_or_accepted_and_nothing_less(
    cast: SimpleNamespace, identified: Any, as_user: Any
) -> None:
    persons, now = [identified() for _each in range(6)], timezone.now()
    sent = [one.sent() for one in persons[1:]]
    assert shared() == (0, 6, Decimal("0.0"))
    services.acknowledge_onward(onward=sent[0], at=now, now=now, acknowledged_by=cast.ana)
    services.accept_onward(onward=sent[1], at=now, now=now, accepted_by=cast.ana)
    services.refuse_onward(onward=sent[2], why="Full", at=now, now=now, refused_by=cast.ana)
    wrong = services.accept_onward(onward=sent[3], at=now, now=now, accepted_by=cast.ana)
    services.mark_onward_in_error(onward=wrong, why="Another woman", now=now, marked_by=cast.ana)
    services.acknowledge_onward(onward=sent[4], at=now, now=now, acknowledged_by=cast.ana)
    assert shared() == (3, 6, Decimal("50.0"))
    services.withdraw_onward(onward=sent[4], why="She wants to stay here", now=now, withdrawn_by=cast.ana)
    assert shared() == shared(cast.home) == (2, 6, Decimal("33.3"))
    assert shared(cast.other) == (0, 0, None)
    page = as_user(cast.ivana).get(reverse("statistics:annual-report")).content.decode()
    assert "33.3 %" in page and "Identified persons referred onward, with confirmation" in page


def test_a_confirmation_of_the_next_year_does_not_count_for_this_one(cast: SimpleNamespace, identified: Any) -> None:
    this_year = timezone.localdate().year
    with time_machine.travel(datetime.datetime(this_year - 1, 12, 20, 12, tzinfo=datetime.UTC), tick=False):
        one = identified()
        onward = one.sent()
    midnight = Period(this_year).starts_at
    services.acknowledge_onward(onward=onward, at=midnight, now=midnight, acknowledged_by=cast.ana)
    assert shared(year=this_year - 1)[:2] == (0, 1)
    Onward.objects.filter(pk=onward.pk).update(acknowledged_at=midnight - datetime.timedelta(seconds=1))
    assert shared(year=this_year - 1)[:2] == (1, 1)


def test_of_two_records_of_one_woman_either_confirms(cast: SimpleNamespace, identified: Any, decide: Any) -> None:
    one = identified()
    given = {"purpose": "services", "recipient_kind": "ngo", "recipient_organisation": cast.other}
    onward, now = one.sent(given=given), timezone.now()
    accepted = services.accept_onward(onward=onward, at=now, now=now, accepted_by=cast.dragan)
    theirs = accepted.became
    assert theirs is not None
    services.initiate_case(referral=theirs, now=now, initiated_by=cast.dragan)
    decide(theirs, recorded_by=cast.dragan)
    assert shared() == (1, 1, Decimal("100.0"))
    assert shared(cast.home)[:2] == (1, 1) and shared(cast.other)[:2] == (0, 1)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(1, 3, "33.3"), (2, 3, "66.7"), (1, 8, "12.5"), (1, 16, "6.3"), (0, 5, "0.0"), (5, 5, "100.0")],
)
def test_one_decimal_half_up(part: int, whole: int, said: str) -> None:
    assert per_cent(part, whole) == Decimal(said)


@pytest.mark.parametrize(
    ("part", "whole", "hidden"),
    [
        (0, 0, False),
        (0, 5, False),
        (5, 5, False),
        (5, 10, False),
        (1, 20, True),
        (4, 4, True),
        (16, 20, True),
        (0, 4, True),
    ],
)
def test_the_public_form_hides_what_would_tell_a_small_number(part: int, whole: int, hidden: bool) -> None:
    assert CountedShare(all_shares()[0], part, whole, ()).hidden_below(5) is hidden
