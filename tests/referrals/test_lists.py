"""The list, the day and the page of a referral: what each person sees, and at what cost."""

import pytest
from django.utils import timezone

from referrals import services
from referrals.models import Referral


def numbers(response):
    return [row["cells"][0]["text"] for row in response.context["rows"]]


def test_the_list_shows_what_each_may_see(cast, as_user, log):
    hers, his, elsewhere = log(), log(logged_by=cast.boris), log(logged_by=cast.olga)
    assert numbers(as_user(cast.ana).get("/referrals/")) == [hers.number]
    assert numbers(as_user(cast.vesna).get("/referrals/")) == [his.number, hers.number]
    assert numbers(as_user(cast.dragan).get("/referrals/")) == [elsewhere.number]
    assert numbers(as_user(cast.jelena).get("/referrals/")) == []
    for user in (cast.ivana, cast.milan, cast.nada, cast.petar):
        assert as_user(user).get("/referrals/").status_code == 403
    assert as_user(cast.boris).get(f"/referrals/{hers.number}/").status_code == 404


def test_the_list_filters_and_pages_both_ways(cast, as_user, log):
    logged = [log(source="ngo" if n % 2 else "police").number for n in range(27)][::-1]
    ana = as_user(cast.ana)
    first = ana.get("/referrals/")
    assert numbers(first) == logged[:25]
    assert first.context["count"] == 27
    second = ana.get(first.context["next_url"])
    assert numbers(second) == logged[25:]
    assert second.context["next_url"] == ""
    assert numbers(ana.get(second.context["previous_url"])) == logged[:25]
    assert numbers(ana.get("/referrals/?source_group=ngo-io")) == logged[1::2]
    assert numbers(ana.get("/referrals/?status=declined")) == []
    assert len(numbers(ana.get("/referrals/?status=nonsense"))) == 25


def test_today_shows_what_waits(cast, as_user, log, initiated, on_duty):
    initiated()
    place = log(person=None, given_age=None)
    undecided = log(given_age=None)
    vesna = as_user(cast.vesna).get("/referrals/today/")
    assert len(vesna.context["reviews"]) == 1
    assert [row[0]["text"] for row in vesna.context["routes"]] == [undecided.number]
    assert [row[0]["text"] for row in vesna.context["received"]] == [undecided.number, place.number]
    assert "No contact yet" in vesna.content.decode()
    ana = as_user(cast.ana).get("/referrals/today/")
    assert ana.context["own_count"] == 1
    assert ana.context["routes"] == []
    boris = as_user(cast.boris)
    assert boris.get("/referrals/today/").context["received"] == []
    on_duty(cast.boris)
    assert len(boris.get("/referrals/today/").context["received"]) == 2


def test_who_may_be_the_same_person_is_hinted_among_the_visible_only(cast, as_user, log):
    named = {"person": {"names": [{"given": "Đorđe", "family": "Probić"}]}}
    hidden = log(logged_by=cast.boris, **named)
    known = log(person={"names": [{"given": "Ђорђе", "family": "Пробић"}]})
    mine = log(**named)
    page = as_user(cast.ana).get(f"/referrals/{mine.number}/")
    assert [match["url"] for match in page.context["matches"]] == [f"/referrals/{known.number}/"]
    assert hidden.number not in page.content.decode()
    alone = as_user(cast.boris).get(f"/referrals/{hidden.number}/")
    assert alone.context["matches"] == []
    assert "May be the same person" not in alone.content.decode()


@pytest.fixture
def busy(cast, log, initiated, decide):
    """Some work of every kind; returns a referral with a case and a decision."""
    for n in range(3):
        log(person={"names": [{"given": f"Proba{n}"}]}, indicators=[("debt-bondage", "seen")])
        log(given_age=None)
        initiated()
    referral = initiated(person={"names": [{"given": "Zebra"}]}, indicators=[("surveillance", "said")])
    decide(referral)
    return referral


@pytest.mark.parametrize("more", [0, 20])
def test_query_counts_do_not_grow(
    cast, as_user, log, initiated, busy, more, django_assert_num_queries, django_assert_max_num_queries
):
    for _ in range(more):
        log(given_age=None)
        initiated()
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    for client in (ana, vesna):
        client.get("/referrals/")
    with django_assert_num_queries(LIST):
        ana.get("/referrals/")
    with django_assert_num_queries(TODAY):
        vesna.get("/referrals/today/")
    with django_assert_max_num_queries(DETAIL):
        ana.get(f"/referrals/{busy.number}/")


LIST, TODAY, DETAIL = 12, 19, 28  # the referral with its tabs


def test_the_old_number_of_a_stranger_is_no_page(cast, as_user):
    assert as_user(cast.ana).get("/referrals/R-1999-000001/").status_code == 404
    assert as_user(cast.ana).get("/referrals/nonsense/").status_code == 404
    assert not Referral.objects.exists()
    assert services.escalate_overdue(now=timezone.now()) == 0
