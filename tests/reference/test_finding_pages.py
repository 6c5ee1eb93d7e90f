"""The pages that find an authority, an offence, or the conditions for an act abroad."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils.html import escape

from reference import services
from reference.models import Entry
from reference.routing_rules import Facts
from reference.views.finding import hypothetical_url

pytestmark = pytest.mark.django_db

WHO, FINDER, ABROAD = "reference:who-is-competent", "reference:offence-finder", "reference:abroad"
PAGES = [WHO, FINDER, ABROAD]
GROOMING = {"victim": 13, "cyber": "yes", "suspect": 17, "offence": "grooming", "place": "serbia"}
HARASSMENT = ["harassment-behaviour", "harassment-effect"]


@pytest.fixture
def read(cast, as_user):
    """Text of a page as a caseworker reads it, without tags."""
    client = as_user(cast.ana)

    def read(name, **query):
        response = client.get(reverse(name), query)
        assert response.status_code == 200
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))

    read.client = client
    return read


@pytest.mark.parametrize("name", PAGES)
def test_they_only_answer_to_reading(name, cast, as_user):
    assert as_user(cast.ana).post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_the_start_page_leads_to_them(name, cast, as_user):
    assert reverse(name) in as_user(cast.ana).get(reverse("reference:index")).content.decode()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        (WHO, {}),
        (WHO, GROOMING),
        (FINDER, {"facts": [*HARASSMENT, "sex-trafficking", "pregnancy"], "victim": 13}),
        (ABROAD, {"accused": "citizen", "offence": "human-trafficking", "age": 13}),
    ],
)
def test_no_page_takes_more_than_ten_queries(name, query, read, django_assert_max_num_queries):
    read(name, **query)
    with django_assert_max_num_queries(10):
        read(name, **query)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        (WHO, {"victim": "-1"}),
        (WHO, {"victim": "thirteen", "cyber": "perhaps", "offence": "<script>", "place": "moon"}),
        (WHO, {"suspected": "nobody", "suspect": 17}),
        (FINDER, {"facts": ["no-such-fact"], "victim": "999", "day": "31.31.2020"}),
        (ABROAD, {"accused": "martian", "age": "x", "exception": "because"}),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_no_answer(name, query, read):
    page = read(name, **query)
    assert "There is a problem" in page
    assert "Rule by rule" not in page and "Asked for" not in page


@pytest.mark.requirement("s-competent-authorities")
def test_grooming_by_a_17_year_old_is_not_decided_by_the_documents(read):
    page = read(WHO, **GROOMING)
    assert page.count("The documents do not decide") == 3
    for authority in ("moi-anti-cyber-crime-division", "moi-juvenile-units", "belgrade-spp-cyber"):
        entry = Entry.objects.get(section="authorities.authorities", code=authority)
        assert escape(entry.name) in page
    for rule in Entry.objects.in_section("authorities.routing_rules"):
        assert escape(rule.source_locator) in page
    assert page.count("Applies") == 3 and page.count("Does not apply") == 3 and page.count("Cannot be told") == 2


def test_what_is_not_known_is_answered_with_conditions(read):
    page = read(WHO, victim=13, suspect=30, offence="rape", place="serbia")
    assert "If information technology was the method or the means" in page
    assert "If no rule before it holds" in page


@pytest.mark.requirement("s-sos-email")
def test_the_sos_address_stands_on_the_answer_for_cyber_crime(read):
    contact = next(
        body.data["contact"]["email"] for body in Entry.objects.filter(section__startswith="org", code="moi-accd")
    )
    assert contact == "childprotection@mup.gov.rs"
    for cyber in ("yes", ""):
        page = read(WHO, victim=13, cyber=cyber)
        assert f"SOS address of the Anti-Cyber Crime Division: {contact}" in page
        assert "a report as well as a request for help" in page
    assert "SOS address of the" not in read(WHO, victim=13, cyber="no")


def test_an_address_that_ended_is_not_offered(read):
    entry = Entry.objects.get(section="directory.contacts", code="sos-email")
    services.end_entry(entry=entry, on=date(2020, 1, 1), reason="Closed.")
    assert "SOS address of the" not in read(WHO, victim=13, cyber="yes")


@pytest.mark.requirement("f-age-words", "s-age-classes")
def test_the_bound_of_a_child_is_said_to_be_a_setting(read):
    assert "Your organisation has set 18" in read(WHO)
    page = read(WHO, victim=15)
    assert "calls a child only who is under 14, and somebody of 15 a minor" in page
    assert "calls a child only who is under 14" not in read(WHO, victim=13)


def test_the_hypothetical_address_holds_ages_and_yes_or_no_alone(read):
    url = hypothetical_url(Facts(victim_age=13, cyber=True, abroad=None, offence="grooming", channel="Someone"))
    assert url == f"{reverse(WHO)}?victim=13&cyber=yes"
    assert "Rule by rule" in read.client.get(url).content.decode()
    assert read.client.get(hypothetical_url(Facts())).status_code == 200


@pytest.mark.requirement("s-penalties")
@pytest.mark.parametrize(
    ("facts", "victim", "months"),
    [
        ("sex-trafficking", 30, "2 years 12 years 24–144"),
        ("sex-trafficking", 13, "3 years 12 years 36–144"),
        (HARASSMENT, 16, "3 months 3 years 3–36"),
        (HARASSMENT, 18, "Not stated Not stated Not stated"),
    ],
)
def test_the_finder_shows_the_penalty_for_that_victim(facts, victim, months, read):
    assert months in read(FINDER, facts=facts, victim=victim)


def test_the_finder_says_what_age_and_day_rule_out_and_gives_no_verdict(read):
    page = read(FINDER, facts=[*HARASSMENT, "copulation-child", "rape"], victim=15, day="2016-05-01")
    assert "before this offence was added" in page
    assert escape("somebody under 14; the victim was 15") in page
    assert "Not stated (within 178-186)" in page
    assert "no legal advice and no verdict" in page
    assert "Penalty: not stated in the documents." in page


def test_a_fact_that_must_hold_too_is_named(read):
    page = read(FINDER, facts="harassment-behaviour", victim=16)
    assert "Only if this holds as well: The behaviour causes fear" in page


@pytest.mark.requirement("s-extraterritoriality")
def test_habitual_residents_are_not_covered(read):
    page = read(ABROAD, victim="habitual-resident")
    assert "Habitual resident: not covered." in page
    assert "Article 10.2, Criminal Code" in page
    assert "Active and passive extraterritoriality are recognized" in page
    assert "Habitual resident: not covered." not in read(ABROAD, victim="citizen")


def test_the_checklist_has_no_overall_answer(read):
    page = read(ABROAD)
    assert page.count("Not known") > 5
    assert "They are not added up" in page
