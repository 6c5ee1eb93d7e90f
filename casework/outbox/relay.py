"""The relay: a process that claims waiting rows, commits, and then rings the doorbell.

It needs no beat and no broker to be told that something waits: it looks. When the broker or the database is away, it
waits longer and longer, says so in a line, and goes on by itself. Any number of relays may run.
"""

import datetime
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections, connections
from django.utils import timezone
from kombu.exceptions import KombuError

from casework import pulse
from casework.outbox import tasks
from casework.outbox.models import Mail, Message
from casework.outbox.services import claim_waiting, give_back
from casework.outbox.watch import watch

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 30.0
WATCH = datetime.timedelta(seconds=60)

# For the relay's own connection to the broker: publishing fails within seconds and says so, where Celery's own way is
# to try again without an end while rows stay claimed.
FAIL_FAST = {"max_retries": 0, "socket_timeout": 5.0, "socket_connect_timeout": 5.0, "retry_on_timeout": False}


@dataclass(frozen=True)
class Line:
    """One kind of row, the task that takes its key, the queue it goes through, and how many may be in flight."""

    model: type[Message] | type[Mail]
    task: Any
    queue: str
    cap: Callable[[], int]


LINES = (
    Line(Message, tasks.deliver, "outbox", lambda: settings.OUTBOX_IN_FLIGHT),
    Line(Mail, tasks.send, "mail", lambda: settings.MAIL_IN_FLIGHT),
)


def run(connect: Callable[[], Any], stopped: threading.Event) -> None:
    """Relay until `stopped` is set. `connect` makes a connection to the broker that fails fast."""
    failures = 0
    watched = timezone.now() - WATCH
    while not stopped.is_set():
        faults: tuple[type[BaseException], ...] = (DatabaseFault, KombuError, OSError)
        try:
            with connect() as broker:
                faults += tuple(broker.connection_errors) + tuple(broker.channel_errors)
                while not stopped.is_set():
                    close_old_connections()
                    if timezone.now() - watched >= WATCH:
                        watch(now=timezone.now())
                        watched = timezone.now()
                    published = publish_waiting(broker)
                    pulse.beat()
                    if failures:
                        log.warning("The relay works again.")
                        failures = 0
                    if not published:
                        stopped.wait(settings.RELAY_SECONDS)
        except faults as problem:
            failures += 1
            pause = min(0.5 * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
            what = "database" if isinstance(problem, DatabaseFault) else "broker"
            log.warning(
                "The relay does not reach the %s (%s) and tries again in %g s.", what, type(problem).__name__, pause
            )
            connections.close_all()
            if what == "broker":
                _watch_without_broker()
            stopped.wait(pause)


def publish_waiting(broker: Any) -> int:
    """Claim what is due, commit, publish; returns how many rows were published. Raises what the broker raises.

    What waits in the queue counts against the cap too: while no worker runs, claims expire, and would fill the broker.
    """
    published = 0
    for line in LINES:
        queued = broker.default_channel.queue_declare(queue=line.queue, durable=True).message_count
        if queued >= line.cap():
            continue
        keys = claim_waiting(line.model, cap=line.cap(), now=timezone.now())
        if keys:
            _publish(broker, line, keys)
        published += len(keys)
    return published


def _publish(broker: Any, line: Line, keys: list[str]) -> None:
    rest = list(keys)
    try:
        with broker.Producer(auto_declare=False) as producer:
            while rest:
                key = rest.pop(0)
                line.task.apply_async((key,), queue=line.queue, producer=producer, retry=False)
    except BaseException:
        # the one that failed may have arrived all the same: its claim expires; those after it were never sent
        give_back(line.model, rest, now=timezone.now())
        raise


def _watch_without_broker() -> None:
    """A broker that stays away must not silence the alarm."""
    try:
        watch(now=timezone.now())
    except DatabaseFault:
        log.warning("The relay does not reach the database either.")
