"""Verbs on record keys."""

from django.db import transaction
from django.utils import timezone

from casework.vault.models import VaultKey


@transaction.atomic
def destroy_key(key: VaultKey) -> None:
    """Destroy a record's key: everything that it sealed can never be opened again. Statistics stay."""
    locked = VaultKey.objects.select_for_update().get(pk=key.pk)
    if locked.wrapped is None:
        return
    locked.wrapped, locked.destroyed_at = None, timezone.now()
    locked.save(update_fields=["wrapped", "destroyed_at"])
