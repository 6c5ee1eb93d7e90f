"""What must hold between the numbers of a report: only what the definitions imply, whatever the records are."""

from collections.abc import Callable, Iterable, Sequence

from casework.statistics.dimensions import BEGGING, CRIMINALITY, LABOUR, MULTIPLE, OTHER, SERBIA, SEX, UNKNOWN
from casework.statistics.registry import CHECKS, Breakdown, Check, Counted

Statement = tuple[int, str, int, str]  # a number, "=" or "≤", another number, what they are


def checks_of(figures: Sequence[Counted]) -> Iterable[Check]:
    """Every check of a report, figure by figure, then those between figures."""
    for counted in figures:
        for breakdown in counted.breakdowns:
            yield partition(counted, breakdown)
            yield from of_which(counted, breakdown)
        yield from agreements(counted)
    by_id = {counted.figure.id: counted for counted in figures}
    for check in CHECKS:
        yield from check(by_id)


def partition(counted: Counted, breakdown: Breakdown) -> Check:
    """The categories of a breakdown add up to the figure."""
    values = [cell.value for cell in breakdown.cells]
    total, shown = sum(values), " + ".join(map(str, values)) or "0"
    ok = total == counted.value
    detail = f"{shown} = {total}" if ok else f"{shown} = {total} ≠ {counted.value}"
    return Check(f"partition:{counted.figure.id}:{breakdown.dimension.id}", ok, detail)


def of_which(counted: Counted, breakdown: Breakdown) -> Iterable[Check]:
    """No "of which" exceeds the category it stands under; they may overlap, so they need not add up."""
    for cell in breakdown.cells:
        if cell.of_which:
            yield holds(
                f"of_which:{counted.figure.id}:{breakdown.dimension.id}:{cell.category}",
                [(part.value, "≤", cell.value, f"{part.category}, {cell.category}") for part in cell.of_which],
            )


def holds(check_id: str, statements: Iterable[Statement]) -> Check:
    """One check out of several comparisons; the detail writes each of them out."""
    ok, details = True, []
    for left, relation, right, what in statements:
        true = left == right if relation == "=" else left <= right
        ok = ok and true
        sign = relation if true else {"=": "≠", "≤": ">"}[relation]
        details.append(f"{left} {sign} {right} ({what})")
    return Check(check_id, ok, "; ".join(details))


def agreements(counted: Counted) -> Iterable[Check]:
    """Two tables of one figure that say the same thing in two ways agree."""
    tables = {breakdown.dimension.id: breakdown for breakdown in counted.breakdowns}
    for (first, second), statements in _AGREEMENTS.items():
        if first in tables and second in tables:
            yield holds(f"agreement:{counted.figure.id}:{first}:{second}", statements(tables[first], tables[second]))


def _sex_age_and_majority(sex_age: Breakdown, majority: Breakdown) -> list[Statement]:
    return [
        (sex_age.value("girls") + sex_age.value("boys"), "≤", majority.value("child"), "girls + boys, child"),
        (sex_age.value("women") + sex_age.value("men"), "≤", majority.value("adult"), "women + men, adult"),
    ]


def _nationality_and_citizenship(nationality: Breakdown, citizenship: Breakdown) -> list[Statement]:
    return [
        (citizenship.value(UNKNOWN), "=", nationality.value(UNKNOWN), UNKNOWN),
        (citizenship.value(SERBIA), "≤", nationality.value("serbian"), f"{SERBIA}, serbian"),
    ]


def _exploitation_in_both_schemes(families: Breakdown, kinds: Breakdown) -> list[Statement]:
    labour = kinds.value(LABOUR) + kinds.value(BEGGING) + kinds.value(CRIMINALITY)
    return [
        *((kinds.value(same), "=", families.value(same), same) for same in (SEX, OTHER, UNKNOWN)),
        (labour, "≤", families.value(LABOUR), f"{LABOUR} + {BEGGING} + {CRIMINALITY}, {LABOUR}"),
        (families.value(MULTIPLE), "≤", kinds.value(MULTIPLE), MULTIPLE),
    ]


_AGREEMENTS: dict[tuple[str, str], Callable[[Breakdown, Breakdown], list[Statement]]] = {
    ("sex_age", "majority"): _sex_age_and_majority,
    ("nationality", "citizenship"): _nationality_and_citizenship,
    ("exploitation", "exploitation_separate"): _exploitation_in_both_schemes,
}
