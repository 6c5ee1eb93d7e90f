"""Acts abroad: each condition of each rule is met, not met or not known; nothing adds them up."""

import dataclasses
from typing import Any

import pytest

from reference import files
from reference.abroad import RULES, Answers, Checked, checklist, exceptions
from reference.models import Entry
from reference.offence_finder import penalties_for

JURISDICTION = [Entry(section=RULES, code=rule["id"], data=rule) for rule in files.read("laws")["jurisdiction_rules"]]
OFFENCES = {
    offence["id"]: Entry(section="offences.offences", code=offence["id"], data=offence)
    for offence in files.read("offences")["offences"]
}
WHO, DOUBLE, THRESHOLD, EXTRADITION_DOUBLE, NATIONALS = (rule.code for rule in JURISDICTION)


def states(rule: str, **given: Any) -> list[bool | None]:
    (checked,) = [found for found in checklist(Answers(**given), JURISDICTION) if found.rule.code == rule]
    return [condition.met for condition in checked.conditions]


def reasons(rule: str, **given: Any) -> str:
    (checked,) = [found for found in checklist(Answers(**given), JURISDICTION) if found.rule.code == rule]
    return " ".join(condition.because for condition in checked.conditions)


def test_five_rules_with_their_articles_and_no_overall_answer():
    found = checklist(Answers(), JURISDICTION)
    assert [checked.articles for checked in found] == [
        ("criminal-code 8", "criminal-code 9"),
        ("criminal-code 10.2",),
        ("mutual-legal-assistance-law 13",),
        ("mutual-legal-assistance-law 13",),
        ("mutual-legal-assistance-law 16.1",),
    ]
    assert all(checked.conditions for checked in found)
    assert all(condition.met is None for checked in found for condition in checked.conditions)
    assert {field.name for field in dataclasses.fields(Checked)} == {"rule", "articles", "conditions"}


@pytest.mark.requirement("s-extraterritoriality")
@pytest.mark.parametrize(("standing", "met"), [("citizen", True), ("habitual-resident", False), ("neither", False)])
def test_citizens_are_covered_and_habitual_residents_are_not(standing, met):
    assert states(WHO, offender=standing) == [None, met, None, None]
    assert states(WHO, victim=standing) == [None, None, met, None]


@pytest.mark.requirement("s-extraterritoriality")
def test_habitual_resident_is_said_not_to_be_covered():
    assert "Habitual resident: not covered." in reasons(WHO, victim="habitual-resident")
    assert "not covered" not in reasons(WHO, victim="citizen")


def test_presence_in_serbia_or_extradition_to_it():
    assert states(WHO, present=True)[-1] is True
    assert states(WHO, present=False)[-1] is False


def test_double_criminality_here_has_two_exceptions():
    agreement, permission = exceptions(JURISDICTION)
    assert "international agreement" in agreement and "Public Prosecutor" in permission
    assert states(DOUBLE, double_criminality=True) == [True]
    assert states(DOUBLE, double_criminality=False) == [None]
    assert states(DOUBLE, double_criminality=False, exception="none") == [False]
    for exception in (agreement, permission):
        assert states(DOUBLE, double_criminality=False, exception=exception) == [True]
        assert states(DOUBLE, exception=exception) == [True]
        assert states(EXTRADITION_DOUBLE, double_criminality=False, exception=exception) == [False]
    assert states(DOUBLE, exception="none") == [None]


def test_extradition_needs_double_criminality_in_all_instances():
    assert states(EXTRADITION_DOUBLE, double_criminality=True) == [True]
    assert "no exception" in reasons(EXTRADITION_DOUBLE, double_criminality=False)


@pytest.mark.parametrize(
    ("offence", "age", "met"),
    [
        ("human-trafficking", 13, True),
        ("human-trafficking", 30, True),
        ("human-trafficking", None, True),
        ("sexual-harassment", 13, None),  # 3 to 36 months: which of them counts is not said
        ("sexual-harassment", 30, None),
        ("rape", 13, None),
    ],
)
def test_a_year_of_imprisonment_where_the_penalty_is_stated(offence, age, met):
    penalties = penalties_for(OFFENCES[offence], age, 18)
    assert states(THRESHOLD, penalties=penalties) == [met, None]
    assert states(THRESHOLD, penalties=penalties, year_in_requesting_state=False) == [met, False]


def test_why_a_year_is_not_known():
    harassment = penalties_for(OFFENCES["sexual-harassment"], 13, 18)
    assert "least or the most" in reasons(THRESHOLD, penalties=harassment)
    assert "state no penalty" in reasons(THRESHOLD, penalties=())
    assert "offence is not known" in reasons(THRESHOLD)


def test_nationals_are_not_extradited():
    assert states(NATIONALS, offender="citizen") == [False]
    assert states(NATIONALS, offender="habitual-resident") == states(NATIONALS, offender="neither") == [True]
    assert states(NATIONALS) == [None]
