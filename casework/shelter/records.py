"""Import of `placements` (EXCHANGE.md, section 1). Facilities and beds that do not exist are created."""

import datetime
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.cases.records import needs_case
from casework.exchange import cells, quality
from casework.exchange.cells import Column
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import File, Row, register
from casework.people.records import Known, Persons
from casework.shelter.models import INTO_A_FAMILY, WITH_BEDS, Bed, Placement, Shelter
from reference import codes

PLACEMENTS = (
    Column("person_id", cells.KEY, required=True),
    Column("kind", cells.code_of("placement_types"), required=True),
    Column("facility", cells.TEXT),
    Column("bed", cells.TEXT),
    Column("starts_on", cells.DATE, required=True),
    Column("ends_on", cells.DATE),
)

BedKey = tuple[str, str, str]  # kind, facility, bed


class Nights:
    """Stays that do not share a night: in one bed, or of one person."""

    __slots__ = ("stays",)

    def __init__(self) -> None:
        self.stays: list[tuple[datetime.date, datetime.date]] = []

    def add(self, starts_on: datetime.date, ends_on: datetime.date | None) -> bool:
        """Add a stay; False, and nothing added, when it shares a night with another. (A same-day stay has no night.)"""
        ends = ends_on or datetime.date.max
        if ends <= starts_on:
            return True
        at = bisect_right(self.stays, (starts_on, datetime.date.max))
        if at and self.stays[at - 1][1] > starts_on:
            return False
        if at < len(self.stays) and self.stays[at][0] < ends:
            return False
        self.stays.insert(at, (starts_on, ends))
        return True


def facility_name(row: Row) -> str:
    """The name of the house; of one without a name, what kind of house it is."""
    return row["facility"] or str(codes.label_in("en", "placement_types", row["kind"]))


def has_bed(row: Row) -> bool:
    return bool(row["bed"]) and row["kind"] not in INTO_A_FAMILY


def bed_key(row: Row) -> BedKey | None:
    return (row["kind"], facility_name(row), row["bed"]) if row["bed"] else None


class ReadPlacements:
    """Checks and writes `placements`."""

    def __init__(self, run: Import) -> None:
        self.run, self.persons = run, run.of(Persons)
        self.new = self.there = 0
        self.seen: set[str] = set()
        self.written: set[str] = set()
        self.of_bed: dict[BedKey, Nights] = {}
        self.of_person: dict[str, Nights] = {}
        self.shelters: dict[tuple[str, str], Shelter] = {}
        self.beds: dict[BedKey, Bed] = {}

    def _refuse(self, row: Row, column: str, sentence: str) -> None:
        self.run.refuse("placements", row.line, column, sentence)

    def _external(self, row: Row) -> str:
        return self.run.key("shelter.placement", _PLACEMENTS.content(row))

    def check(self, rows: Sequence[Row]) -> None:
        own = {row.line: self._external(row) for row in rows}
        self.seen.update(_there(own.values()))
        found = {row.line: person for row, person in self.persons.of_rows("placements", rows)}
        self._load_nights(found.values())
        for row in rows:
            starts_on, ends_on = row["starts_on"], row["ends_on"]
            if starts_on and ends_on and ends_on < starts_on:
                self._refuse(row, "ends_on", _("The stay would end before it starts."))
                continue
            self._check_sizes(row)
            if row.bad or row.line not in found or own[row.line] in self.seen:
                continue
            self.seen.add(own[row.line])
            needs_case(found[row.line], [starts_on])
            self._check_nights(row, found[row.line])

    def _check_sizes(self, row: Row) -> None:
        in_shelter = row["kind"] in WITH_BEDS or has_bed(row)
        if in_shelter and len(row["facility"]) > _LONGEST_FACILITY:
            self._refuse(row, "facility", _("The name of a facility has at most 200 characters."))
        if has_bed(row) and len(row["bed"]) > _LONGEST_BED:
            self._refuse(row, "bed", _("The name of a bed has at most 60 characters."))

    def _check_nights(self, row: Row, person: Known) -> None:
        own = self.of_person.setdefault(person.external, Nights())
        if not own.add(row["starts_on"], row["ends_on"]):
            self._refuse(
                row,
                "bed" if row["bed"] else "starts_on",
                _("This person is already placed on a night of this stay: nobody is in two places."),
            )
            return
        key = bed_key(row)
        if key is None:
            return
        if key not in self.of_bed:
            self.of_bed[key] = self._nights_of_bed(key)
        if not self.of_bed[key].add(row["starts_on"], row["ends_on"]):
            self._refuse(row, "bed", _("Somebody else has this bed on a night of this stay."))

    def _load_nights(self, persons: Iterable[Known]) -> None:
        """The stays on record of persons that were there before."""
        wanted = {
            person.person_id: person.external
            for person in persons
            if person.existing is not None and person.external not in self.of_person
        }
        for external in wanted.values():
            self.of_person[external] = Nights()
        stays = Placement.objects.valid().filter(person_id__in=list(wanted))
        for person_id, starts_on, ends_on in stays.values_list("person_id", "starts_on", "ends_on"):
            self.of_person[wanted[person_id]].add(starts_on, ends_on)

    def _nights_of_bed(self, key: BedKey) -> Nights:
        nights, (kind, facility, bed) = Nights(), key
        stays = Placement.objects.valid().filter(
            bed__name=bed, shelter__organisation=self.run.organisation, shelter__name=facility, shelter__kind=kind
        )
        for starts_on, ends_on in stays.values_list("starts_on", "ends_on"):
            nights.add(starts_on, ends_on)
        return nights

    def write(self, rows: Sequence[Row]) -> None:
        there, fresh = _there([self._external(row) for row in rows]), []
        for row in rows:
            external = self._external(row)
            if external in there or external in self.written:
                self.there += 1
                continue
            self.written.add(external)
            known = self.persons.get(self.persons.external(row["person_id"]))
            assert known is not None  # noqa: S101  (checked in the first pass)
            fresh.append((row, external, known))
        self.new += len(fresh)
        self._find_houses([row for row, _external, _known in fresh])
        copy_in(Placement, [self._placement(row, external, known) for row, external, known in fresh])

    def _find_houses(self, rows: Sequence[Row]) -> None:
        """The shelters and beds of these rows, created where they are missing. (A family's name stays encrypted.)"""
        houses: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            if row["kind"] in INTO_A_FAMILY or not (row["bed"] or (row["kind"] in WITH_BEDS and row["facility"])):
                continue
            beds = houses[row["kind"], facility_name(row)]
            if row["bed"]:
                beds.add(row["bed"])
        for house, beds in houses.items():
            kind, name = house
            if house not in self.shelters:
                self.shelters[house], _made = Shelter.objects.get_or_create(
                    organisation=self.run.organisation, name=name, kind=kind
                )
            missing = [bed for bed in sorted(beds) if (kind, name, bed) not in self.beds]
            shelter = self.shelters[house]
            Bed.objects.bulk_create([Bed(shelter=shelter, name=bed) for bed in missing], ignore_conflicts=True)
            for found in Bed.objects.filter(shelter=shelter, name__in=missing):
                self.beds[kind, name, found.name] = found

    def _placement(self, row: Row, external: str, known: Known) -> Placement:
        shelter = bed = None
        facility = row["facility"]
        if row["kind"] in INTO_A_FAMILY:
            facility = ", ".join(part for part in (row["facility"], row["bed"]) if part)
        else:
            shelter = self.shelters.get((row["kind"], facility_name(row))) if row["facility"] or row["bed"] else None
            bed = self.beds[row["kind"], facility_name(row), row["bed"]] if row["bed"] else None
        starts_on: datetime.date = row["starts_on"]
        return Placement(
            key=known.key(),
            case_id=known.case_id,
            person_id=known.person_id,
            kind=row["kind"],
            shelter=shelter,
            bed=bed,
            facility="" if shelter else facility,
            starts_on=starts_on,
            ends_on=row["ends_on"],
            age_at_start=known.age_on(starts_on),
            age_next_january=known.age_on(_next_january(starts_on)),
            imported=True,
            external_key=external,
        )


_LONGEST_FACILITY = Shelter._meta.get_field("name").max_length or 0
_LONGEST_BED = Bed._meta.get_field("name").max_length or 0


def _next_january(day: datetime.date) -> datetime.date:
    return datetime.date(min(day.year + 1, datetime.MAXYEAR), 1, 1)


def _there(externals: Iterable[str]) -> set[Any]:
    found = Placement.objects.filter(external_key__in=list(externals))
    return set(found.values_list("external_key", flat=True))


_PLACEMENTS = File("placements", 30, PLACEMENTS, ReadPlacements)
register(_PLACEMENTS)


def _into_unassessed_families(organisation: Any) -> Any:
    """Imported stays of a child, or of somebody of unknown age, in a family that nobody assessed here."""
    return (
        Placement.objects.valid()
        .filter(case__organisation=organisation, imported=True, kind__in=INTO_A_FAMILY)
        .exclude(age_at_start__gte=quality.adult_age())
    )


quality.register(
    quality.Concern(
        "family-not-assessed",
        gettext_lazy("Imported stays of children in a family that nobody assessed here"),
        _into_unassessed_families,
        "case__number",
    )
)
