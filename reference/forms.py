from django import forms
from django.utils.translation import gettext_lazy as _

from .models import PublishedFigure


def _years() -> list[tuple[object, object]]:
    return [("", _("All years")), *((year, str(year)) for year in PublishedFigure.objects.years())]


def _indicators() -> list[tuple[object, object]]:
    return [("", _("All figures")), *((name, name) for name in PublishedFigure.objects.indicators())]


class PublishedFilter(forms.Form):
    """Narrows the published figures to one year or one indicator."""

    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None, choices=_years)
    indicator = forms.ChoiceField(label=_("Figure"), required=False, choices=_indicators)
