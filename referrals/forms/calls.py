"""Forms of the hotline log and of the mobile team's visits."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import DayField, LongTextField, MomentField, RecordForm, TextField
from casework.access.grants import Role
from casework.access.models import Organisation, User
from reference import codes
from referrals.models import Hotline, Related


def _languages() -> list[tuple[str, str]]:
    return [("", str(_("Not known"))), *codes.languages()]


class LogCallForm(RecordForm):
    hotline = forms.ChoiceField(label=_("Which hotline?"), choices=Hotline.choices, widget=forms.RadioSelect)
    received_at = MomentField(label=_("When was the call?"), past=True)
    trafficking_related = forms.ChoiceField(
        label=_("Was it about trafficking?"),
        choices=Related.choices,
        widget=forms.RadioSelect,
        help_text=_("Only calls about trafficking are counted in the yearly figure."),
    )
    topic = TextField(label=_("What was it about, in a few words?"), required=False)
    caller = TextField(
        label=_("Who called?"),
        required=False,
        help_text=_("For example: a neighbour, a mother, the person herself. A name is never needed."),
    )
    language = forms.ChoiceField(
        label=_("Language of the call"),
        choices=_languages,
        required=False,
        widget=forms.Select(attrs={"data-autocomplete": "true"}),
    )
    outcome = TextField(
        label=_("Outcome"), required=False, help_text=_("For example: advice given, sent to a lawyer, a referral made.")
    )
    note = LongTextField(label=_("Note"), required=False, rows=5)


class LinkCallForm(RecordForm):
    referral = TextField(
        label=_("Number of the referral"),
        max_length=20,
        help_text=_("For example, R-2026-000123."),
        widget=forms.TextInput(attrs={"data-width": "20"}),
    )

    def clean_referral(self) -> str:
        return str(self.cleaned_data["referral"]).strip().upper()


class FilterCallsForm(forms.Form):
    """What narrows the log. Both days belong to the period."""

    hotline = forms.ChoiceField(label=_("Hotline"), required=False)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hotline"].choices = [("", _("Any")), *Hotline.choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        since: datetime.date | None = found.get("since")
        if since and found.get("until") and found["until"] < since:
            self.add_error("until", _("The period ends before it begins."))
        return found


class LogVisitForm(RecordForm):
    visited_at = MomentField(label=_("When was the team there?"), past=True)
    municipality = TextField(label=_("Town or municipality"), required=False)
    place = TextField(label=_("Place"), help_text=_("Where the team was: an address, a site, a road."))
    colleagues = forms.MultipleChoiceField(
        label=_("Colleagues who were there"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = LongTextField(
        label=_("Others who were there"),
        required=False,
        rows=3,
        max_length=2_000,
        help_text=_("One name on each line: an interpreter, a doctor, somebody of another organisation."),
    )
    note = LongTextField(
        label=_("Note"),
        required=False,
        rows=5,
        help_text=_("What concerns one person belongs to her referral, not here."),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.colleagues(organisation, Role.CASEWORKER, Role.SUPERVISOR)
        choices = [(str(user.pk), user.full_name or user.username) for user in staff]
        self.fields["colleagues"].choices = choices  # type: ignore[attr-defined]

    def members(self) -> list[str]:
        """The names of all who were there."""
        named = dict(self.fields["colleagues"].choices)  # type: ignore[attr-defined]
        return [
            *(str(named[key]) for key in self.cleaned_data["colleagues"]),
            *self.cleaned_data["others"].splitlines(),
        ]
