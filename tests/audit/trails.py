"""Trails for the tests of the seal: histories with real commits, and somebody with the superuser's password."""

import contextlib
import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from casework import embedded
from casework.audit import chain, seals
from casework.audit.models import Event
from casework.audit.services import act, refuse
from casework.audit.verify import Report, verify

VERBS = ("initiate_case", "close_case", "amend_person", "add_note", "place_person")


def some_events(actors: list[Any], count: int, dice: random.Random) -> None:
    """Acts and refusals, each in a transaction of its own; some are rolled back and leave a gap."""
    for _each in range(count):
        actor = dice.choice(actors)
        if dice.random() < 0.15:
            refuse(actor, "case", note=f"C-2026-{dice.randrange(1000):06}")
            continue
        with transaction.atomic():
            act(dice.choice(VERBS), actor, by=actor, fields=["status"], note=f"R-2026-{dice.randrange(1000):06}")
            if dice.random() < 0.1:
                transaction.set_rollback(True)


def sealed_history(actors: list[Any], dice: random.Random, batches: int = 6) -> None:
    """Several batches of one to nine events, each told to the anchor, and sometimes a few that still wait."""
    for _each in range(batches):
        while True:
            some_events(actors, dice.randint(1, 9), dice)
            if seals.seal_waiting(now=timezone.now()):
                break
    some_events(actors, dice.randint(0, 3), dice)


def checked(anchor: Any = None, keys: Any = None) -> Report:
    return verify(keys=keys or chain.trusted(), anchor_files=(str(anchor),) if anchor else ())


@contextlib.contextmanager
def superuser(name: str) -> Iterator[psycopg.Connection]:
    """The database as its superuser, with every trigger of the trail switched off, and on again afterwards."""
    ends = embedded.endpoints()
    tables = ("audit_event", "audit_seal", "audit_waiting")
    with psycopg.connect(
        host=str(ends.host), dbname=name, user=ends.superuser, password=ends.superuser_password
    ) as open_to_all:
        for table in tables:
            open_to_all.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield open_to_all
        for table in tables:
            open_to_all.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            names = open_to_all.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
            ).fetchall()
            for (trigger,) in names:
                open_to_all.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    connection.close()


def start_anew(name: str, anchor: Any) -> None:
    """An empty trail in the same clone: cheaper than another clone."""
    with superuser(name) as db:
        db.execute("TRUNCATE audit_event, audit_seal, audit_waiting, audit_sealer")
    anchor.unlink(missing_ok=True)


def in_threads(*works: Any) -> None:
    """Run works side by side, each with a connection of its own; the first thing that goes wrong is raised here."""
    wrong: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as problem:
            wrong.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def newest() -> int:
    event = Event.objects.order_by("-id").first()
    return event.pk if event else 0
