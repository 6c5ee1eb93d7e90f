"""Telling somebody: `tell()` inside the act's transaction; relay and worker deliver."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from casework.outbox.models import Mail, Message, Notification, NotificationQuerySet, Subject, WaitingQuerySet
from casework.outbox.quiet import mail_due_at

ONE_RELAY_CLAIMS = 0x6F757462  # key of the advisory lock under which relays claim
DUMMY = "django.core.mail.backends.dummy.EmailBackend"


# Functions that leave out of recipients those who must not hear of a reference; apps above append here.
NEVER_TOLD: list[Callable[[list[Any], str], list[Any]]] = []


def tell(recipients: Iterable[Any], subject: Subject, *, reference: str, path: str) -> None:
    """Write one message per recipient (a user). Must be called inside the act's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.tell() must be called inside the act's transaction")
    told = list({user.pk: user for user in recipients}.values())
    for without in NEVER_TOLD:
        told = without(told, reference) if told else told
    Message.objects.bulk_create(
        Message(recipient=user, subject=subject, reference=reference, path=path) for user in told
    )


@transaction.atomic
def claim_waiting(
    model: type[Message] | type[Mail] = Message, *, cap: int | None = None, now: datetime.datetime | None = None
) -> list[str]:
    """Claim rows that nobody holds, the longest due first; returns their keys. The caller publishes after the commit.

    With what is in flight already, never more than `cap` (rows claimed, not done, and not expired). A claim expires
    after OUTBOX_CLAIM_SECONDS; the row is then due again. Relays claim one after the other: two that counted at once
    would exceed the cap together.
    """
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_RELAY_CLAIMS])
    rows: WaitingQuerySet = model.objects.all()
    room = (settings.OUTBOX_IN_FLIGHT if cap is None else cap) - rows.in_flight(now).count()
    if room <= 0:
        return []
    # a row that a consumer holds is just being delivered
    keys = list(rows.due(now).select_for_update(skip_locked=True).values_list("pk", flat=True)[:room])
    expires = now + datetime.timedelta(seconds=settings.OUTBOX_CLAIM_SECONDS)
    rows.filter(pk__in=keys).update(claimed_at=now, due_at=expires)
    return [str(key) for key in keys]


@transaction.atomic
def give_back(model: type[Message] | type[Mail], keys: list[str], *, now: datetime.datetime) -> None:
    """Claimed rows that were not published are due again at once."""
    model.objects.filter(pk__in=keys).waiting().update(claimed_at=None, due_at=now)


@transaction.atomic
def deliver(message_id: str) -> None:
    """Turn a message into its notification, once: the row is locked, effect and `done_at` commit together.

    A recipient with an address gets a mail too: a row of its own here, sent by the worker afterwards.
    """
    found = Message.objects.select_for_update(of=("self",)).select_related("recipient").filter(pk=message_id).first()
    if found is None or found.done_at is not None:  # delivered before, or the database was restored to an older state
        return
    now = timezone.now()
    found.done_at = now
    Notification.objects.create(message=found, recipient_id=found.recipient_id, at=found.created_at)
    if mail_is_set_up() and found.recipient.is_active and found.recipient.email:
        Mail.objects.create(message=found, due_at=mail_due_at(found.recipient, now))
    found.save(update_fields=["done_at"])


def mail_is_set_up() -> bool:
    return settings.EMAIL_BACKEND != DUMMY


@transaction.atomic
def mark_read(*, notifications: NotificationQuerySet) -> int:
    """Mark the given notifications as read; returns how many were new."""
    return notifications.unread().update(read_at=timezone.now())


@dataclass(frozen=True)
class State:
    """What waits in the outbox. `refused` are mails whose address was refused for good; they are no standstill."""

    messages: int
    mails: int
    refused: int
    oldest: datetime.datetime | None


def oldest_unsent(now: datetime.datetime) -> datetime.datetime | None:
    """When the oldest row was written that is still not delivered or sent; None when nothing waits."""
    messages = Message.objects.waiting().filter(created_at__lte=now)
    untried = Q(attempts=0, claimed_at=None, due_at__gt=now)  # kept back by quiet hours
    mails = Mail.objects.waiting().filter(~untried, created_at__lte=now, refused=False)
    found = (rows.aggregate(at=Min("created_at"))["at"] for rows in (messages, mails))
    return min((at for at in found if at is not None), default=None)


def state(now: datetime.datetime) -> State:
    """Counts and the oldest, for the technician."""
    refused = Mail.objects.all().refused().count()
    mails = Mail.objects.waiting().count() - refused
    return State(Message.objects.waiting().count(), mails, refused, oldest_unsent(now))


def is_late(oldest: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Whether the oldest unsent row is older than OUTBOX_LATE_SECONDS."""
    return oldest is not None and now - oldest > datetime.timedelta(seconds=settings.OUTBOX_LATE_SECONDS)


def technicians() -> list[Any]:
    """The active accounts that see the state of the installation."""
    return list(
        get_user_model()
        .objects.filter(
            is_active=True,
            groups__permissions__codename="view_health",
            groups__permissions__content_type__app_label="config",
        )
        .distinct()
    )
