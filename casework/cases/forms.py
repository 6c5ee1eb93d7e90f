"""Forms on cases."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from casework.access.forms import DayField, LongTextField, MomentField, RecordField, RecordForm, VersionedForm
from casework.access.grants import Role
from casework.access.models import User
from casework.cases.models import Case, CaseStatus, NoteKind, RiskLevel
from casework.cases.naming import NAMEABLE
from casework.cases.workload import Workload


class CaseFilter(forms.Form):
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[(CaseStatus.OPEN, _("Open")), (CaseStatus.CLOSED, _("Closed")), ("all", _("All"))],
        required=False,
    )


class AmendCaseForm(VersionedForm):
    risk_level = forms.ChoiceField(label=_("Risk"), choices=RiskLevel.choices, widget=forms.RadioSelect)
    safety_plan = LongTextField(
        label=_("Safety plan"), required=False, rows=8, help_text=_("What keeps this person safe, and who does what.")
    )
    safety_review_on = DayField(label=_("Review the safety plan on"), required=False)


def saved_case(case: Case) -> dict[str, Any]:
    """A case as the form shows it."""
    return {name: getattr(case, name) for name in AmendCaseForm.base_fields}


class AddNoteForm(RecordForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=NoteKind.choices, widget=forms.RadioSelect, initial=NoteKind.NOTE)
    happened_at = MomentField(label=_("When it happened"), past=True)
    body = LongTextField(label=_("What happened"))


class MarkInErrorForm(RecordForm):
    why = LongTextField(label=_("Why is this wrong?"), rows=3, max_length=2_000)


class CloseCaseForm(RecordForm):
    closed_on = DayField(label=_("Day of closing"), past=True)
    reason = LongTextField(label=_("Why is the case closed?"))


class ReopenCaseForm(RecordForm):
    """Nothing to fill in: the page says what happens."""


class SealCaseForm(RecordForm):
    named = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Who may still see this case?"),
        help_text=_("At least two people, one of them a supervisor."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["named"].queryset = User.objects.colleagues(  # type: ignore[attr-defined]
            case.organisation_id, Role.CASEWORKER, Role.SUPERVISOR
        )


class NameColleagueForm(RecordForm):
    colleague = RecordField(User.objects.none(), label=_("Colleague"), empty_label=_("Choose…"))
    until = DayField(label=_("Until the end of"))

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["colleague"].queryset = User.objects.colleagues(  # type: ignore[attr-defined]
            case.organisation_id, *NAMEABLE
        )


class ReassignCaseForm(RecordForm):
    """The caseworkers with their workloads beside their names; `seen` is the assignment that the page shows."""

    caseworker = RecordField(
        User.objects.none(), label=_("Give the case to"), widget=forms.RadioSelect, empty_label=None
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)

    def __init__(self, *args: Any, case: Case, workloads: list[Workload], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {load.caseworker.pk: load for load in workloads if load.caseworker}
        field: Any = self.fields["caseworker"]
        field.queryset = User.objects.colleagues(case.organisation_id, Role.CASEWORKER).exclude(pk=case.caseworker_id)
        field.label_from_instance = lambda user: _with_workload(user, held.get(user.pk))


def _with_workload(user: User, load: Workload | None) -> str:
    count = load.open if load else 0
    cases = ngettext("%(count)d open case", "%(count)d open cases", count) % {"count": count}
    late = load.overdue if load else 0
    if not late:
        return f"{user} – {cases}"
    clocks = ngettext("%(count)d clock overdue", "%(count)d clocks overdue", late) % {"count": late}
    return f"{user} – {cases}, {clocks}"
