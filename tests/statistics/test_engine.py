"""How the engine counts: one query, the exchange format, checks that notice what does not add up."""

import dataclasses
import datetime

import pytest

from casework.statistics import registry
from casework.statistics.checks import agreements, of_which, partition
from casework.statistics.engine import annual_report
from casework.statistics.periods import check_year, years
from casework.statistics.registry import Breakdown, Cell, Counted
from casework.workflow import Refused
from tests.statistics.records import Day

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
QUERIES = 3  # one counts; one before and one after it say how its tables are joined


@pytest.mark.django_db
def test_one_query_however_many_tables_and_years(records, monkeypatch, django_assert_num_queries):
    for _each in range(3):
        records.referral(records.person(), Day(2024, 2, 1))
    with django_assert_num_queries(QUERIES):
        annual_report(2024)
    with django_assert_num_queries(QUERIES):
        report = annual_report(2024, years_before=4)
    twice = registry.FIGURES | {
        f"again-{figure.id}": dataclasses.replace(figure, id=f"again-{figure.id}")
        for figure in registry.FIGURES.values()
    }
    monkeypatch.setattr(registry, "FIGURES", twice)
    assert len(report.figures) == 10
    with django_assert_num_queries(QUERIES):
        assert len(annual_report(2024).figures) == 20


@pytest.mark.django_db
def test_the_years_before_are_counted_like_the_year_itself(records):
    for year in (2020, 2022, 2022, 2024):
        referral = records.referral(records.person(), Day(year, 5, 1))
        records.decision(referral, Day(year, 6, 1))
    report = annual_report(2024, years_before=4)
    for name in ("referrals-received", "potential-victims-referred", "victims-officially-identified"):
        counted = report.figure(name)
        for year, number in counted.trend:
            assert number == annual_report(year).figure(counted.figure.id).value
        assert [number for _year, number in counted.trend] == [1, 0, 2, 0, 1]


@pytest.mark.django_db
@pytest.mark.requirement("s-disaggregation")
def test_the_report_as_the_exchange_format_has_it(records):
    for forms in (["sex-trafficking"], ["sex-trafficking"], ["labor-trafficking", "forced-begging"]):
        person = records.person(sex="female", birth_date=Day(1990, 1, 1), citizenships=["RS"])
        records.decision(records.referral(person, Day(2021, 2, 1)), Day(2021, 3, 1), forms=forms)
    found = annual_report(2021, now=NOW).as_dict()
    assert list(found) == ["year", "public", "edition", "generated_at", "figures", "checks"]
    assert found["year"] == 2021
    assert (found["public"], found["edition"]) == (False, None)
    assert found["generated_at"] == "2026-11-22T09:00:00+00:00"
    assert [figure["id"] for figure in found["figures"]] == [
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
        "identified-with-confirmed-onward-referral",
    ]
    identified = found["figures"][4]
    assert {name: identified[name] for name in ("id", "unit", "value")} == {
        "id": "victims-officially-identified",
        "unit": "persons",
        "value": 3,
    }
    assert [table["dimension"] for table in identified["breakdowns"]] == [
        "exploitation",
        "exploitation_separate",
        "sex_age",
        "majority",
        "nationality",
        "citizenship",
        "deciding_body",
    ]
    assert identified["breakdowns"][0] == {
        "dimension": "exploitation",
        "partition": True,
        "cells": [
            {"category": "sex-trafficking", "value": 2},
            {
                "category": "labor-trafficking",
                "value": 1,
                "of_which": [
                    {"category": "forced-begging", "value": 1},
                    {"category": "forced-criminality", "value": 0},
                ],
            },
            {"category": "other-forms", "value": 0},
            {"category": "multiple-forms", "value": 0},
            {"category": "unknown", "value": 0},
        ],
    }
    assert {
        "id": "partition:victims-officially-identified:exploitation",
        "ok": True,
        "detail": "2 + 1 + 0 + 0 + 0 = 3",
    } in found["checks"]


@pytest.mark.django_db
def test_an_empty_year_has_every_category_at_zero():
    for figure in annual_report(2001).as_dict()["figures"]:
        assert figure["value"] == (None if figure["unit"] == "per cent" else 0)
        for table in figure["breakdowns"]:
            assert {cell["value"] for cell in table["cells"]} == {0}
            assert len(table["cells"]) > 1 or table["dimension"] == "citizenship"


# Checks --------------------------------------------------------------------------------------------------------------


def counted(figure_id, total, **tables):
    """A figure with made-up numbers."""
    figure = registry.FIGURES[figure_id]
    dimensions = {dimension.id: dimension for dimension in figure.breakdowns}
    breakdowns = tuple(
        Breakdown(dimensions[name], tuple(Cell(category, category, number) for category, number in cells.items()))
        for name, cells in tables.items()
    )
    return Counted(figure, total, breakdowns, ())


@pytest.mark.requirement("s-sum-checks")
def test_a_partition_that_does_not_add_up_is_noticed():
    # the 2024 report printed 64 identified and, as its parts, 25 women, 11 men, 20 girls and nine boys: 65
    cells = {"women": 25, "men": 11, "girls": 20, "boys": 9, "unknown": 0}
    wrong = counted("victims-officially-identified", 64, sex_age=cells)
    check = partition(wrong, wrong.breakdowns[0])
    assert not check.ok
    assert check.id == "partition:victims-officially-identified:sex_age"
    assert check.detail == "25 + 11 + 20 + 9 + 0 = 65 ≠ 64"
    right = counted("victims-officially-identified", 65, sex_age=cells)
    assert partition(right, right.breakdowns[0]).ok


def test_a_part_larger_than_its_whole_is_noticed():
    figure = registry.FIGURES["victims-officially-identified"]
    cell = Cell("labor-trafficking", "", 2, (Cell("forced-begging", "", 3), Cell("forced-criminality", "", 2)))
    breakdown = Breakdown(figure.breakdowns[0], (cell,))
    (check,) = of_which(Counted(figure, 2, (breakdown,), ()), breakdown)
    assert not check.ok
    assert "3 > 2" in check.detail
    assert "2 ≤ 2" in check.detail


@pytest.mark.parametrize(
    "tables",
    [
        {"sex_age": {"girls": 2}, "majority": {"child": 1}},
        {"sex_age": {"women": 1, "men": 1}, "majority": {"adult": 1}},
        {"nationality": {"unknown": 1}, "citizenship": {"unknown": 2}},
        {"nationality": {"serbian": 1}, "citizenship": {"RS": 2}},
        {"exploitation": {"sex-trafficking": 1}, "exploitation_separate": {"sex-trafficking": 2}},
        {"exploitation": {"multiple-forms": 2}, "exploitation_separate": {"multiple-forms": 1}},
    ],
)
def test_tables_of_one_figure_that_disagree_are_noticed(tables):
    (check,) = agreements(counted("victims-officially-identified", 2, **tables))
    assert not check.ok


def test_more_persons_than_referrals_of_a_group_are_noticed():
    referrals = counted("referrals-received", 1, source_group={"self": 1})
    persons = counted("potential-victims-referred", 2, source_group={"self": 2})
    calls, victims = counted("cptv-hotline-calls", 1), counted("cptv-hotline-victims", 2)
    every = {each.figure.id: each for each in (referrals, persons, calls, victims)}
    found = [check for source in registry.CHECKS for check in source(every)]
    assert [check.ok for check in found] == [False, False]
    assert "2 > 1 (self)" in found[0].detail and "2 > 1 (cptv-hotline)" in found[1].detail


def test_figures_are_declared_once_in_a_known_unit():
    figure = registry.FIGURES["protective-witness"]
    with pytest.raises(ValueError, match="declared twice"):
        registry.register(figure)
    with pytest.raises(ValueError, match="unknown unit"):
        registry.register(dataclasses.replace(figure, id="another", unit="dozens"))


# Years ---------------------------------------------------------------------------------------------------------------


def test_a_year_that_has_not_begun_is_refused_with_a_sentence():
    today = Day(2026, 11, 22)
    assert check_year(2026, today=today) == 2026
    for year in (2027, 1999, -1):
        with pytest.raises(Refused, match=r"figures for the years 2000 to 2026.*instead of"):
            check_year(year, today=today)
    assert years(today=today)[0] == 2026
    assert years(today=today)[-1] == 2000
