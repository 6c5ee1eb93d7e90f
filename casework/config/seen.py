"""Who of worker, beat and relay was last seen when: in the cache, for the health page of every web process."""

import contextlib
import datetime
import time

import redis
from django.core.cache import cache
from django.utils import timezone

from casework import pulse

PROCESSES = ("worker", "beat", "relay")
EVERY_SECONDS = 15.0
KEPT_SECONDS = 7 * 24 * 60 * 60


def report_as(name: str) -> None:
    """From now on this process says that it lives, with every beat of its pulse, at most four times a minute."""
    said = 0.0

    def say() -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            with contextlib.suppress(redis.RedisError, OSError):
                cache.set(f"seen:{name}", timezone.now().isoformat(), KEPT_SECONDS)

    pulse.LISTENERS.append(say)


def last_seen(name: str) -> datetime.datetime | None:
    """When a process of this kind was last seen; None when never, or not within a week."""
    found = cache.get(f"seen:{name}")
    return datetime.datetime.fromisoformat(found) if found else None
