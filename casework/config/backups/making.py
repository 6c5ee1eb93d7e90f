"""A backup, written and read again."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from casework.audit import services as audit
from casework.config.backups import container, manifest, programs
from casework.config.backups.manifest import Manifest
from casework.config.backups.stream import CHUNK, BackupProblem, Damaged, NotOurs, Reader, Writer
from casework.config.models import Chore, Run
from casework.vault import files
from casework.vault.models import FileLost, StoredFile

Say = Callable[[str], object]


@dataclass
class Contents:
    """What was found in a backup that was read to its end."""

    id: str
    manifest: Manifest
    rows: dict[str, int]  # counted in the dump itself
    files: int = 0
    missing: list[str] = field(default_factory=list)  # files whose bytes the storage had lost when it was made


@dataclass(frozen=True)
class Made:
    """A backup that was written and checked."""

    path: Path
    id: str
    size: int
    seconds: float
    rows: int
    files: int
    missing: list[str]


def back_up(*, to: Path, now: Any = None, say: Say = lambda text: None) -> Made:
    """Write an encrypted backup to a file that is not there yet, read it again and count its rows.

    The file appears under its name only when it is whole and checked. Raises BackupProblem; then nothing is left.
    """
    now, began = now or timezone.now(), time.monotonic()
    try:
        made = _back_up(to, now, began, say)
    except BackupProblem as problem:
        Run.objects.create(
            chore=Chore.BACKUP, ok=False, seconds=time.monotonic() - began, note=type(problem).__name__, at=now
        )
        raise
    with transaction.atomic():
        Run.objects.create(
            chore=Chore.BACKUP, ok=True, at=now, seconds=made.seconds, size=made.size, reference=made.id,
            note="" if not made.missing else f"{len(made.missing)} files were missing in the storage",
        )  # fmt: skip
        audit.act("make_backup", by=None, note=made.id)
    return made


def _back_up(to: Path, now: Any, began: float, say: Say) -> Made:
    part = to.with_name(f".{to.name}.part")
    if manifest.unapplied():
        raise BackupProblem(
            "The database is older than this version of the product: run manage.py migrate first, or make the backup "
            "with the version that wrote it."
        )
    if os.path.lexists(to):
        raise BackupProblem(f"{to} is there already, and no backup is ever overwritten. Choose another name.")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise BackupProblem(
            f"{part} is there: another backup is being written to it, or one was broken off. Remove it, then try again."
        ) from None
    except OSError as problem:
        raise BackupProblem(f"{to.parent} cannot be written to: {problem.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            backup_id = _write(file, now, say)
            file.flush()
            os.fsync(file.fileno())
        say("Reading it again…")
        found = read_through(part)
        _refuse_other_counts(found)
        os.link(part, to)  # unlike a rename, it never replaces a file that came in the meantime
    except FileExistsError:
        raise BackupProblem(f"{to} appeared in the meantime, and no backup is ever overwritten.") from None
    except OSError as problem:
        raise BackupProblem(f"The backup could not be written: {problem.strerror}.") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Made(
        to, backup_id, to.stat().st_size, time.monotonic() - began, sum(found.rows.values()), found.files, found.missing
    )


def _write(file: Any, now: Any, say: Say) -> str:
    writer = Writer(file, made_at=now.isoformat())
    owner = connections["owner"]
    owner.close()
    with transaction.atomic(using="owner", durable=True):
        with owner.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        say("Counting…")
        listed = manifest.read_now(now=now)
        container.write_entry(writer, container.MANIFEST, [listed.to_json()])
        say("Copying the database…")
        container.write_entry(writer, container.DATABASE, _dump(snapshot))
        say("Copying the files…")
        kept = StoredFile.objects.using("owner").filter(forgotten_at=None, key__destroyed_at=None).order_by("pk")
        missing = []
        for stored in kept.iterator(chunk_size=500):
            try:
                sealed = files.sealed_bytes(stored)
            except FileLost:
                missing.append(str(stored.pk))
                continue
            container.write_entry(writer, f"{container.FILES}{stored.pk}", [sealed])
        container.write_entry(writer, "missing.json", [json.dumps(missing).encode()])
    owner.close()
    container.write_end(writer)
    return writer.id


def _dump(snapshot: str) -> Iterator[bytes]:
    arguments = ["--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges"]
    arguments += ["--lock-wait-timeout=60s"]
    arguments += [f"--exclude-table-data=public.{table}" for table in sorted(manifest.left_behind())]
    try:
        with programs.piped("pg_dump", *arguments) as dump:
            while part := dump.read(CHUNK):
                yield part
    except programs.Failed as problem:
        raise BackupProblem(f"pg_dump failed: {problem}") from None


def rows_of(parts: Iterable[bytes]) -> dict[str, int]:
    """How many rows a dump holds of every table, counted in the data itself by letting pg_restore print it."""
    counted: dict[str, int] = {}
    table = ""
    try:
        with programs.piped("pg_restore", "--data-only", "--file=-", given=parts) as printed:
            for line in printed:
                if table:
                    if line == b"\\.\n":
                        table = ""
                    else:
                        counted[table] += 1
                elif line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                    table = line.split(b" ")[1].decode().rpartition(".")[2].strip('"')
                    counted[table] = 0
    except programs.Failed as problem:
        raise Damaged(f"The database in this backup cannot be read: {problem}") from None
    return counted


def read_through(path: Path) -> Contents:
    """Open a backup and read it to its end. Raises NotOurs, WrongKey, Damaged; changes nothing."""
    try:
        with open(path, "rb") as file:
            return _read_through(Reader(file))
    except FileNotFoundError:
        raise BackupProblem(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise NotOurs(f"{path} is a folder; a backup is a file.") from None
    except OSError as problem:
        raise BackupProblem(f"{path} cannot be read: {problem.strerror}.") from None


def _read_through(reader: Reader) -> Contents:
    found: Contents | None = None
    for name, parts in container.entries(reader):
        if name == container.MANIFEST:
            found = Contents(reader.id, Manifest.from_json(b"".join(parts)), {})
        elif found is None:
            break
        elif name == container.DATABASE:
            found.rows = rows_of(parts)
        elif name.startswith(container.FILES):
            for _part in parts:
                pass
            found.files += 1
        elif name == "missing.json":
            found.missing = list(json.loads(b"".join(parts)))
    if found is None or not found.rows:
        raise Damaged("This backup holds no database. Take another copy of it.")
    return found


def _refuse_other_counts(found: Contents) -> None:
    """A dump under row-level security, or of a damaged table, can end well and hold fewer rows."""
    wrong = different_counts(found.manifest.counts, found.rows)
    if wrong:
        raise BackupProblem(f"The dump does not hold what the database held: {wrong}. The backup was thrown away.")


def different_counts(expected: dict[str, int], counted: dict[str, int]) -> str:
    """Where two counts differ, in words; "" when they do not. A table without rows may be missing in `counted`."""
    tables = sorted(expected.keys() | counted.keys())
    wrong = [
        f"{table} has {counted.get(table, 0):,} rows instead of {expected.get(table, 0):,}"
        for table in tables
        if counted.get(table, 0) != expected.get(table, 0)
    ]
    return "; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
