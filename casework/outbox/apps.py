from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """What must be told to somebody: a row in the act's transaction, delivered by the worker."""

    name = "casework.outbox"
    label = "outbox"
