"""The audit trail. Write to it through `casework.audit.services`: `act`, `read`, `refuse`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did, saw or was refused what: append-only, sealed in a signed chain."""

    name = "casework.audit"
    label = "audit"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from casework.audit import checks  # noqa: F401  (registers the system check)

        autodiscover_modules("unusual")
