"""Files of the record: sealed with the record's key, under a random name, in Django's default storage.

The storage (a folder, or an object store) holds noise: no name, no type, no content. What makes a file readable is its
row and its record's key; destroying the key erases the file wherever copies of it lie.
"""

import datetime
import hashlib
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.vault import crypto
from casework.vault.models import LARGEST_FILE, FileLost, StoredFile, VaultKey

__all__ = ["FOLDER", "FileLost", "TooLarge", "forget", "put_back", "sealed_bytes", "store", "sweep"]

FOLDER = "sealed"
ORPHAN_AFTER = datetime.timedelta(days=1)  # no transaction lives that long


class TooLarge(ValueError):
    """The message is a sentence for the person who brought the file."""


def store(content: bytes, *, key: VaultKey, media_type: str) -> StoredFile:
    """Seal the content and keep it. Call it inside the transaction that writes the row which refers to the file.

    The bytes are written before the row is committed: if the transaction rolls back, sealed bytes that nothing refers
    to stay behind until `sweep` takes them. Raises `TooLarge` above 25 MB, `crypto.Erased` when the key was destroyed.
    """
    if len(content) > LARGEST_FILE:
        raise TooLarge(
            _("The file has %(size)s MB; at most %(largest)s MB are kept.")
            % {"size": -(-len(content) // 2**20), "largest": LARGEST_FILE // 2**20}
        )
    stored = StoredFile(key=key, media_type=media_type, size=len(content))
    sealed = crypto.seal(content, key=key.plain, place=stored.place)
    stored.sha256 = hashlib.sha256(sealed).digest()
    stored.name = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", ContentFile(sealed))
    stored.save(force_insert=True)
    return stored


def forget(stored: StoredFile) -> None:
    """Give up the content; the row stays and says when. The bytes go when the transaction has committed."""
    with transaction.atomic():
        # not save(): that is refused once the record's key is destroyed, and this is part of the same erasure
        StoredFile.objects.filter(pk=stored.pk, forgotten_at=None).update(forgotten_at=timezone.now())
        transaction.on_commit(lambda: default_storage.delete(stored.name))
    stored.refresh_from_db(fields=["forgotten_at"])


def sealed_bytes(stored: StoredFile) -> bytes:
    """What the storage holds for a row, still sealed: for a backup. Raises `FileLost` when it is another."""
    try:
        with default_storage.open(stored.name, "rb") as file:
            sealed: bytes = file.read()
    except FileNotFoundError:
        raise FileLost(f"the storage has no file for {stored.id}") from None
    if hashlib.sha256(sealed).digest() != bytes(stored.sha256):
        raise FileLost(f"the storage holds other bytes for {stored.id} than were stored")
    return sealed


def put_back(stored: StoredFile, sealed: bytes) -> None:
    """Give the storage the sealed bytes of a row again: from a backup. Raises `FileLost` when they are not its own."""
    if hashlib.sha256(sealed).digest() != bytes(stored.sha256):
        raise FileLost(f"these are not the bytes of {stored.id}")
    if default_storage.exists(stored.name):
        default_storage.delete(stored.name)
    if default_storage.save(stored.name, ContentFile(sealed)) != stored.name:
        raise FileLost(f"the storage gave {stored.id} another name")


def sweep(*, now: datetime.datetime) -> int:
    """Remove bytes that no row refers to, and those of forgotten files and destroyed keys, once they are a day old.

    Returns how many went. It may run twice, and beside itself.
    """
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:  # nothing was stored yet
        return 0
    living = StoredFile.objects.filter(forgotten_at=None, key__destroyed_at=None).values_list("name", flat=True)
    kept = set(living.iterator(chunk_size=2000))
    gone = 0
    for name in (f"{FOLDER}/{name}" for name in names):
        if name in kept:
            continue
        try:
            if default_storage.get_modified_time(name) > now - ORPHAN_AFTER:
                continue
            default_storage.delete(name)
        except FileNotFoundError:  # another sweep was faster
            continue
        gone += 1
    return gone
