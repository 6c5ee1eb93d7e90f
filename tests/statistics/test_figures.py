"""The edges of the definitions, one by one (EXCHANGE.md, section 2)."""

import datetime

import pytest

from casework.statistics.engine import annual_report
from tests.statistics.records import Day, noon

pytestmark = pytest.mark.django_db


def cells(year, figure, dimension, organisation=None):
    """The categories above zero."""
    found = annual_report(year, organisation).figure(figure).breakdown(dimension).cells
    return {cell.category: cell.value for cell in found if cell.value}


def value(year, figure, organisation=None):
    return annual_report(year, organisation).figure(figure).value


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=datetime.UTC)


# Years and days ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received_at", "year"),
    [
        (utc(2023, 12, 31, 22, 59, 59), 2023),
        (utc(2023, 12, 31, 23, 0, 0), 2024),  # midnight in Belgrade, in winter one hour before UTC
        (utc(2024, 12, 31, 22, 59, 59), 2024),
        (utc(2024, 12, 31, 23, 0, 0), 2025),
    ],
)
def test_a_year_begins_at_midnight_in_belgrade(records, received_at, year):
    records.referral(records.person(), received_at)
    for figure in ("referrals-received", "potential-victims-referred"):
        for each in (2023, 2024, 2025):
            assert value(each, figure) == (each == year)


@pytest.mark.parametrize(
    ("birth_date", "decided_on", "category"),
    [
        (Day(2006, 5, 10), Day(2024, 5, 9), "girls"),
        (Day(2006, 5, 10), Day(2024, 5, 10), "women"),  # the eighteenth birthday makes an adult
        (Day(2004, 2, 29), Day(2022, 2, 28), "girls"),
        (Day(2004, 2, 29), Day(2022, 3, 1), "women"),  # 29 February comes of age on 1 March
        (Day(2004, 2, 29), Day(2024, 2, 29), "women"),
        (None, Day(2024, 5, 10), "unknown"),
    ],
)
def test_majority_on_the_day_of_the_event(records, birth_date, decided_on, category):
    person = records.person(sex="female", birth_date=birth_date)
    records.decision(records.referral(person, Day(decided_on.year, 1, 1)), decided_on)
    records.placement(person, "foster-family", decided_on)
    records.witness_status(person, "protective-witness", decided_on)
    for figure in ("victims-officially-identified", "victims-foster-families", "protective-witness"):
        assert cells(decided_on.year, figure, "sex_age") == {category: 1}


def test_an_age_given_at_the_referral_of_the_event_comes_before_a_newer_one(records):
    person = records.person(sex="male", given_age=25, given_age_on=Day(2024, 6, 1))
    records.referral(person, Day(2024, 3, 1), given_age=17)
    assert cells(2024, "potential-victims-referred", "sex_age") == {"boys": 1}
    records.placement(person, "foster-family", Day(2024, 7, 1))
    assert cells(2024, "victims-foster-families", "sex_age") == {"men": 1}


def test_several_events_in_a_year_count_one_person_at_the_age_of_the_first(records):
    person = records.person(sex="female", birth_date=Day(2006, 5, 10), citizenships=["BA", "RS"])
    records.referral(person, Day(2024, 9, 1), source_group="self")
    records.referral(person, Day(2024, 2, 1), source_group="ngo-io")
    assert value(2024, "referrals-received") == 2
    assert cells(2024, "referrals-received", "source_group") == {"ngo-io": 1, "self": 1}
    assert cells(2024, "potential-victims-referred", "source_group") == {"ngo-io": 1}
    assert cells(2024, "potential-victims-referred", "sex_age") == {"girls": 1}
    assert cells(2024, "potential-victims-referred", "nationality") == {"serbian": 1}


# Decisions -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("s-potential-vs-identified")
def test_referred_and_identified_are_two_numbers(records):
    for outcome in ("identified", "recognised", "not_identified", "inconclusive", "discontinued", None):
        referral = records.referral(records.person(), Day(2024, 2, 1))
        if outcome:
            records.decision(referral, Day(2024, 3, 1), outcome)
    assert value(2024, "potential-victims-referred") == 6
    assert value(2024, "victims-officially-identified") == 2


def test_inconclusive_on_the_day_of_an_identification_takes_it_away(records):
    referral = records.referral(records.person(), Day(2024, 2, 1))
    later = records.decision(referral, Day(2024, 3, 1), "inconclusive", sequence=2)
    records.decision(referral, Day(2024, 3, 1), "identified", sequence=1)
    assert value(2024, "victims-officially-identified") == 0
    records.mark_in_error(later)
    assert value(2024, "victims-officially-identified") == 1


def test_on_one_day_an_appeal_comes_after_a_first_decision(records):
    referral = records.referral(records.person(), Day(2024, 2, 1))
    records.decision(referral, Day(2024, 3, 1), "not_identified", sequence=9)
    appeal = records.decision(referral, Day(2024, 3, 1), "recognised", ["forced-begging"], on_appeal=True, sequence=1)
    assert cells(2024, "victims-officially-identified", "exploitation_separate") == {"forced-begging": 1}
    records.mark_in_error(appeal)
    assert value(2024, "victims-officially-identified") == 0


def test_a_year_keeps_its_decision_whatever_a_later_year_did(records):
    referral = records.referral(records.person(), Day(2023, 2, 1))
    records.decision(referral, Day(2023, 12, 31), "identified", authority="csw")
    records.decision(referral, Day(2024, 1, 1), "not_identified", on_appeal=True)
    assert cells(2023, "victims-officially-identified", "deciding_body") == {"csw": 1}
    assert value(2024, "victims-officially-identified") == 0


def test_the_newest_of_several_referrals_decisions_counts(records):
    person = records.person()
    records.decision(records.referral(person, Day(2024, 1, 5)), Day(2024, 6, 1), "not_identified")
    records.decision(records.referral(person, Day(2024, 1, 6)), Day(2024, 6, 2), "identified", ["organ-removal"])
    records.decision(records.referral(person, Day(2024, 1, 7)), Day(2024, 5, 2), "identified", ["pornography"])
    assert cells(2024, "victims-officially-identified", "exploitation") == {"other-forms": 1}


def test_a_decision_on_a_referral_without_a_person_counts_nobody(records):
    records.decision(records.referral(None, Day(2024, 2, 1)), Day(2024, 3, 1))
    assert value(2024, "victims-officially-identified") == 0
    assert value(2024, "potential-victims-referred") == 0
    assert value(2024, "referrals-received") == 1


@pytest.mark.parametrize(
    ("forms", "family", "kind", "of_which"),
    [
        (["grooming", "prostitution"], "sex-trafficking", "sex-trafficking", []),
        (["domestic-servitude"], "labor-trafficking", "labor-trafficking", []),
        (["labor-trafficking", "domestic-servitude"], "labor-trafficking", "labor-trafficking", []),
        (["forced-begging"], "labor-trafficking", "forced-begging", ["forced-begging"]),
        (
            ["forced-begging", "forced-criminality"],
            "labor-trafficking",
            "multiple-forms",
            ["forced-begging", "forced-criminality"],
        ),
        (["labor-trafficking", "forced-criminality"], "labor-trafficking", "multiple-forms", ["forced-criminality"]),
        (["sex-trafficking", "forced-begging"], "multiple-forms", "multiple-forms", []),
        (["surrogacy", "forced-marriage"], "other-forms", "other-forms", []),
        (["multiple-forms"], "multiple-forms", "multiple-forms", []),
        (["multiple-forms", "forced-begging"], "multiple-forms", "multiple-forms", []),
    ],
)
def test_forms_in_both_schemes(records, forms, family, kind, of_which):
    records.decision(records.referral(records.person(), Day(2024, 2, 1)), Day(2024, 3, 1), forms=forms)
    report = annual_report(2024)
    identified = report.figure("victims-officially-identified")
    assert cells(2024, identified.figure.id, "exploitation") == {family: 1}
    assert cells(2024, identified.figure.id, "exploitation_separate") == {kind: 1}
    (labour,) = [cell for cell in identified.breakdown("exploitation").cells if cell.of_which]
    assert labour.category == "labor-trafficking"
    assert {part.category: part.value for part in labour.of_which} == {
        "forced-begging": int("forced-begging" in of_which),
        "forced-criminality": int("forced-criminality" in of_which),
    }
    assert not any(cell.of_which for cell in identified.breakdown("exploitation_separate").cells)
    assert not report.failed


def test_citizenships_that_occur_stand_in_alphabetical_order_before_unknown(records):
    for citizenships in (["SY"], ["BA", "RS"], ["XX"], [], ["RS", "BA"], ["XK"]):
        person = records.person(citizenships=citizenships)
        records.decision(records.referral(person, Day(2024, 2, 1)), Day(2024, 3, 1))
    found = annual_report(2024).figure("victims-officially-identified").breakdown("citizenship").cells
    assert [(cell.category, cell.value) for cell in found] == [
        ("BA", 1),
        ("RS", 1),
        ("SY", 1),
        ("XK", 1),
        ("XX", 1),
        ("unknown", 1),
    ]
    assert cells(2024, "victims-officially-identified", "nationality") == {"serbian": 2, "foreign": 3, "unknown": 1}


# Placements and witness statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "years"),
    [
        (Day(2023, 12, 30), Day(2024, 1, 1), [2023]),  # the last night is that of 31 December
        (Day(2023, 12, 30), Day(2024, 1, 2), [2023, 2024]),
        (Day(2023, 12, 31), Day(2023, 12, 31), [2023]),  # a same-day stay has its day
        (Day(2024, 1, 1), Day(2024, 1, 1), [2024]),
        (Day(2022, 5, 1), None, [2022, 2023, 2024, 2025]),
    ],
)
def test_the_years_that_a_stay_touches(records, starts_on, ends_on, years):
    records.placement(records.person(), "cptv-emergency-shelter", starts_on, ends_on)
    touched = [year for year in range(2021, 2026) if value(year, "cptv-shelter-accommodated")]
    assert touched == years


def test_the_age_in_a_later_year_of_a_stay_is_that_on_1_january(records):
    person = records.person(sex="male", birth_date=Day(2006, 1, 1))
    records.placement(person, "cptv-emergency-shelter", Day(2022, 5, 1))
    younger = records.person(sex="male", birth_date=Day(2006, 1, 2))
    records.placement(younger, "cptv-emergency-shelter", Day(2023, 12, 31))
    found = {year: cells(year, "cptv-shelter-accommodated", "sex_age") for year in range(2022, 2026)}
    assert found == {2022: {"boys": 1}, 2023: {"boys": 2}, 2024: {"men": 1, "boys": 1}, 2025: {"men": 2}}


def test_a_stay_and_another_one_are_one_person(records):
    person = records.person()
    records.placement(person, "cptv-emergency-shelter", Day(2023, 12, 1), Day(2024, 2, 1))
    records.placement(person, "cptv-emergency-shelter", Day(2024, 2, 1), Day(2024, 2, 1))
    records.placement(person, "ngo-shelter", Day(2024, 3, 1))
    assert value(2024, "cptv-shelter-accommodated") == 1


def test_foster_placements_count_in_the_year_they_start(records):
    records.placement(records.person(), "foster-family", Day(2023, 12, 31))
    assert [value(year, "victims-foster-families") for year in (2023, 2024)] == [1, 0]


@pytest.mark.parametrize(
    ("status", "decided_on", "counted"),
    [
        ("granted", Day(2024, 12, 31), 1),
        ("granted", Day(2025, 1, 1), 0),
        ("granted", None, 0),
        ("refused", Day(2024, 5, 1), 0),
        ("withdrawn", Day(2024, 5, 1), 0),
        ("pending", None, 0),
    ],
)
def test_witness_statuses_granted_in_the_year(records, status, decided_on, counted):
    records.witness_status(records.person(), "especially-vulnerable-witness", decided_on, status=status)
    assert value(2024, "especially-vulnerable-witness") == counted
    assert value(2024, "protective-witness") == 0


@pytest.mark.requirement("f-no-referral-to-specialists")
@pytest.mark.parametrize(("opened_on", "year"), [(Day(2023, 12, 31), 2023), (Day(2024, 1, 1), 2024)])
def test_proceedings_count_in_the_year_they_were_opened_by_specialised_prosecutor(records, opened_on, year):
    person = records.person()
    for answer in ("yes", "yes", "no", "unknown"):
        records.proceeding(person, opened_on, specialised_prosecutor=answer)
    assert [value(each, "proceedings-opened") for each in (2023, 2024)] == [4 * (each == year) for each in (2023, 2024)]
    assert cells(year, "proceedings-opened", "specialised_prosecutor") == {"yes": 2, "no": 1, "unknown": 1}


# What was entered in error, and whose records ------------------------------------------------------------------------


def everything(records):
    """One person with one record of every kind in 2024."""
    person = records.person(sex="female", birth_date=Day(1990, 1, 1), citizenships=["RS"])
    referral = records.referral(person, Day(2024, 2, 1))
    return {
        "person": person,
        "referral": referral,
        "decision": records.decision(referral, Day(2024, 3, 1)),
        "identification": referral.identification,
        "shelter stay": records.placement(person, "cptv-emergency-shelter", Day(2024, 4, 1), Day(2024, 5, 1)),
        "foster stay": records.placement(person, "foster-family", Day(2024, 5, 1)),
        "especially": records.witness_status(person, "especially-vulnerable-witness", Day(2024, 6, 1)),
        "protective": records.witness_status(person, "protective-witness", Day(2024, 7, 1)),
        "proceeding": records.proceeding(person, Day(2024, 8, 1), specialised_prosecutor="no"),
        "call": records.call(
            referral,
            noon(Day(2024, 2, 1)),
            organisation=referral.organisation,
            hotline="cptv",
            trafficking_related="yes",
        ),
        "case": person.cases.get(),
    }


ALL_FIGURES = {
    "referrals-received",
    "potential-victims-referred",
    "cptv-hotline-calls",
    "cptv-hotline-victims",
    "victims-officially-identified",
    "cptv-shelter-accommodated",
    "victims-foster-families",
    "especially-vulnerable-witness",
    "protective-witness",
    "proceedings-opened",
}
OF_REFERRAL = {
    "referrals-received",
    "potential-victims-referred",
    "cptv-hotline-victims",
    "victims-officially-identified",
}
# The referral was received and the call was made, whoever they were about.
OF_NOBODY = {"referrals-received", "cptv-hotline-calls"}


@pytest.mark.requirement("s-annual-statistics")
@pytest.mark.parametrize(
    ("wrong", "gone"),
    [
        ("referral", OF_REFERRAL),
        ("call", {"cptv-hotline-calls", "cptv-hotline-victims"}),
        ("decision", {"victims-officially-identified"}),
        ("identification", {"victims-officially-identified"}),
        ("shelter stay", {"cptv-shelter-accommodated"}),
        ("foster stay", {"victims-foster-families"}),
        ("especially", {"especially-vulnerable-witness"}),
        ("protective", {"protective-witness"}),
        ("proceeding", {"proceedings-opened"}),
        (
            "case",
            {
                "cptv-shelter-accommodated",
                "victims-foster-families",
                "especially-vulnerable-witness",
                "protective-witness",
                "proceedings-opened",
            },
        ),
        ("person", ALL_FIGURES - OF_NOBODY),
    ],
)
def test_what_was_entered_in_error_leaves_exactly_its_cells(records, wrong, gone):
    everything(records)
    before = annual_report(2024)
    second = everything(records)
    records.mark_in_error(second[wrong])
    after = annual_report(2024)
    assert {counted.figure.id for counted in before.figures} == ALL_FIGURES
    for one, two in zip(before.figures, after.figures, strict=True):
        factor = 1 if one.figure.id in gone else 2
        assert two.value == one.value * factor, one.figure.id
        for first, again in zip(one.breakdowns, two.breakdowns, strict=True):
            assert [cell.value for cell in again.cells] == [cell.value * factor for cell in first.cells]
    assert not after.failed


def test_only_the_organisations_own_records(cast, records):
    everything(records)
    records.organisation = cast.other
    everything(records)
    for counted in annual_report(2024).figures:
        assert counted.value == 2
    for organisation in (cast.home, cast.other):
        assert {counted.value for counted in annual_report(2024, organisation).figures} == {1}
    assert {counted.value for counted in annual_report(2024, cast.cptv).figures} == {0}
