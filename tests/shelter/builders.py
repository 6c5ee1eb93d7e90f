"""Shelters, beds and placements as tests need them, made through the services."""

import datetime
from types import SimpleNamespace
from typing import Any

from casework.shelter import services
from casework.shelter.models import Placement, Shelter
from tests.cases.builders import builders as case_builders

TODAY = datetime.date(2026, 6, 1)


def day(number: int, month: int = 6) -> datetime.date:
    """A day of June 2026, or of another month of that year."""
    return datetime.date(2026, month, number)


def builders(cast: SimpleNamespace) -> SimpleNamespace:
    """`make.shelter(beds=6)` kept by Nada, `make.placement(case=…, shelter=…)` by Ana."""
    make = case_builders(cast)

    def shelter(name: str = "Kuća jedan", *, beds: int = 1, kind: str = "ngo-shelter", **known: Any) -> Shelter:
        keepers = known.pop("keepers", [cast.nada])
        by = known.pop("by", cast.vesna)
        made = services.add_shelter(
            organisation=by.organisation, name=name, kind=kind, keepers=keepers, added_by=by, **known
        )
        for number in range(1, beds + 1):
            services.add_bed(shelter=made, name=f"Krevet {number}", added_by=by)
        return made

    def placement(*, case: Any = None, shelter: Shelter | None = None, by: Any = None, **known: Any) -> Placement:
        case = case or make.case(given_age=30, given_age_on=TODAY)
        known.setdefault("kind", shelter.kind if shelter else "group-home")
        known.setdefault("starts_on", TODAY)
        known.setdefault("today", TODAY)
        return services.place_person(case=case, shelter=shelter, placed_by=by or cast.ana, **known)

    return SimpleNamespace(**vars(make), shelter=shelter, placement=placement)
