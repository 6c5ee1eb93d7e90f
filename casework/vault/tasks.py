"""Periodic work on what the vault keeps."""

from celery import shared_task
from django.utils import timezone

from casework.vault import files


@shared_task(ignore_result=True)
def sweep_files() -> int:
    """Remove sealed files that nothing refers to: left by a transaction that rolled back, or given up since."""
    return files.sweep(now=timezone.now())
