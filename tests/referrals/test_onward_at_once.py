"""Two people at once, with real commits: one answer, one referral, one link; what is sent is not withdrawn as well."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from casework.people.models import PersonLink
from casework.workflow import Refused
from referrals import services
from referrals.models import Onward, OnwardReminder, Referral

pytestmark = pytest.mark.requirement("s-referral-to-services")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do everything at the same time; a refusal is its result."""

    def work(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as workers:
        return list(workers.map(work, acts))


def test_of_several_who_accept_one_makes_the_referral(committed_db: str, cast: Any, passing: Any) -> None:
    given = {"purpose": "services", "recipient_kind": "ngo", "recipient_organisation": cast.other}
    onward, now = passing.sent(given=given), timezone.now()

    def accept() -> Onward:
        return services.accept_onward(onward=onward, at=now, now=now, accepted_by=cast.dragan)

    done = at_once(*[accept] * 5)
    assert [isinstance(each, Refused) for each in done].count(False) == 1
    assert Referral.objects.filter(organisation=cast.other).count() == PersonLink.objects.count() == 1


def test_what_is_sent_and_withdrawn_at_once_is_one_of_both(committed_db: str, cast: Any, passing: Any) -> None:
    onward, now = passing.ready(), timezone.now()
    sent, withdrawn = at_once(
        lambda: services.send_onward(onward=onward, channel="letter", now=now, sent_by=cast.ana),
        lambda: services.withdraw_onward(onward=onward, why="She does not want it", now=now, withdrawn_by=cast.ana),
    )
    onward.refresh_from_db()
    assert not isinstance(withdrawn, Refused)
    assert (onward.sent_at is None) == isinstance(sent, Refused) and onward.status == "withdrawn"
    assert not OnwardReminder.objects.running().exists()
