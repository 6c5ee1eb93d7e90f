"""Keys made, everything wrapped anew, old keys thrown away; and what an older dump then still opens."""

import base64
import contextlib
import io
import json
import threading
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from casework.access import mfa
from casework.audit.models import Event
from casework.cases.models import Case
from casework.config import rotation
from casework.config.backups import making, stream
from casework.config.models import Chore, Run
from casework.people.models import Person
from casework.statistics.engine import annual_report
from casework.vault import crypto, erasures, index
from casework.vault import services as vault
from casework.vault.models import VaultKey
from tests.support import databases
from tests.support.world import make_world

OLD, NEW = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("a1", "b2"))


@pytest.fixture
def keys(settings):
    def use(*items: str) -> None:
        settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = list(items), ""
        crypto._wrapping_keys.cache_clear()

    yield use
    crypto._wrapping_keys.cache_clear()


@pytest.fixture
def index_keys(settings):
    def use(*items: str) -> None:
        settings.CASEWORK_INDEX_KEY = ",".join(items)
        index._keys.cache_clear()

    yield use
    index._keys.cache_clear()


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def person_of(cast, name="Živka", family="Канаринац"):
    person = Person(key=VaultKey.make(), organisation=cast.home)
    person.set_names([{"given": name, "family": family, "kind": "used"}])
    person.save()
    return person


# --- Wrapping anew ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everything_opens_before_between_and_after(cast, keys):
    keys(OLD)
    persons = [person_of(cast) for _each in range(5)]
    held = mfa.wrap("JBSWY3DPEHPK3PXP", cast.ana.pk)
    keys(NEW, OLD)
    assert "a1: still wraps 5 record keys" in said("--check")
    assert vault.rewrap(batch=2) == 5
    assert vault.wrapped_by() == {"b2": 5}
    assert vault.rewrap() == 0
    assert all(Person.objects.get(pk=person.pk).name == "Živka Канаринац" for person in persons)
    assert mfa.unwrap(held) == "JBSWY3DPEHPK3PXP"
    done = said()
    assert "a1: wraps nothing any more. Take it out" in done and "b2: the newest" in done
    assert Run.objects.newest(Chore.KEY_ROTATION).reference == "b2"
    assert Event.objects.filter(verb="rotate_keys", note="b2").exists()
    keys(NEW)
    assert Person.objects.get(pk=persons[0].pk).name == "Živka Канаринац"


@pytest.mark.django_db
def test_second_factors_are_wrapped_anew_and_counted(cast, keys):
    from allauth.mfa.models import Authenticator

    keys(OLD)
    Authenticator.objects.create(user=cast.ana, type="totp", data={"secret": mfa.wrap("JBSWY3DPEHPK3PXP", cast.ana.pk)})
    keys(NEW, OLD)
    assert "a1: still wraps 0 record keys, 1 second factors" in said("--check")
    assert "0 record keys and 1 second factors are wrapped anew" in said()
    keys(NEW)
    assert mfa.unwrap(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"


@pytest.mark.django_db
def test_a_missing_old_key_stops_it_with_a_sentence_and_changes_nothing(cast, keys):
    keys(OLD)
    person = person_of(cast)
    keys(NEW)
    with pytest.raises(CommandError, match="no key named a1"):
        call_command("rotate_keys", stdout=io.StringIO())
    assert "a1: MISSING from CASEWORK_KEYS, and wraps 1 record keys" in said("--check")
    keys(NEW, OLD)
    assert Person.objects.get(pk=person.pk).name == "Živka Канаринац"


def test_it_goes_on_beside_those_who_hold_rows(committed_db, cast, keys):
    """A row that somebody holds is passed over, and wrapped when it is free; nobody waits for the rotation."""
    keys(OLD)
    persons = [person_of(cast) for _each in range(4)]
    keys(NEW, OLD)
    holding, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            VaultKey.objects.select_for_update().get(pk=persons[1].key_id)
            holding.set()
            release.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    counts = []

    def done(count):
        counts.append(count)
        release.set()

    assert vault.rewrap(batch=10, done=done) == 4
    thread.join()
    assert counts[0] == 3 and counts[-1] == 4
    assert vault.wrapped_by() == {"b2": 4}


@pytest.mark.django_db
def test_a_process_that_started_earlier_finds_the_new_key_in_the_file(cast, settings, tmp_path):
    file = tmp_path / "keys"
    file.write_text(OLD)
    settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = [OLD], str(file)
    crypto._wrapping_keys.cache_clear()
    try:
        person = person_of(cast)
        file.write_text(f"{NEW}\n{OLD}\n")
        crypto.read_keys_again()
        vault.rewrap()
        settings.CASEWORK_KEYS = [OLD]  # as a process that read the file before
        crypto._wrapping_keys.cache_clear()
        assert Person.objects.get(pk=person.pk).name == "Živka Канаринац"
        assert crypto.key_names() == ["b2", "a1"]
    finally:
        settings.CASEWORK_KEYS_FILE = ""
        crypto._wrapping_keys.cache_clear()


# --- New keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_key_is_shown_once_or_written_and_stands_first(settings, keys, tmp_path):
    settings.EMBEDDED = False
    keys("k7:" + OLD.split(":")[1])
    line = next(line for line in said("--new").splitlines() if line.startswith("CASEWORK_KEYS="))
    first, second = line.removeprefix("CASEWORK_KEYS=").split(",")
    assert first.startswith("k8:") and second == settings.CASEWORK_KEYS[0]
    assert len(base64.b64decode(first.split(":")[1], validate=True)) == 32

    file = tmp_path / "keys"
    shown = said("--new", "--write", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    written = file.read_text().split()
    assert len(written) == 2 and written[0].startswith("k8:") and written[0].split(":")[1] not in shown
    with pytest.raises(CommandError, match="no file of keys is ever overwritten"):
        call_command("rotate_keys", "--new", "--write", str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("rotate_keys", "--new", "--write", str(tmp_path / "no" / "keys"))


@pytest.mark.django_db
def test_the_embedded_servers_get_it_into_their_secrets(settings, tmp_path, monkeypatch):
    from types import SimpleNamespace

    from casework import embedded

    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"casework_keys": OLD, "index_key": NEW.split(":")[1], "app_password": "x"}))
    monkeypatch.setattr(embedded, "endpoints", lambda: SimpleNamespace(state=tmp_path))
    settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = [OLD], str(secrets)
    settings.CASEWORK_INDEX_KEY = NEW.split(":")[1]
    said("--new")
    said("--new", "--index")
    kept = json.loads(secrets.read_text())
    assert kept["app_password"] == "x"
    assert kept["casework_keys"].startswith("k2:") and kept["casework_keys"].endswith(f",{OLD}")
    assert kept["index_key"].startswith("i2:") and kept["index_key"].endswith(f",i1:{NEW.split(':')[1]}")
    assert secrets.stat().st_mode & 0o777 == 0o600


# --- The index key ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_names_are_found_all_the_time_while_the_index_key_changes(cast, index_keys):
    first, second = "i1:" + OLD.split(":")[1], "i2:" + NEW.split(":")[1]
    index_keys(first)
    person, erased = person_of(cast), person_of(cast, "Zora")
    printed, codes = index.digest("row"), person.name_codes

    index_keys(second, first)
    assert Person.objects.named_like("Zivka").get() == person
    assert "2 persons" in said("--index")
    assert Person.objects.named_like("Zivka").get() == person
    assert index.digest("row") == printed, "imported rows are still recognised"
    assert not set(Person.objects.get(pk=person.pk).name_codes) & set(codes)

    erasures.erase([erased.key])
    rotation.recode()
    assert Person.objects.get(pk=erased.pk).name_codes == []
    index_keys(second)
    assert Person.objects.named_like("Zivka").get() == person


# --- After an erasure -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("f-register-secrecy")
def test_after_an_erasure_no_older_dump_opens_the_person(committed_db, cast, keys, tmp_path):
    """A dump and a backup from before, today's keys beside them: nothing of the erased person opens, in either. Others
    open today as ever, and the figures are the same."""
    keys(OLD)
    world = make_world(cast)
    person, other = world.home.case.person, world.other.case.person
    year = timezone.localdate().year
    before = [figures(year, cast.home), figures(year - 1, cast.home)]
    backup = making.back_up(to=tmp_path / "backup").path
    dump = f"casework_t_dump_{uuid.uuid4().hex[:8]}"
    close()
    databases.create(dump, committed_db)  # a copy of every byte, as a thief would have it
    try:
        erasures.erase([person.key])
        keys(NEW, OLD)
        rotation.rewrap()
        assert erasures.pending_rotation() >= 1
        with inside(dump, committed_db):  # the old key is still there: so is the person
            assert Person.objects.get(pk=person.pk).names
        keys(NEW)
        assert erasures.pending_rotation() == 0
        with inside(dump, committed_db):
            for model, pk, field in (
                (Person, person.pk, "names"),
                (Person, person.pk, "description"),
                (Case, world.home.case.pk, "safety_plan"),
            ):
                with pytest.raises(crypto.Tampered):
                    getattr(model.objects.get(pk=pk), field)
        with pytest.raises(stream.WrongKey):
            making.read_through(backup)
        assert Person.objects.get(pk=person.pk).names is None
        assert Person.objects.get(pk=other.pk).name.startswith(world.other.canary)
        assert [figures(year, cast.home), figures(year - 1, cast.home)] == before
    finally:
        databases.drop(dump)


def figures(year, organisation):
    return annual_report(year, organisation).as_dict()["figures"]


def close():
    for each in connections.all():
        each.close()


@contextlib.contextmanager
def inside(name, back):
    databases.use(name)
    try:
        yield
    finally:
        databases.use(back)
