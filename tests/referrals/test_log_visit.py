"""Visits of the mobile team: one visit, many referrals, each with the source “mobile team”."""

import datetime
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.cases import services as cases
from casework.workflow import Refused
from referrals import services
from referrals.models import Referral, Visit

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-mobile-teams")]


@pytest.fixture
def go(cast: SimpleNamespace) -> Any:
    def logged(**given: Any) -> Visit:
        now = timezone.now()
        user = given.pop("logged_by", cast.ana)
        values: dict[str, Any] = {
            "organisation": user.organisation,
            "visited_at": now - datetime.timedelta(hours=2),
            "place": "Pumpa kod mosta",
            "municipality": "Niš",
            "members": ["Ana", "Doktorka Sova"],
        }
        return services.log_visit(**{**values, **given}, now=now, logged_by=user)

    return logged


def test_one_visit_makes_many_referrals(cast: SimpleNamespace, as_user: Any, answers: Any) -> None:
    client, moment = as_user(cast.ana), timezone.localtime(timezone.now() - datetime.timedelta(hours=2))
    form = client.get(reverse("referrals:log-visit"))
    assert cast.boris.full_name in form.content.decode()
    posted = {
        "visited_at_0": f"{moment:%d.%m.%Y.}",
        "visited_at_1": f"{moment:%H:%M}",
        "municipality": "Niš",
        "place": "Pumpa kod mosta",
        "colleagues": [str(cast.ana.pk), str(cast.boris.pk)],
        "others": "Doktorka Sova\n\nPrevodilac Vrana\n",
        "note": "Dvoje ljudi bez papira",
    }
    page = client.post(reverse("referrals:log-visit"), posted, follow=True)
    visit = Visit.objects.get()
    assert visit.members == [cast.ana.full_name, cast.boris.full_name, "Doktorka Sova", "Prevodilac Vrana"]
    assert visit.number in page.content.decode() and "Prevodilac Vrana" in page.content.decode()
    for name in ("Jasna", "Kosta"):
        filled = client.get(reverse("referrals:log-referral"), {"visit": visit.number}).context["form"]
        shown = {key: filled[key].value() for key in ("source", "municipality", "place")}
        assert shown == {"source": "mobile-team", "municipality": "Niš", "place": "Pumpa kod mosta"}
        made = client.post(
            reverse("referrals:log-referral"), answers(**shown, visit=visit.number, given_name=name), follow=True
        )
        assert visit.number in made.content.decode()
    assert {row.source for row in visit.referrals.all()} == {"mobile-team"} and visit.referrals.count() == 2
    page = client.get(reverse("referrals:visit", args=[visit.number])).content.decode()
    assert "Jasna" in page and "Kosta" in page
    listed = client.get(reverse("referrals:referrals"), {"source": "mobile-team"}).content.decode()
    assert all(row.number in listed for row in visit.referrals.all())


def test_another_source_or_a_strange_visit_is_refused(
    cast: SimpleNamespace, go: Any, log: Any, as_user: Any, answers: Any
) -> None:
    visit, client = go(), as_user(cast.ana)
    address = reverse("referrals:log-referral")
    page = client.post(address, answers(visit=visit.number, source="police"))
    assert "the mobile team told us" in page.content.decode() and not Referral.objects.exists()
    hidden = go(logged_by=cast.boris)
    assert client.get(address, {"visit": hidden.number}).status_code == 404
    assert client.post(address, answers(visit="V-1999-000001")).status_code == 404
    assert client.get(reverse("referrals:visit", args=[hidden.number])).status_code == 404
    client.post(reverse("referrals:mark-visit-in-error", args=[visit.number]), {"why": "Nobody went"})
    page = client.post(address, answers(visit=visit.number, source="mobile-team"))
    assert "entered in error" in page.content.decode() and not Referral.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"place": "  "}, "place"),
        ({"members": ["", "  "]}, "colleagues"),
        ({"visited_at": timezone.now() + datetime.timedelta(hours=1)}, "visited_at"),
    ],
)
def test_what_cannot_be_is_refused(go: Any, given: Any, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        go(**given)
    assert refusal.value.field == field and not Visit.objects.exists()


def test_a_referral_of_a_sealed_case_is_not_on_the_page_of_the_visit(
    cast: SimpleNamespace, go: Any, initiated: Any, as_user: Any, on_duty: Any
) -> None:
    visit = go(logged_by=cast.boris)
    referral = initiated(logged_by=cast.boris, source="mobile-team", visit=visit)
    referral.refresh_from_db()
    now = timezone.now()
    cases.seal_case(case=referral.case, named=[cast.boris, cast.vesna], sealed_by=cast.vesna, now=now)
    on_duty(cast.ana)
    shown = {
        user.username: as_user(user).get(reverse("referrals:visit", args=[visit.number])).content.decode()
        for user in (cast.ana, cast.vesna)
    }
    assert visit.number in shown["ana"] and referral.number not in shown["ana"]
    assert referral.number in shown["vesna"]


def test_the_list_pages_by_key_and_asks_a_pinned_number_of_questions(
    cast: SimpleNamespace, go: Any, as_user: Any, django_assert_num_queries: Any
) -> None:
    client, address = as_user(cast.ana), reverse("referrals:visits")
    visits = [go() for _round in range(2)]
    client.get(address)
    with django_assert_num_queries(LIST):
        client.get(address)
    visits += [go() for _round in range(25)]
    with django_assert_num_queries(LIST):
        page = client.get(address).content.decode()
    assert visits[-1].number in page and visits[0].number not in page
    older = re.search(r"after=(V-\d{4}-\d{6})", page)
    assert older and visits[0].number in client.get(address, {"after": older.group(1)}).content.decode()


LIST = 12
