"""Which benchmarks there are, and one run of some of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from casework.config.bench import clocks, cold_start, finding, imports, lists, published, report, serving, world
from casework.config.bench.results import Result
from casework.config.bench.world import World

Measure = Callable[[World, int], Iterator[Result]]

RUNS: dict[str, Measure] = {
    "lists": lists.measure,
    "search": finding.measure,
    "reference": published.measure,
    "clocks": clocks.measure,
    "report": report.measure,
    "case-page": serving.measure,
    "import": imports.measure,
    "cold-start": cold_start.measure,
}
LEAST = 1_000  # rows; with fewer the compared users would not have their cases
ROUNDS, FEW_ROUNDS = 15, 3
ENOUGH = 10_000  # rows from which a run takes its time


@dataclass(frozen=True)
class Run:
    rows: int
    results: tuple[Result, ...]
    curves: dict[int, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """The run for JSON."""
        curves = [{"rows": rows, "ms": taken} for rows, taken in sorted(self.curves.items())]
        return {"rows": self.rows, "results": [result.as_dict() for result in self.results], "curves": curves}


def run(
    rows: int, only: Iterable[str] = (), *, template: str = "", say: Callable[[str], Any] = lambda line: None
) -> Run:
    """Run the named benchmarks, or all, on this many rows; `say` hears every result as it comes.

    With the name of a migrated database as `template`, its copies are used instead of new ones.
    """
    results = []
    names = [name for name in RUNS if name in set(only)] or list(RUNS)
    with world.database(template):
        made = World(max(rows, LEAST), template)
        for name in names:
            for result in RUNS[name](made, ROUNDS if rows >= ENOUGH else FEW_ROUNDS):
                say(result.line())
                results.append(result)
    return Run(made.rows, tuple(results), made.curves)
