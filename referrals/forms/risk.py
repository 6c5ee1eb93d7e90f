"""Forms of the early risk assessment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import CodesField, LongTextField, RecordForm
from casework.cases.models import RiskLevel
from reference import codes
from referrals.services.risk import EMERGENCY


class AssessRiskForm(RecordForm):
    """Short, because somebody may be standing in the door."""

    level = forms.ChoiceField(
        label=_("How high is the risk?"),
        choices=[choice for choice in RiskLevel.choices if choice[0] != RiskLevel.UNKNOWN],
        widget=forms.RadioSelect,
    )
    reasons = LongTextField(label=_("Why?"), rows=3, max_length=5_000)
    needs = CodesField(
        "assistance_services",
        only=EMERGENCY,
        label=_("What is needed at once?"),
        required=False,
        help_text=_("Each stays on the list of what is due until somebody has met it."),
    )
    other_need = forms.ChoiceField(label=_("Something else"), required=False)
    factors = CodesField("vulnerability_factors", label=_("Factors of vulnerability"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [choice for choice in codes.choices("assistance_services") if choice[0] not in EMERGENCY]
        self.fields["other_need"].choices = [("", _("None")), *others]  # type: ignore[attr-defined]

    def assessment(self) -> dict[str, Any]:
        """What was answered, named as `assess_risk` names it."""
        typed = dict(self.cleaned_data)
        other = typed.pop("other_need")
        return typed | {"needs": [*typed["needs"], *([other] if other else [])]}


class EndNeedForm(RecordForm):
    said = LongTextField(label=_("Who helped and how, or why it is not needed any more"), rows=3, max_length=2_000)
