"""The figure engine: a report counts every registered figure in one query.

The database chooses a figure's rows (one per person where persons are counted), groups them by all attributes at once
and counts; Python folds the groups into the cells of every breakdown. All figures, and the years before for the trend,
are one UNION ALL: one snapshot, and one query however many tables there are.
"""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject
from django.utils import timezone

from casework.access.models import Organisation
from casework.statistics.checks import checks_of
from casework.statistics.dimensions import Dimension
from casework.statistics.periods import Period
from casework.statistics.registry import Breakdown, Cell, Check, Counted, Figure, all_figures
from casework.statistics.replica import HERE, Reading, counted_on_replica, without_nested_loops
from casework.statistics.shares import CountedShare, Share, all_shares, checks_of_shares


@dataclass(frozen=True)
class Report:
    """The annual report of one organisation, or (`organisation` None) of the installation."""

    year: int
    organisation: Organisation | None
    generated_at: datetime.datetime
    figures: tuple[Counted, ...]
    checks: tuple[Check, ...]
    read: Reading = HERE
    shares: tuple[CountedShare, ...] = ()

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.ok]

    def figure(self, figure_id: str) -> Counted:
        """One figure by its id. Raises KeyError when there is none."""
        return {counted.figure.id: counted for counted in self.figures}[figure_id]

    def share(self, share_id: str) -> CountedShare:
        """One figure in per cent by its id. Raises KeyError when there is none."""
        return {counted.share.id: counted for counted in self.shares}[share_id]

    def as_dict(self) -> dict[str, Any]:
        """The report as EXCHANGE.md, section 2, defines it; labels in the active language."""
        return {
            "year": self.year,
            "public": False,
            "edition": None,
            "generated_at": self.generated_at.isoformat(timespec="seconds"),
            "figures": [
                *(_figure_as_dict(counted) for counted in self.figures),
                *(counted.as_dict() for counted in self.shares),
            ],
            "checks": [{"id": check.id, "ok": check.ok, "detail": check.detail} for check in self.checks],
        }


def annual_report(
    year: int,
    organisation: Organisation | None = None,
    *,
    years_before: int = 0,
    now: datetime.datetime | None = None,
) -> Report:
    """Count every registered figure for a calendar year, with `years_before` more years of totals for the trend.

    Only the organisation's records; without one, those of the whole installation. One query counts, on the replica if
    there is one that answers. The caller has checked the year (`periods.check_year`) and that the reader may see
    figures.
    """
    (totals, groups), read = counted_on_replica(lambda: _count(year, organisation, years_before))
    figures = tuple(
        Counted(
            figure,
            totals[figure.id, year],
            tuple(_fold(dimension, groups[figure.id]) for dimension in figure.breakdowns),
            tuple((each, totals[figure.id, each]) for each in range(year - years_before, year + 1)),
        )
        for figure in all_figures()
    )
    years = range(year - years_before, year + 1)
    shares = tuple(
        CountedShare(
            share,
            totals[share.id, year],
            totals[share.whole, year],
            tuple((each, totals[share.id, each], totals[share.whole, each]) for each in years),
        )
        for share in all_shares()
    )
    whole = {counted.figure.id: counted.value for counted in figures}
    checks = (*checks_of_shares(shares, whole), *checks_of(figures))
    return Report(year, organisation, now or timezone.now(), figures, checks, read, shares)


Groups = list[tuple[dict[str, Any], int]]


def _count(
    year: int, organisation: Organisation | None, years_before: int
) -> tuple[Counter[tuple[str, int]], dict[str, Groups]]:
    """Totals by figure and year, and the groups of the report's year. The totals are counted without the groups'
    attributes, so that a table that loses or doubles a row does not add up."""
    branches = []
    for figure in all_figures():
        period = Period(year)
        attributes = figure.attributes(period)
        needed = {name for dimension in figure.breakdowns for name in dimension.needs}
        branches.append(_branch(figure, period, organisation, **{name: attributes[name] for name in sorted(needed)}))
        for each in range(year - years_before, year + 1):
            branches.append(_branch(figure, Period(each), organisation))
    branches += [
        _branch(share, Period(each), organisation)
        for share in all_shares()
        for each in range(year - years_before, year + 1)
    ]
    totals: Counter[tuple[str, int]] = Counter()
    groups: dict[str, Groups] = defaultdict(list)
    if branches:
        first, *others = branches
        with without_nested_loops():
            rows = list(first.union(*others, all=True))
        for row in rows:
            if row["attributes"]:
                groups[row["figure"]].append((row["attributes"], row["rows"]))
            else:
                totals[row["figure"], row["year"]] = row["rows"]
    return totals, groups


def _branch(
    figure: Figure | Share, period: Period, organisation: Organisation | None, **attributes: Combinable
) -> QuerySet[Any, dict[str, Any]]:
    return (
        figure.counted_rows(period, organisation)
        .values(
            figure=Value(figure.id, TextField()),
            year=Value(period.year, IntegerField()),
            attributes=JSONObject(**attributes),
        )
        .annotate(rows=Count("pk"))
    )


def _fold(dimension: Dimension, groups: Groups) -> Breakdown:
    values: Counter[str] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for attributes, rows in groups:
        category = dimension.category(attributes)
        values[category] += rows
        for part in dimension.part_of(attributes):
            parts[category, part] += rows
    return Breakdown(
        dimension,
        tuple(
            Cell(
                category,
                dimension.category_label(category),
                values[category],
                tuple(
                    Cell(part, label, parts[category, part])
                    for part, label in dimension.parts.get(category, {}).items()
                ),
            )
            for category in dimension.categories(values)
        ),
    )


def _figure_as_dict(counted: Counted) -> dict[str, Any]:
    return {
        "id": counted.figure.id,
        "label": str(counted.figure.label),
        "unit": counted.figure.unit,
        "value": counted.value,
        "breakdowns": [
            {
                "dimension": breakdown.dimension.id,
                "partition": True,
                "cells": [_cell_as_dict(cell) for cell in breakdown.cells],
            }
            for breakdown in counted.breakdowns
        ],
    }


def _cell_as_dict(cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = {"category": cell.category, "value": cell.value}
    if cell.of_which:
        found["of_which"] = [_cell_as_dict(part) for part in cell.of_which]
    return found
