"""Telling somebody: `tell()` inside the act's transaction; the worker delivers."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from casework.outbox.models import Message, Notification, NotificationQuerySet, Subject

CLAIM_LASTS_SECONDS = 60
IN_FLIGHT = 200


def tell(recipients: Iterable[Any], subject: Subject, *, reference: str, path: str) -> None:
    """Write one message per recipient (a user). Must be called inside the act's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.tell() must be called inside the act's transaction")
    Message.objects.bulk_create(
        Message(recipient=user, subject=subject, reference=reference, path=path)
        for user in {user.pk: user for user in recipients}.values()
    )


@transaction.atomic
def claim_waiting() -> list[str]:
    """Claim messages that nobody holds, oldest first; returns their keys. The caller publishes after the commit."""
    now = timezone.now()
    expired = now - datetime.timedelta(seconds=CLAIM_LASTS_SECONDS)
    waiting = Message.objects.filter(done_at=None).exclude(claimed_at__gt=expired).order_by("created_at")
    claimed = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:IN_FLIGHT])
    Message.objects.filter(pk__in=claimed).update(claimed_at=now)
    return [str(key) for key in claimed]


@transaction.atomic
def deliver(message_id: str) -> None:
    """Turn a message into its notification, once: the row is locked, effect and `done_at` commit together."""
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.done_at is not None:
        return
    message.done_at = timezone.now()
    Notification.objects.create(message=message, recipient_id=message.recipient_id, at=message.created_at)
    message.save(update_fields=["done_at"])


@transaction.atomic
def mark_read(*, notifications: NotificationQuerySet) -> int:
    """Mark the given notifications as read; returns how many were new."""
    return notifications.unread().update(read_at=timezone.now())
