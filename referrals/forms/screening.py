"""Forms of sites, allegations and screenings."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodeField,
    CodesField,
    DayField,
    LongTextField,
    RecordField,
    RecordForm,
    TextField,
    VersionedForm,
)
from reference.models import PublishedFigure
from referrals.models import Allegation, Screened, Screening, SitePerson, Worksite
from referrals.services.allegations import MOST_AFFECTED
from referrals.services.places import MUNICIPALITY_LENGTH, municipality_of
from referrals.services.screenings import MOST
from referrals.services.sites import MOST_AT_ONCE

from .intake import _AUTOCOMPLETE, LogReferralForm, _countries, _languages

_SITE = ("name", "address", "employer", "municipality", "sector", "population", "note")
_SCREENING = (
    "population",
    "held_on",
    "municipality",
    "place",
    "screener",
    "screened",
    "informed",
    "leaflets",
    "indicators",
    "note",
)
LANGUAGES = 5  # how many languages a screening's form asks for


class NumberField(forms.IntegerField):
    """A number of persons or things, typed on a number pad."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"}))
        super().__init__(**kwargs)


class MunicipalityField(TextField):
    """The name of a town or municipality, which stands in plain text."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Town or municipality"),
            required=False,
            max_length=MUNICIPALITY_LENGTH,
            help_text=_("Its name only: the coverage is counted by it."),
        )

    def clean(self, value: Any) -> str:
        from casework.workflow import Refused

        try:
            return municipality_of(super().clean(value))
        except Refused as refusal:
            raise forms.ValidationError(refusal.sentence) from None


class LogSiteForm(RecordForm):
    """A place of work."""

    name = TextField(label=_("What is the site called, or what is it?"))
    sector = CodeField("sectors", label=_("Sector"))
    employer = TextField(label=_("Employer or agency"), required=False)
    address = LongTextField(label=_("Address, or how to find it"), required=False, rows=2, max_length=2_000)
    municipality = MunicipalityField()
    population = CodeField(
        "vulnerable_groups",
        label=_("Who mostly works there?"),
        required=False,
        unknown=_("Not known"),
        help_text=_("Persons screened here then count for the coverage of this population."),
    )
    note = LongTextField(label=_("What else is known of the site"), required=False, rows=4, max_length=5_000)


class AmendSiteForm(LogSiteForm, VersionedForm):
    """The same questions, filled with what is saved."""


def saved_site(worksite: Worksite) -> dict[str, Any]:
    return {name: getattr(worksite, name) for name in _SITE} | {"version": worksite.version}


class AddSitePersonsForm(RecordForm):
    """Several persons at once: how many, of which nationality, speaking what."""

    count = NumberField(label=_("How many persons?"), min_value=1, max_value=MOST_AT_ONCE)
    citizenship = forms.ChoiceField(
        label=_("Citizenship"), choices=_countries, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )
    language = forms.ChoiceField(
        label=_("Language they speak"), choices=_languages, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )


class ScreenSitePersonForm(VersionedForm):
    """What became of the screening of one person. A name is not needed."""

    status = forms.ChoiceField(label=_("Screening"), choices=Screened.choices, widget=forms.RadioSelect)
    happened_on = DayField(label=_("On which day?"), required=False, past=True)
    screener = TextField(label=_("Who screened the person?"), required=False)
    language = forms.ChoiceField(
        label=_("In which language?"), choices=_languages, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )
    indicators = CodesField("trafficking_indicators", label=_("Signs found"), required=False)
    citizenship = forms.ChoiceField(
        label=_("Citizenship"), choices=_countries, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )
    description = LongTextField(
        label=_("How the person can be recognised"),
        required=False,
        rows=2,
        max_length=2_000,
        help_text=_("A name is not needed. It belongs in the referral, if one follows."),
    )
    note = LongTextField(label=_("What the person said"), required=False, rows=4, max_length=5_000)

    def clean_happened_on(self) -> datetime.date | None:
        """The day, unless nothing happened yet."""
        day = self.cleaned_data["happened_on"]
        if day is None and self.cleaned_data.get("status") not in ("", None, Screened.NOT_SCREENED):
            raise forms.ValidationError(_("Say on which day."))
        return day

    def clean_screener(self) -> str:
        screener = str(self.cleaned_data["screener"])
        if not screener.strip() and self.cleaned_data.get("status") == Screened.SCREENED:
            raise forms.ValidationError(_("Say who screened the person."))
        return screener


def saved_site_person(person: SitePerson, *, screener: str = "") -> dict[str, Any]:
    """What is saved of a person; of somebody not screened yet, today and whoever asks stand ready."""
    waits = person.status == Screened.NOT_SCREENED
    return {
        "status": person.status,
        "happened_on": timezone.localdate() if waits else person.happened_on,
        "screener": (screener if waits else person.screener),
        "language": person.language,
        "indicators": person.indicators,
        "citizenship": person.citizenship,
        "description": person.description,
        "note": person.note,
        "version": person.version,
    }


class ReferForm(LogReferralForm):
    """The caseworker's form, filled with what a site or a screening knows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["person"]


# --- Allegations -----------------------------------------------------------------------------------------------------
class LogAllegationForm(RecordForm):
    """An allegation, about a site on record or about a place in words."""

    received_on = DayField(label=_("When was it received?"), past=True)
    source = CodeField("referral_sources", label=_("Who told us?"))
    received_from = TextField(label=_("From whom exactly?"), required=False)
    worksite = RecordField(Worksite.objects.none(), label=_("About which site?"), required=False)
    place = TextField(
        label=_("Or about which place?"), required=False, help_text=_("Where the site is not on record yet.")
    )
    affected = NumberField(
        label=_("How many persons are said to be affected?"), required=False, min_value=0, max_value=MOST_AFFECTED
    )
    content = LongTextField(label=_("What is alleged?"), rows=6)

    def __init__(self, *args: Any, worksites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["worksite"]
        field.queryset = worksites
        field.empty_label = _("None of these")
        field.label_from_instance = lambda site: f"{site.number} · {site.name}"


class AnswerAllegationForm(VersionedForm):
    answered_on = DayField(label=_("When was it answered?"), past=True)
    answer = LongTextField(label=_("What was the answer?"), required=False, rows=4, max_length=5_000)


class InvestigateAllegationForm(VersionedForm):
    investigated_by = TextField(label=_("Which body investigates?"))
    investigated_since = DayField(label=_("Since when?"), required=False, past=True)


class DismissAllegationForm(RecordForm):
    dismissed_on = DayField(label=_("When was it dismissed?"), past=True)
    body = TextField(label=_("Which body dismissed it?"))
    why = LongTextField(label=_("With what reason?"), rows=4, max_length=5_000)


class ConfirmAllegationForm(RecordForm):
    confirmed_on = DayField(label=_("When was it confirmed?"), past=True)
    how = LongTextField(
        label=_("By what?"), rows=4, max_length=5_000, help_text=_("For example: an inspection, a judgment.")
    )


def saved_answer(allegation: Allegation) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "version": allegation.version,
        "answered_on": allegation.answered_on or today,
        "answer": allegation.answer,
        "investigated_by": allegation.investigated_by,
        "investigated_since": allegation.investigated_since,
    }


# --- Screenings ------------------------------------------------------------------------------------------------------
class RecordScreeningForm(RecordForm):
    """A screening of a population: numbers, no names."""

    population = CodeField("vulnerable_groups", label=_("Which population?"))
    held_on = DayField(label=_("On which day?"), past=True)
    municipality = MunicipalityField()
    place = TextField(label=_("Place"), required=False, help_text=_("A centre, a street, a site."))
    screener = TextField(label=_("Who screened?"), required=False)
    screened = NumberField(label=_("How many persons were screened?"), min_value=0, max_value=MOST)
    informed = NumberField(
        label=_("How many were informed of risks and rights?"),
        required=False,
        min_value=0,
        max_value=MOST,
        help_text=_("Leave empty if nobody counted."),
    )
    leaflets = NumberField(label=_("How many leaflets were given?"), required=False, min_value=0, max_value=MOST)
    indicators = CodesField("trafficking_indicators", label=_("Signs found"), required=False)
    note = LongTextField(label=_("What else should be known"), required=False, rows=4, max_length=5_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in range(1, LANGUAGES + 1):
            self.fields[f"language_{place}"] = forms.ChoiceField(
                label=_("Language %(place)d") % {"place": place},
                choices=_languages,
                required=False,
                widget=forms.Select(attrs=_AUTOCOMPLETE),
            )

    def said(self) -> dict[str, Any]:
        """The screening, named as the services name it."""
        typed = self.cleaned_data
        spoken = [typed[f"language_{place}"] for place in range(1, LANGUAGES + 1)]
        return {name: typed[name] for name in _SCREENING} | {"informed_languages": [code for code in spoken if code]}

    def languages(self) -> list[Any]:
        """The fields that ask for a language, for the template."""
        return [self[f"language_{place}"] for place in range(1, LANGUAGES + 1)]


class AmendScreeningForm(RecordScreeningForm, VersionedForm):
    """The same questions, filled with what is saved."""


def saved_screening(screening: Screening) -> dict[str, Any]:
    spoken = {f"language_{place}": code for place, code in enumerate(screening.informed_languages, start=1)}
    return {name: getattr(screening, name) for name in _SCREENING} | spoken | {"version": screening.version}


class LinkFollowUpForm(RecordForm):
    number = TextField(
        label=_("Number of the referral"),
        max_length=20,
        help_text=_("For example, R-2026-000123."),
        widget=forms.TextInput(attrs={"data-width": "20"}),
    )


class SetScreeningTargetForm(RecordForm):
    """How many somebody planned to have screened. A plan is no result."""

    population = CodeField("vulnerable_groups", label=_("Which population?"))
    starts_on = DayField(label=_("From"))
    ends_on = DayField(label=_("Until"))
    planned = NumberField(label=_("How many persons are to be screened?"), min_value=1, max_value=100 * MOST)
    source = TextField(label=_("Who set the target, and where does it stand?"))
    published = forms.ChoiceField(label=_("The published figure that it is"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [figure for figure in PublishedFigure.objects.for_page() if figure.kind == "target"]
        offered = [(figure.code, figure.title) for figure in found if "screened" in figure.indicator]
        self.fields["published"].choices = [("", _("None")), *offered]  # type: ignore[attr-defined]


class ChooseYearForm(forms.Form):
    """Which year the coverage shows."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int, required=False)

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, year) for year in years]  # type: ignore[attr-defined]
