"""An empty database, filled from a backup and verified; or a scratch database, filled, verified and dropped."""

import contextlib
import hashlib
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import Error as DatabaseError
from django.db import connections, transaction

from casework.audit import chain
from casework.audit import services as audit
from casework.audit.models import Event
from casework.audit.verify import verify
from casework.config.backups import container, manifest, programs
from casework.config.backups.making import Contents, Say, different_counts, read_through
from casework.config.backups.stream import BackupProblem, Damaged, Reader
from casework.config.models import Chore, Run
from casework.vault import crypto, erasures, files
from casework.vault.models import StoredFile

ALIASES = ("default", "owner")


@dataclass(frozen=True)
class Restored:
    """What a restore, or a try of one, brought back."""

    id: str
    made_at: str
    rows: int
    files: int
    missing: list[str]  # files that the backup does not hold, because the storage had lost them
    samples: int
    events: int
    erased: int  # keys that were destroyed again
    seconds: float
    migrated: bool


def restore(*, file: Path, say: Say = lambda text: None) -> Restored:
    """Fill the empty database from a backup, verify it, end all sessions. Raises BackupProblem: nothing was changed."""
    began = time.monotonic()
    found = _look(file, say)
    _refuse_a_filled_database()
    done = _fill(file, found, began, say, keep_files=True)
    with transaction.atomic():
        Run.objects.create(chore=Chore.RESTORE, ok=True, seconds=done.seconds, reference=done.id)
        audit.act("restore_backup", by=None, note=done.id)
    return done


def try_out(*, file: Path, say: Say = lambda text: None) -> Restored:
    """Restore into a scratch database beside the real one, verify everything, drop it; the drill is remembered."""
    began = time.monotonic()
    try:
        found = _look(file, say)
        with _scratch_database():
            done = _fill(file, found, began, say, keep_files=False)
    except BackupProblem as problem:
        Run.objects.create(
            chore=Chore.RESTORE_CHECK, ok=False, seconds=time.monotonic() - began, note=type(problem).__name__
        )
        raise
    with transaction.atomic():
        Run.objects.create(chore=Chore.RESTORE_CHECK, ok=True, seconds=done.seconds, reference=done.id)
        audit.act("try_backup", by=None, note=done.id)
    return done


def _look(file: Path, say: Say) -> Contents:
    say("Reading the backup to its end…")
    found = read_through(file)
    wrong = different_counts(found.manifest.counts, found.rows)
    if wrong:
        raise Damaged(f"This backup does not hold what it says: {wrong}. Take another copy of it.")
    newer = sorted(set(found.manifest.migrations) - manifest.known_to_the_code())
    if newer:
        raise BackupProblem(
            f"This backup was made by version {found.manifest.version}, which is newer than this one: it has "
            f"{newer[0]} and {len(newer) - 1} more migrations that are unknown here. Install that version, then "
            "restore."
        )
    server = programs.server_version() // 10_000
    if found.manifest.postgres > server:
        raise BackupProblem(
            f"This backup comes from PostgreSQL {found.manifest.postgres}, and this server is {server}: use a server "
            "that is at least as new."
        )
    return found


def _tables(using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT format('%%I.%%I', n.nspname, c.relname)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
            " AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'"
            " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1",
            [],
        )
        return [name for (name,) in cursor.fetchall()]


def _refuse_a_filled_database() -> None:
    there = _tables("owner")
    if there:
        raise BackupProblem(
            f"The database {connections['owner'].settings_dict['NAME']} is not empty (it has {len(there)} tables, such "
            f"as {there[0]}). A backup is restored into an empty database only. Nothing was changed. "
            "To try a backup out beside a running installation: manage.py restore --check FILE"
        )


def _empty() -> None:
    """Take away what a restore that did not verify has put into the database, which was empty before."""
    for connection in connections.all():
        connection.close()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """
            DO $$ DECLARE what record; BEGIN
              FOR what IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
              LOOP EXECUTE format('DROP TABLE public.%I CASCADE', what.relname); END LOOP;
              FOR what IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'public'::regnamespace
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
              LOOP EXECUTE format('DROP ROUTINE %s CASCADE', what.name); END LOOP;
            END $$
            """
        )


def _fill(file: Path, found: Contents, began: float, say: Say, *, keep_files: bool) -> Restored:
    listed = found.manifest
    say("Filling the database…")
    _load(file)
    try:
        for connection in connections.all():
            connection.close()
        with transaction.atomic(using="owner"):
            wrong = different_counts(listed.counts, manifest.counts())
        if wrong:
            raise BackupProblem(f"The rows that arrived are not those of the backup: {wrong}.")
        migrated = _migrate(say)
        _end_sessions()
        say("Verifying…")
        wrong_samples = manifest.wrong_samples(listed.samples)
        if wrong_samples:
            raise BackupProblem(
                f"Sealed values do not open, or say something else than they did: {', '.join(wrong_samples[:5])}. "
                "Are all the keys of that time in CASEWORK_KEYS?"
            )
        events = _verify_audit(listed)
        restored_files = _files(file, keep=keep_files)
        erased = _erase_again()
    except BaseException:
        if keep_files:  # a scratch database is dropped by the one who made it
            say("The restore did not verify; the database is emptied again…")
            _empty()
        raise
    return Restored(
        id=found.id,
        made_at=listed.made_at,
        rows=sum(found.rows.values()),
        files=restored_files,
        missing=found.missing,
        samples=len(listed.samples),
        events=events,
        erased=erased,
        seconds=time.monotonic() - began,
        migrated=migrated,
    )


def _migrate(say: Say) -> bool:
    """Bring an older backup forward, give the app's role its rights. Whether there was something to migrate."""
    behind = manifest.unapplied()
    if behind:
        say("Bringing it to this version…")
    call_command("migrate", verbosity=0)
    if behind:
        call_command("load_reference", verbosity=0)
    return behind


def _end_sessions() -> None:
    with connections["owner"].cursor() as cursor:
        there = set(connections["owner"].introspection.table_names(cursor))
        for table in manifest.left_behind() & there:
            cursor.execute(f"DELETE FROM {connections['owner'].ops.quote_name(table)}")  # noqa: S608  (our own name)


def _load(file: Path) -> None:
    """Let pg_restore fill the database in one transaction: all of it or nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:  # names of tables, nothing of what they hold
        for line in _table_of_contents(file):
            if " COMMENT - EXTENSION " not in line:  # only an extension's owner may comment on it
                wanted.write(f"{line}\n")
        wanted.flush()
        arguments = [f"--dbname={connections['owner'].settings_dict['NAME']}", "--single-transaction"]
        arguments += ["--exit-on-error", "--no-owner", "--no-privileges", f"--use-list={wanted.name}"]
        try:
            with _dump_of(file) as parts, programs.piped("pg_restore", *arguments, given=parts) as said:
                said.read()
        except programs.Failed as problem:
            raise BackupProblem(f"pg_restore failed, and nothing was changed: {problem}") from None


def _table_of_contents(file: Path) -> list[str]:
    try:
        with _dump_of(file) as parts, programs.piped("pg_restore", "--list", given=parts) as listed:
            return listed.read().decode().splitlines()
    except programs.Failed as problem:
        raise Damaged(f"The database in this backup cannot be read: {problem}") from None


@contextlib.contextmanager
def _dump_of(file: Path) -> Iterator[Iterator[bytes]]:
    with open(file, "rb") as opened:
        for name, parts in container.entries(Reader(opened)):
            if name == container.DATABASE:
                yield parts
                return
    raise Damaged("This backup holds no database. Take another copy of it.")


def _files(file: Path, *, keep: bool) -> int:
    """Give the storage its sealed files again; in a try-out only see that every one of them opens."""
    count = 0
    with open(file, "rb") as opened:
        for name, parts in container.entries(Reader(opened)):
            if not name.startswith(container.FILES):
                continue
            sealed = b"".join(parts)
            stored = StoredFile.objects.using("owner").select_related("key").get(pk=name.removeprefix(container.FILES))
            try:
                if hashlib.sha256(sealed).digest() != bytes(stored.sha256):
                    raise crypto.Tampered(str(stored.pk))
                crypto.open_sealed(sealed, key=stored.key.plain, place=stored.place)
            except crypto.Tampered:
                raise BackupProblem(f"The file {stored.pk} in this backup does not open.") from None
            if keep:
                files.put_back(stored, sealed)
            count += 1
    return count


def _verify_audit(listed: manifest.Manifest) -> int:
    """The trail ends where it ended, and its seals hold. Returns the number of its events.

    Anchors are not asked: they are younger than the backup, and would find what is missing since.
    """
    newest = Event.objects.using("owner").order_by("-id").values_list("id", "at").first()
    if ([newest[0], newest[1].isoformat()] if newest else []) != listed.audit_head:
        raise BackupProblem("The audit trail does not end where it ended when the backup was made.")
    report = verify(keys=chain.trusted(), using="owner")
    if report.finding is not None:
        raise BackupProblem(f"The audit trail in this backup is not sound. {report.finding}")
    return report.events + report.waiting


def _erase_again() -> int:
    """Destroy the keys that were destroyed after the backup was made, as the list outside the database says."""
    try:
        return erasures.apply()
    except erasures.Broken as problem:
        raise BackupProblem(
            f"The list of erasures was changed: {problem}. Bring the copy that is kept apart from the server, and let "
            "CASEWORK_ERASURE_LIST name it."
        ) from None


# --- A scratch database ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _scratch_database() -> Iterator[None]:
    """A new, empty database beside the real one; this process works in it until the block ends, then it is dropped."""
    name, before = f"casework_try_{uuid.uuid4().hex[:12]}", {a: connections[a].settings_dict["NAME"] for a in ALIASES}
    with _server(str(before["owner"])) as run:
        try:
            run(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        except DatabaseError:
            raise BackupProblem(
                "The owner role may not create the scratch database that a try-out needs. As the database's superuser: "
                f"ALTER ROLE {connections['owner'].settings_dict['USER']} CREATEDB;"
            ) from None
    try:
        _use(dict.fromkeys(ALIASES, name))
        yield
    finally:
        _use(before)
        with _server(str(before["owner"])) as run:
            run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _server(database: str) -> Iterator[Callable[[str], None]]:
    owner = connections["owner"]
    owner.close()

    def run(statement: str) -> None:
        with owner.cursor() as cursor:
            cursor.execute(statement)

    yield run
    owner.close()


def _use(names: dict[str, Any]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
