"""Every page of onward referrals and leaflets asks the database as often for many rows as for few."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from referrals import services

pytestmark = pytest.mark.django_db
ASKED = {
    "onward": 11,
    "choose-shared": 11,
    "send-onward": 11,
    "acknowledge-onward": 12,
    "record-result": 10,
    "withdraw-onward": 10,
    "waiting-onward": 11,
    "onward-inbox": 11,
    "received-onward": 10,
    "accept-onward": 10,
}


# Pages with the tabs of a case or a referral ask what every app's tabs ask, too.
FRAMED = ("case-onward", "prepare-onward", "leaflets", "record-leaflet")


def test_pages_ask_as_often_for_many_as_for_few(cast: Any, passing: Any, as_user: Any) -> None:
    inside = {"purpose": "services", "recipient_kind": "ngo", "recipient_organisation": cast.other}
    today = timezone.localdate()

    def one_more() -> dict[str, str]:
        case, referral = passing.case(), passing.case().referrals.get()
        sent, draft, received = passing.sent(), passing.ready(), passing.sent(given=inside)
        services.record_leaflet(
            referral=referral,
            audience="adult",
            language="sr",
            given_on=today,
            given_by="Ana",
            today=today,
            recorded_by=cast.ana,
        )
        return {
            **dict.fromkeys([*ASKED, *FRAMED], sent.number),
            **dict.fromkeys(("case-onward", "prepare-onward"), case.number),
            **dict.fromkeys(("choose-shared", "send-onward"), draft.number),
            **dict.fromkeys(("leaflets", "record-leaflet"), referral.number),
            **dict.fromkeys(("received-onward", "accept-onward"), received.number),
            **dict.fromkeys(("waiting-onward", "onward-inbox"), ""),
        }

    def asked(numbers: dict[str, str]) -> dict[str, int]:
        counted = {}
        for name, number in numbers.items():
            receiver = name in ("onward-inbox", "received-onward", "accept-onward")
            client = as_user(cast.dragan if receiver else cast.ana)
            url = reverse(f"referrals:{name}", args=[number] if number else [])
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200, name
            counted[name] = len(queries)
        return counted

    few = one_more()
    asked(few)  # what is remembered from the first request on
    for_few = asked(few)
    for _more in range(3):
        one_more()
    assert asked(few) == for_few
    assert {name: count for name, count in for_few.items() if name not in FRAMED} == ASKED


@pytest.mark.parametrize(
    "after", ["", "O-2026-000001", "O-2026-0001' --", "x" * 5000, "O-2026-\u0661\u0661\u0661\u0661\u0661\u0661"]
)
@pytest.mark.parametrize("name", ["waiting-onward", "onward-inbox"])
def test_a_strange_page_is_the_first_page(cast: Any, passing: Any, as_user: Any, name: str, after: str) -> None:
    page = as_user(cast.vesna).get(reverse(f"referrals:{name}"), {"after": after})
    assert page.status_code == 200
