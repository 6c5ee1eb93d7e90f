from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferenceConfig(AppConfig):
    """The published world: law, bodies, indicators, published figures and code lists. No personal data."""

    name = "reference"
    label = "reference"
    verbose_name = _("Reference")
    default_auto_field = "django.db.models.BigAutoField"
