"""Verbs on record keys."""

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from casework.vault import crypto
from casework.vault.models import VaultKey

BATCH = 500  # keys whose rows are locked at once: some milliseconds
PATIENCE_SECONDS = 60  # for keys that somebody else holds


@transaction.atomic
def destroy_key(key: VaultKey) -> None:
    """Destroy a record's key: everything that it sealed can never be opened again. Statistics stay."""
    locked = VaultKey.objects.select_for_update().get(pk=key.pk)
    if locked.wrapped is None:
        return
    locked.wrapped, locked.destroyed_at = None, timezone.now()
    locked.save(update_fields=["wrapped", "destroyed_at"])


def rewrap(*, done: Callable[[int], object] = lambda count: None, batch: int = BATCH) -> int:
    """Wrap every record key with the newest key-encryption key; returns how many were wrapped anew.

    Safe while people work, and to be stopped and started again: each batch is a transaction of its own, keys that
    somebody holds are passed over and come last. `done` is told the count after every batch. Raises `crypto.Tampered`
    when a key does not open with what is said to have wrapped it: then that batch is left as it was.
    """
    newest = crypto.key_names()[0]
    count, give_up_at = 0, time.monotonic() + PATIENCE_SECONDS
    while True:
        after: Any = None
        while wrapped := _rewrap_batch(newest, after, batch):
            after, count = wrapped[-1], count + len(wrapped)
            done(count)
        if not VaultKey.objects.exclude(wrapped_by=newest).filter(wrapped__isnull=False).exists():
            return count
        if time.monotonic() > give_up_at:
            raise TimeoutError("Some keys stay locked by somebody else. Run the command again; it goes on from here.")
        time.sleep(0.5)


@transaction.atomic
def _rewrap_batch(newest: str, after: Any, batch: int) -> list[Any]:
    """Wrap the next keys by primary key; returns their primary keys, none when there are no more."""
    waiting = VaultKey.objects.select_for_update(skip_locked=True, no_key=True).filter(wrapped__isnull=False)
    waiting = waiting.exclude(wrapped_by=newest).order_by("pk")
    keys = list((waiting if after is None else waiting.filter(pk__gt=after))[:batch])
    for key in keys:
        key.wrapped_by, key.wrapped = crypto.wrap(key.plain, label=str(key.id))
    VaultKey.objects.bulk_update(keys, ["wrapped", "wrapped_by"])
    return [key.pk for key in keys]


def wrapped_by() -> dict[str, int]:
    """How many record keys each key-encryption key wraps, by its name."""
    rows = VaultKey.objects.filter(wrapped__isnull=False).values("wrapped_by").annotate(many=Count("pk"))
    return {row["wrapped_by"]: row["many"] for row in rows.order_by("wrapped_by")}
