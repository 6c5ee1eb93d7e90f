"""What a figure is, what its numbers are, and the lists that apps add theirs to from their module `figures`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, RowNumber
from django.utils.translation import gettext_lazy as _

from casework.access.models import Organisation
from casework.statistics.dimensions import Dimension
from casework.statistics.periods import Period

# Whom a row is about: the persons of two organisations that are one (people.links) have one key here.
ONE_PERSON = Coalesce(F("person__counted_as"), F("person_id"))
UNITS = {
    "persons": _("Persons"),
    "referrals": _("Referrals"),
    "calls": _("Calls"),
    "proceedings": _("Proceedings"),
}


class Chapter(IntEnum):
    """The parts of the report, in its order."""

    REFERRAL = 1
    IDENTIFICATION = 2
    PROTECTION = 3
    JUSTICE = 4


@dataclass(frozen=True)
class Figure:
    """One figure of the annual report.

    `rows` gives the valid rows of the year; `organisation` is the lookup from a row to its organisation. Where persons
    are counted, `one_per_person` is the order in which a person's row of the year is chosen (the first is taken), and
    `counts` then says whether that row counts. `attributes` gives what the breakdowns need, as expressions on a row.
    """

    chapter: Chapter
    id: str
    label: Any
    unit: str
    counting_body: Any
    period_rule: Any
    rows: Callable[[Period], QuerySet[Any]]
    organisation: str
    attributes: Callable[[Period], Mapping[str, Combinable]]
    breakdowns: tuple[Dimension, ...]
    one_per_person: tuple[Any, ...] = ()
    counts: Q = field(default_factory=Q)

    @property
    def unit_label(self) -> Any:
        return UNITS[self.unit]

    def counted_rows(self, period: Period, organisation: Organisation | None) -> QuerySet[Any]:
        """The rows that the figure counts in a year, each once."""
        rows = self.rows(period)
        if organisation is not None:
            rows = rows.filter(**{self.organisation: organisation})
        if self.one_per_person:
            first = Window(RowNumber(), partition_by=[ONE_PERSON], order_by=list(self.one_per_person))
            chosen = rows.annotate(nth_of_person=first).filter(nth_of_person=1)
            rows = rows.model._base_manager.filter(pk__in=chosen.values("pk"))
        return rows.filter(self.counts).order_by()


@dataclass(frozen=True)
class Cell:
    category: str
    label: Any
    value: int
    of_which: tuple["Cell", ...] = ()


@dataclass(frozen=True)
class Breakdown:
    dimension: Dimension
    cells: tuple[Cell, ...]

    def value(self, category: str) -> int:
        """The number of one category; 0 for one that does not occur."""
        return next((cell.value for cell in self.cells if cell.category == category), 0)


@dataclass(frozen=True)
class Counted:
    """A figure with its numbers. `trend` holds (year, value) of the years asked for, the report's own year last."""

    figure: Figure
    value: int
    breakdowns: tuple[Breakdown, ...]
    trend: tuple[tuple[int, int], ...]

    def breakdown(self, dimension: str) -> Breakdown:
        """The breakdown of a dimension's id. Raises KeyError when the figure has none."""
        found = {breakdown.dimension.id: breakdown for breakdown in self.breakdowns}
        return found[dimension]


@dataclass(frozen=True)
class Check:
    """Something that must hold between the numbers; `detail` shows the sum."""

    id: str
    ok: bool
    detail: str


Counts = Mapping[str, Counted]
FIGURES: dict[str, Figure] = {}
CHECKS: list[Callable[[Counts], Iterable[Check]]] = []


def all_figures() -> list[Figure]:
    """Every figure, in the order of the report: by chapter, then as declared."""
    return sorted(FIGURES.values(), key=lambda figure: figure.chapter)


def register(*figures: Figure) -> None:
    """Add figures to the report. Raises ValueError for an id that is taken or an unknown unit."""
    for figure in figures:
        if figure.id in FIGURES:
            raise ValueError(f"figure {figure.id} is declared twice")
        if figure.unit not in UNITS:
            raise ValueError(f"figure {figure.id}: unknown unit {figure.unit}")
        FIGURES[figure.id] = figure


def register_check(check: Callable[[Counts], Iterable[Check]]) -> Callable[[Counts], Iterable[Check]]:
    """Add what must hold between figures."""
    CHECKS.append(check)
    return check
