"""`import_records`: everything is checked, then everything is written, in one transaction, or nothing is.

The whole input is read twice. In the first pass every app's reader sees its rows in chunks, refuses what is wrong and
keeps only what later files refer to; the second pass writes. So memory does not grow with names and texts in the files.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation
from casework.audit import services as audit
from casework.exchange.problems import ImportRefused, Problems
from casework.exchange.reading import Reading
from casework.exchange.registry import REGISTRY, File, Reader, Row
from casework.exchange.sources import NotReadable, Table, open_source
from casework.vault import index

CHUNK = 2_000  # rows checked, sealed and written at once
_LOCK = 7_203_411  # of PostgreSQL's advisory locks: one import at a time

T = TypeVar("T")


class Import:
    """One run: for whom, when, what is wrong so far, and what the apps keep between their files."""

    def __init__(self, organisation: Organisation, now: datetime.datetime) -> None:
        self.organisation, self.now = organisation, now
        self.today = timezone.localdate(now)
        self.problems = Problems()
        self.readings: dict[str, Reading] = {}
        self._kept: dict[type, Any] = {}

    def of(self, kind: type[T]) -> T:
        """What an app keeps for this run: made once, as `kind(run)`."""
        if kind not in self._kept:
            self._kept[kind] = kind(self)  # type: ignore[call-arg]
        found: T = self._kept[kind]
        return found

    def refuse(self, file: str, line: int, column: str, sentence: Any) -> None:
        """A problem of one cell of a file."""
        self.readings[file].refuse(line, column, sentence)

    def has_column(self, file: str, column: str) -> bool:
        return any(head.name == column for head in self.readings[file].header)

    def key(self, model: str, key: str) -> str:
        """What a sender's key is found by again: a keyed hash, unique within the organisation."""
        return index.digest(f"{model}|{self.organisation.pk}|{key}")


@dataclass(frozen=True)
class Counted:
    """What became of one file's rows."""

    file: str
    new: int
    there: int


def home_organisation(short_name: str = "") -> Organisation:
    """The organisation that records are imported for. Raises `NotReadable` when it cannot be told."""
    from django.conf import settings

    wanted = short_name or settings.HOME_ORGANISATION
    if wanted:
        found = Organisation.objects.filter(short_name=wanted).first()
        if found is None:
            raise NotReadable(_("There is no organisation with the short name “%(name)s”.") % {"name": wanted})
        return found
    first = Organisation.objects.order_by("created_at").first()
    if first is None:
        raise NotReadable(
            _("There is no organisation yet. The command “demo --no-data” makes one in an empty database.")
        )
    return first


def import_records(
    path: Path, *, organisation: Organisation, now: datetime.datetime, dry_run: bool = False
) -> list[Counted]:
    """Import a folder or workbook. Returns what was new and what was already there, per file.

    All or nothing: raises `ImportRefused` with every problem, `NotReadable` when there is nothing to read. With
    `dry_run` everything is done and undone.
    """
    run = Import(organisation, now)
    tables = _tables_of(path, run)
    try:
        with transaction.atomic():
            _one_at_a_time()
            readers = _check(run, tables)
            _write(run, tables, readers)
            counted = [
                Counted(file.name, readers[file.name].new, readers[file.name].there)
                for file in REGISTRY.ordered()
                if file.name in readers
            ]
            note = " ".join(f"{each.file}={each.new}+{each.there}" for each in counted)
            audit.act("import_records", organisation, by=None, note=note[:200])
            if dry_run:
                transaction.set_rollback(True)
    except IntegrityError as problem:
        # The checks cover every constraint, so somebody changed the same records meanwhile.
        name = getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None) or "?"
        raise NotReadable(
            _("Records changed while they were being imported (%(constraint)s). Nothing was written; try again.")
            % {"constraint": name}
        ) from None
    return counted


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _tables_of(path: Path, run: Import) -> list[tuple[File, Table]]:
    """The tables in the order of the format; one of an unknown kind is refused, and so is a missing `referrals`."""
    found: dict[str, Table] = {}
    for table in open_source(path):
        if table.name in REGISTRY.files:
            found[table.name] = table
        else:
            run.problems.add((-1, 1, 0), table.label, "1", _("Files of this name are not known here."))
    for file in REGISTRY.ordered():
        if file.required and file.name not in found:
            label = f"{file.name}.csv" if path.is_dir() else file.name
            run.problems.add((file.place, 1, 0), label, file.columns[0].name, _("This file is missing."))
    ordered = [(file, found[file.name]) for file in REGISTRY.ordered() if file.name in found]
    if run.problems.count and not any(file.required for file, _table in ordered):
        raise ImportRefused(run.problems)
    return ordered


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _check(run: Import, tables: list[tuple[File, Table]]) -> dict[str, Reader]:
    readers = {}
    for file, table in tables:
        reading = run.readings[file.name] = Reading(table, file, run.problems)
        reader = readers[file.name] = file.reader(run)
        for chunk in _chunks(reading.rows()):
            reader.check(chunk)
    if run.problems.count:
        raise ImportRefused(run.problems)
    return readers


def _write(run: Import, tables: list[tuple[File, Table]], readers: dict[str, Reader]) -> None:
    for step in REGISTRY.before:
        step.run(run)
    for file, _table in tables:
        for chunk in _chunks(run.readings[file.name].rows()):
            readers[file.name].write(chunk)
    if run.problems.count:  # the files changed between the two passes
        raise ImportRefused(run.problems)
    for step in REGISTRY.after:
        step.run(run)
