"""Files of the record: what the storage holds, and what happens when somebody tampers with it."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.vault import crypto, files
from casework.vault.models import FileLost, StoredFile, VaultKey
from casework.vault.services import destroy_key
from casework.vault.tasks import sweep_files

pytestmark = pytest.mark.django_db
CONTENT = b"%PDF-1.7 Kanarinka " * 50


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(tmp_path / "files")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path / "files"


@pytest.fixture
def stored() -> StoredFile:
    return files.store(CONTENT, key=VaultKey.make(), media_type="application/pdf")


def again(stored: StoredFile) -> StoredFile:
    return StoredFile.objects.select_related("key").get(pk=stored.pk)


def overwrite(stored: StoredFile, content: bytes) -> None:
    default_storage.delete(stored.name)
    assert default_storage.save(stored.name, ContentFile(content)) == stored.name


def test_what_was_stored_comes_back(stored: StoredFile) -> None:
    assert again(stored).read() == CONTENT
    assert (stored.size, stored.media_type) == (len(CONTENT), "application/pdf")
    empty = files.store(b"", key=stored.key, media_type="text/plain")
    assert again(empty).read() == b""


def test_the_folder_holds_noise_that_only_its_owner_may_open(stored: StoredFile, folder: Path) -> None:
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    assert b"Kanarinka" not in path.read_bytes()
    assert path.suffix == "" and str(stored.pk) not in str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.asvs("5.2.1")
def test_a_large_file_is_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(files.TooLarge, match="The file has 26 MB; at most 25 MB are kept"):
        files.store(bytes(25 * 2**20 + 1), key=VaultKey.make(), media_type="image/png")
    assert not folder.exists()
    with pytest.raises(IntegrityError), transaction.atomic():  # the database refuses it too
        StoredFile.objects.create(key=VaultKey.make(), name="x", size=25 * 2**20 + 1, sha256=b"")


@pytest.mark.asvs("11.2.5", "11.3.3")
def test_a_flipped_bit_a_cut_tail_and_more_bytes_raise(stored: StoredFile) -> None:
    sealed = files.sealed_bytes(stored)
    for broken in (
        bytes([sealed[0] ^ 1]) + sealed[1:],
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        sealed[:-1],
        sealed + b"0",
    ):
        overwrite(stored, broken)
        with pytest.raises(FileLost):
            again(stored).read()
    overwrite(stored, sealed)
    assert again(stored).read() == CONTENT


@pytest.mark.asvs("11.2.5", "11.3.3")
def test_swapped_contents_raise_even_when_the_row_is_changed_to_fit(stored: StoredFile) -> None:
    """Whoever writes to both the storage and the database still cannot give one row another row's content."""
    other = files.store(b"another", key=stored.key, media_type="text/plain")
    StoredFile.objects.filter(pk=stored.pk).update(name="sealed/elsewhere", sha256=other.sha256, size=other.size)
    overwrite(again(stored), files.sealed_bytes(other))
    with pytest.raises(crypto.Tampered, match="does not fit"):
        again(stored).read()


def test_another_key_does_not_open_it(stored: StoredFile) -> None:
    StoredFile.objects.filter(pk=stored.pk).update(key=VaultKey.make())
    with pytest.raises(crypto.Tampered):
        again(stored).read()


def test_a_missing_file_raises(stored: StoredFile) -> None:
    default_storage.delete(stored.name)
    for reading in (again(stored).read, lambda: files.sealed_bytes(stored)):
        with pytest.raises(FileLost, match="has no file"):
            reading()


def test_destroying_the_key_erases_the_file(stored: StoredFile) -> None:
    destroy_key(stored.key)
    with pytest.raises(crypto.Erased):
        again(stored).read()
    with pytest.raises(crypto.Erased):
        files.store(b"more", key=again(stored).key, media_type="text/plain")


def test_forget_waits_for_the_commit_and_may_be_said_twice(
    stored: StoredFile, django_capture_on_commit_callbacks: Any
) -> None:
    destroy_key(stored.key)  # an erasure does both, in either order
    with django_capture_on_commit_callbacks(execute=True):
        files.forget(stored)
        files.forget(stored)
        assert default_storage.exists(stored.name)
    assert not default_storage.exists(stored.name)
    with pytest.raises(crypto.Erased):
        again(stored).read()


def test_a_backup_can_put_the_bytes_back_and_no_others(stored: StoredFile) -> None:
    sealed = files.sealed_bytes(stored)
    for broken in (b"", sealed[:-1]):
        with pytest.raises(FileLost):
            files.put_back(stored, broken)
    default_storage.delete(stored.name)
    files.put_back(stored, sealed)
    files.put_back(stored, sealed)
    assert again(stored).read() == CONTENT


def test_the_sweep_takes_orphans_of_yesterday_and_nothing_else(stored: StoredFile, folder: Path) -> None:
    key = VaultKey.make()
    with transaction.atomic():
        files.store(b"rolled back", key=key, media_type="text/plain")
        transaction.set_rollback(True)
    forgotten = files.store(b"forgotten", key=key, media_type="text/plain")
    files.forget(forgotten)  # its bytes are still there: this transaction does not commit
    erased = files.store(b"erased", key=VaultKey.make(), media_type="text/plain")
    destroy_key(erased.key)
    assert len(list((folder / "sealed").iterdir())) == 4
    assert sweep_files() == 0  # too young: a transaction may still be about to commit
    tomorrow = timezone.now() + datetime.timedelta(days=1, minutes=1)
    assert files.sweep(now=tomorrow) == 3
    assert files.sweep(now=tomorrow) == 0
    assert again(stored).read() == CONTENT


def test_the_sweep_of_an_empty_storage_does_nothing(folder: Path) -> None:
    assert files.sweep(now=timezone.now()) == 0
