"""The relay and the consumer. Redis is only the doorbell: what is not delivered is found in the table again."""

from celery import shared_task

from casework.outbox import services


@shared_task
def relay() -> None:
    """Claim, commit, then publish one task per message."""
    for message_id in services.claim_waiting():
        deliver.delay(message_id)


@shared_task
def deliver(message_id: str) -> None:
    services.deliver(message_id)
