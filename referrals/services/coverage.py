"""Who was screened and who was not: by population and municipality, a year at a time, and against targets."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Sum

from casework.access.models import User
from reference import codes
from reference.folding import fold
from referrals.models import FollowUp, Screened, Screening, ScreeningTarget, Worksite

# A population that holds another one: who is screened as the one is screened as the other.
HOLDS = {"asylum-seekers": ("afghan-asylum-seekers",)}


@dataclass
class Covered:
    """What was done for one population in a year, at screenings and on sites; `last_on` in any year until its end."""

    population: str
    municipality: str = ""
    screenings: int = 0
    screened: int = 0
    informed: int = 0
    on_sites: int = 0
    referrals: int = 0
    last_on: datetime.date | None = None

    @property
    def nobody(self) -> bool:
        """Whether nobody of it was screened in the year: a screening at which nobody was is none."""
        return not self.screened and not self.on_sites


@dataclass
class Coverage:
    """A year: every population, those with no screening first; then each municipality with its populations."""

    populations: list[Covered] = field(default_factory=list)
    municipalities: list[Covered] = field(default_factory=list)


def coverage_of(user: User, year: int) -> Coverage:
    """The coverage of a calendar year, as far as this user sees screenings and sites. Six questions, whatever its
    size."""
    first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    found = {code: Covered(code) for code in codes.ids("vulnerable_groups")}
    places: dict[tuple[str, str], Covered] = {}
    names: dict[str, str] = {}

    def at(municipality: str, population: str) -> Covered:
        key = fold(municipality)  # Bor and Бор are one
        name = names.setdefault(key, municipality)
        return places.setdefault((key, population), Covered(population, name))

    held = Screening.objects.visible_to(user).filter(error_at=None).order_by()
    for row in (
        held.filter(held_on__range=(first, last))
        .values("population", "municipality")
        .annotate(rows=Count("pk"), screened_there=Sum("screened"), informed_there=Sum("informed"))
    ):
        local = at(row["municipality"], row["population"])
        for covered in (local, *_of(found, row["population"])):
            covered.screenings += row["rows"]
            covered.screened += row["screened_there"]
            covered.informed += row["informed_there"] or 0
    sites = Worksite.objects.visible_to(user).filter(
        error_at=None, persons__error_at=None, persons__status=Screened.SCREENED
    )
    sites = sites.exclude(population="").order_by()
    for row in (
        sites.filter(persons__happened_on__range=(first, last))
        .values("population", "municipality")
        .annotate(rows=Count("persons"))
    ):
        local = at(row["municipality"], row["population"])
        for covered in (local, *_of(found, row["population"])):
            covered.on_sites += row["rows"]
    follow_ups = FollowUp.objects.filter(
        unlinked_at=None, referral__error_at=None, screening__in=held.filter(held_on__range=(first, last))
    )
    for row in follow_ups.order_by().values("screening__population").annotate(rows=Count("pk")):
        for covered in _of(found, row["screening__population"]):
            covered.referrals += row["rows"]
    newest: list[Any] = [
        *held.filter(held_on__lte=last, screened__gt=0).values_list("population").annotate(Max("held_on")),
        *sites.filter(persons__happened_on__lte=last)
        .values_list("population")
        .annotate(last_on=Max("persons__happened_on")),
    ]
    for population, day in newest:
        for covered in _of(found, population):
            covered.last_on = max(covered.last_on or day, day)
    populations = sorted(found.values(), key=_urgency)
    return Coverage(populations, sorted(places.values(), key=lambda row: (fold(row.municipality), row.population)))


def _of(found: dict[str, Covered], population: str) -> list[Covered]:
    """The rows that a population counts for: its own, and that of a wider one."""
    wider = [whole for whole, parts in HOLDS.items() if population in parts]
    return [found[code] for code in (population, *wider) if code in found]


def _urgency(covered: Covered) -> tuple[Any, ...]:
    """Nobody screened in the year first, of those never and longest ago first; then by how few."""
    return not covered.nobody, covered.last_on or datetime.date.min, covered.screened + covered.on_sites


@dataclass(frozen=True)
class Progress:
    """A target with what was done in its period: the number planned is no result."""

    target: ScreeningTarget
    screened: int
    informed: int


def progress_of(user: User, targets: list[ScreeningTarget]) -> list[Progress]:
    """What was done for each of these targets. One question for all of them."""
    if not targets:
        return []
    span = (min(target.starts_on for target in targets), max(target.ends_on for target in targets))
    held = Screening.objects.visible_to(user).filter(error_at=None, held_on__range=span).order_by()
    by_population: dict[str, list[tuple[datetime.date, int, int]]] = defaultdict(list)
    days = held.values_list("population", "held_on").annotate(Sum("screened"), Sum("informed"))
    for population, day, screened, informed in days:
        by_population[population].append((day, screened, informed or 0))
    found = []
    for target in targets:
        counted = [
            row
            for population in (target.population, *HOLDS.get(target.population, ()))
            for row in by_population[population]
            if target.starts_on <= row[0] <= target.ends_on
        ]
        found.append(Progress(target, sum(row[1] for row in counted), sum(row[2] for row in counted)))
    return found
