"""Who is competent for a referral, and a supervisor's choice where the documents leave several authorities."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.people.holdings import HELD
from casework.workflow import Refused
from reference import services as published
from reference.models import Entry
from reference.routing import QUESTIONS
from referrals import services
from referrals.models import AuthorityChoice, Referral, Route
from referrals.services.competence import competence_of, facts_of
from referrals.services.routing import route_by_age
from tests.support.threads import all_at_once

RULES = "authorities.routing_rules"


def choose(cast: Any, referral: Any, **given: Any) -> AuthorityChoice:
    values = {"question": "police", "rule": "route-cyber", "reason": "The images were sent by telephone."}
    return services.choose_authority(
        referral=referral, now=timezone.now(), chosen_by=given.pop("chosen_by", cast.vesna), **{**values, **given}
    )


@pytest.fixture
def grooming(log):
    """A referral on a girl of 13: a sign that says information technology was used, the suspect's age not known."""
    return log(given_age=13, indicators=[("grooming-ict", "said")])


def test_the_facts_are_what_the_referral_says_and_nothing_more(log):
    facts = facts_of(log(given_age=13))
    assert (facts.victim_age, facts.cyber, facts.suspect_age, facts.abroad, facts.offence) == (13, None, None, None, "")
    assert facts.child_limit == 18 and facts.channel == ""
    assert facts_of(log(given_age=None)).victim_age is None


@pytest.mark.parametrize("how", ["seen", "said"])
@pytest.mark.parametrize("sign", ["grooming-ict", "abuse-material", "recruited-online"])
def test_a_sign_says_that_information_technology_was_used(sign, how, log):
    assert facts_of(log(indicators=[(sign, how)])).cyber is True


def test_a_form_says_so_too_and_a_sign_that_was_not_asked_for_does_not(log):
    assert facts_of(log(suspected_forms=["grooming"])).cyber is True
    assert facts_of(log(indicators=[("grooming-ict", "not-asked")])).cyber is None
    assert facts_of(log(indicators=[("physical-abuse", "seen")], suspected_forms=["sex-trafficking"])).cyber is None


@pytest.mark.parametrize(
    ("given", "state", "rules"),
    [
        ({"source": "national-help-line"}, "decided", {"route-helpline-report"}),
        ({"channel": "help-line"}, "decided", {"route-helpline-report"}),
        ({"source": "sos-email"}, "decided", {"route-sos-email"}),
        ({"channel": "e-mail"}, "decided", {"route-sos-email"}),
        ({"channel": "telephone"}, "not-stated", set()),
        ({}, "conditional", {"route-helpline-report", "route-sos-email"}),
    ],
)
def test_who_receives_it_follows_from_how_it_came(given, state, rules, log):
    answer = competence_of(log(**given)).answers["receives"]
    assert answer.state == state
    assert {candidate.rule.code for candidate in answer.candidates} == rules


@pytest.mark.parametrize(("age", "route"), [(None, "undecided"), (13, "csw"), (17, "csw"), (18, "cptv"), (40, "cptv")])
def test_the_route_is_the_one_of_the_rules(age, route, db):
    assert route_by_age(age, date(2026, 11, 1)) == route


def test_a_route_that_no_rule_gives_waits_for_a_supervisor(log):
    rule = Entry.objects.get(section=RULES, code="route-identify-child")
    published.end_entry(entry=rule, on=date(2020, 1, 1), reason="Replaced.")
    assert log(given_age=13).identification.route == Route.UNDECIDED
    assert log(given_age=20).identification.route == Route.CPTV


def test_the_route_follows_the_rule_of_the_day_of_receipt(settings, db):
    rule = Entry.objects.get(section=RULES, code="route-identify-child")
    both = {**rule.data, "identification": "cptv"}
    published.write_entry(section=RULES, code=rule.code, data=both, reason="A new law.", holds_from=date(2026, 3, 1))
    assert route_by_age(13, date(2026, 2, 28)) == Route.CSW
    assert route_by_age(13, date(2026, 3, 1)) == Route.CPTV
    settings.CHILD_AGE_LIMIT = 14
    assert route_by_age(14, date(2026, 2, 28)) == Route.CPTV


@pytest.mark.requirement("s-competent-authorities")
def test_the_page_shows_authorities_rules_and_sources(grooming, cast, as_user):
    page = as_user(cast.ana).get(reverse("referrals:referral", args=[grooming.number])).content.decode()
    assert "Competent authorities" in page
    assert "Anti-Cyber Crime Division" in page and "juvenile delinquency" in page and "Center for Social Work" in page
    assert "If the suspect is under 18" in page
    assert "due to the method of commission or used means" in page
    url = f"{reverse('reference:who-is-competent')}?victim=13&amp;cyber=yes"
    assert f'href="{url}"' in page
    assert reverse("referrals:choose-authority", args=[grooming.number]) not in page  # a caseworker does not choose


def rules_shown(page):
    text = page.content.decode()
    begin = text.index("Competent authorities")
    return text[begin : text.index("</section>", begin)]


@pytest.mark.requirement("s-cyber-referral")
@pytest.mark.parametrize(
    ("answer", "named", "not_named"),
    [
        ("yes", ["Anti-Cyber Crime Division", "Belgrade Superior Office"], ["Organisational units"]),
        ("no", ["Organisational units", "Competent prosecutor", "Competent court"], ["Anti-Cyber Crime Division"]),
    ],
)
def test_the_question_on_means_names_the_authority(answer, named, not_named, cast, as_user, answers):
    ana = as_user(cast.ana)
    ana.post(
        "/referrals/log/",
        answers(sex="female", given_age="16", cyber_means=answer, suspect_age="40", committed_abroad="no"),
    )
    rows = ana.get(f"/referrals/{Referral.objects.get().number}/").context["competence"]["rows"]
    asked = [QUESTIONS[question] for question in ("police", "prosecution", "court")]
    decided = str([row[1] for row in rows if row[0][0] in asked])
    assert [name for name in named if name not in decided] == []
    assert [name for name in not_named if name in decided] == []


@pytest.mark.requirement("s-juvenile-offender-routing")
def test_a_suspect_of_sixteen_in_a_cyber_case_meets_both_rules_and_a_note(cast, as_user, answers):
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    ana.post(
        "/referrals/log/",
        answers(sex="female", given_age="15", cyber_means="yes", suspect_age="16", committed_abroad="no"),
    )
    number = Referral.objects.get().number
    page = ana.get(reverse("referrals:referral", args=[number]))
    shown = rules_shown(page)
    assert "Anti-Cyber Crime Division" in shown and "juvenile delinquency" in shown
    assert any(
        "two rules" in note or "does not say" in note or "do not say" in note
        for note in page.context["competence"]["notes"]
    )
    offered = vesna.get(reverse("referrals:choose-authority", args=[number])).content.decode()
    assert "Anti-Cyber Crime Division" in offered and "juveniles" in offered.lower()


def test_a_supervisor_chooses_and_the_page_says_who_and_when(grooming, cast, as_user):
    client = as_user(cast.vesna)
    url = reverse("referrals:choose-authority", args=[grooming.number])
    assert url in client.get(reverse("referrals:referral", args=[grooming.number])).content.decode()
    posted = {"choice": "prosecution route-cyber", "reason": "The images were sent by telephone."}
    response = client.post(url, posted)
    assert response.status_code == 302
    choice = AuthorityChoice.objects.get()
    assert (choice.question, choice.rule, choice.authority) == ("prosecution", "route-cyber", "belgrade-spp-cyber")
    assert (choice.chosen_by, choice.referral) == (cast.vesna, grooming)
    page = as_user(cast.ana).get(reverse("referrals:referral", args=[grooming.number])).content.decode()
    assert "Chosen by a supervisor" in page and posted["reason"] in page and cast.vesna.full_name in page


@pytest.mark.parametrize("posted", [{}, {"choice": "police route-cyber"}, {"choice": "x y", "reason": "Because."}])
def test_nothing_is_kept_without_a_choice_and_a_reason(posted, grooming, cast, as_user):
    url = reverse("referrals:choose-authority", args=[grooming.number])
    response = as_user(cast.vesna).post(url, posted)
    assert response.status_code == 200 and "There is a problem" in response.content.decode()
    assert not AuthorityChoice.objects.exists()


def test_the_choice_is_sealed_and_in_the_trail(grooming, cast):
    choice = choose(cast, grooming, reason="Kanarinka reason")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason::text FROM referrals_authoritychoice")
        assert "Kanarinka" not in str(cursor.fetchall())
    assert AuthorityChoice.objects.get(pk=choice.pk).reason == "Kanarinka reason"
    event = Event.objects.filter(verb="choose_authority").latest("at")
    assert event.actor_id == cast.vesna.pk and "Kanarinka" not in str(vars(event))


def test_only_supervisors_choose_and_only_what_is_left_open(grooming, log, cast):
    for who in (cast.ana, cast.boris, cast.dragan):
        with pytest.raises(Refused):
            choose(cast, grooming, chosen_by=who)
    for question, rule in (("police", "route-identify-child"), ("identification", "route-identify-child"), ("x", "y")):
        with pytest.raises(Refused, match="leave open"):
            choose(cast, grooming, question=question, rule=rule)
    with pytest.raises(Refused, match="why"):
        choose(cast, grooming, reason="  ")
    services.mark_referral_in_error(referral=grooming, why="Twice.", now=timezone.now(), marked_by=cast.vesna)
    with pytest.raises(Refused, match="error"):
        choose(cast, grooming)
    assert not AuthorityChoice.objects.exists()


def test_a_later_choice_replaces_and_the_earlier_stays(grooming, cast, as_user):
    choose(cast, grooming, reason="First.")
    with pytest.raises(Refused, match="already"):
        choose(cast, grooming)
    choose(cast, grooming, rule="route-juvenile-offender", reason="The suspect is 16.")
    page = as_user(cast.ana).get(reverse("referrals:referral", args=[grooming.number])).content.decode()
    assert "A later choice replaced it." in page and "First." in page and "The suspect is 16." in page


def test_a_choice_goes_with_the_person_when_one_is_named_later(log, cast):
    referral = log(person=None, given_age=None, indicators=[("abuse-material", "seen")])
    assert referral.person is None
    choice = choose(cast, referral, reason="Sent by telephone.")
    amended = services.amend_referral(
        referral=referral, version=referral.version, amended_by=cast.ana, person={"sex": "female"}, given_age=15
    )
    kept = AuthorityChoice.objects.get(pk=choice.pk)
    assert kept.key_id == amended.person.key_id and kept.reason == "Sent by telephone."
    rows = HELD["referrals.AuthorityChoice"]
    assert rows.model is AuthorityChoice


def test_two_supervisors_at_once_do_not_choose_the_same_twice(committed_db, django_db_blocker):
    from tests.support.cast import load_cast

    with django_db_blocker.unblock():
        cast = load_cast()
        now = timezone.now()
        referral = services.log_referral(
            organisation=cast.home, received_at=now, source="police", now=now, logged_by=cast.ana,
            person={"sex": "female"}, given_age=13, indicators=[("grooming-ict", "said")],
        )  # fmt: skip
        outcomes = all_at_once([lambda: choose(cast, referral)] * 2)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        assert len(refused) == 1 and AuthorityChoice.objects.count() == 1
