"""Housekeeping of accounts: what has expired goes."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from casework.access.drafts import KEPT_FOR
from casework.access.models import Draft
from casework.vault.services import destroy_key


@shared_task
def purge_what_expired() -> None:
    """Every hour: drafts that nobody came back for, with their keys, and sessions that are over."""
    old = Draft.objects.filter(created_at__lte=timezone.now() - KEPT_FOR)
    for key in old.values_list("pk", flat=True):
        with transaction.atomic():
            draft = old.select_for_update(skip_locked=True, of=("self",)).select_related("key").filter(pk=key).first()
            if draft is not None:  # otherwise it is just being given back, or another worker has it
                sealed_with = draft.key
                draft.delete()
                destroy_key(sealed_with)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
