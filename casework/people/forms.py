"""Forms on persons."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import DayField, LongTextField, RecordForm, TextField, ThreeWayField, VersionedForm
from casework.people.models import NameKind, Person, Sex
from reference import codes

_PICK = {"data-autocomplete": "true"}


class _PickField(forms.ChoiceField):
    """One country or language; more than the first may stay empty."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: [("", _("Not known")), *choices()],
            widget=forms.Select(attrs=_PICK),
            required=False,
            **kwargs,
        )


class SearchForm(RecordForm):
    text = TextField(
        label=_("Name or number"),
        help_text=_("A name in either script, or a number such as C-2026-000123. Wrong letters are forgiven."),
    )
    born = forms.IntegerField(
        label=_("Year of birth, if known"),
        help_text=_("Two years more or less are forgiven."),
        required=False,
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "4"}),
    )


class PersonForm(VersionedForm):
    """Everything that is known of a person. Nothing is required."""

    used_given = TextField(label=_("Given name"), required=False)
    used_family = TextField(label=_("Family name"), required=False)
    birth_given = TextField(label=_("Given name at birth, if another"), required=False)
    birth_family = TextField(label=_("Family name at birth, if another"), required=False)
    nickname = TextField(label=_("Nickname"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, widget=forms.RadioSelect)
    birth_date = DayField(label=_("Date of birth"), past=True, required=False)
    given_age = forms.IntegerField(
        label=_("Age, as stated"),
        min_value=0,
        max_value=120,
        required=False,
        help_text=_("Only where the date of birth is not known."),
        widget=forms.NumberInput(attrs={"data-width": "3"}),
    )
    given_age_on = DayField(label=_("Day on which this age was stated"), past=True, required=False)
    citizenship_1 = _PickField(codes.countries, label=_("Citizenship"))
    citizenship_2 = _PickField(codes.countries, label=_("Second citizenship"))
    language_1 = _PickField(codes.languages, label=_("Language"))
    language_2 = _PickField(codes.languages, label=_("Second language"))
    needs_interpreter = ThreeWayField(label=_("Needs an interpreter"))
    unaccompanied = ThreeWayField(label=_("Unaccompanied child"))
    safe_contact = LongTextField(
        label=_("Safe contact"),
        required=False,
        help_text=_("May we call, when, on whose telephone, may we leave a message, what do we say we are?"),
    )
    contacts = LongTextField(label=_("Contacts"), required=False, rows=3)
    identifiers = LongTextField(label=_("Documents and identifiers"), required=False, rows=3)
    description = LongTextField(
        label=_("Description"), required=False, help_text=_("How to recognise a person who has no name here.")
    )

    def changes(self, person: Person) -> dict[str, Any]:
        """What was typed, as `services.amend_person` takes it; names and codes beyond the form's fields stay."""
        typed = self.cleaned_data
        plain = {
            name: typed[name]
            for name in (
                *("sex", "birth_date", "given_age", "given_age_on", "needs_interpreter", "unaccompanied"),
                *("safe_contact", "contacts", "identifiers", "description"),
            )
        }
        return plain | {
            "names": _merged_names(person.names or [], typed),
            "citizenships": _merged_codes(person.citizenships, typed["citizenship_1"], typed["citizenship_2"]),
            "languages": _merged_codes(person.languages, typed["language_1"], typed["language_2"]),
        }


_NAME_FIELDS = {
    NameKind.USED: ("used_given", "used_family"),
    NameKind.BIRTH: ("birth_given", "birth_family"),
    NameKind.NICKNAME: ("nickname", ""),
}


# Masked fields of a person (people.masking) and what stands for them in the form.
MASKED_IN_FORM = {
    "names": ("used_given", "used_family", "birth_given", "birth_family", "nickname"),
    "contacts": ("contacts",),
    "identifiers": ("identifiers",),
}


def _merged_names(names: list[dict[str, Any]], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The first name of each kind as typed, in the order it had; further names as they are."""
    wanted: dict[str, dict[str, Any]] = {
        kind: {"given": typed[given], "family": typed[family] if family else "", "kind": kind.value}
        for kind, (given, family) in _NAME_FIELDS.items()
    }
    merged = []
    for name in names:
        replaced = wanted.pop(name.get("kind") or NameKind.USED, None)
        if replaced is not None and replaced["kind"] == NameKind.NICKNAME:
            replaced["family"] = name.get("family") or ""  # the form has one field for a nickname
        merged.append(name if replaced is None else replaced)
    return [*merged, *wanted.values()]


def _merged_codes(kept: list[str], *typed: str) -> list[str]:
    return list(dict.fromkeys([*filter(None, typed), *kept[len(typed) :]]))


def saved_person(person: Person) -> dict[str, Any]:
    """A person as the form shows it."""
    shown: dict[str, Any] = {
        name: getattr(person, name) for name in PersonForm.base_fields if hasattr(person, name) and name != "version"
    }
    for kind, (given, family) in _NAME_FIELDS.items():
        first: dict[str, Any] = next(
            (name for name in person.names or [] if (name.get("kind") or NameKind.USED) == kind), {}
        )
        shown[given] = first.get("given", "")
        if family:
            shown[family] = first.get("family", "")
    for place in (0, 1):
        shown[f"citizenship_{place + 1}"] = next(iter(person.citizenships[place : place + 1]), "")
        shown[f"language_{place + 1}"] = next(iter(person.languages[place : place + 1]), "")
    return shown | {"version": person.version}
