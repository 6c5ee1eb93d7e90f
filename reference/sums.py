"""Whether the published numbers add up: the parts of a figure, and the sums that the documents themselves get right."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .models import Entry, PublishedFigure

Figures = dict[str, PublishedFigure]


@dataclass(frozen=True)
class Checked:
    """A sum recomputed here: whether it holds, and the numbers that were compared, as a line to show."""

    holds: bool
    numbers: str


def part_rows(figure: PublishedFigure) -> list[tuple[str, int | None]]:
    """Part in words and its number, for a chart and the table beside it."""
    return [(name, int(number)) for name, number in figure.parts if number]


def part_checks(figure: PublishedFigure) -> list[Checked]:
    """The parts against the printed value, or against every base that the document prints for them.

    Parts of a part (`part_of`) are inside another and are not added; they must not exceed it.
    """
    parts = [part for part in figure.breakdown if "part_of" not in part and isinstance(part.get("value"), int)]
    if not parts:
        return []
    total = sum(part["value"] for part in parts)
    line = " + ".join(number_format(part["value"], force_grouping=True) for part in parts)
    bases = [figure.value] if isinstance(figure.value, int) else []
    bases += [
        figure.data[field] for field in ("printed_base", "printed_total") if isinstance(figure.data.get(field), int)
    ]
    found = [_compared(line, total, base) for base in dict.fromkeys(bases)]
    for name in dict.fromkeys(part["part_of"] for part in figure.breakdown if "part_of" in part):
        inside = sum(part["value"] for part in figure.breakdown if part.get("part_of") == name)
        whole = next((part["value"] for part in parts if part["category"] == name), None)
        if whole is not None:
            found.append(Checked(inside <= whole, f"{inside} ≤ {whole}"))
    return found


def _compared(line: str, total: int, base: int) -> Checked:
    if total == base:
        return Checked(True, f"{line} = {total}")
    difference = f"{total - base:+d}".replace("-", "−")
    said = {"line": line, "total": total, "base": base, "difference": difference}
    return Checked(False, _("%(line)s = %(total)s, not %(base)s (%(difference)s)") % said)


_SUM = re.compile(r"(?P<sum>\d+(?:\+\d+)+)=(?P<total>\d+)(?:<=(?P<most>\d+))?$")
_YEAR = re.compile(r"(?P<start>\d{4}-\d\d-\d\d)\.\.(?P<end>\d{4}-\d\d-\d\d)=1year$")
_RATE = re.compile(r"with(?P<rate>\d+\.\d+)RSDperUSD")
_ORDER = re.compile(r"(?P<left>\d+)(?P<sign>[<>])(?P<right>\d+)$")


def recompute(check: Entry, figures: Figures) -> Checked | None:
    """A sum of `published_figures.consistency_checks` worked out again; None where we cannot work it out."""
    expression = str(check.data["expression"]).replace(" ", "")
    if match := _SUM.match(expression):
        total = sum(map(int, match["sum"].split("+")))
        most = int(match["most"]) if match["most"] else None
        return Checked(total == int(match["total"]) and (most is None or total <= most), expression)
    if match := _ORDER.match(expression):
        left, right = int(match["left"]), int(match["right"])
        return Checked(left > right if match["sign"] == ">" else left < right, expression)
    if match := _YEAR.match(expression):
        start, end = date.fromisoformat(match["start"]), date.fromisoformat(match["end"])
        return Checked(end + timedelta(days=1) == start.replace(year=start.year + 1), check.data["expression"])
    if match := _RATE.search(expression):
        return _dinars(Decimal(match["rate"]), figures)
    worked_out = _BY_ID.get(check.code)
    return worked_out(figures) if worked_out else None


def _near(amount: Decimal, printed: Any) -> bool:
    """Whether an amount in dollars agrees with one that is printed to the nearest ten."""
    return abs(amount - Decimal(str(printed))) <= 5


def _dinars(rate: Decimal, figures: Figures) -> Checked:
    pairs = [
        (figure.number, figure.data["usd"])
        for figure in figures.values()
        if figure.unit == "RSD" and figure.number is not None and "usd" in figure.data
    ]
    agree = sum(_near(amount / rate, usd) for amount, usd in pairs)
    said = {"agree": agree, "all": len(pairs), "rate": rate}
    return Checked(0 < agree == len(pairs), _("%(agree)d of %(all)d amounts at %(rate)s RSD") % said)


def _euros(figures: Figures) -> Checked:
    plan, wage = figures["tip-npap-total"].data, figures["tip-wage-vietnam"].data
    amount = Decimal(wage["value"]) * plan["usd"] / plan["value"]
    line = f"{wage['value']} EUR × {plan['usd']}/{plan['value']} = {amount:.0f}"
    return Checked(_near(amount, wage["usd"]), f"{line}, {wage['usd']}")


def _municipalities(figures: Figures) -> Checked:
    figure = figures["irc-p1-municipalities"]
    named = len(figure.data.get("municipalities", []))
    return Checked(named == figure.value, f"{named} = {figure.value}")


_BY_ID: dict[str, Callable[[Figures], Checked]] = {
    "k-eur": _euros,
    "k-municipalities": _municipalities,
}
"""Checks whose expression is a sentence."""
