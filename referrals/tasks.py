"""What the front door does by itself."""

from celery import shared_task
from django.utils import timezone

from referrals import services


@shared_task
def escalate_overdue() -> None:
    """Every minute: clocks that have run out are escalated, each step once, however many workers ask."""
    services.escalate_overdue(now=timezone.now())


@shared_task
def remind_of_onward() -> None:
    """Every few minutes: whoever waits too long for another body is told, once, however many workers ask."""
    services.remind_of_onward(now=timezone.now())
