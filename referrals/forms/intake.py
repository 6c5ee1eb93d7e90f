"""Forms in which somebody tells us of a person or a place."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodeField,
    CodesField,
    DayField,
    LongTextField,
    MomentField,
    RecordField,
    RecordForm,
    TextField,
    ThreeWayField,
    VersionedForm,
)
from casework.access.models import Organisation
from casework.people.models import NameKind, Person, Sex
from reference import codes
from referrals.forms.attachments import WithFiles
from referrals.models import Feared, Referral, Seen

_AUTOCOMPLETE = {"data-autocomplete": "true"}
# Fields of a form that are the referral's own, named as the services name them.
_REPORT = (
    "source",
    "channel",
    "referrer_body",
    "referrer_name",
    "referrer_contact",
    "request_number",
    "municipality",
    "place",
    "given_age",
    "suspected_forms",
    "concern",
    "related_violence",
    "seen_in_material",
    "material_reference",
    "cyber_means",
    "committed_abroad",
    "suspect_age",
    "immediate_danger",
    "danger_note",
    "summary",
    "language",
    "leaflet_given",
)
_UNKNOWN_WHEN_EMPTY = ("concern", "seen_in_material", "cyber_means", "committed_abroad")
_PERSON_PLAIN = (
    "sex",
    "birth_date",
    "unaccompanied",
    "needs_interpreter",
    "contacts",
    "safe_contact",
    "description",
)
_PERSON = (
    *_PERSON_PLAIN,
    "given_name",
    "family_name",
    "other_names",
    "citizenship",
    "second_citizenship",
)


def _countries() -> list[tuple[str, str]]:
    return [("", str(_("Not known"))), *codes.countries()]


def _languages() -> list[tuple[str, str]]:
    return [("", str(_("Not known"))), *codes.languages()]


class _ReportForm(RecordForm):
    """What is asked wherever somebody tells us of a person or a place. Nothing about the person is required."""

    immediate_danger = ThreeWayField(label=_("Is anybody in immediate danger?"))
    danger_note = LongTextField(
        label=_("What is the danger, and what was done at once?"), required=False, rows=3, max_length=5_000
    )
    given_name = TextField(label=_("Given name"), required=False)
    family_name = TextField(label=_("Family name"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, initial=Sex.UNKNOWN, widget=forms.RadioSelect)
    given_age = forms.IntegerField(
        label=_("Age, as far as it is known"),
        required=False,
        min_value=0,
        max_value=120,
        help_text=_("In whole years, also when it is a guess."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "3"}),
    )
    citizenship = forms.ChoiceField(
        label=_("Citizenship"), choices=_countries, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )
    language = forms.ChoiceField(
        label=_("Language the person speaks"),
        choices=_languages,
        required=False,
        widget=forms.Select(attrs=_AUTOCOMPLETE),
    )
    municipality = TextField(label=_("Town or municipality"), required=False)
    place = TextField(label=_("Place"), required=False, help_text=_("Where it was seen: an address, a site, a road."))
    indicators_seen = CodesField("trafficking_indicators", label=_("Signs that were seen"), required=False)
    summary = LongTextField(label=_("What happened, in short"), required=False, rows=6)

    def clean_birth_date(self) -> datetime.date | None:
        birth_date = self.cleaned_data["birth_date"]
        if birth_date and timezone.localdate().year - birth_date.year > 120:
            raise forms.ValidationError(_("Check the year of birth."))
        return birth_date

    def report(self) -> dict[str, Any]:
        """What the referral says, named as the services name it."""
        told = {name: self.cleaned_data[name] for name in _REPORT if name in self.cleaned_data}
        return told | {name: told[name] or "unknown" for name in _UNKNOWN_WHEN_EMPTY if name in told}

    def indicators(self) -> list[tuple[str, str]]:
        """Each sign once: what was seen weighs more than what was said."""
        said = dict.fromkeys(self.cleaned_data.get("indicators_said", []), Seen.SAID.value)
        seen = dict.fromkeys(self.cleaned_data["indicators_seen"], Seen.SEEN.value)
        return list((said | seen).items())

    def person_details(self, person: Person | None = None) -> dict[str, Any]:
        """What is known of the person, named as `create_person` names it; what the form does not ask stays."""
        typed = self.cleaned_data
        details = {name: typed[name] for name in _PERSON_PLAIN if name in typed}
        first = {"given": typed["given_name"], "family": typed["family_name"], "kind": _first_kind(person)}
        details["names"] = [first, *self._other_names(person)]
        kept = person.citizenships[2:] if person else []
        chosen = [typed["citizenship"], typed.get("second_citizenship", "")]
        details["citizenships"] = list(dict.fromkeys([code for code in chosen if code] + kept))
        return details

    def _other_names(self, person: Person | None) -> list[dict[str, Any]]:
        text = self.cleaned_data.get("other_names", "")
        known: list[Any] = _names_of(person)[1:]
        if text == _joined(known):
            return known
        return [
            {"given": name.strip(), "family": "", "kind": NameKind.USED.value}
            for name in text.split(";")
            if name.strip()
        ]


def _first_kind(person: Person | None) -> str:
    names = _names_of(person)
    return str(names[0].get("kind", NameKind.USED)) if names else NameKind.USED.value


def _names_of(person: Person | None) -> list[Any]:
    held: Any = person.names if person else None
    return list(held or [])


def _joined(names: list[Mapping[str, Any]]) -> str:
    return "; ".join(" ".join(part for part in (name.get("given"), name.get("family")) if part) for name in names)


class _FullReportForm(_ReportForm):
    """What a colleague of the house is asked beyond that."""

    source = CodeField("referral_sources", label=_("Who told us?"))
    channel = CodeField("referral_channels", label=_("How did it reach us?"), required=False, unknown=_("Not known"))
    referrer_body = TextField(label=_("Their body or organisation"), required=False)
    referrer_name = TextField(label=_("Their name"), required=False)
    referrer_contact = TextField(label=_("How to reach them"), required=False)
    request_number = TextField(
        label=_("Number of the request"),
        required=False,
        help_text=_("That a citizen's report or a request of foreign police has with whoever sent it."),
    )
    other_names = TextField(
        label=_("Other names and nicknames"), required=False, help_text=_("Separate several with a semicolon.")
    )
    birth_date = DayField(
        label=_("Date of birth"),
        required=False,
        past=True,
        help_text=_("For example, 27.3.2009. Leave empty if unsure."),
    )
    second_citizenship = forms.ChoiceField(
        label=_("Second citizenship"), choices=_countries, required=False, widget=forms.Select(attrs=_AUTOCOMPLETE)
    )
    unaccompanied = ThreeWayField(label=_("A child without parents or guardian?"))
    needs_interpreter = ThreeWayField(label=_("Is an interpreter needed?"))
    contacts = LongTextField(label=_("How to reach the person"), required=False, rows=2, max_length=2_000)
    safe_contact = LongTextField(
        label=_("Safe contact"),
        required=False,
        rows=2,
        max_length=2_000,
        help_text=_("May we call, when, whose phone is it, may we leave a message, what do we say we are?"),
    )
    description = LongTextField(
        label=_("Description"), required=False, rows=2, max_length=2_000, help_text=_("When the name is not known.")
    )
    indicators_said = CodesField("trafficking_indicators", label=_("Signs that the person spoke of"), required=False)
    suspected_forms = CodesField("exploitation_forms", label=_("Forms of exploitation suspected"), required=False)
    concern = forms.ChoiceField(
        label=_("What is feared?"),
        choices=Feared.choices,
        initial=Feared.UNKNOWN,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Who is a victim of other violence only is helped here, and is not counted as a potential victim."),
    )
    related_violence = CodesField(
        "related_violence", label=_("Other violence, beside trafficking or instead of it"), required=False
    )
    seen_in_material = ThreeWayField(
        label=_("Was the person seen in photographs, films or recordings?"), required=False
    )
    material_reference = TextField(
        label=_("Reference number of the material"),
        required=False,
        help_text=_("Only the number. Never attach the material, and do not describe it."),
    )
    cyber_means = ThreeWayField(
        label=_("Was information technology the method or the means?"),
        required=False,
        help_text=_("For example recruited, controlled or offered over the internet or a telephone."),
    )
    suspect_age = forms.IntegerField(
        label=_("Age of the suspect, if one is known"),
        required=False,
        min_value=0,
        max_value=120,
        help_text=_("In whole years, also when it is a guess. Of several, the youngest."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "3"}),
    )
    committed_abroad = ThreeWayField(label=_("Did it happen outside Serbia?"), required=False)
    leaflet_given = ThreeWayField(label=_("Was the leaflet on rights given?"))


class LogReferralForm(WithFiles, _FullReportForm):
    """A caseworker's form. With `person` it is about somebody whom the caseworker already sees."""

    received_at = MomentField(label=_("When did it reach us?"), past=True)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    call = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)  # number of what it comes of
    visit = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def about(self, person: Person) -> None:
        """Ask nothing that describes a person: the person is known."""
        for name in _PERSON:
            del self.fields[name]

    field_order = ("received_at",)


class SubmitReferralForm(WithFiles, _ReportForm):
    """A responder's form: short, for a telephone in one hand."""

    organisation = RecordField(Organisation.objects.none(), label=_("To whom?"), empty_label=_("Choose…"))
    source = CodeField("referral_sources", label=_("You are writing as"))
    referrer_contact = TextField(label=_("How can they reach you?"), required=False)
    safe_contact = LongTextField(
        label=_("How can the person be reached safely?"), required=False, rows=2, max_length=2_000
    )
    channel = forms.CharField(required=False, widget=forms.HiddenInput)
    # What the page calls this one sending: a second press, or a retry after a lost connection, is the same.
    mark = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receiving = Organisation.objects.filter(receives_referrals=True)
        self.fields["organisation"].queryset = receiving  # type: ignore[attr-defined]
        self.fields["summary"].label = _("What did you see or hear?")

    def content(self) -> dict[str, Any]:
        """What is sent, to tell a retry from another referral; without files, which a browser chooses anew."""
        apart = ("mark", "photos", "files", "channel", "organisation")
        said = {name: value for name, value in self.cleaned_data.items() if name not in apart}
        return said | {"organisation": str(self.cleaned_data["organisation"].pk)}

    def report(self) -> dict[str, Any]:
        """As the base, without a channel when the page named none."""
        return {name: value for name, value in super().report().items() if name != "channel" or value}


class AmendReferralForm(_FullReportForm, VersionedForm):
    """The same questions as at the beginning, filled with what is saved. The time of receipt stays."""

    person_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def show_conflict(self, saved: dict[str, Any], version: int) -> None:
        """As the base; the person's version follows too, and is no difference to look at."""
        current = saved.get("person_version")
        super().show_conflict(saved | {"person_version": self.data.get("person_version")}, version)
        typed = self.data.copy()  # type: ignore[attr-defined]
        typed["person_version"] = "" if current is None else str(current)
        self.data = typed


# Masked fields of a person (people.masking) and what stands for them in the form.
MASKED_IN_FORM = {"names": ("given_name", "family_name", "other_names"), "contacts": ("contacts",)}


def saved_referral(referral: Referral) -> dict[str, Any]:
    """What the record holds, as the initial values of `AmendReferralForm`."""
    saved: dict[str, Any] = {name: getattr(referral, name) for name in _REPORT}
    by_how: dict[str, list[str]] = {"seen": [], "said": []}
    for row in referral.indicators.all():
        by_how.get(row.how, []).append(row.code)
    saved |= {"indicators_seen": by_how["seen"], "indicators_said": by_how["said"], "version": referral.version}
    person = referral.person
    if person is None:
        return saved | {"sex": Sex.UNKNOWN, "unaccompanied": "unknown", "needs_interpreter": "unknown"}
    names = _names_of(person) or [{}]
    first, second = [*person.citizenships[:2], "", ""][:2]
    return (
        saved
        | {name: getattr(person, name) for name in _PERSON_PLAIN}
        | {
            "given_name": names[0].get("given", ""),
            "family_name": names[0].get("family", ""),
            "other_names": _joined(names[1:]),
            "citizenship": first,
            "second_citizenship": second,
            "person_version": person.version,
        }
    )
