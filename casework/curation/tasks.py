"""What the worker does once a day. It may run twice: everybody is told once."""

from celery import shared_task
from django.utils import timezone

from casework.curation import services


@shared_task(ignore_result=True)
def remind_of_licences() -> int:
    """Tell admins of licences that end soon."""
    return services.remind_of_licences(today=timezone.localdate(), now=timezone.now())
