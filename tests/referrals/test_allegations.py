"""Allegations: what is wrong comes first, and none is ever deleted."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.workflow import Refused, Stale
from referrals import services
from referrals.models import Allegation, Concern
from tests.referrals.test_sites import TODAY, cells, fill, posted_day, screen, site_of

LIST = "/referrals/screening/allegations/"


def alleged(user, **given):
    values = {
        "received_on": TODAY() - datetime.timedelta(days=40),
        "source": "ngo-media-report",
        "content": "Pasoši su oduzeti.",
        "now": timezone.now(),
        "logged_by": user,
    }
    if "worksite" not in given:
        values["place"] = "Kamp Proba"
    return services.log_allegation(**{**values, **given})


def dismiss(allegation, user, **given):
    values = {
        "dismissed_on": TODAY(),
        "body": "Inspekcija Proba",
        "why": "Nema elemenata.",
        "today": TODAY(),
        "dismissed_by": user,
    }
    return services.dismiss_allegation(allegation=allegation, **{**values, **given})


def states(client):
    rows = client.get(LIST).context["rows"]
    return {row["cells"][0]["text"]: (row["cells"][4], row["cells"][5]["colour"]) for row in rows}


@pytest.mark.requirement("s-allegations", "f-dismissed-allegations")
def test_dismissed_with_nobody_screened_is_red_and_stands_first(cast, as_user):
    """Through the pages: an allegation about a site with 14 persons, answered late, dismissed with nobody screened."""
    ana, site = as_user(cast.ana), site_of(cast.ana)
    fill(site, cast.ana, 14)
    later = alleged(cast.ana)
    logged = ana.post(
        f"{LIST}log/?site={site.number}",
        {
            "received_on": posted_day(60),
            "source": "ngo-media-report",
            "received_from": "Udruženje Proba",
            "worksite": str(site.pk),
            "affected": "14",
            "content": "Radnicima su oduzeti pasoši.",
        },
        follow=True,
    )
    one = Allegation.objects.get(worksite=site)
    page = f"{LIST}{one.number}/"
    assert logged.redirect_chain[-1][0] == page
    assert "Nobody is screened yet" in logged.content.decode()
    assert "No answer for 60 days" in logged.content.decode()
    assert states(ana)[one.number] == ("0 of 14", "orange")  # a site with 0 screened of m is shown as open
    assert str(Concern.NOBODY_SCREENED.label) in ana.get(LIST).content.decode()
    ana.post(f"{page}answer/", {"version": 1, "answered_on": posted_day(5), "answer": "Nema povreda."})
    ana.post(f"{page}investigate/", {"version": 2, "investigated_by": "Inspekcija rada", "investigated_since": ""})
    assert "Nobody was screened" in ana.get(f"{page}dismiss/").content.decode()
    ana.post(f"{page}dismiss/", {"dismissed_on": posted_day(), "body": "Vlada", "why": "Nisu žrtve."})
    text = ana.get(page).content.decode()
    for said in ("after 55 days", "Nema povreda.", "Inspekcija rada", "Vlada", "Nisu žrtve.", "0 of 14"):
        assert said in text
    assert "This was dismissed although nobody had been screened." in text
    listed = ana.get(LIST).context["rows"]
    assert [row["cells"][0]["text"] for row in listed] == [one.number, later.number]
    assert states(ana)[one.number] == ("0 of 14", "red")
    assert "Dismissed, nobody screened" in ana.get(f"/referrals/screening/sites/{site.number}/").content.decode()


@pytest.mark.requirement("f-dismissed-allegations")
def test_who_is_screened_after_the_dismissal_does_not_make_it_right(cast, as_user):
    ana, site = as_user(cast.ana), site_of(cast.ana)
    first, second = fill(site, cast.ana, 2)
    one = alleged(cast.ana, worksite=site)
    dismiss(one, cast.ana, dismissed_on=TODAY() - datetime.timedelta(days=3))
    screen(first, cast.ana)
    assert states(ana)[one.number] == ("1 of 2", "red")
    screen(second, cast.ana, happened_on=TODAY() - datetime.timedelta(days=4))  # was screened before, written down late
    assert states(ana)[one.number] == ("2 of 2", "grey")


def test_the_list_goes_from_what_is_wrong_to_what_is_done(cast, as_user):
    ana, site = as_user(cast.ana), site_of(cast.ana)
    screen(fill(site, cast.ana, 1)[0], cast.ana, happened_on=TODAY() - datetime.timedelta(days=1))
    confirmed, dismissed, open_one = (alleged(cast.ana, worksite=site) for _n in range(3))
    nobody, wrong, mistake = alleged(cast.ana), alleged(cast.ana), alleged(cast.ana)
    services.confirm_allegation(
        allegation=confirmed, confirmed_on=TODAY(), how="Presuda", today=TODAY(), confirmed_by=cast.ana
    )
    dismiss(dismissed, cast.ana)
    dismiss(wrong, cast.ana)
    ana.post(f"{LIST}{mistake.number}/mark-in-error/", {"why": "Dvaput upisano"})
    rows = ana.get(LIST).context["rows"]
    assert [row["cells"][0]["text"] for row in rows] == [
        one.number for one in (wrong, nobody, open_one, dismissed, confirmed, mistake)
    ]
    assert rows[-1]["struck"]
    assert Allegation.objects.count() == 6  # nothing is gone


@pytest.mark.requirement("s-allegations")
def test_an_allegation_is_never_deleted_and_can_be_taken_up_again(cast, as_user):
    ana, one = as_user(cast.ana), dismiss(alleged(cast.ana, affected=30), cast.ana)
    page = f"{LIST}{one.number}/"
    for method in ("delete", "put", "patch"):
        assert getattr(ana, method)(page).status_code in (403, 405)
    ana.post(f"{page}reopen/", {})
    one.refresh_from_db()
    assert one.status == "open"
    text = ana.get(page).content.decode()
    assert "Nema elemenata." in text  # what was dismissed and why stays
    assert "0 of 30" in text
    assert "Open it again" in ana.post(f"{page}reopen/", {}).content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Allegation.objects.filter(pk=one.pk).update(status="dismissed", dismissed_on=None)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"dismissed_on": "1.1.2199.", "body": "Vlada", "why": "x"}, "in the future"),
        ({"dismissed_on": "1.1.2020.", "body": "Vlada", "why": "x"}, "before the allegation was received"),
        ({"dismissed_on": "32.1.2020.", "body": "Vlada", "why": "Ostaje"}, "day, month, year"),
        ({"body": "", "why": "Ostaje"}, "required"),
    ],
)
def test_a_dismissal_says_when_by_whom_and_why(cast, as_user, typed, sentence):
    one = alleged(cast.ana)
    answer = as_user(cast.ana).post(f"{LIST}{one.number}/dismiss/", typed).content.decode()
    assert sentence in answer
    assert typed["why"] in answer
    assert Allegation.objects.get().status == "open"


def test_without_a_site_a_place_is_asked_for(cast, as_user):
    typed = {"received_on": posted_day(), "source": "ngo", "content": "Zapisano"}
    ana = as_user(cast.ana)
    answer = ana.post(f"{LIST}log/", typed).content.decode()
    assert "Choose a site, or say which place" in answer and "Zapisano" in answer
    assert ana.post(f"{LIST}log/", {**typed, "place": "Kamp"}).status_code == 302
    assert cells(ana.get(LIST).context["rows"])[0][4] == "0 of an unknown number"


def test_a_site_of_others_is_not_offered_and_cannot_be_chosen(cast, as_user):
    theirs = site_of(cast.olga, name="Tuđe gradilište")
    ana = as_user(cast.ana)
    typed = {"received_on": posted_day(), "source": "ngo", "content": "x", "worksite": str(theirs.pk)}
    assert "Tuđe" not in ana.get(f"{LIST}log/?site={theirs.number}").content.decode()
    assert ana.post(f"{LIST}log/", typed).status_code == 200
    with pytest.raises(Refused):
        alleged(cast.ana, worksite=theirs)
    one = alleged(cast.olga)
    assert as_user(cast.ana).get(f"{LIST}{one.number}/").status_code == 404
    assert as_user(cast.ana).get(LIST).context["rows"] == []


def test_two_answers_do_not_overtake_each_other(cast, as_user):
    one = alleged(cast.ana)
    today = TODAY()
    services.answer_allegation(
        allegation=one, version=1, answered_on=today, answer="Prvi", today=today, answered_by=cast.ana
    )
    with pytest.raises(Stale):
        services.answer_allegation(
            allegation=one, version=1, answered_on=today, answer="Drugi", today=today, answered_by=cast.ana
        )
    answer = as_user(cast.ana).post(
        f"{LIST}{one.number}/answer/", {"version": 1, "answered_on": posted_day(), "answer": "Drugi"}
    )
    assert "Drugi" in answer.content.decode() and answer.context["form"].conflicts


QUERIES, ONE = 10, 9


@pytest.mark.parametrize("more", [1, 20])
def test_the_list_pages_by_key_and_asks_a_pinned_number_of_questions(
    cast, as_user, more, django_assert_max_num_queries
):
    site = site_of(cast.ana)
    fill(site, cast.ana, 3)
    numbers = [alleged(cast.ana, worksite=site).number for _n in range(more)]
    numbers += [alleged(cast.ana).number for _n in range(more)]
    ana = as_user(cast.ana)
    ana.get(LIST)
    with django_assert_max_num_queries(QUERIES):
        first = ana.get(LIST)
    with django_assert_max_num_queries(ONE):
        ana.get(f"{LIST}{numbers[0]}/")
    listed = [row[0]["text"] for row in cells(first.context["rows"])]
    if first.context["next_url"]:
        listed += [row[0]["text"] for row in cells(ana.get(first.context["next_url"]).context["rows"])]
    assert listed == numbers
    for strange in ("x", "9-A", "1-", "٣-A-2026-000001", "1" * 400):
        assert ana.get(LIST, {"after": strange}).status_code == 200
