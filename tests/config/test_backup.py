"""Backups: written, read again, counted; damaged, cut, foreign or of the wrong key, they open nothing."""

import contextlib
import io
import json
import os
import uuid

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connections
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casework.access.account_models import Session
from casework.audit.models import Event
from casework.config.backups import container, making, manifest, restoring, stream
from casework.config.models import Chore, Run
from casework.people.models import Person
from casework.vault import crypto, files
from casework.vault.models import StoredFile, VaultKey
from tests.support import databases as databases_of_tests

OTHER_KEY = "other:" + "A" * 43 + "="


@pytest.fixture
def keys(settings):
    """Change the keys at hand for one test."""

    def use(*items: str) -> None:
        settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = list(items), ""
        crypto._wrapping_keys.cache_clear()

    yield use
    crypto._wrapping_keys.cache_clear()


# --- The sealed stream -----------------------------------------------------------------------------------------------


def sealed(plain: bytes) -> bytes:
    file = io.BytesIO()
    writer = stream.Writer(file, made_at="2026-01-01")
    writer.write(plain)
    writer.close()
    return file.getvalue()


def opened(raw: bytes) -> bytes:
    reader = stream.Reader(io.BytesIO(raw))
    return b"".join(iter(lambda: reader.read(1 << 16), b""))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", 64)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128, 129, 1000])
def test_a_stream_comes_back_whole(small_chunks, length):
    plain = os.urandom(length)
    assert opened(sealed(plain)) == plain


def test_every_flipped_bit_cut_and_exchange_is_noticed(small_chunks):
    plain = os.urandom(300)
    raw = sealed(plain)
    head = raw.index(b"}") + 1
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(stream.BackupProblem):
            opened(bytes(changed))
    for end in range(len(raw)):
        with pytest.raises(stream.BackupProblem):
            opened(raw[:end])
    size = 64 + stream.TAG
    chunks = [raw[at : at + size] for at in range(head, len(raw), size)]
    for swapped in ([1, 0, 2, 3, 4], [0, 2, 3, 4], [0, 0, 1, 2, 3, 4], [0, 1, 2, 4]):
        with pytest.raises(stream.Damaged):
            opened(raw[:head] + b"".join(chunks[at] for at in swapped))
    with pytest.raises(stream.Damaged):
        opened(raw + b"x")


def test_chunks_of_another_backup_do_not_fit(small_chunks):
    one, two = sealed(b"a" * 300), sealed(b"b" * 300)
    size, head = 64 + stream.TAG, one.index(b"}") + 1
    mixed = one[: head + size] + two[two.index(b"}") + 1 + size :]
    with pytest.raises(stream.Damaged):
        opened(mixed)


@given(st.lists(st.tuples(st.text(max_size=20), st.lists(st.binary(max_size=200), max_size=5)), max_size=6))
@hypothesis_settings(max_examples=50, deadline=None)
def test_entries_come_back_in_order(wanted):
    wanted = [(name, parts) for name, parts in wanted if name != container.END]
    file = io.BytesIO()
    writer = stream.Writer(file, made_at="2026-01-01")
    for name, parts in wanted:
        container.write_entry(writer, name, parts)
    container.write_end(writer)
    found = [(name, b"".join(parts)) for name, parts in container.entries(stream.Reader(io.BytesIO(file.getvalue())))]
    assert found == [(name, b"".join(parts)) for name, parts in wanted]


# --- A backup of a database ------------------------------------------------------------------------------------------


@pytest.fixture
def filled(committed_db, cast):
    person = Person(key=VaultKey.make(), organisation=cast.home, description="visoka, у плавом")
    person.set_names([{"given": "Живка", "family": "Канаринац", "kind": "used"}])
    person.save()
    return files.store(b"%PDF- an attachment", key=person.key, media_type="application/pdf")


def test_a_backup_is_whole_private_counted_and_tried_out(filled, tmp_path):
    file = tmp_path / "backup"
    made = making.back_up(to=file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".*")) == []
    assert (made.files, made.missing) == (1, [])
    raw = file.read_bytes()
    assert "Канаринац".encode() not in raw and b"PGDMP" not in raw and b"people_person" not in raw

    found = making.read_through(file)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        assert found.rows["people_person"] == cursor.fetchone()[0] == 1
    assert {"Person.names", "Person.description"} <= {
        sample["model"].split(".")[1] + "." + sample["field"] for sample in found.manifest.samples
    }
    run = Run.objects.newest(Chore.BACKUP)
    assert run is not None and (run.size, run.reference) == (made.size, made.id)
    assert Event.objects.filter(verb="make_backup", note=made.id).count() == 1

    before = databases()
    tried = restoring.try_out(file=file)
    assert tried.rows == made.rows and tried.files == 1 and tried.samples >= 2 and not tried.migrated
    assert databases() == before, "the scratch database was left behind"
    assert Run.objects.newest(Chore.RESTORE_CHECK).reference == made.id
    assert Person.objects.count() == 1


def databases() -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname NOT LIKE 'casework\\_t\\_%'")  # of other tests
        return {name for (name,) in cursor.fetchall()}


def test_it_never_overwrites_and_never_restores_over_something(filled, tmp_path):
    file = tmp_path / "backup"
    file.write_text("precious")
    with pytest.raises(CommandError, match="no backup is ever overwritten"):
        call_command("backup", str(file))
    assert file.read_text() == "precious"
    assert Run.objects.newest(Chore.BACKUP, ok=False) is not None
    file.unlink()
    call_command("backup", str(file), stdout=io.StringIO())
    with pytest.raises(CommandError, match=r"is not empty.*Nothing was changed"):
        call_command("restore", str(file), stdout=io.StringIO())
    assert Person.objects.get().name == "Живка Канаринац"


@pytest.fixture
def empty_database(committed_db):
    """A database without tables, which this process works in until the test ends."""
    name = f"casework_t_empty_{uuid.uuid4().hex[:8]}"
    databases_of_tests.create(name, "template1")

    @contextlib.contextmanager
    def inside():
        databases_of_tests.use(name)
        try:
            yield
        finally:
            databases_of_tests.use(committed_db)

    yield inside
    databases_of_tests.drop(name)


def test_an_empty_database_is_filled_and_one_that_does_not_verify_is_emptied(
    filled, tmp_path, empty_database, monkeypatch, as_user, cast
):
    file = tmp_path / "backup"
    as_user(cast.ana)
    made = making.back_up(to=file)
    default_storage.delete(filled.name)
    with empty_database():
        with monkeypatch.context() as broken:
            broken.setattr(manifest, "wrong_samples", lambda samples: ["people.Person.names"])
            with pytest.raises(stream.BackupProblem, match="Sealed values do not open"):
                restoring.restore(file=file)
        assert restoring._tables("owner") == []
        assert not default_storage.exists(filled.name)

        done = restoring.restore(file=file)
        assert (done.rows, done.files, done.erased) == (made.rows, 1, 0)
        assert Person.objects.get().name == "Живка Канаринац"
        assert StoredFile.objects.get().read() == b"%PDF- an attachment"
        assert Session.objects.count() == 0
        assert Event.objects.filter(verb="restore_backup", note=made.id).count() == 1
        with connections["default"].cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("DELETE FROM people_person")
        with pytest.raises(stream.BackupProblem, match="is not empty"):
            restoring.restore(file=file)
    assert Session.objects.count() == 1


def test_the_wrong_key_says_so(filled, tmp_path, keys):
    file = tmp_path / "backup"
    making.back_up(to=file)
    before = databases()
    keys(OTHER_KEY)
    with pytest.raises(CommandError, match=r"opens with the key named k1.*at hand \(other\).*Nothing was changed"):
        call_command("restore", "--check", str(file), stdout=io.StringIO())
    assert databases() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a backup"),
        (b"PGDMP-plain", "not a backup"),
        (stream.MAGIC, "head of this backup is damaged"),
        (stream.MAGIC + b"\xff\xff\xff\xff{}", "head of this backup is damaged"),
        (stream.MAGIC + b"\x00\x00\x00\x02{}", "head of this backup is damaged"),
        (stream.MAGIC + b"\x00\x00\x00\x02[]", "head of this backup is damaged"),
    ],
)
def test_what_is_no_backup_gets_a_sentence(tmp_path, content, sentence):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(stream.BackupProblem, match=sentence):
        making.read_through(file)


def test_a_missing_file_and_a_folder_get_a_sentence(tmp_path):
    with pytest.raises(stream.BackupProblem, match="There is no file"):
        making.read_through(tmp_path / "nothing")
    with pytest.raises(stream.BackupProblem, match="is a folder"):
        making.read_through(tmp_path)
    with pytest.raises(stream.BackupProblem, match="cannot be written to"):
        making._back_up(tmp_path / "no" / "folder", None, 0, lambda text: None)


def test_a_dump_with_fewer_rows_than_the_database_is_thrown_away(filled, tmp_path, monkeypatch):
    """What row-level security can do to a dump that ends well."""
    counted = making.rows_of
    monkeypatch.setattr(making, "rows_of", lambda parts: counted(parts) | {"people_person": 0})
    with pytest.raises(stream.BackupProblem, match=r"people_person has 0 rows instead of 1.*thrown away"):
        making.back_up(to=tmp_path / "backup")
    assert list(tmp_path.glob("*backup*")) == []
    assert Run.objects.newest(Chore.BACKUP) is None


def test_row_level_security_is_an_error_and_no_empty_backup(filled, tmp_path):
    """As the security page says: policies that hide rows from the one who dumps."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE people_person ENABLE ROW LEVEL SECURITY")
        cursor.execute("ALTER TABLE people_person FORCE ROW LEVEL SECURITY")
    with pytest.raises(CommandError, match="row-level security"):
        call_command("backup", str(tmp_path / "backup"), stdout=io.StringIO())
    assert list(tmp_path.glob("*backup*")) == []


def test_rows_written_meanwhile_are_in_neither_count_nor_dump(filled, tmp_path, monkeypatch):
    """One snapshot for the counts and the copy: what is committed between the two is in neither."""
    dump = making._dump

    def late(snapshot):
        with psycopg.connect(**owner_parameters()) as other:
            other.execute("INSERT INTO access_team (id, organisation_id, name)"
                          " SELECT gen_random_uuid(), id, 'late' FROM access_organisation LIMIT 1")  # fmt: skip
        return dump(snapshot)

    monkeypatch.setattr(making, "_dump", late)
    before = making.read_through(making.back_up(to=tmp_path / "backup").path)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM access_team")
        assert before.rows["access_team"] == cursor.fetchone()[0] - 1


def owner_parameters() -> dict:
    known = connections["owner"].get_connection_params()
    return {name: known[name] for name in ("host", "user", "password", "dbname")}


def test_a_newer_backup_is_refused_and_an_unverified_one_leaves_nothing(filled, tmp_path, monkeypatch):
    file = tmp_path / "backup"
    making.back_up(to=file)
    known = manifest.known_to_the_code()
    monkeypatch.setattr(manifest, "known_to_the_code", lambda: known - {"people.0001_initial"})
    with pytest.raises(stream.BackupProblem, match=r"newer than this one.*Install that version"):
        restoring.try_out(file=file)
    monkeypatch.undo()
    before = databases()
    monkeypatch.setattr(manifest, "wrong_samples", lambda samples: ["people.Person.names"])
    with pytest.raises(stream.BackupProblem, match=r"Sealed values do not open.*people\.Person\.names"):
        restoring.try_out(file=file)
    assert databases() == before
    assert Run.objects.newest(Chore.RESTORE_CHECK) is None
    assert Run.objects.newest(Chore.RESTORE_CHECK, ok=False) is not None


def test_files_that_the_storage_lost_are_named(filled, tmp_path):
    default_storage.delete(filled.name)
    errors = io.StringIO()
    call_command("backup", str(tmp_path / "backup"), stdout=io.StringIO(), stderr=errors)
    assert str(filled.pk) in errors.getvalue()
    assert making.read_through(tmp_path / "backup").missing == [str(filled.pk)]
    assert StoredFile.objects.count() == 1


def test_a_manifest_that_is_no_manifest_is_damage():
    for raw in (b"", b"[]", b"{}", json.dumps({"made_at": 1}).encode()):
        with pytest.raises(stream.Damaged):
            manifest.Manifest.from_json(raw)
