from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Entry, PublishedFigure
from .sections import SECTIONS


class ReferenceSearch(forms.Form):
    """Words to look for in everything that is published."""

    q = forms.CharField(
        label=_("Words to look for"),
        max_length=200,
        strip=True,
        help_text=_("A law, an article, a body, a word, a place. Never a person’s name."),
    )


class SectionFilter(forms.Form):
    """Narrows one kind of entry to words, to a status, to what held on a day."""

    q = forms.CharField(label=_("Words"), max_length=200, required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)
    on = forms.DateField(label=_("In force on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            value: label
            for field in (SECTIONS[section].fields if section in SECTIONS else ())
            if field.name == "status"
            for value, label in field.choices
        }
        statuses = Entry.objects.in_section(section).statuses()
        if statuses:
            choices = [("", _("All")), *((status, words.get(status, status)) for status in statuses)]
            self.fields["status"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["status"]


class PublishedFilter(forms.Form):
    """Narrows the published figures to one year or one indicator, or to those in doubt."""

    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    indicator = forms.ChoiceField(label=_("Figure"), required=False)
    disputed = forms.BooleanField(label=_("Disputed or ambiguous only"), required=False)

    def __init__(self, *args: Any, figures: list[PublishedFigure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = sorted({figure.year for figure in figures if figure.year}, reverse=True)
        names = {figure.indicator: figure.title for figure in reversed(figures)}  # the newest title
        self.fields["year"].choices = [("", _("All years")), *((year, str(year)) for year in years)]  # type: ignore[attr-defined]
        self.fields["indicator"].choices = [("", _("All figures")), *sorted(names.items(), key=lambda name: name[1])]  # type: ignore[attr-defined]

    def fits(self, figure: PublishedFigure) -> bool:
        """Whether a figure is among those asked for; everything is while the filter has an error."""
        asked = self.cleaned_data if self.is_valid() else {}
        return (asked.get("year") or figure.year) == figure.year and (
            asked.get("indicator") or figure.indicator
        ) == figure.indicator
