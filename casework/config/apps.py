from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root: settings, URLs, commands. Nothing imports it."""

    name = "casework.config"
    label = "config"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from casework.config import checks  # noqa: F401  (registers the system checks)

        autodiscover_modules("figures", "records", "timeline", "ages", "held")
