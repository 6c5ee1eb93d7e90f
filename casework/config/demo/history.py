"""Past acts in the order in which they happened, each with the clock of its own moment."""

import contextlib
import datetime
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from unittest import mock

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from casework.access.models import User
from casework.outbox.models import Message, Notification
from casework.workflow import Refused

Act = Callable[[datetime.datetime], object]


class History:
    """Acts waiting for their moment. What lies after `until` does not happen: it is still to be done."""

    def __init__(self, until: datetime.datetime, people: Iterable[User]) -> None:
        self.until, self.people = until, list(people)
        self._waiting: list[tuple[datetime.datetime, int, Act]] = []
        self._order = itertools.count()

    def at(self, moment: datetime.datetime, act: Act) -> None:
        """Let something happen at a moment; an act may add later ones."""
        if moment <= self.until:
            heapq.heappush(self._waiting, (moment, next(self._order), act))

    def play(self) -> None:
        """Let everything happen. Times that the services and the trail take from the clock are those of the act.

        Call inside a transaction. An act that is refused leaves nothing behind, and the others go on.
        """
        with mock.patch.object(timezone, "now") as clock:
            while self._waiting:
                now, _order, act = heapq.heappop(self._waiting)
                clock.return_value = now
                for user in self.people:
                    vars(user).pop("on_duty", None)  # asked once per request, and every act is one of its own
                with contextlib.suppress(Refused), _one_savepoint():
                    act(now)


@contextlib.contextmanager
def _one_savepoint() -> Iterator[None]:
    """A savepoint for all that happens in it; the services' own, half of all statements, are left out."""
    connection = transaction.get_connection()
    savepoint = transaction.savepoint()
    connection.features.uses_savepoints = False
    try:
        yield
    except Refused:
        connection.features.uses_savepoints = True
        connection.needs_rollback = False  # an act's own transaction has set it; nothing can be asked until then
        transaction.savepoint_rollback(savepoint)
        raise
    finally:
        connection.features.uses_savepoints = True
    transaction.savepoint_commit(savepoint)


def deliver_what_is_old(before: datetime.datetime) -> None:
    """Turn the messages of the past into read notifications; the worker delivers the ones since."""
    old = list(Message.objects.filter(done_at=None, created_at__lt=before))
    Notification.objects.bulk_create(
        Notification(
            message=message, recipient_id=message.recipient_id, at=message.created_at, read_at=message.created_at
        )
        for message in old
    )
    Message.objects.filter(pk__in=[message.pk for message in old]).update(
        claimed_at=F("created_at"), done_at=F("created_at")
    )
