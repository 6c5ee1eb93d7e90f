"""The list of erased keys: in a table that only grows, and in a file outside the database.

A backup from before an erasure holds the key again. The list says which keys must be destroyed once more after a
restore; it holds keys' ids and times, nothing about anybody. Each line is signed, and signed over the line before, so
that a line that was changed, moved or taken out of the middle is noticed.

Whoever has an older dump still opens what was erased for as long as a key-encryption key of that time exists: the
erasure is whole when `manage.py rotate_keys` has run and the old key is thrown away (`pending_rotation`).
"""

import contextlib
import datetime
import fcntl
import hmac
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from casework.vault import crypto, index
from casework.vault.models import ErasedKey, StoredFile, VaultKey
from casework.vault.services import destroy_key

FIRST = "0" * 32


class Broken(Exception):
    """The list is not what was written: a line was changed, moved or removed. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of the erasure list is not what was written")
        self.line = line


@dataclass(frozen=True)
class Entry:
    """One destroyed key: which, when, and the names of the key-encryption keys that could open it until then."""

    key: uuid.UUID
    at: datetime.datetime
    opened_by: tuple[str, ...]

    def text(self) -> str:
        return "|".join((str(self.key), self.at.astimezone(datetime.UTC).isoformat(), *self.opened_by))


# Apps that keep search codes or other traces beside a key register here what empties them. Called with the keys' ids
# inside the transaction that destroys them, also when a list is applied after a restore.
ON_ERASE: list[Callable[[Sequence[uuid.UUID]], None]] = []


def _signature(entry: Entry, before: str) -> str:
    return index.digest(f"erased|{before}|{entry.text()}")


@transaction.atomic
def erase(keys: Iterable[VaultKey], *, at: datetime.datetime | None = None) -> int:
    """Destroy these keys for good, list them, and take away what lies beside them. Returns how many were destroyed.

    Their files are given up; keys that these have replaced go with them. The file outside the database is written after
    the commit (and by a periodic task, should that fail).
    """
    moment = at or timezone.now()
    wanted = {key.pk for key in keys}
    rows = VaultKey.objects.filter(Q(pk__in=wanted) | Q(replaced_by__in=wanted)).order_by("pk")
    locked = list(rows.select_for_update(of=("self",)))
    gone = [key for key in locked if key.wrapped is not None]
    _forget_files([key.pk for key in gone])
    for key in gone:
        names = sorted({*crypto.key_names(), key.wrapped_by})
        destroy_key(key)
        _list(Entry(key.pk, moment, tuple(names)))
    ids = [key.pk for key in locked]
    for empty in ON_ERASE:
        empty(ids)
    transaction.on_commit(_write_after_commit)
    return len(gone)


def _list(entry: Entry) -> None:
    if not ErasedKey.objects.filter(key_id=entry.key).exists():
        ErasedKey.objects.create(key_id=entry.key, at=entry.at, opened_by=list(entry.opened_by))


def _forget_files(ids: Sequence[uuid.UUID]) -> None:
    from casework.vault import files

    for stored in StoredFile.objects.filter(key__in=ids, forgotten_at=None):
        files.forget(stored)


def _write_after_commit() -> None:
    with contextlib.suppress(OSError, Broken):  # a full disk undoes no erasure; the health page and the task see it
        write_file()


# The file -------------------------------------------------------------------------------------------------------------
def path() -> Path | None:
    """Where the list lies outside the database; None when the setting is empty."""
    return Path(settings.CASEWORK_ERASURE_LIST) if settings.CASEWORK_ERASURE_LIST else None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[IO[str]]:
    file.parent.mkdir(parents=True, exist_ok=True)
    made = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(made, "r+", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        yield opened


def write_file() -> int:
    """Append to the file what the table has and the file has not. Returns how many lines were added."""
    file = path()
    if file is None:
        return 0
    with _opened(file) as opened:
        lines = [line for line in opened.read().splitlines() if line]
        listed = {entry.key for entry in _parse(lines)}
        before = json.loads(lines[-1])["signature"] if lines else FIRST
        missing = [row.entry() for row in ErasedKey.objects.order_by("pk") if row.key_id not in listed]
        for entry in missing:
            before = _signature(entry, before)
            opened.write(_line(entry, before) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return len(missing)


def _line(entry: Entry, signature: str) -> str:
    at = entry.at.astimezone(datetime.UTC).isoformat()
    return json.dumps({"key": str(entry.key), "at": at, "opened_by": entry.opened_by, "signature": signature})


def read_file(file: Path | None = None) -> list[Entry]:
    """The entries of a list, checked. Raises `Broken` with the first line that is not what was written.

    A list that does not exist is empty. One that was cut at its end cannot be told from a shorter one by itself:
    `unwritten` compares it with the table, before a backup is restored; and keep copies apart from the server.
    """
    asked = file or path()
    if asked is None or not asked.exists():
        return []
    return _parse([line for line in asked.read_text(encoding="utf-8").splitlines() if line])


def _parse(lines: list[str]) -> list[Entry]:
    entries, before = [], FIRST
    for count, line in enumerate(lines, start=1):
        try:
            found: dict[str, Any] = json.loads(line)
            entry = Entry(
                uuid.UUID(found["key"]), datetime.datetime.fromisoformat(found["at"]), tuple(found["opened_by"])
            )
            signed = str(found["signature"])
        except (ValueError, KeyError, TypeError):
            raise Broken(count) from None
        before = _signature(entry, before)
        if not hmac.compare_digest(before, signed):
            raise Broken(count)
        entries.append(entry)
    return entries


def unwritten() -> int:
    """How many erasures the file does not have yet, or -1 when the file is broken. 0 is as it should be."""
    try:
        listed = {entry.key for entry in read_file()}
    except (Broken, OSError):
        return -1
    return sum(1 for key in ErasedKey.objects.values_list("key_id", flat=True) if key not in listed)


# After a restore ------------------------------------------------------------------------------------------------------
@transaction.atomic
def apply(list: Iterable[Entry] | Path | None = None) -> int:
    """Erase again what the list names: after a backup from before an erasure was restored.

    `list` holds entries, or is the path of a list (default: the file of the settings). Keys that the restored database
    does not know are listed too. Returns how many keys were destroyed anew; applying twice changes nothing.
    """
    entries = read_file(list) if list is None or isinstance(list, Path) else [*list]
    count = 0
    for entry in entries:
        key = VaultKey.objects.filter(pk=entry.key).first()
        if key is not None:
            count += erase([key], at=entry.at)
        _list(entry)
    return count


def pending_rotation() -> int:
    """How many erased keys an older dump still opens: one of the key-encryption keys of their time is still at hand.

    Falls to 0 when `rotate_keys` has run and the old key is gone from CASEWORK_KEYS.
    """
    names = set(crypto.key_names())
    return sum(1 for held in ErasedKey.objects.values_list("opened_by", flat=True) if names & set(held))
