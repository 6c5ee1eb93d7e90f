"""The form in which an answer is recorded, or what stands in its place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import CodeField, DayField, LongTextField, RecordForm, TextField, ThreeWayField
from casework.cases.consent_models import ConsentAnswer, ConsentGiver, ConsentManner
from reference import codes


class RecordConsentForm(RecordForm):
    """What was asked, of whom, and what the answer was. Which fields are needed depends on the answer."""

    purpose = CodeField("consent_purposes", label=_("What for?"))
    recipient_kind = CodeField("recipient_kinds", label=_("Who would be told?"))
    recipient = TextField(
        label=_("Which one?"),
        required=False,
        help_text=_("Only where the answer is about one body or person. Empty: every body of this kind."),
    )
    answer = forms.ChoiceField(label=_("Answer"), choices=ConsentAnswer.choices, widget=forms.RadioSelect)
    answered_on = DayField(label=_("Day of the answer"), past=True)
    given_by = forms.ChoiceField(
        label=_("Who answered?"),
        choices=[("", _("Nobody was asked")), *ConsentGiver.choices],
        required=False,
        help_text=_("For a child, and where the age is not known: a parent, guardian or representative."),
    )
    giver = TextField(label=_("Who is the parent, guardian or representative?"), required=False)
    manner = forms.ChoiceField(
        label=_("How?"), choices=[("", _("Nobody was asked")), *ConsentManner.choices], required=False
    )
    language = forms.ChoiceField(
        label=_("In which language?"),
        choices=lambda: [("", _("Not known")), *codes.languages()],
        widget=forms.Select(attrs={"data-autocomplete": "true"}),
        required=False,
    )
    interpreter = ThreeWayField(label=_("Was there an interpreter?"))
    ground = CodeField(
        "consent_grounds",
        label=_("Legal ground"),
        required=False,
        unknown=_("None"),
        help_text=_("Only where the answer is a legal ground instead of consent."),
    )
    reason = LongTextField(
        label=_("Reason"),
        required=False,
        rows=3,
        max_length=5_000,
        help_text=_("Of the legal ground, or why it was not possible to ask."),
    )

    def clean(self) -> dict[str, Any]:
        """What does not belong to the answer is left out, so that nothing contradicts it."""
        answered: dict[str, Any] = super().clean() or {}
        match answered.get("answer"):
            case ConsentAnswer.GROUND:
                left_out = ["given_by", "giver", "manner", "language"]
            case ConsentAnswer.NOT_POSSIBLE:
                left_out = ["given_by", "giver", "manner", "language", "ground"]
            case _:
                left_out = ["ground", "reason"]
        return answered | dict.fromkeys(left_out, "")
