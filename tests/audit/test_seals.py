"""Sealing: whatever order things are committed in, every event is sealed once, and the outside is told."""

import base64
import datetime
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from casework import embedded
from casework.audit import chain, seals, tasks
from casework.audit.models import Event
from casework.audit.seal_models import Seal, Sealer, Verification, Waiting
from casework.audit.services import act, refuse
from tests.audit.trails import checked, in_threads, some_events, superuser
from tests.support.passable import passable_directory

NOW = datetime.datetime(2026, 6, 4, 12, tzinfo=datetime.UTC)


@pytest.fixture
def anchor(settings: Any, tmp_path: Any) -> Any:
    settings.CASEWORK_AUDIT_ANCHOR = str(tmp_path / "anchor")
    return tmp_path / "anchor"


def test_an_empty_trail_is_sound_and_has_a_state(committed_db: str, anchor: Any) -> None:
    assert seals.seal_waiting(now=NOW) == 0
    report = checked()
    assert report.finding is None and report.seals == report.events == report.waiting == 0
    state = seals.state(NOW)
    assert (state.position, state.unsealed, state.sealed_at, state.verified_at) == (0, 0, None, None)
    assert state.ran_at == NOW and not anchor.exists()


def test_what_commits_late_is_sealed_in_a_later_batch(committed_db: str, cast: Any, anchor: Any) -> None:
    """Ana's act gets the smaller id and commits after everybody else's was sealed."""
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            act("import_records", cast.home, by=cast.ana)
            started.set()
            assert go_on.wait(10)

    def quick() -> None:
        assert started.wait(10)
        refuse(cast.boris, "case")
        assert seals.seal_waiting(now=NOW) == 1
        assert checked(anchor).finding is None
        go_on.set()

    in_threads(slow, quick)
    assert seals.seal_waiting(now=NOW) == 1
    first, second = Seal.objects.order_by("position")
    assert second.last < first.first
    assert checked(anchor).finding is None and checked().waiting == 0


def test_two_sealers_seal_each_event_once(committed_db: str, cast: Any, anchor: Any) -> None:
    import random

    def seal() -> None:
        for _each in range(10):
            seals.seal_waiting(now=timezone.now())

    in_threads(
        lambda: some_events([cast.ana], 30, random.Random(1)),
        lambda: some_events([cast.boris], 30, random.Random(2)),
        seal,
        seal,
    )
    while seals.seal_waiting(now=timezone.now()):
        pass
    sealed = [each for seal in Seal.objects.all() for each in seal.event_ids]
    assert sorted(sealed) == list(Event.objects.order_by("id").values_list("pk", flat=True))
    assert checked(anchor).finding is None


def test_a_sealer_that_dies_in_mid_batch_leaves_nothing_behind(
    committed_db: str, cast: Any, anchor: Any, monkeypatch: Any
) -> None:
    refuse(cast.ana, "case")

    def dies(*args: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(chain, "sign", dies)
        with pytest.raises(SystemExit):
            seals.seal_batch(now=NOW)
    assert not Seal.objects.exists() and checked().waiting == 1
    with monkeypatch.context() as killed:
        killed.setattr(seals, "_append", dies)  # after the batch, before the anchor
        with pytest.raises(SystemExit):
            seals.seal_waiting(now=NOW)
    assert Seal.objects.count() == 1 and not anchor.exists() and checked().finding is None
    seals.seal_waiting(now=NOW)  # nothing waits, and the anchor is made up for
    assert checked(anchor).anchors == 1


def test_a_line_that_a_crash_tore_is_passed_over(committed_db: str, cast: Any, anchor: Any) -> None:
    for _each in range(3):
        refuse(cast.ana, "case")
        seals.seal_waiting(now=NOW)
        with open(anchor, "a") as file:
            file.write("4 2026-06-04T12:0")  # no end of line
    report = checked(anchor)
    assert report.finding is None and (report.anchors, report.unreadable) == (3, 3)


def test_an_anchor_that_cannot_be_written_is_said_and_made_up_for(
    committed_db: str, cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.CASEWORK_AUDIT_ANCHOR = str(tmp_path / "not-there" / "anchor")
    refuse(cast.ana, "case")
    assert seals.seal_waiting(now=NOW) == 1
    assert seals.state(NOW).trouble == "anchor-unwritable"
    (tmp_path / "not-there").mkdir()
    seals.seal_waiting(now=NOW)
    assert seals.state(NOW).trouble == "" and seals.state(NOW).anchored_position == 1
    settings.CASEWORK_AUDIT_ANCHOR = ""
    seals.seal_waiting(now=NOW)
    assert seals.state(NOW).trouble == "no-anchor-file" and str(seals.TROUBLES["no-anchor-file"])


def test_the_seal_is_append_only_and_what_waits_cannot_be_added_to(committed_db: str, cast: Any, anchor: Any) -> None:
    refuse(cast.ana, "case")
    seals.seal_waiting(now=NOW)
    tasks.verify_trail()
    refuse(cast.ana, "case")
    for table in ("audit_seal", "audit_verification", "audit_review"):
        for alias in ("default", "owner"):
            for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                if table == "audit_review" and alias == "owner" and "TRUNCATE" not in statement:
                    continue  # a row trigger of an empty table has nothing to refuse
                text = statement.replace("id", "position") if table == "audit_seal" else statement
                with pytest.raises(DatabaseError), connections[alias].cursor() as cursor:
                    cursor.execute(text)
    for statement in (
        "INSERT INTO audit_waiting VALUES (1)",
        "UPDATE audit_waiting SET event_id = 1",
        "TRUNCATE audit_waiting",
        # with the function on a table of one's own, one could add to it all the same
        "CREATE TEMP TABLE mine (id bigint); CREATE TRIGGER mine AFTER INSERT ON mine REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_note_waiting()",
    ):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Waiting.objects.count() == 1 and checked(anchor).finding is None


def test_an_event_that_is_hidden_from_the_sealer_is_found(committed_db: str, cast: Any) -> None:
    """With the app's own access somebody can take rows from the list of what waits, and is found out."""
    refuse(cast.ana, "case")
    Waiting.objects.all().delete()
    seals.seal_waiting(now=NOW)
    finding = checked().finding
    assert finding and finding.code == "event-unlisted"


def test_a_trail_from_before_the_seals_is_sealed(committed_db: str, cast: Any, anchor: Any) -> None:
    """The migration lists what is there, and loses nothing that is written meanwhile."""
    from django.core.management import call_command

    call_command("migrate", "audit", "0002", verbosity=0)
    with connection.cursor() as cursor:
        for _each in range(3):
            cursor.execute(
                "INSERT INTO audit_event (at, kind, verb, subjects, labels, fields, note)"
                " VALUES (now(), 'read', 'case', '[]', '[]', '[]', '')"
            )
    call_command("migrate", "audit", verbosity=0)
    assert checked().waiting == 3 and checked().finding is None
    assert seals.seal_waiting(now=NOW) == 3
    assert checked(anchor).finding is None and checked().events == 3


def test_mail_goes_once_a_day_and_holds_no_names(
    committed_db: str, cast: Any, anchor: Any, mailoutbox: Any, settings: Any, monkeypatch: Any
) -> None:
    refuse(cast.ana, "case")
    seals.seal_waiting(now=NOW)
    assert seals.mail_anchor(now=NOW) == 0 and seals.state(NOW).trouble == "nobody-to-mail"
    cast.petar.email = "petar@example.org"
    cast.petar.save()

    def fails(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(seals, "send_mail", fails)
        assert seals.mail_anchor(now=NOW) == 0 and seals.state(NOW).trouble == "mail-failed"
    assert seals.mail_anchor(now=NOW) == 1
    assert seals.mail_anchor(now=NOW + datetime.timedelta(hours=1)) == 0
    assert seals.mail_anchor(now=NOW + datetime.timedelta(hours=24)) == 1
    assert seals.state(NOW).trouble == "" and seals.state(NOW).mailed_position == 1
    text = f"{mailoutbox[0].subject} {mailoutbox[0].body}"
    assert mailoutbox[0].to == ["petar@example.org"] and "Ana" not in text and "C-2026" not in text
    assert [chain.read_anchor(line) for line in text.splitlines() if chain.read_anchor(line)] == [
        chain.anchor_of(Seal.objects.get())
    ]
    told = Event.objects.filter(verb="mail_anchor")
    assert [event.note for event in told] == ["1", "1"]


def test_the_state_that_the_health_page_reads(committed_db: str, cast: Any, anchor: Any) -> None:
    refuse(cast.ana, "case")
    seals.seal_waiting(now=NOW)
    tasks.verify_trail()
    refuse(cast.ana, "case")
    oldest = Event.objects.order_by("-id").values_list("at", flat=True)[0]
    state = seals.state(oldest + datetime.timedelta(minutes=3))
    assert (state.position, state.sealed_at, state.unsealed, state.oldest_unsealed) == (1, NOW, 1, oldest)
    assert state.unsealed_for == datetime.timedelta(minutes=3)
    assert state.anchored_at == NOW and state.sound and state.finding == ""
    with superuser(committed_db) as db:
        db.execute("UPDATE audit_event SET verb = 'x' WHERE id = (SELECT min(id) FROM audit_event)")
    tasks.verify_trail()
    assert not seals.state(NOW).sound and seals.state(NOW).finding == "event-changed"
    assert Verification.objects.count() == 2


def test_the_tasks_do_what_the_clock_asks(committed_db: str, cast: Any, anchor: Any) -> None:
    refuse(cast.ana, "case")
    tasks.seal_trail()
    tasks.mail_anchor()
    tasks.verify_trail()
    assert Seal.objects.count() == 1 and anchor.exists() and Sealer.objects.get().ran_at


def test_an_act_waits_for_no_sealer(committed_db: str, cast: Any) -> None:
    """A batch is open in another transaction; writing the trail goes on."""
    refuse(cast.ana, "case")
    with transaction.atomic():
        assert seals.seal_batch(now=NOW) == 1

        def write() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            refuse(cast.boris, "case")
            assert seals.seal_batch(now=NOW) == 0  # one sealer at a time

        in_threads(write)
    assert seals.seal_waiting(now=NOW) == 1 and checked().finding is None


def test_a_start_without_a_key_is_refused(settings: Any) -> None:
    settings.CASEWORK_AUDIT_KEY = base64.b64encode(b"short").decode()
    found = {message.id for message in checks.run_checks(tags=[checks.Tags.security])}
    assert "casework.E020" in found


@pytest.fixture
def state() -> Iterator[Path]:
    with passable_directory() as base:
        yield base


def test_a_state_directory_from_before_the_seals_gets_the_key(state: Path) -> None:
    made = embedded.endpoints(state)
    path = made.state / "secrets.json"
    kept = json.loads(path.read_text())
    del kept["audit_key"]
    path.write_text(json.dumps(kept))
    (made.state / "pgdata").mkdir()  # data is there
    again = embedded.endpoints(state)
    assert len(base64.b64decode(again.audit_key)) == 32 and again.casework_keys == made.casework_keys
    assert embedded.endpoints(state).audit_key == again.audit_key
    del kept["index_key"]
    path.write_text(json.dumps(kept))
    with pytest.raises(embedded.EmbeddedError, match="damaged"):
        embedded.endpoints(state)
