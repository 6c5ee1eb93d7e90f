"""Periodic work on the trail. Each may run twice, and late."""

import os

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from casework.audit import chain, seals
from casework.audit.verify import keep, verify


@shared_task
def seal_trail() -> None:
    """Seal what is not sealed yet."""
    seals.seal_waiting(now=timezone.now())


@shared_task
def mail_anchor() -> None:
    """Mail the head of the trail to the auditors, if it is time."""
    seals.mail_anchor(now=timezone.now())


@shared_task
def verify_trail() -> None:
    """Check the trail against its seals and the anchor file, and keep what was found."""
    path = settings.CASEWORK_AUDIT_ANCHOR
    files = (path,) if path and os.path.exists(path) else ()
    keep(verify(keys=chain.trusted(), anchor_files=files), now=timezone.now())
