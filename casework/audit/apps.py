from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did, saw or was refused what: append-only."""

    name = "casework.audit"
    label = "audit"
