"""Quiet hours: a mail waits until they end. Notifications and clocks do not, nor does mail to whoever is on duty."""

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import timezone

# Functions of a user and a time that say whom mail reaches at any hour; apps above append here.
AWAKE: list[Callable[[Any, datetime.datetime], bool]] = []


def mail_due_at(user: Any, now: datetime.datetime) -> datetime.datetime:
    """When a mail to this user may go: now, or at the end of the quiet hours (`QUIET_HOURS`, in Europe/Belgrade)."""
    if not settings.QUIET_HOURS or any(awake(user, now) for awake in AWAKE):
        return now
    start, end = settings.QUIET_HOURS
    here = timezone.localtime(now)
    quiet = start <= here.hour < end if start < end else here.hour >= start or here.hour < end
    if not quiet:
        return now
    day = here.date() + datetime.timedelta(days=here.hour >= end)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(end)))
