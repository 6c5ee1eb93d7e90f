"""Screenings, what followed from them, targets kept apart, and the coverage of a year."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.people.holdings import HELD, Subject
from casework.workflow import Refused
from reference.codes import ids
from referrals import services
from referrals.models import FollowUp, Referral, Screening, ScreeningTarget
from tests.referrals.test_sites import TODAY, cells, fill, posted_day, screen, site_of, whole_form
from tests.support.threads import all_at_once

LIST, COVERAGE = "/referrals/screening/events/", "/referrals/screening/coverage/"


def held(user, **given):
    values = {"population": "migrants", "held_on": TODAY(), "screened": 20, "now": timezone.now(), "recorded_by": user}
    return services.record_screening(**{**values, **given})


@pytest.mark.requirement("s-screening")
def test_twenty_screened_and_two_referred(cast, as_user, log):
    """Through the pages: 20 persons screened; one referral made from there, one linked; the report says 20 and 2."""
    ana = as_user(cast.ana)
    answer = ana.post(
        f"{LIST}record/",
        {
            "population": "migrants",
            "held_on": posted_day(),
            "municipality": "Subotica",
            "place": "Prihvatni centar Proba",
            "screener": "Ana",
            "screened": "20",
            "informed": "18",
            "leaflets": "15",
            "language_1": "fa",
            "language_2": "ar",
            "language_3": "fa",
            "indicators": ["debt-bondage"],
        },
        follow=True,
    )
    screening = Screening.objects.get()
    page = f"{LIST}{screening.number}/"
    assert screening.number.startswith("S-") and answer.redirect_chain[-1][0] == page
    assert screening.informed_languages == ["fa", "ar"]
    form = ana.get(f"{page}refer/").context["form"]
    assert (form.initial["municipality"], form.initial["place"]) == ("Subotica", "Prihvatni centar Proba")
    made = ana.post(f"{page}refer/", {**whole_form(), "source": "mobile-team", "given_name": "Proba"})
    assert made.status_code == 302
    earlier = log()
    assert ana.post(f"{page}link/", {"number": earlier.number.lower()}).status_code == 302
    text = ana.get(page).content.decode()
    first, second = Referral.objects.order_by("created_at")
    for said in (first.number, second.number, "Persian", "Arabic", "Debt bondage", ">20<", ">2<", "18", "15"):
        assert said in text, said
    row = cells(ana.get(LIST).context["rows"])[0]
    assert row[4:] == [20, 18, 2]


def test_only_a_visible_referral_can_be_linked_and_once(cast, as_user, log):
    one, other = held(cast.ana), held(cast.ana)
    his, hers = log(logged_by=cast.boris), log()
    ana = as_user(cast.ana)
    for number in (his.number, "R-1999-000001", "x"):
        assert "You see no referral" in ana.post(f"{LIST}{one.number}/link/", {"number": number}).content.decode()
    ana.post(f"{LIST}{one.number}/link/", {"number": hers.number})
    again = ana.post(f"{LIST}{other.number}/link/", {"number": hers.number})
    assert "already follows from a screening" in again.content.decode()
    link = FollowUp.objects.get()
    ana.post(f"/referrals/screening/follow-ups/{link.pk}/unlink/", {})
    assert ana.get(f"{LIST}{one.number}/").context["screening"].followed == 0
    assert ana.post(f"{LIST}{other.number}/link/", {"number": hers.number}).status_code == 302
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.create(screening=one, referral=hers, linked_at=timezone.now(), linked_by=cast.ana)
    subject = Subject(hers.organisation_id, hers.person)
    assert HELD["referrals.FollowUp"].rows(subject).count() == 2


def test_a_referral_of_a_colleague_is_counted_and_not_shown(cast, as_user, log):
    one, his = held(cast.ana), log(logged_by=cast.boris)
    services.link_follow_up(screening=one, number=his.number, now=timezone.now(), linked_by=cast.boris)
    text = as_user(cast.ana).get(f"{LIST}{one.number}/").content.decode()
    assert his.number not in text
    assert "1 referral is not yours to see." in text
    link = FollowUp.objects.get()
    assert as_user(cast.ana).get(f"/referrals/screening/follow-ups/{link.pk}/unlink/").status_code == 404


def test_two_who_link_the_same_referral_at_once_link_it_once(committed_db, cast, log):
    one, other, referral = held(cast.ana), held(cast.ana), log()

    def link(screening):
        return lambda: services.link_follow_up(
            screening=screening, number=referral.number, now=timezone.now(), linked_by=cast.ana
        )

    outcomes = all_at_once([link(one), link(other)])
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert FollowUp.objects.count() == 1


@pytest.mark.requirement("s-asylum-screening")
def test_a_target_has_a_progress_bar_and_stays_apart_from_results(cast, as_user):
    """A published target of 2,000 asylum seekers: what was screened of it, and how many were informed in what."""
    vesna, year = as_user(cast.vesna), TODAY().year
    target = {
        "population": "asylum-seekers",
        "starts_on": f"1.1.{year}.",
        "ends_on": f"31.12.{year}.",
        "planned": "2000",
        "source": "Projekat IRC",
        "published": "irc-p2-screened",
    }
    assert vesna.post("/referrals/screening/targets/set/", target).status_code == 302
    first = datetime.date(year, 1, 1)
    held(
        cast.ana,
        population="asylum-seekers",
        held_on=first,
        screened=120,
        informed=90,
        informed_languages=["ps", "fa"],
    )
    held(cast.ana, population="afghan-asylum-seekers", held_on=first, screened=30)
    held(cast.ana, population="migrants", held_on=first, screened=500)
    held(cast.ana, population="asylum-seekers", held_on=first - datetime.timedelta(days=1), screened=70)
    held(cast.olga, population="asylum-seekers", held_on=first, screened=11)
    mistake = held(cast.ana, population="asylum-seekers", held_on=first, screened=13)
    services.mark_screening_in_error(screening=mistake, why="Dvaput", marked_by=cast.ana)
    shown = vesna.get(LIST)
    (bar,) = shown.context["targets"]
    assert (bar["screened"], bar["planned"]) == (150, 2000)
    text = shown.content.decode()
    assert 'value="150" max="2000"' in text
    for said in ("A target is a plan", "Projekat IRC", "Asylum seekers to be screened and informed"):
        assert said in text
    assert "/reference/figures/irc-p2-screened/" in text
    assert vesna.get("/reference/figures/irc-p2-screened/").status_code == 200
    found = vesna.get(COVERAGE).context
    assert "2000" not in str([found["rows"], found["places"]])  # a plan is in no result
    one = Screening.objects.get(screened=120)
    page = as_user(cast.ana).get(f"{LIST}{one.number}/").content.decode()
    assert "Pashto" in page and "90" in page
    refer = as_user(cast.ana).get(f"{LIST}{one.number}/refer/").context["form"]
    assert refer.initial["source"] == "asylum-screening"


def test_a_target_is_set_by_a_supervisor_and_can_be_marked(cast, as_user):
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    assert ana.get("/referrals/screening/targets/set/").status_code == 403
    typed = {
        "population": "asylum-seekers",
        "starts_on": "1.4.2022.",
        "ends_on": "31.3.2022.",
        "planned": "0",
        "source": "IRC",
    }
    text = vesna.post("/referrals/screening/targets/set/", typed).content.decode()
    assert "greater than or equal to 1" in text
    text = vesna.post("/referrals/screening/targets/set/", {**typed, "planned": "2"}).content.decode()
    assert "The end is before the beginning" in text
    vesna.post("/referrals/screening/targets/set/", {**typed, "planned": "2", "ends_on": "31.3.2023."})
    target = ScreeningTarget.objects.get()
    assert ana.get(f"/referrals/screening/targets/{target.pk}/mark-in-error/").status_code == 403
    vesna.post(f"/referrals/screening/targets/{target.pk}/mark-in-error/", {"why": "Druga godina"})
    assert vesna.get(LIST).context["targets"] == []


@pytest.mark.requirement("f-no-screening", "s-screening")
def test_populations_that_nobody_screened_in_a_year_come_first(cast, as_user):
    year = TODAY().year
    held(cast.ana, held_on=datetime.date(year, 1, 1), municipality="Бор", screened=4, informed=3)
    held(cast.ana, held_on=datetime.date(year, 1, 1), municipality="Bor", screened=2)
    held(cast.ana, population="roma", held_on=datetime.date(year - 1, 5, 5), municipality="Niš", screened=9)
    held(cast.ana, population="women", held_on=datetime.date(year, 1, 1), screened=0)  # nobody was there
    held(cast.olga, population="children", held_on=datetime.date(year, 1, 1), screened=50)
    site = site_of(cast.ana, population="foreign-workers", municipality="Bor")
    screen(fill(site, cast.ana, 3)[0], cast.ana)
    ana = as_user(cast.ana)
    shown = ana.get(COVERAGE)
    nobody = {str(row[0]["text"]): row[2] for row in shown.context["nobody"]}
    assert len(nobody) == len(ids("vulnerable_groups")) - 2
    assert nobody["Roma communities"] == datetime.date(year - 1, 5, 5)
    assert nobody["Women"] == nobody["Children"] == "Never"
    assert list(nobody)[-1] == "Roma communities"  # never before long ago
    assert {str(row[0]["text"]): row[1:] for row in shown.context["rows"]} == {
        "Migrants": [2, 6, 3, 0, 0],
        "Foreign workers": [0, 0, 0, 1, 0],
    }
    assert [[str(cell) for cell in row] for row in shown.context["places"]] == [
        ["", "Women", "1", "0", "0", "0"],
        ["Бор" if row_is_cyrillic(shown) else "Bor", "Foreign workers", "0", "0", "0", "1"],
        ["Бор" if row_is_cyrillic(shown) else "Bor", "Migrants", "2", "6", "3", "0"],
    ]
    before = ana.get(COVERAGE, {"year": year - 1})
    assert [str(row[0]["text"]) for row in before.context["rows"]] == ["Roma communities"]
    assert "Migrants" in {str(row[0]["text"]) for row in before.context["nobody"]}
    text = shown.content.decode()
    assert text.index("Populations with no screening") < text.index("By town or municipality")
    for strange in ("x", "1700", "9" * 40, "-1"):
        assert ana.get(COVERAGE, {"year": strange}).status_code == 200


def row_is_cyrillic(shown):
    """Both spellings are one town; the page shows the one that the database gave first."""
    return any(row[0] == "Бор" for row in shown.context["places"])


def test_who_is_screened_as_a_part_is_screened_as_the_whole(cast, as_user):
    held(cast.ana, population="afghan-asylum-seekers", screened=3)
    rows = {str(row[0]["text"]): row for row in as_user(cast.ana).get(COVERAGE).context["rows"]}
    assert rows["Asylum seekers"][2] == rows["Afghan asylum seekers"][2] == 3
    assert "Afghan" in rows["Asylum seekers"][0]["hint"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"screened": "-1"}, "greater than or equal to 0"),
        ({"screened": "100001"}, "less than or equal to 100000"),
        ({"screened": ""}, "required"),
        ({"held_on": "1.1.2199."}, "in the future"),
        ({"population": "nonsense"}, "not one of the available choices"),
        ({"municipality": "Ulica 7"}, "An address belongs"),
        ({"language_1": "xx"}, "not one of the available choices"),
    ],
)
def test_a_screening_takes_what_can_be_and_keeps_what_was_typed(cast, as_user, typed, sentence):
    values = {"population": "roma", "held_on": posted_day(), "screened": "3", "note": "Zapisano"}
    text = as_user(cast.ana).post(f"{LIST}record/", {**values, **typed}).content.decode()
    assert sentence in text
    assert "Zapisano" in text
    assert not Screening.objects.exists()


def test_a_screening_is_amended_and_saves_do_not_overtake(cast, as_user):
    one = held(cast.ana, informed_languages=["fa", "ar"], indicators=["debt-bondage"])
    ana, page = as_user(cast.ana), f"{LIST}{one.number}/amend/"
    form = ana.get(page).context["form"]
    typed = {name: value for name, value in form.initial.items() if value is not None} | {"held_on": posted_day()}
    assert ana.post(page, {**typed, "screened": "21"}).status_code == 302
    one.refresh_from_db()
    assert (one.screened, one.informed_languages, one.indicators) == (21, ["fa", "ar"], ["debt-bondage"])
    late = ana.post(page, {**typed, "screened": "22", "note": "Kasno"})
    assert late.context["form"].conflicts and "Kasno" in late.content.decode()


QUERIES, ONE, COVERED = 13, 12, 14


@pytest.mark.parametrize("more", [1, 28])
def test_lists_page_by_key_and_ask_a_pinned_number_of_questions(
    cast, as_user, log, more, django_assert_max_num_queries
):
    numbers = [
        held(cast.ana, municipality=f"Mesto {'abcdefghijklmnopqrstuvwxyzčć'[n]}", informed=1).number
        for n in range(more)
    ][::-1]
    services.set_screening_target(
        population="migrants",
        starts_on=TODAY(),
        ends_on=TODAY(),
        planned=9,
        source="Plan",
        published="irc-p2-screened",
        set_by=cast.vesna,
    )
    one = Screening.objects.get(number=numbers[0])
    for _n in range(more):
        services.link_follow_up(screening=one, number=log().number, now=timezone.now(), linked_by=cast.ana)
    ana = as_user(cast.ana)
    ana.get(LIST)
    with django_assert_max_num_queries(QUERIES):
        first = ana.get(LIST)
    with django_assert_max_num_queries(ONE):
        ana.get(f"{LIST}{one.number}/")
    with django_assert_max_num_queries(COVERED):
        ana.get(COVERAGE)
    listed = [row[0]["text"] for row in cells(first.context["rows"])]
    if first.context["next_url"]:
        listed += [row[0]["text"] for row in cells(ana.get(first.context["next_url"]).context["rows"])]
    assert listed == numbers
