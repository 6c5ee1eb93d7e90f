"""The relay: never more in flight than the cap, nothing forgotten, nothing done twice, whatever is away."""

import datetime
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from casework.config.celery import app
from casework.outbox import relay, tasks
from casework.outbox.models import Message, Notification, Subject
from casework.outbox.services import claim_waiting, deliver, give_back, tell
from tests.support.threads import all_at_once

SECOND = datetime.timedelta(seconds=1)
ROOT = Path(__file__).resolve().parents[2]


def write(recipient, many):
    with transaction.atomic():
        for number in range(many):
            tell([recipient], Subject.CASE_ASSIGNED, reference=f"C-2026-{number:06}", path="/cases/")


def connect_nowhere(path="/nowhere/broker.sock"):
    return app.connection_for_write(f"redis+socket://{path}", transport_options=relay.FAIL_FAST)


def connect():
    return app.connection_for_write(transport_options=relay.FAIL_FAST)


@pytest.fixture
def published(monkeypatch):
    """Keys that reached the broker, and nothing takes them out of the queue."""
    keys: list[str] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda args, **how: keys.append(args[0]))
    return keys


# --- claims -----------------------------------------------------------------------------------------------------------
def test_a_message_needs_the_transaction_of_its_act(committed_db, cast):
    with pytest.raises(RuntimeError, match="inside the act's transaction"):
        tell([cast.ana], Subject.CASE_ASSIGNED, reference="C-2026-000001", path="/cases/")


def test_never_more_in_flight_than_the_cap(cast):
    write(cast.ana, 8)
    now = timezone.now()
    first = claim_waiting(cap=5, now=now)
    assert len(first) == 5
    assert claim_waiting(cap=5, now=now) == []
    for key in first[:2]:
        deliver(key)
    assert len(claim_waiting(cap=5, now=now)) == 2
    assert Message.objects.in_flight(now).count() == 5


def test_relays_that_claim_at_once_stay_under_the_cap_together_and_share_nothing(committed_db, cast):
    write(cast.ana, 40)
    claims = all_at_once([lambda: claim_waiting(cap=15)] * 6)
    keys = [key for claim in claims for key in claim]
    assert len(keys) == len(set(keys)) == 15


def test_a_claim_that_expired_is_published_again(cast):
    write(cast.ana, 2)
    now = timezone.now()
    first = claim_waiting(cap=2, now=now)
    lasts = settings.OUTBOX_CLAIM_SECONDS * SECOND
    assert claim_waiting(cap=2, now=now + lasts - SECOND) == []
    assert sorted(claim_waiting(cap=2, now=now + lasts)) == sorted(first)


def test_what_was_not_published_is_due_at_once(cast):
    write(cast.ana, 2)
    now = timezone.now()
    keys = claim_waiting(now=now)
    deliver(keys[0])
    give_back(Message, keys, now=now)
    assert claim_waiting(now=now) == keys[1:]


@pytest.mark.parametrize("rows", [Message.objects.due, Message.objects.in_flight])
def test_what_is_done_costs_the_relay_nothing(cast, rows):
    """The relay's questions are answered by the partial index, which holds waiting rows alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_message (id, recipient_id, subject, reference, path, created_at, due_at, done_at) "
            "SELECT gen_random_uuid(), %s, 'case-assigned', 'C-2026-1', '/', now(), now(), now() "
            "FROM generate_series(1, 20000)",
            [cast.ana.pk],
        )
        cursor.execute("ANALYZE outbox_message")
    write(cast.ana, 3)
    plan = rows(timezone.now()).values("pk")[:200].explain()
    assert "message_due" in plan, plan
    assert "Seq Scan" not in plan


# --- the consumer -----------------------------------------------------------------------------------------------------
def test_consumers_of_the_same_message_notify_once(committed_db, cast):
    write(cast.ana, 3)
    keys = claim_waiting()
    all_at_once([lambda key=key: deliver(key) for key in keys for _again in range(4)])
    assert Notification.objects.count() == 3
    assert not Message.objects.waiting().exists()


def test_a_message_that_the_database_no_longer_has_is_let_go(db):
    deliver("00000000-0000-0000-0000-000000000000")
    assert not Notification.objects.exists()


def test_effect_and_mark_stand_or_fall_together(cast, monkeypatch):
    write(cast.ana, 1)
    (key,) = claim_waiting()
    monkeypatch.setattr(Message, "save", lambda *args, **how: (_ for _ in ()).throw(OperationalError("gone")))
    with pytest.raises(OperationalError), transaction.atomic():
        deliver(key)
    assert not Notification.objects.exists()
    assert Message.objects.get().done_at is None


# --- the process ------------------------------------------------------------------------------------------------------
def test_the_claim_is_committed_before_the_doorbell_rings(committed_db, cast, monkeypatch):
    write(cast.ana, 2)
    seen = []

    def ring(args, **how):
        assert not connection.in_atomic_block
        seen.append(Message.objects.get(pk=args[0]).claimed_at is not None)

    monkeypatch.setattr(tasks.deliver, "apply_async", ring)
    with connect() as broker:
        assert relay.publish_waiting(broker) == 2
    assert seen == [True, True]


def test_a_queue_that_nobody_empties_is_not_filled(committed_db, cast, published, settings):
    """Claims expire while no worker runs; what still lies in the broker counts against the cap."""
    settings.OUTBOX_IN_FLIGHT, settings.OUTBOX_CLAIM_SECONDS = 3, 0
    write(cast.ana, 5)
    with connect() as broker:
        channel = broker.default_channel
        try:
            for _ in range(3):
                channel.client.lpush("outbox", "left lying")
            assert relay.publish_waiting(broker) == 0
            channel.client.delete("outbox")
            assert relay.publish_waiting(broker) == 3
        finally:
            channel.client.delete("outbox")


def test_a_broker_that_is_away_costs_a_moment_and_no_message(committed_db, cast, caplog, settings):
    """Publishing fails within seconds, the rows stay due, a line says so, and the relay goes on when it is back."""
    settings.RELAY_SECONDS = 0.05
    write(cast.ana, 2)
    stopped, away = threading.Event(), [True]
    began = time.monotonic()

    def sometimes():
        return connect_nowhere() if away[0] else connect()

    def run():
        try:
            relay.run(sometimes, stopped)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with caplog.at_level(logging.WARNING, "casework.outbox"):
        thread.start()
        try:
            _until(lambda: "does not reach the broker" in caplog.text)
            assert time.monotonic() - began < 15
            assert Message.objects.filter(claimed_at=None).count() == 2
            away[0] = False
            _until(lambda: Notification.objects.count() == 2)  # the tests' worker works while it is published
            _until(lambda: "The relay works again." in caplog.text)
        finally:
            stopped.set()
            thread.join(20)
    assert not thread.is_alive()
    assert "/nowhere" not in caplog.text


def test_a_broker_that_goes_in_the_middle_gives_the_rest_back(committed_db, cast, monkeypatch):
    write(cast.ana, 3)
    rung = []

    def ring(args, **how):
        rung.append(args[0])
        if len(rung) == 2:
            raise OSError("gone")

    monkeypatch.setattr(tasks.deliver, "apply_async", ring)
    with connect() as broker, pytest.raises(OSError, match="gone"):
        relay.publish_waiting(broker)
    assert Message.objects.filter(claimed_at=None).exclude(pk__in=rung).count() == 1
    assert Message.objects.in_flight(timezone.now()).count() == 2  # the one that failed may have arrived


def test_a_database_that_is_away_gets_a_line(committed_db, monkeypatch, caplog):
    stopped, asked = threading.Event(), []

    def gone(broker):
        asked.append(broker)
        raise OperationalError("connection to 10.0.0.7 refused")

    def wait(seconds):
        stopped.set()

    monkeypatch.setattr(relay, "publish_waiting", gone)
    monkeypatch.setattr(stopped, "wait", wait)
    with caplog.at_level(logging.WARNING, "casework.outbox"):
        relay.run(connect, stopped)
    assert len(asked) == 1
    assert "The relay does not reach the database (OperationalError) and tries again in 1 s." in caplog.text
    assert "10.0.0.7" not in caplog.text


def test_sigterm_ends_the_relay_cleanly(tmp_path):
    """Without a database it goes on trying, and SIGTERM ends it with 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "relay"],
        cwd=ROOT,
        env=os.environ | {"CASEWORK_STATE_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "casework.config.settings"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    said = first + process.communicate(timeout=20)[1]
    assert process.returncode == 0, said
    assert "The relay does not reach the" in said


# --- the technician's command -----------------------------------------------------------------------------------------
def test_the_command_says_what_waits_and_fails_when_it_waits_too_long(cast, capsys):
    write(cast.ana, 2)
    call_command("outbox")
    assert "messages waiting      2" in capsys.readouterr().out
    Message.objects.update(created_at=timezone.now() - (settings.OUTBOX_LATE_SECONDS + 60) * SECOND)
    with pytest.raises(SystemExit) as ended:
        call_command("outbox")
    assert ended.value.code == 1
    Message.objects.update(done_at=timezone.now())
    call_command("outbox")
    assert "oldest waits, seconds 0" in capsys.readouterr().out


def _until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
