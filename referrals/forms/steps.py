"""Forms of what is done with a referral, and of what narrows the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodesField,
    DayField,
    LongTextField,
    MomentField,
    RecordForm,
    TextField,
)
from reference import codes
from referrals.models import How, Identification, ReferralStatus, Route
from referrals.services.identification import outcomes_of


class FilterReferralsForm(forms.Form):
    """What narrows the list."""

    status = forms.ChoiceField(label=_("Status"), required=False)
    source_group = forms.ChoiceField(label=_("Who told us"), required=False)
    source = forms.ChoiceField(label=_("Source, exactly"), required=False)
    contact = forms.ChoiceField(label=_("Contact with the person"), required=False)
    sign = forms.ChoiceField(label=_("Sign seen or said"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [("", _("Any")), *ReferralStatus.choices]  # type: ignore[attr-defined]
        groups = codes.SOURCE_GROUPS.items()
        self.fields["source_group"].choices = [("", _("Any")), *groups]  # type: ignore[attr-defined]
        sources = codes.choices("referral_sources")
        self.fields["source"].choices = [("", _("Any")), *sources]  # type: ignore[attr-defined]
        contact = [("", _("Any")), ("none", _("No contact yet")), ("person", _("A person is named"))]
        self.fields["contact"].choices = contact  # type: ignore[attr-defined]
        signs = codes.choices("trafficking_indicators")
        self.fields["sign"].choices = [("", _("Any")), *signs]  # type: ignore[attr-defined]


class InitiateCaseForm(RecordForm):
    """A confirmation: there is nothing to fill in."""


class DeclineReferralForm(RecordForm):
    reason = LongTextField(label=_("Why is it declined?"), rows=4, max_length=5_000)
    signposted_to = LongTextField(
        label=_("Where was the person sent instead?"), required=False, rows=2, max_length=2_000
    )


class LinkReferralForm(RecordForm):
    earlier = TextField(
        label=_("Number of the earlier referral"),
        max_length=20,
        help_text=_("For example, R-2026-000123."),
        widget=forms.TextInput(attrs={"data-width": "20"}),
    )

    def clean_earlier(self) -> str:
        return str(self.cleaned_data["earlier"]).strip().upper()


class RecordInformedForm(RecordForm):
    informed_at = MomentField(label=_("When had everyone concerned been told?"), past=True)
    how = forms.ChoiceField(label=_("How were they told?"), choices=How.choices, widget=forms.RadioSelect)


class InformParticipantForm(RecordForm):
    informed_at = MomentField(label=_("When were they told?"), past=True)
    how = forms.ChoiceField(label=_("How were they told?"), choices=How.choices, widget=forms.RadioSelect)
    spoke_with = TextField(label=_("With whom did you speak?"), required=False)


class WithdrawParticipantForm(RecordForm):
    why = LongTextField(
        label=_("Why?"),
        rows=3,
        max_length=2_000,
        help_text=_("For example: the person has withdrawn the consent, or it is another body."),
    )


class AddParticipantsForm(RecordForm):
    """Those whom the rules and pathways name, and one in words."""

    bodies = forms.MultipleChoiceField(
        label=_("Proposed by the rules and pathways"), required=False, widget=forms.CheckboxSelectMultiple
    )
    name = TextField(label=_("Somebody else"), required=False, help_text=_("A body or an organisation, in words."))

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bodies"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["bodies"]


class DecideRouteForm(RecordForm):
    route = forms.ChoiceField(
        label=_("Which body decides?"),
        choices=[choice for choice in Route.choices if choice[0] != Route.UNDECIDED],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=_("Why?"), rows=4, max_length=5_000, help_text=_("What speaks for an adult or for a child.")
    )


class ChooseAuthorityForm(RecordForm):
    """One of the authorities that the rules leave open, as `question rule`, and why."""

    choice = forms.ChoiceField(label=_("Which rule is followed?"), widget=forms.RadioSelect)
    reason = LongTextField(label=_("Why?"), rows=4, max_length=5_000)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]


class RecordDecisionForm(RecordForm):
    """Asks for the outcomes of the body that the route names, in its own words."""

    outcome = forms.ChoiceField(label=_("Outcome"), widget=forms.RadioSelect)
    decided_on = DayField(label=_("Date of the decision"), past=True)
    forms = CodesField(
        "exploitation_forms",
        label=_("Forms of exploitation found"),
        required=False,
        help_text=_("At least one with a positive decision."),
    )
    reasons = LongTextField(label=_("Reasons as the body gave them"), rows=6)
    body = TextField(label=_("Which centre for social work"), required=False)
    reference = TextField(label=_("Number of the decision"), required=False)

    def __init__(self, *args: Any, identification: Identification, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = outcomes_of(identification.route)
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (code, codes.label("decision_outcomes", code)) for code in outcomes
        ]
        if identification.route == Route.CPTV:
            del self.fields["body"]


class MarkInErrorForm(RecordForm):
    why = LongTextField(label=_("Why was it entered in error?"), rows=3, max_length=2_000)
