"""New keys, and what the old ones still hold."""

import base64
import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from casework.access import mfa
from casework.audit import services as audit
from casework.config.models import Chore, Run
from casework.people.recoding import recode_names
from casework.vault import crypto, erasures
from casework.vault import services as vault

Done = Callable[[int], object]


class KeyProblem(Exception):
    """The message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Use:
    """What one key-encryption key still holds, and whether it is at hand."""

    name: str
    record_keys: int
    second_factors: int
    at_hand: bool
    newest: bool

    @property
    def wraps_nothing(self) -> bool:
        return not (self.record_keys or self.second_factors)


def uses() -> list[Use]:
    """Every key that is at hand or in use, the newest first."""
    names, records, factors = crypto.key_names(), vault.wrapped_by(), mfa.wrapped_by()
    known = [*names, *sorted((records.keys() | factors.keys()) - set(names))]
    return [Use(name, records.get(name, 0), factors.get(name, 0), name in names, name == names[0]) for name in known]


def rewrap(*, done: Done = lambda count: None) -> tuple[int, int]:
    """Wrap every record key and second factor with the newest key; returns how many of each were wrapped anew."""
    records = vault.rewrap(done=done)
    factors = mfa.rewrap()
    with transaction.atomic():
        name = crypto.key_names()[0]
        Run.objects.create(chore=Chore.KEY_ROTATION, ok=True, reference=name)
        audit.act("rotate_keys", by=None, note=name)
    return records, factors


def recode(*, done: Done = lambda count: None) -> int:
    """Make every search code with the newest index key; returns the number of persons."""
    persons = recode_names(done=done)
    with transaction.atomic():
        audit.act("rotate_keys", by=None, note="index")
    return persons


def pending_erasures() -> int:
    """How many erased keys an older dump still opens, because a key of that time is still at hand."""
    return erasures.pending_rotation()


# --- A new key -------------------------------------------------------------------------------------------------------


def fresh_key() -> str:
    """32 random bytes in Base64."""
    return base64.b64encode(crypto.new_key()).decode()


def with_new_key(items: list[str], letter: str) -> list[str]:
    """The keys with a new one in front, named after the highest number so far."""
    named = [item if ":" in item else f"{letter}1:{item}" for item in items]
    numbers = [int(name[1:]) for name in (item.split(":")[0] for item in named) if name[1:].isdigit()]
    return [f"{letter}{max(numbers, default=0) + 1}:{fresh_key()}", *named]


def add_key(*, index: bool, write: Path | None) -> str | None:
    """Make a new newest key, for records or for the index, and keep it where the keys are kept.

    On the embedded servers it goes into their secrets; otherwise into the file `write`, or it is returned to be shown
    once. Raises KeyProblem.
    """
    if index:
        items = with_new_key([item for item in settings.CASEWORK_INDEX_KEY.split(",") if item], "i")
    else:
        items = with_new_key(list(settings.CASEWORK_KEYS), "k")
    line = ",".join(items)
    if write is not None:
        may_replace = write == Path(settings.CASEWORK_KEYS_FILE or "/") and not index
        _write(write, line.replace(",", "\n") + "\n", replace=may_replace)
        return None
    if settings.EMBEDDED and (index or settings.CASEWORK_KEYS_FILE):
        _into_secrets("index_key" if index else "casework_keys", line)
        return None
    return line


def _into_secrets(name: str, value: str) -> None:
    """Change one entry of the embedded servers' secrets, whole or not at all."""
    from casework import embedded

    path = embedded.endpoints().state / "secrets.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    _write(path, json.dumps(kept | {name: value}, indent=1), replace=True)


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write a file that only its owner reads: whole or not at all, on the disk when this returns."""
    if path.exists() and not replace:
        raise KeyProblem(f"{path} is there already, and no file of keys is ever overwritten. Choose another name.")
    part = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace and os.geteuid() == 0:
            was = path.stat()
            os.chown(part, was.st_uid, was.st_gid)
        part.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as problem:
        with contextlib.suppress(OSError):
            part.unlink()
        raise KeyProblem(f"{path} cannot be written: {problem.strerror}.") from None
