"""Forms of witness status and of proceedings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodeField,
    DayField,
    LongTextField,
    RecordForm,
    TextField,
    ThreeWayField,
    VersionedForm,
)
from casework.justice.models import Proceeding
from casework.justice.proceedings import OFFENCES
from casework.people.models import Answer
from reference.models import Entry


class RequestWitnessStatusForm(RecordForm):
    kind = CodeField("witness_statuses", label=_("What is requested?"))
    requested_on = DayField(label=_("Requested on"), past=True)
    decided_by_body = TextField(
        label=_("Prosecutor's office or court"),
        required=False,
        help_text=_("The designation needs the name of the prosecutor's office."),
    )


class DecideForm(RecordForm):
    """A decision of the prosecutor's office or the court."""

    decided_on = DayField(label=_("Decided on"), past=True)
    decided_by_body = TextField(label=_("Prosecutor's office or court"), required=False)
    reasons = LongTextField(label=_("Reasons as given"), required=False)


class WithdrawForm(RecordForm):
    decided_on = DayField(label=_("Withdrawn on"), past=True)
    reasons = LongTextField(label=_("Why"), required=False)


class OpenProceedingForm(RecordForm):
    opened_on = DayField(label=_("Opened on"), past=True)
    reference = TextField(label=_("Reference number"), required=False)
    prosecutors_office = TextField(label=_("Prosecutor's office"), required=False)
    court = TextField(label=_("Court"), required=False)
    specialised_prosecutor = ThreeWayField(
        label=_("Is it with a prosecutor specialised in such cases?"),
        initial="",
        help_text=_("“No” needs a reason: it stands in the list of proceedings without one."),
        error_messages={"required": _("Choose an answer: “Not known” is one.")},
    )
    why_no_specialist = LongTextField(label=_("If not, why not?"), required=False, rows=3, max_length=2_000)
    offence = forms.ChoiceField(label=_("Offence"), required=False)
    stage = CodeField("proceedings_stages", label=_("Stage"), required=False, unknown=_("Not known"))
    committed_on = DayField(
        label=_("Day of the act"),
        required=False,
        past=True,
        help_text=_("The law of this day is shown. Of several acts, the first day. Empty: not known."),
    )
    cyber = ThreeWayField(label=_("Was information technology the method or the means?"), required=False)
    suspect_juvenile = ThreeWayField(label=_("Is the suspect under 18?"), required=False)
    proceeds_confiscated = ThreeWayField(label=_("Were proceeds of the offence confiscated?"), required=False)
    confiscation_note = LongTextField(
        label=_("What was confiscated, and by which decision"), required=False, rows=3, max_length=2_000
    )
    ended_on = DayField(label=_("Ended on"), required=False, past=True, help_text=_("Empty: it is not over."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offence"].choices = offence_choices(self.initial.get("offence", ""))  # type: ignore[attr-defined]

    def _answer(self, name: str) -> str:
        return self.cleaned_data[name] or Answer.UNKNOWN

    def clean_cyber(self) -> str:
        return self._answer("cyber")

    def clean_suspect_juvenile(self) -> str:
        return self._answer("suspect_juvenile")

    def clean_proceeds_confiscated(self) -> str:
        return self._answer("proceeds_confiscated")


class AmendProceedingForm(OpenProceedingForm, VersionedForm):
    """The same fields, with the version that was opened."""


def offence_choices(kept: str = "") -> list[tuple[str, Any]]:
    """The published offences, and the one that is kept even when it is published no longer."""
    found = [(entry.code, _name_of(entry)) for entry in Entry.objects.in_section(OFFENCES).with_text()]
    gone = [(kept, kept)] if kept and kept not in dict(found) else []
    return [("", _("Not known")), *found, *gone]


def _name_of(entry: Entry) -> str:
    return f"{entry.title} ({entry.data['article']})" if entry.data.get("article") else entry.title


def saved_proceeding(proceeding: Proceeding) -> dict[str, Any]:
    """A proceeding as its form shows it."""
    return {name: getattr(proceeding, name) for name in AmendProceedingForm.base_fields}


class ProceedingFilter(forms.Form):
    specialised = forms.ChoiceField(
        label=_("With a specialised prosecutor"),
        choices=[("", _("All")), ("no", _("Without one")), ("unknown", _("Not known")), ("yes", _("With one"))],
        required=False,
    )
