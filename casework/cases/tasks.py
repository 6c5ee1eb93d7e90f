"""What the cases do by themselves."""

from celery import shared_task
from django.utils import timezone

from casework.cases.openings import escalate_overdue_reviews
from casework.cases.sealing import escalate_overdue_sealings


@shared_task
def escalate_reviews() -> None:
    """Every five minutes: reviews and sealings that nobody decided in time are told of, each once."""
    now = timezone.now()
    escalate_overdue_reviews(now=now)
    escalate_overdue_sealings(now=now)
