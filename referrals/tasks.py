"""What the front door does by itself."""

from celery import shared_task
from django.utils import timezone

from referrals import services


@shared_task
def escalate_overdue() -> None:
    """Every minute: clocks that have run out are escalated, each step once, however many workers ask."""
    services.escalate_overdue(now=timezone.now())
