"""Random records of two organisations over four years; every cell of every report equals an independent recount."""

import datetime
import random
from collections import Counter
from types import SimpleNamespace

import pytest
from django.db import connection

from casework.statistics.engine import annual_report
from casework.statistics.registry import all_figures
from reference import codes
from tests.statistics.recount import (
    LABOUR,
    OTHER,
    SEXUAL,
    FactCall,
    FactDecision,
    FactPerson,
    FactPlacement,
    FactProceeding,
    FactReferral,
    FactStatus,
    received_on,
    recount,
)

SEEDS, PERSONS = range(3), 110
YEARS = range(2021, 2025)
FORMS = sorted(SEXUAL | LABOUR | OTHER | {"multiple-forms"})
OUTCOMES = ["identified", "recognised", "not_identified", "inconclusive", "discontinued"]
GROUPS = list(codes.SOURCE_GROUPS)
EDGES = [(1, 1), (1, 2), (2, 28), (3, 1), (12, 30), (12, 31)]
CODED = {
    "exploitation_forms": FORMS,
    "decision_outcomes": OUTCOMES,
    "placement_types": ["cptv-emergency-shelter", "foster-family", "ngo-shelter"],
    "witness_statuses": ["especially-vulnerable-witness", "protective-witness", "particularly-vulnerable-group"],
}


def test_the_recount_knows_every_form_of_exploitation():
    assert set(FORMS) == set(codes.ids("exploitation_forms"))
    assert all(codes.is_code(name, code) for name, listed in CODED.items() for code in listed)


class World:
    """Random facts, and the same facts as records."""

    def __init__(self, records, organisations, seed):
        self.random, self.records, self.organisations, self.facts = random.Random(seed), records, organisations, []
        self.errors = []

    def odds(self, share):
        return self.random.random() < share

    def day(self):
        pick = self.random
        year = pick.choice(YEARS)
        if self.odds(0.3):
            return datetime.date(year, *pick.choice(EDGES))
        return datetime.date(year, 1, 1) + datetime.timedelta(days=pick.randrange(365))

    def moment(self):
        """Often within hours of midnight, when Belgrade and UTC are in different days and years."""
        if self.odds(0.4):
            day = datetime.date(self.random.choice(YEARS), *self.random.choice([(1, 1), (12, 31), (7, 1), (6, 30)]))
            hour = self.random.choice([0, 20, 21, 22, 23])
        else:
            day, hour = self.day(), self.random.randrange(24)
        minute = self.random.randrange(60)
        return datetime.datetime(day.year, day.month, day.day, hour, minute, self.next_second(), tzinfo=datetime.UTC)

    def next_second(self):
        return len(self.facts) % 60

    def in_error(self, fact, record, attribute="error"):
        if self.odds(0.1):
            setattr(fact, attribute, True)
            self.errors.append(record)

    def person(self, name):
        pick = self.random
        birth_date = given = None
        if self.odds(0.6):
            # birthdays around the days on which things happen, eighteen or so years later
            happened = self.day()
            birth_date = datetime.date(happened.year - pick.choice([5, 17, 18, 18, 19, 40]), 3, 1)
            birth_date = birth_date.replace(month=happened.month, day=min(happened.day, 28))
            birth_date += datetime.timedelta(days=pick.choice([-1, 0, 0, 1]))
            if self.odds(0.2):
                birth_date = datetime.date(2004, 2, 29)
        elif self.odds(0.7):
            given = (pick.choice([12, 16, 17, 18, 30]), self.day())
        fact = FactPerson(
            organisation=name,
            sex=pick.choice(["female", "female", "male", "other", "unknown"]),
            birth_date=birth_date,
            given_age=given,
            citizenships=pick.sample(["RS", "XK", "XX", "BA", "SY"], pick.choice([0, 1, 1, 2])),
        )
        record = self.records.person(
            organisation=self.organisations[name],
            sex=fact.sex,
            birth_date=birth_date,
            given_age=given[0] if given else None,
            given_age_on=given[1] if given else None,
            citizenships=fact.citizenships,
        )
        self.facts.append(fact)
        if self.odds(0.3):
            self.in_error(fact, record)
        return fact, record

    def referral(self, name, fact_person, person):
        given = self.random.choice([None, 17, 25]) if fact_person else None
        violence = self.odds(0.1)
        fact = FactReferral(name, fact_person, self.moment(), self.random.choice(GROUPS), given, violence)
        record = self.records.referral(
            person,
            fact.received_at,
            organisation=self.organisations[name],
            source_group=fact.source_group,
            given_age=given,
            concern="violence-only" if violence else "unknown",
            related_violence=["family-violence"] if violence else [],
        )
        self.facts.append(fact)
        self.in_error(fact, record)
        self.calls(name, fact, record)
        return fact, record

    def calls(self, name, fact_referral, referral):
        for _round in range(self.random.choice([0, 0, 1, 2])):
            hotline, related = self.random.choice(["cptv", "cptv", "ngo"]), self.random.choice(["yes", "yes", "no"])
            tied = self.odds(0.6)
            fact = FactCall(name, fact_referral if tied else None, self.moment(), hotline, related)
            record = self.records.call(
                referral if tied else None,
                fact.received_at,
                organisation=self.organisations[name],
                hotline=hotline,
                trafficking_related=related,
            )
            self.facts.append(fact)
            self.in_error(fact, record)

    def decision(self, fact_referral, referral, place):
        pick = self.random
        # several decisions of one person on one day, in an order that only appeal and sequence tell
        day = pick.choice([received_on(fact_referral), self.day()])
        fact = FactDecision(
            referral=fact_referral,
            authority=pick.choice(["cptv", "csw"]),
            outcome=pick.choice(OUTCOMES[:2] + OUTCOMES),
            decided_on=day,
            forms=pick.sample(FORMS, pick.choice([1, 1, 2, 3])),
            on_appeal=self.odds(0.3),
            sequence=place,
        )
        record = self.records.decision(
            referral,
            fact.decided_on,
            fact.outcome,
            fact.forms,
            authority=fact.authority,
            on_appeal=fact.on_appeal,
            sequence=fact.sequence,
        )
        self.facts.append(fact)
        self.in_error(fact, record)
        return record

    def stays(self, fact_person, person):
        day = self.day()
        for _round in range(self.random.choice([0, 1, 2, 3])):
            kind = self.random.choice(CODED["placement_types"])
            nights = self.random.choice([0, 0, 1, 20, 400, None])
            ends_on = None if nights is None else day + datetime.timedelta(days=nights)
            fact = FactPlacement(fact_person, kind, day, ends_on)
            record = self.records.placement(person, kind, day, ends_on)
            self.facts.append(fact)
            self.in_error(fact, record)
            if ends_on is None:
                return
            day = ends_on + datetime.timedelta(days=self.random.choice([0, 1, 30]))

    def statuses(self, fact_person, person):
        for _round in range(self.random.choice([0, 1, 3])):
            kind = self.random.choice(CODED["witness_statuses"])
            outcome = self.random.choice(["granted", "granted", "refused", "pending", "withdrawn"])
            decided_on = None if self.odds(0.2) else self.day()
            fact = FactStatus(fact_person, kind, outcome, decided_on)
            record = self.records.witness_status(person, kind, decided_on, status=outcome)
            self.facts.append(fact)
            self.in_error(fact, record)

    def proceedings(self, fact_person, person):
        for _round in range(self.random.choice([0, 1, 2])):
            answer = self.random.choice(["yes", "no", "unknown"])
            fact = FactProceeding(fact_person, self.day(), answer)
            record = self.records.proceeding(person, fact.opened_on, specialised_prosecutor=answer)
            self.facts.append(fact)
            self.in_error(fact, record)

    def fill(self, persons):
        order = iter(self.random.sample(range(5000), 1500))  # not the order in which they are written down
        for place in range(persons):
            name = "other" if place % 3 == 0 else "home"
            fact_person, person = self.person(name)
            for _round in range(self.random.choice([0, 1, 1, 2, 3])):
                fact_referral, referral = self.referral(name, fact_person, person)
                for _again in range(self.random.choice([0, 1, 2, 3])):
                    self.decision(fact_referral, referral, next(order))
                if self.odds(0.1) and hasattr(referral, "identification"):
                    fact_referral.identification_error = True
                    self.errors.append(referral.identification)
            self.stays(fact_person, person)
            self.statuses(fact_person, person)
            self.proceedings(fact_person, person)
            if self.odds(0.05):
                case = self.records.case(person)
                self.errors.append(case)
                for fact in self.facts:
                    if isinstance(fact, FactPlacement | FactStatus | FactProceeding) and fact.person is fact_person:
                        fact.case_error = True
        for _round in range(5):  # about nobody: a referral, and a decision on it
            fact_referral, referral = self.referral("home", None, None)
            self.decision(fact_referral, referral, next(order))
        for record in self.errors:
            self.records.mark_in_error(record)


@pytest.mark.requirement("s-annual-statistics")
@pytest.mark.requirement("s-disaggregation")
@pytest.mark.requirement("s-sum-checks")
@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_every_cell_equals_a_recount(cast, records, seed):
    world = World(records, {"home": cast.home, "other": cast.other}, seed)
    world.fill(PERSONS)
    with connection.cursor() as cursor:
        # No ANALYZE has seen these uncommitted rows, and the app may not run it: the planner thinks them few.
        cursor.execute("SET LOCAL enable_nestloop = off")
    for year in [2020, *YEARS]:
        for organisation in (None, cast.home, cast.other):
            report = annual_report(year, organisation)
            expected = recount(world.facts, year, organisation.short_name if organisation else None)
            assert as_counters(report) == expected, (seed, year, organisation)
            assert not report.failed, report.failed


def test_the_random_facts_reach_every_cell():
    """Without this, a recount that never meets a case would prove nothing."""
    found = {}
    for seed in SEEDS:
        world = World(Nowhere(), {"home": None, "other": None}, seed)
        world.fill(PERSONS)
        for year in YEARS:
            for figure, tables in recount(world.facts, year, None).items():
                for dimension, cells in tables.items():
                    if dimension != "value":
                        found.setdefault((figure, dimension), Counter()).update(cells)
    assert found.pop(("victims-officially-identified", "of_which")).keys() == {"forced-begging", "forced-criminality"}
    for figure in all_figures():
        for dimension in figure.breakdowns:
            expected = set(dimension.labels)
            if "forms" in dimension.needs:
                expected -= {"unknown"}  # a positive decision names a form
            assert found[figure.id, dimension.id].keys() >= expected, (figure.id, dimension.id)


class Nowhere:
    """Takes the facts and writes no record."""

    def __getattr__(self, name):
        return lambda *args, **known: SimpleNamespace(identification=None)


def as_counters(report):
    """A report in the shape of the recount: zeros left out."""
    found = {}
    for counted in report.figures:
        tables = found[counted.figure.id] = {"value": counted.value}
        for breakdown in counted.breakdowns:
            cells = Counter({cell.category: cell.value for cell in breakdown.cells if cell.value})
            if counted.value:
                tables[breakdown.dimension.id] = cells
            for cell in breakdown.cells:
                if cell.of_which:
                    tables["of_which"] = Counter({part.category: part.value for part in cell.of_which})
    return found
