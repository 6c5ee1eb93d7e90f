"""Figures may be counted on a copy of the database, so that a report never slows those who work on cases.

With DATABASE_REPLICA_URL there is a connection `figures` to a streaming replica. Inside `reading()` the router sends
every read there. A replica may lag behind: how far is measured against the primary, and said on the page. When it does
not answer, or PostgreSQL ends the query there, the primary counts instead, and the page says that too.
"""

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, transaction

ALIAS = "figures"
CATCH_UP_SECONDS = 0.25  # a replica that streams is milliseconds behind: wait that long before calling it late

T = TypeVar("T")
_reading: ContextVar[str | None] = ContextVar("figures_are_read_from", default=None)


@dataclass(frozen=True)
class Reading:
    """Where figures were read: on the replica or not, and how old what it shows is (None: as new as the primary's)."""

    replica: bool = False
    age: datetime.timedelta | None = None
    fell_back: bool = False

    @property
    def late(self) -> bool:
        """Whether the age is worth a word on the page."""
        return self.age is not None and self.age.total_seconds() > settings.FIGURES_LATE_SECONDS


HERE = Reading()  # on the one database that there is


class FiguresRouter:
    """Reads inside `reading()` go to the replica; everything else is left to the other routers."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return _reading.get()

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool | None:
        """The replica's rows are the primary's own."""
        return True if {first._state.db, second._state.db} <= {DEFAULT_DB_ALIAS, ALIAS} else None


@contextlib.contextmanager
def reading(alias: str) -> Iterator[None]:
    """Read everything inside from one database, in one snapshot that cannot write."""
    token = _reading.set(alias)
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        _reading.reset(token)


@contextlib.contextmanager
def without_nested_loops() -> Iterator[None]:
    """Let PostgreSQL join what is read inside by hashes.

    Just after an import its statistics may say that tables are empty. Then it would go through one table for every row
    of another, and a report of a few hundred persons would take minutes; by hashes it takes as long as ever.
    """
    alias = _reading.get() or DEFAULT_DB_ALIAS
    with transaction.atomic(using=alias, savepoint=False), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def counted_on_replica(count: Callable[[], T]) -> tuple[T, Reading]:
    """Call `count` on the replica if there is one that answers, otherwise on the primary."""
    if ALIAS not in connections.settings:
        return count(), HERE
    try:
        age = _age()
        with reading(ALIAS):
            return count(), Reading(replica=True, age=age)
    except (OperationalError, InterfaceError):
        connections[ALIAS].close()
        return count(), Reading(fell_back=True)


def _age() -> datetime.timedelta | None:
    """How old the newest change is that the replica shows, if the primary has more; None when it has everything."""
    with connections[DEFAULT_DB_ALIAS].cursor() as primary:
        primary.execute("SELECT pg_current_wal_lsn()::text, clock_timestamp()")
        written, now = primary.fetchone()
    end = time.monotonic() + CATCH_UP_SECONDS
    while True:
        with connections[ALIAS].cursor() as replica:
            replica.execute(
                "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() >= %s::pg_lsn, pg_last_xact_replay_timestamp()",
                [written],
            )
            follows, complete, replayed_at = replica.fetchone()
        if not follows:  # somebody promoted it: it goes its own way now
            raise InterfaceError("the database for figures is no replica")
        if complete:
            return None
        if time.monotonic() > end:
            if replayed_at is None:
                raise InterfaceError("the replica has not begun to follow")
            return max(now - replayed_at, datetime.timedelta())
        time.sleep(0.02)
