"""Forms for what is closed by default: reveals, emergency access, reviews, conflicts, sealing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import LongTextField, RecordField, RecordForm, TextField
from casework.access.grants import Role
from casework.access.models import User
from casework.cases.models import Case
from casework.cases.restricted_models import FOR_BREAK_GLASS, ConflictKind, OpeningReason, Verdict

_REASON_HELP = _("A supervisor reads it when this is reviewed, and so does the auditor.")
WORKS_HERE = (Role.CASEWORKER, Role.SUPERVISOR, Role.ASSESSOR, Role.SHELTER_KEEPER, Role.AUDITOR, Role.ADMIN)


class RevealForm(RecordForm):
    reason_kind = forms.ChoiceField(
        label=_("Why do you need it?"), choices=OpeningReason.choices, widget=forms.RadioSelect
    )
    reason = LongTextField(label=_("In your own words"), rows=3, max_length=1_000, help_text=_REASON_HELP)


class BreakGlassForm(RecordForm):
    number = TextField(
        label=_("Number of the case"),
        max_length=20,
        help_text=_("For example, C-2026-000123."),
        widget=forms.TextInput(attrs={"data-width": "20", "autocomplete": "off"}),
    )
    reason_kind = forms.ChoiceField(
        label=_("Why can it not wait?"),
        choices=[(reason.value, reason.label) for reason in FOR_BREAK_GLASS],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(label=_("In your own words"), rows=3, max_length=1_000, help_text=_REASON_HELP)

    def clean_number(self) -> str:
        return self.cleaned_data["number"].strip().upper()


class ReviewOpeningForm(RecordForm):
    verdict = forms.ChoiceField(label=_("Was it justified?"), choices=Verdict.choices, widget=forms.RadioSelect)
    reason = LongTextField(
        label=_("Your reason"),
        rows=3,
        max_length=1_000,
        required=False,
        help_text=_("Needed when it was not justified. The auditor reads it."),
    )


class DeclareConflictForm(RecordForm):
    """One's own conflict; a supervisor may record that of a colleague."""

    user = RecordField(User.objects.none(), label=_("Who has the conflict?"), empty_label=None)
    kind = forms.ChoiceField(label=_("What kind of conflict?"), choices=ConflictKind.choices, widget=forms.RadioSelect)
    reason = LongTextField(
        label=_("In your own words"), rows=3, max_length=1_000, help_text=_("Supervisors who see the case read it.")
    )

    def __init__(self, *args: Any, case: Case, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by.has_perm("cases.record_conflict"):
            field: Any = self.fields["user"]
            field.queryset = User.objects.colleagues(case.organisation_id, *WORKS_HERE)
            field.initial = by.pk
        else:
            del self.fields["user"]


class LiftConflictForm(RecordForm):
    why = LongTextField(label=_("Why is it over?"), rows=3, max_length=1_000)


class AskUnsealingForm(RecordForm):
    why = LongTextField(label=_("Why need the case not be sealed any more?"), rows=3, max_length=1_000)
