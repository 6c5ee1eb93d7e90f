"""What the worker does with the outbox. Redis is only the doorbell: what is not done is found in the tables again."""

from celery import shared_task
from django.utils import timezone

from casework.outbox import mail, services
from casework.outbox import watch as watching


@shared_task
def deliver(message_id: str) -> None:
    """Turn one message into a notification."""
    services.deliver(message_id)


@shared_task
def send(mail_id: str) -> None:
    """Send one mail."""
    mail.send(mail_id, now=timezone.now())


@shared_task
def watch() -> None:
    """Every minute: is the oldest unsent row too old? The relay asks too; either may be dead."""
    watching.watch(now=timezone.now())
