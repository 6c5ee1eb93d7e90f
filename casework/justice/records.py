"""Import of `witness_statuses` (EXCHANGE.md, section 1)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.cases.records import needs_case
from casework.exchange import cells, quality
from casework.exchange.cells import Column
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import File, Row, register
from casework.justice.models import WitnessOutcome, WitnessStatus
from casework.people.records import Known, Persons
from casework.vault.models import KeyClass, VaultKey

DESIGNATION = "particularly-vulnerable-group"
NEEDS_DESIGNATION = ("especially-vulnerable-witness", "protective-witness")

WITNESS_STATUSES = (
    Column("person_id", cells.KEY, required=True),
    Column("kind", cells.code_of("witness_statuses"), required=True),
    Column("requested_on", cells.DATE),
    Column("decided_on", cells.DATE),
    Column("outcome", cells.code(tuple(WitnessOutcome.values)), required=True),
)


class ReadWitnessStatuses:
    """Checks and writes `witness_statuses`. One granted without a day is accepted, counts in no year, and is listed."""

    def __init__(self, run: Import) -> None:
        self.run, self.persons = run, run.of(Persons)
        self.new = self.there = 0
        self.seen: set[str] = set()
        self.written: set[str] = set()

    def _external(self, row: Row) -> str:
        return self.run.key("justice.witnessstatus", _WITNESS_STATUSES.content(row))

    def check(self, rows: Sequence[Row]) -> None:
        own = {row.line: self._external(row) for row in rows}
        self.seen.update(_there(own.values()))
        found = {row.line: person for row, person in self.persons.of_rows("witness_statuses", rows)}
        for row in rows:
            requested_on, decided_on = row["requested_on"], row["decided_on"]
            if requested_on and decided_on and decided_on < requested_on:
                self.run.refuse(
                    "witness_statuses", row.line, "decided_on", _("This was decided before it was requested.")
                )
            elif not row.bad and row.line in found and own[row.line] not in self.seen:
                self.seen.add(own[row.line])
                needs_case(found[row.line], [requested_on, decided_on])

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
            fresh.append(_status(row, external, known))
        self.new += len(fresh)
        copy_in(WitnessStatus, fresh)
        granted = [one for one in fresh if (one.kind, one.status) == ("protective-witness", WitnessOutcome.GRANTED)]
        VaultKey.objects.filter(pk__in=[one.key_id for one in granted]).update(key_class=KeyClass.PROTECTED)


def _status(row: Row, external: str, known: Known) -> WitnessStatus:
    return WitnessStatus(
        key=known.key(),
        case_id=known.case_id,
        person_id=known.person_id,
        kind=row["kind"],
        status=row["outcome"],
        requested_on=row["requested_on"],
        decided_on=row["decided_on"],
        age_at_decision=known.age_on(row["decided_on"]) if row["decided_on"] else None,
        imported=True,
        external_key=external,
    )


def _there(externals: Iterable[str]) -> set[Any]:
    found = WitnessStatus.objects.filter(external_key__in=list(externals))
    return set(found.values_list("external_key", flat=True))


_WITNESS_STATUSES = File("witness_statuses", 40, WITNESS_STATUSES, ReadWitnessStatuses)
register(_WITNESS_STATUSES)


def _imported(organisation: Any) -> Any:
    return WitnessStatus.objects.valid().filter(case__organisation=organisation, imported=True)


def _granted_without_day(organisation: Any) -> Any:
    return _imported(organisation).filter(status=WitnessOutcome.GRANTED, decided_on=None)


def _granted_without_designation(organisation: Any) -> Any:
    designated = WitnessStatus.objects.valid().filter(
        person=OuterRef("person"), kind=DESIGNATION, status=WitnessOutcome.GRANTED
    )
    return _imported(organisation).filter(
        ~Exists(designated), status=WitnessOutcome.GRANTED, kind__in=NEEDS_DESIGNATION
    )


quality.register(
    quality.Concern(
        "status-granted-without-day",
        gettext_lazy("Witness statuses granted on a day that is not known: they count in no year"),
        _granted_without_day,
        "case__number",
    ),
    quality.Concern(
        "status-without-designation",
        gettext_lazy("Imported witness statuses granted without a designation by the prosecutor"),
        _granted_without_designation,
        "case__number",
    ),
)
