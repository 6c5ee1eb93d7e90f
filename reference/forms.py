from django import forms
from django.utils.translation import gettext_lazy as _

from .models import PublishedFigure


class PublishedFilter(forms.Form):
    """Narrows the published figures to one year or one indicator."""

    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    indicator = forms.ChoiceField(label=_("Figure"), required=False)

    def __init__(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        years = PublishedFigure.objects.years()
        indicators = PublishedFigure.objects.indicators()
        self.fields["year"].choices = [("", _("All years")), *((year, str(year)) for year in years)]
        self.fields["indicator"].choices = [("", _("All figures")), *((name, name) for name in indicators)]
