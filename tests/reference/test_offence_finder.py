"""From facts to the offences they may be: penalties as the documents print them, and what age or day rules out."""

from datetime import date
from typing import Any

import pytest

from reference import files, services
from reference.ages import age_on
from reference.models import Entry
from reference.offence_finder import CIRCUMSTANCES, FACTS, Asked, by_facts, find, penalties_for
from reference.routing import OFFENCES
from reference.sections import LAWS
from tests.support.sources import needs_sources, not_found

CHANGE = date(2017, 6, 1)
HARASSMENT = ("harassment-behaviour", "harassment-effect")


def entries(section: str) -> dict[str, Entry]:
    file, key = section.split(".")
    return {
        found["id"]: Entry(section=section, code=found["id"], name=found.get("name", ""), data=found)
        for found in files.read(file)[key]
    }


ALL = [entries(section) for section in (FACTS, OFFENCES, CIRCUMSTANCES, LAWS)]


def found(*facts: str, **given: Any) -> Any:
    return by_facts(Asked(facts=facts, **given), *ALL)


def only(*facts: str, **given: Any) -> Any:
    (candidate,) = found(*facts, **given).candidates
    return candidate


def months(offence: str, age: int, limit: int = 18) -> list[Any]:
    return [penalty.months for penalty in penalties_for(ALL[1][offence], age, limit)]


@needs_sources
def test_every_fact_is_worded_after_a_phrase_that_stands_in_its_document():
    assert not not_found(files.read("offence_facts"))


def test_every_fact_says_that_the_choice_is_ours_and_names_what_there_is():
    facts, offences, circumstances, _laws = ALL
    for code, fact in facts.items():
        assert fact.data["ours"] is True and fact.data["source"]["locator"], code
        assert fact.data.get("offences") or fact.data.get("circumstances"), code
        assert set(fact.data.get("offences", [])) <= set(offences)
        assert set(fact.data.get("circumstances", [])) <= set(circumstances)
        assert set(fact.data.get("needs", [])) <= set(facts)


def test_every_offence_and_every_circumstance_can_be_found():
    facts, offences, circumstances, _laws = ALL
    pointed = {code for fact in facts.values() for code in fact.data.get("offences", [])}
    assert pointed == set(offences)
    aggravating = {code for fact in facts.values() for code in fact.data.get("circumstances", [])}
    assert aggravating == set(circumstances) - {"aggr-victim-class"}


@pytest.mark.requirement("s-penalties")
def test_penalties_of_article_388_and_of_harassment_in_months():
    assert months("human-trafficking", 30) == [(24, 144)]
    assert months("human-trafficking", 13) == [(36, 144)]
    assert months("sexual-harassment", 13) == months("sexual-harassment", 17) == [(3, 36)]
    assert months("sexual-harassment", 18) == [None]
    assert months("rape", 13) == []


def test_penalties_as_printed():
    (penalty,) = penalties_for(ALL[1]["human-trafficking"], 13, 18)
    assert (penalty.victim_class, penalty.least, penalty.most) == ("child", "3 years", "12 years")


@pytest.mark.requirement("s-age-classes", "s-penalties")
@pytest.mark.parametrize(
    ("day", "trafficking", "harassment"),
    [
        (date(2023, 5, 9), (36, 144), (3, 36)),
        (date(2023, 5, 10), (36, 144), (3, 36)),
        (date(2027, 5, 9), (36, 144), (3, 36)),
        (date(2027, 5, 10), (24, 144), None),
    ],
)
def test_birthdays_change_the_penalty(day, trafficking, harassment):
    age = age_on(date(2009, 5, 10), day)
    assert months("human-trafficking", age) == [trafficking]
    assert months("sexual-harassment", age) == [harassment]


@pytest.mark.requirement("f-age-words")
def test_the_reports_child_follows_the_setting_and_the_letters_juvenile_does_not():
    assert months("human-trafficking", 15, limit=14) == [(24, 144)]
    assert months("sexual-harassment", 15, limit=14) == [(3, 36)]
    fifteen = only("sex-trafficking", victim_age=15)
    assert any("without saying up to which age" in doubt and "under 14" in doubt for doubt in fifteen.doubts)
    assert not only("sex-trafficking", victim_age=13).doubts
    assert not only("sex-trafficking", victim_age=18).doubts


@pytest.mark.requirement("f-age-words")
@pytest.mark.parametrize("fact", ["copulation-child", "incitement-child"])
def test_the_letters_child_ends_at_fourteen(fact):
    assert found(fact, victim_age=13).candidates and not found(fact, victim_age=13).excluded
    fourteen = found(fact, victim_age=14)
    assert not fourteen.candidates
    assert fourteen.excluded[0].because == (
        "The source speaks of a child, which is somebody under 14; the victim was 14."
    )
    assert fourteen.excluded[0].source.code == fact


@pytest.mark.parametrize("fact", ["grooming", "exploiting-juveniles", "material-possessed", "trafficking-of-juvenile"])
def test_the_letters_juvenile_ends_at_eighteen(fact):
    assert found(fact, victim_age=17).candidates
    assert "under 18; the victim was 18" in found(fact, victim_age=18).excluded[0].because


def test_a_fact_that_age_rules_out_leaves_the_offence_to_another_fact():
    candidate = only("trafficking-of-juvenile", "labor-trafficking", victim_age=30)
    assert [fact.code for fact in candidate.facts] == ["labor-trafficking"]


def test_harassment_was_added_on_1_june_2017():
    before = found(*HARASSMENT, victim_age=16, day=date(2017, 5, 31))
    assert not before.candidates
    (excluded,) = before.excluded
    assert excluded.offence.code == "sexual-harassment"
    assert excluded.source.code == "criminal-code-amendments-2017"
    assert "2017" in excluded.because
    assert not found(*HARASSMENT, victim_age=16, day=CHANGE).excluded
    assert any("added on that day" in doubt for doubt in only(*HARASSMENT, victim_age=16).doubts)


def test_before_the_amendments_the_sanctions_of_the_chapter_are_not_stated():
    assert any("more rigorous" in doubt for doubt in only("rape", victim_age=16, day=date(2017, 5, 31)).doubts)
    assert not only("rape", victim_age=16, day=CHANGE).doubts
    assert not only("sex-trafficking", victim_age=13, day=date(2010, 1, 1)).doubts


def test_a_definition_of_two_parts_says_which_is_missing():
    assert [fact.code for fact in only("harassment-behaviour", victim_age=16).missing] == ["harassment-effect"]
    assert not only(*HARASSMENT, victim_age=16).missing


def test_circumstances_that_aggravate():
    young = only("rape", "pregnancy", victim_age=17)
    assert [entry.code for entry in young.circumstances] == ["aggr-victim-class", "aggr-pregnancy"]
    assert all(entry.data["penalty_not_stated"] for entry in young.circumstances)
    assert not only("rape", victim_age=18).circumstances
    assert not only("rape").circumstances


def test_articles_as_stated_or_within_their_range():
    assert only("sex-trafficking").article == "388"
    assert only("exhibition").article == "185"
    assert only("rape").article == "Not stated (within 178-186)"


def test_without_an_age_every_class_with_a_penalty_is_shown():
    candidate = only("labor-trafficking")
    assert [penalty.victim_class for penalty in candidate.penalties] == ["adult", "child"]
    assert any("age of the victim is not known" in doubt for doubt in candidate.doubts)


def test_no_facts_no_offence_and_what_nobody_knows_is_passed_over():
    assert found() == found("no-such-fact")
    assert not found().candidates


@pytest.mark.django_db
def test_an_offence_is_read_in_the_wording_of_the_day(django_assert_num_queries):
    offence = Entry.objects.get(section=OFFENCES, code="human-trafficking")
    harder = [{**offence.data["penalties"][0], "min": "5 years", "min_months": 60}]
    services.write_entry(
        section=OFFENCES,
        code=offence.code,
        data={**offence.data, "penalties": harder},
        reason="A new law.",
        holds_from=date(2026, 3, 1),
    )
    asked = Asked(("labor-trafficking",), victim_age=30, day=date(2026, 2, 28))
    with django_assert_num_queries(2):
        before = find(asked)
    assert before.candidates[0].penalties[0].months == (24, 144)
    after = find(Asked(("labor-trafficking",), victim_age=30, day=date(2026, 3, 1)))
    assert after.candidates[0].penalties[0].months == (60, 144)


@pytest.mark.django_db
def test_harassment_before_its_day_is_said_and_not_dropped():
    assert [excluded.offence.code for excluded in find(Asked(HARASSMENT, 16, date(2015, 1, 1))).excluded] == [
        "sexual-harassment"
    ]
