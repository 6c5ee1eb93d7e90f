"""Who is competent: a table of questions answered by hand from the documents, and what the rules leave open."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from reference import files, services
from reference.ages import age_on
from reference.models import Entry
from reference.routing import (
    QUESTIONS,
    RULES,
    by_rules,
    competent,
    identifying_authority,
)
from reference.routing_rules import Facts, identifies

TABLE = yaml.safe_load((Path(__file__).parent / "routing_questions.yaml").read_text(encoding="utf-8"))
NAMES = TABLE["rules"]
CHANNELS = {
    "": "",
    "help-line": "National Help Line/Call Centre on the Cyber Safety of Children",
    "sos": '"SOS hot-line" e-mail childprotection@mup.gov.rs',
    "another": "Telephone",
}
PLACES = {"serbia": False, "abroad": True, "unknown": None}


def entries(section: str) -> list[Entry]:
    file, key = section.split(".")
    return [
        Entry(
            section=section,
            code=found["id"],
            name=found.get("name", found["id"]),
            data=found,
            source_document=found["source"]["document"],
            source_locator=found["source"]["locator"],
        )
        for found in files.read(file)[key]
    ]


ROUTING = entries(RULES)
OFFENCES = {entry.code: entry for entry in entries("offences.offences")}


def asked(facts: Facts) -> Any:
    return by_rules(facts, ROUTING, {}, OFFENCES)


def facts_of(question: dict[str, Any]) -> Facts:
    nobody = question.get("suspect") == "nobody"
    return Facts(
        victim_age=question.get("victim"),
        cyber=question.get("cyber"),
        suspect_age=None if nobody else question.get("suspect"),
        suspect_known=not nobody,
        abroad=PLACES[question.get("place", "serbia")],
        offence=question.get("offence", ""),
        channel=CHANNELS[question.get("channel", "")],
        child_limit=question.get("limit", 18),
    )


def test_the_table_is_long_enough_and_asks_nothing_twice():
    facts = [facts_of(question) for question in TABLE["questions"]]
    assert len(facts) >= 70
    assert len(set(facts)) == len(facts)


def test_the_tables_rules_are_those_of_the_documents():
    rules = {rule.code: rule.data for rule in ROUTING}
    assert {name["id"] for name in NAMES.values()} == set(rules)
    for named in NAMES.values():
        rule = rules[named["id"]]
        assert {q: rule.get(q, "") for q in QUESTIONS if q in rule or rule.get(f"{q}_not_stated")} == {
            question: authority for question, authority in named.items() if question != "id"
        }


@pytest.mark.requirement("s-competent-authorities")
@pytest.mark.parametrize("question", TABLE["questions"], ids=str)
def test_question(question):
    found = asked(facts_of(question))
    for about in QUESTIONS:
        state, *rules = question.get(about, "conditional help-line sos" if about == "receives" else "").split()
        answer = found.answers[about]
        assert answer.state == state, (about, answer)
        expected = {(NAMES[rule]["id"], NAMES[rule][about]) for rule in rules}
        assert {(candidate.rule.code, candidate.authority) for candidate in answer.candidates} == expected, about


def test_every_rule_is_looked_at_in_the_order_of_listing_with_a_reason():
    found = asked(Facts(victim_age=13, cyber=True, suspect_age=17, offence="grooming"))
    assert [step.rule.data["listing_order"] for step in found.steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(step.because for step in found.steps)
    held = {step.rule.code: step.holds for step in found.steps}
    assert held["route-cyber"] is held["route-juvenile-offender"] is held["route-identify-child"] is True
    assert held["route-other"] is held["route-identify-adult"] is False
    assert held["route-helpline-report"] is held["route-sos-email"] is None
    assert found.undecided == ("police", "prosecution", "court")
    assert any("cyber-crime or the one on juvenile suspects" in note for note in found.notes)


def test_what_is_not_known_is_answered_with_its_condition():
    found = asked(Facts(victim_age=13, suspect_age=30, offence="rape"))
    conditions = {candidate.authority: candidate.condition for candidate in found.answers["police"].candidates}
    assert conditions == {
        "moi-anti-cyber-crime-division": "if information technology was the method or the means",
        "moi-organisational-units": "if no rule before it holds",
    }
    assert "not known" in found.steps[0].because


def test_a_holding_rule_has_no_condition():
    found = asked(Facts(victim_age=13, cyber=True, offence="grooming"))
    conditions = {candidate.rule.code: candidate.condition for candidate in found.answers["police"].candidates}
    assert conditions == {"route-cyber": "", "route-juvenile-offender": "if the suspect is under 18"}


def test_no_suspect_is_another_reason_than_an_age_that_is_not_known():
    reasons = [asked(Facts(victim_age=13, cyber=True, suspect_known=known)).steps[1].because for known in (True, False)]
    assert reasons == ["The age of the suspect is not known.", "No suspect is known."]


@pytest.mark.requirement("f-no-referral-to-specialists")
def test_specialised_prosecutors_are_named_with_what_their_source_says_of_them():
    found = asked(Facts(victim_age=25, cyber=False, suspect_age=30, offence="human-trafficking"))
    assert found.answers["prosecution"].authorities == ("ppo-specialised",)
    assert any("no consistent system exists" in note for note in found.notes)


def test_a_rule_with_a_condition_nobody_knows_is_left_open():
    rule = Entry(section=RULES, code="new", data={"id": "new", "when": {"weather": "rain"}, "police": "x"})
    found = by_rules(Facts(), [rule])
    assert found.steps[0].holds is None and "weather" in found.steps[0].because
    assert found.answers["police"].state == "conditional"


@pytest.mark.requirement("s-age-classes", "f-age-words")
@pytest.mark.parametrize(
    ("day", "age", "child", "word"),
    [
        (date(2023, 5, 9), 13, True, ""),
        (date(2023, 5, 10), 14, True, "a minor"),
        (date(2027, 5, 9), 17, True, "a minor"),
        (date(2027, 5, 10), 18, False, ""),
    ],
)
def test_on_the_fourteenth_birthday_only_the_setting_makes_a_child(day, age, child, word):
    reached = age_on(date(2009, 5, 10), day)
    assert reached == age
    assert identifies(reached, 18) == ("child" if child else "adult")
    assert identifying_authority(reached, 18, ROUTING) == ("csw" if child else "cptv")
    assert identifying_authority(reached, 14, ROUTING) == ("csw" if age < 14 else "cptv")
    notes = [note for note in asked(Facts(victim_age=reached)).notes if "No document gives the age" in note]
    assert [word in note for note in notes] == ([True] if word else [])
    assert all("under 14" in note and "18" in note for note in notes)


@pytest.mark.requirement("s-age-classes")
@pytest.mark.parametrize(("day", "state"), [(date(2027, 5, 9), "undecided"), (date(2027, 5, 10), "decided")])
def test_on_the_eighteenth_birthday_a_suspect_is_no_juvenile(day, state):
    suspect = age_on(date(2009, 5, 10), day)
    found = asked(Facts(victim_age=13, cyber=True, suspect_age=suspect, offence="grooming"))
    assert found.answers["police"].state == state


@pytest.mark.django_db
def test_rules_are_read_in_the_wording_of_the_day(django_assert_num_queries):
    facts = Facts(victim_age=25, cyber=False, suspect_age=30, offence="human-trafficking")
    old = Entry.objects.get(section=RULES, code="route-trafficking-specialised-prosecutor")
    changed = {**old.data, "prosecution": "belgrade-spp-cyber"}
    services.write_entry(section=RULES, code=old.code, data=changed, reason="A new law.", holds_from=date(2026, 3, 1))
    with django_assert_num_queries(2):
        before = competent(facts, date(2026, 2, 28))
    assert before.answers["prosecution"].authorities == ("ppo-specialised",)
    assert before.authorities["ppo-specialised"].title == "Specialised prosecutors for trafficking cases"
    assert competent(facts, date(2026, 3, 1)).answers["prosecution"].authorities == ("belgrade-spp-cyber",)


@pytest.mark.django_db
def test_a_rule_that_ended_is_not_looked_at():
    rule = Entry.objects.get(section=RULES, code="route-sos-email")
    services.end_entry(entry=rule, on=date(2026, 6, 30), reason="The address was closed.")
    assert "route-sos-email" in {step.rule.code for step in competent(Facts(), date(2026, 6, 30)).steps}
    assert "route-sos-email" not in {step.rule.code for step in competent(Facts(), date(2026, 7, 1)).steps}
