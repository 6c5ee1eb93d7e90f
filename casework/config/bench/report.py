"""The annual report: every figure and table of a year, against one plain aggregate over the same year."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from casework.config.bench.results import Result, Target
from casework.config.bench.timing import in_turns, statements_of
from casework.config.bench.world import YEAR, World
from casework.statistics.engine import annual_report
from casework.statistics.periods import Period

REPORT = Target("annual-report", "annual report against one plain aggregate over that year", 5)
QUERIES = Target("annual-report-queries", "queries for the figures", 3, "queries")

# One pass over the year's referrals with their persons and decisions.
FLOOR = """
SELECT p.sex, r.source_group, d.outcome, count(*), count(DISTINCT p.id)
FROM referrals_referral r JOIN people_person p ON p.id = r.person_id
LEFT JOIN referrals_identification i ON i.referral_id = r.id
LEFT JOIN referrals_decision d ON d.identification_id = i.id
WHERE r.organisation_id = %s AND r.received_at >= %s AND r.received_at < %s
GROUP BY p.sex, r.source_group, d.outcome
"""


def measure(world: World, rounds: int) -> Iterator[Result]:
    """The whole report of the year whose records are a third of all."""
    world.grow(world.rows)
    period = Period(YEAR)

    def floor() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(FLOOR, [world.organisation.pk, period.starts_at, period.ends_at])
            return cursor.fetchall()

    def report() -> Any:
        return annual_report(YEAR, world.organisation)

    taken = in_turns({"report": report, "floor": floor}, rounds=max(3, rounds // 3))
    counted = report().figure("potential-victims-referred").value
    detail = {"ms": taken["report"], "floor_ms": taken["floor"], "persons": counted}
    yield Result(REPORT, taken["report"] / taken["floor"], world.rows, detail)
    yield Result(QUERIES, float(len(statements_of(report))), world.rows)
    world.curve({"annual report": taken["report"], "one plain aggregate": taken["floor"]})
