"""What is measured, the limit it is held against, and the verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MET, MISSED, NOT_JUDGED = "met", "MISSED", "not judged"


@dataclass(frozen=True)
class Target:
    """A limit of PERFORMANCE.md. `at_least` turns it round: more is better.

    `stated_for` is the number of rows for which the limit was set: with fewer rows a miss is not judged.
    """

    id: str
    what: str
    limit: float
    unit: str = "×"
    at_least: bool = False
    stated_for: int = 0

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def verdict(self, value: float, rows: int) -> str:
        """Whether the value keeps the limit."""
        if self.holds(value):
            return MET
        return MISSED if rows >= self.stated_for else NOT_JUDGED


@dataclass(frozen=True)
class Result:
    """A measured value with what it was made of: times, counts, buffers."""

    target: Target
    value: float
    rows: int
    detail: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return self.target.verdict(self.value, self.rows)

    def as_dict(self) -> dict[str, Any]:
        """The result for JSON: numbers with three figures that mean something."""
        found = asdict(self.target) | {"value": rounded(self.value), "rows": self.rows, "verdict": self.verdict}
        return found | {"detail": {name: rounded(value) for name, value in self.detail.items()}}

    def line(self) -> str:
        """The result for a person at a terminal."""
        sign = "≥" if self.target.at_least else "≤"
        held = f"{rounded(self.value):g} {self.target.unit}"
        limit = f"{sign} {self.target.limit:g} {self.target.unit}"
        return f"{self.verdict:<11}{held:>12}   {limit:<12}{self.target.what}"


def rounded(value: Any) -> Any:
    """A number with three significant figures; anything else as it is."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
