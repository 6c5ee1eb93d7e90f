"""Figures in per cent: of the persons that another figure counts, those for whom something more holds.

Apps declare theirs in their module `figures`, beside the figure that is the whole. A share is counted in the same query
as the figures, from the same rows, so that numerator and denominator never come from two moments.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q, QuerySet

from casework.access.models import Organisation
from casework.statistics.checks import holds
from casework.statistics.periods import Period
from casework.statistics.registry import FIGURES, Chapter, Check, Figure

UNIT = "per cent"
SHARES: dict[str, "Share"] = {}


@dataclass(frozen=True)
class Share:
    """One figure in per cent. `whole` is the id of the figure that it is a part of; `part` says of its rows which."""

    chapter: Chapter
    id: str
    label: Any
    whole: str
    counting_body: Any
    period_rule: Any
    part: Callable[[Period, Organisation | None], Q]

    @property
    def figure(self) -> Figure:
        return FIGURES[self.whole]

    def counted_rows(self, period: Period, organisation: Organisation | None) -> QuerySet[Any]:
        """The rows of the numerator, each once."""
        return self.figure.counted_rows(period, organisation).filter(self.part(period, organisation))


@dataclass(frozen=True)
class CountedShare:
    """A share with its numbers; `trend` holds (year, numerator, denominator), the report's own year last."""

    share: Share
    numerator: int
    denominator: int
    trend: tuple[tuple[int, int, int], ...]

    @property
    def value(self) -> Decimal | None:
        """Per cent with one decimal, half up; None when there is nothing that it could be a share of."""
        return per_cent(self.numerator, self.denominator)

    def hidden_below(self, threshold: int) -> bool:
        """Whether the public form hides it: numerator, denominator or complement is 1 to `threshold` − 1."""
        numbers = (self.numerator, self.denominator, self.denominator - self.numerator)
        return any(0 < number < threshold for number in numbers)

    def as_dict(self) -> dict[str, Any]:
        """As EXCHANGE.md, section 2, has a figure; labels in the active language."""
        return {
            "id": self.share.id,
            "label": str(self.share.label),
            "unit": UNIT,
            "value": None if self.value is None else float(self.value),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "breakdowns": [],
        }


def per_cent(numerator: int, denominator: int) -> Decimal | None:
    if not denominator:
        return None
    return (Decimal(100 * numerator) / denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)


def all_shares() -> list[Share]:
    """Every share, in the order of the report."""
    return sorted(SHARES.values(), key=lambda share: share.chapter)


def register(*shares: Share) -> None:
    """Add shares to the report. Raises ValueError for an id that is taken or a whole that is not a figure."""
    for share in shares:
        if share.id in SHARES or share.id in FIGURES:
            raise ValueError(f"figure {share.id} is declared twice")
        if share.whole not in FIGURES:
            raise ValueError(f"share {share.id}: {share.whole} is no figure")
        SHARES[share.id] = share


def checks_of_shares(shares: Iterable[CountedShare], totals: Mapping[str, int]) -> Iterable[Check]:
    """No part exceeds its whole, and the whole is the figure that the report shows."""
    for counted in shares:
        whole = counted.share.whole
        yield holds(
            f"share:{counted.share.id}:{whole}",
            [
                (counted.numerator, "≤", counted.denominator, f"{counted.share.id}, {whole}"),
                (counted.denominator, "=", totals[whole], whole),
            ],
        )
