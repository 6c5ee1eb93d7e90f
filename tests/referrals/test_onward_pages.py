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
    "case-onward": 18,
    "prepare-onward": 19,
    "onward": 11,
    "choose-shared": 11,
    "send-onward": 11,
    "acknowledge-onward": 12,
    "record-result": 10,
    "withdraw-onward": 10,
    "waiting-onward": 11,
    "leaflets": 16,
    "record-leaflet": 14,
    "onward-inbox": 11,
    "received-onward": 10,
    "accept-onward": 10,
}


def test_pages_ask_as_often_for_many_as_for_few(cast: Any, passing: Any, as_user: Any) -> None:
    inside = {"purpose": "services", "recipient_kind": "ngo", "recipient_organisation": cast.other}
    today = timezone.localdate()
    sent, drafted, received = [], [], []
    for _each in range(4):
        sent.append(passing.sent())
        drafted.append(passing.ready())
        received.append(passing.sent(given=inside))
        services.record_leaflet(
            referral=passing.case().referrals.get(),
            audience="adult",
            language="sr",
            given_on=today,
            given_by="Ana",
            today=today,
            recorded_by=cast.ana,
        )
    case = passing.case()
    of = {
        **dict.fromkeys(("case-onward", "prepare-onward"), case.number),
        **dict.fromkeys(("choose-shared", "send-onward"), drafted[0].number),
        **dict.fromkeys(("leaflets", "record-leaflet"), case.referrals.get().number),
        **dict.fromkeys(("received-onward", "accept-onward"), received[0].number),
        **dict.fromkeys(("waiting-onward", "onward-inbox"), None),
    }
    asked = {}
    for name in ASKED:
        receiver = name in ("onward-inbox", "received-onward", "accept-onward")
        client = as_user(cast.dragan if receiver else cast.ana)
        number = of.get(name, sent[0].number)
        url = reverse(f"referrals:{name}", args=[number] if number else [])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200, name
        asked[name] = len(queries)
    assert asked == ASKED


@pytest.mark.parametrize(
    "after", ["", "O-2026-000001", "O-2026-0001' --", "x" * 5000, "O-2026-\u0661\u0661\u0661\u0661\u0661\u0661"]
)
@pytest.mark.parametrize("name", ["waiting-onward", "onward-inbox"])
def test_a_strange_page_is_the_first_page(cast: Any, passing: Any, as_user: Any, name: str, after: str) -> None:
    page = as_user(cast.vesna).get(reverse(f"referrals:{name}"), {"after": after})
    assert page.status_code == 200
