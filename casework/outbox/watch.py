"""An alarm on the oldest unsent row, once per standstill: whether the worker's process lives says nothing."""

import datetime
import logging

from django.db import IntegrityError, transaction
from django.urls import reverse

from casework.outbox.models import Message, Notification, Standstill, Subject
from casework.outbox.services import is_late, oldest_unsent, technicians

log = logging.getLogger(__name__)


@transaction.atomic
def watch(*, now: datetime.datetime) -> bool:
    """Note that a standstill began or ended; returns whether the admins were told now.

    Relay and worker both ask, so that either may be dead, and it may be asked any number of times.
    """
    oldest = oldest_unsent(now)
    open_one = Standstill.objects.filter(ended_at=None)
    if oldest is None or not is_late(oldest, now):
        if open_one.update(ended_at=now):
            log.warning("Messages are delivered again.")
        return False
    if open_one.exists():
        return False
    try:
        with transaction.atomic():
            Standstill.objects.create(began_at=now)
    except IntegrityError:  # somebody noticed at the same moment, and tells
        return False
    _tell_admins(now)
    log.error("Messages are not being delivered: the oldest waits since %s.", f"{oldest:%Y-%m-%d %H:%M} UTC")
    return True


def _tell_admins(now: datetime.datetime) -> None:
    """In-app and at once: what delivers other messages may be what stands still."""
    page = reverse("health")
    messages = Message.objects.bulk_create(
        Message(recipient=user, subject=Subject.OUTBOX_STUCK, reference="", path=page, done_at=now)
        for user in technicians()
    )
    Notification.objects.bulk_create(
        Notification(message=message, recipient_id=message.recipient_id, at=now) for message in messages
    )
