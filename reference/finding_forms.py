"""What the pages ask that find an authority, an offence, or the conditions for an act abroad. Nothing is kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .abroad import STANDINGS, Answers, exceptions
from .models import Entry
from .offence_finder import Asked, penalties_for
from .routing_rules import Facts

OLDEST = 120
NOT_KNOWN = ("", pgettext_lazy("answer", "Not known"))
YES_NO = (NOT_KNOWN, ("yes", pgettext_lazy("answer", "Yes")), ("no", pgettext_lazy("answer", "No")))
PLACES: dict[str, bool | None] = {"serbia": False, "abroad": True, "unknown": None}
ANOTHER_WAY = "another"


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not known, which is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=YES_NO, required=False, empty_value=None, coerce=lambda answer: answer == "yes", **kwargs
        )


class AgeField(forms.IntegerField):
    """An age in completed years; empty is not known."""

    def __init__(self, **kwargs: Any) -> None:
        narrow = forms.NumberInput(attrs={"data-width": "3"})
        super().__init__(min_value=0, max_value=OLDEST, required=False, widget=narrow, **kwargs)


class CompetenceForm(forms.Form):
    """The facts that the rules on competence ask for. Ages, choices and yes or no: nothing about anybody."""

    victim = AgeField(label=_("Age of the victim"), help_text=_("In completed years. Leave empty if not known."))
    cyber = YesNoField(label=_("Was information technology the method or the means?"))
    suspected = forms.ChoiceField(
        label=_("Is a suspect known?"),
        required=False,
        choices=[("", pgettext_lazy("answer", "Yes")), ("nobody", pgettext_lazy("answer", "No"))],
    )
    suspect = AgeField(label=_("Age of the suspect"), help_text=_("In completed years. Leave empty if not known."))
    offence = forms.ChoiceField(label=_("Offence"), required=False)
    place = forms.ChoiceField(
        label=_("Where was it committed?"),
        required=False,
        choices=[
            ("serbia", _("In Serbia")),
            ("abroad", _("Abroad")),
            ("unknown", pgettext_lazy("answer", "Not known")),
        ],
    )
    channel = forms.ChoiceField(label=_("How did the report come?"), required=False)

    def __init__(self, *args: Any, offences: list[Entry], channels: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: Any = self.fields
        known["offence"].choices = [NOT_KNOWN, *((offence.code, offence.title) for offence in offences)]
        ways = [(channel, channel) for channel in channels]
        known["channel"].choices = [NOT_KNOWN, *ways, (ANOTHER_WAY, _("Another way"))]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("suspected") and self.cleaned_data.get("suspect") is not None:
            self.add_error("suspect", _("You say that no suspect is known. Clear the age, or change that answer."))
        return cleaned

    def facts(self, child_limit: int) -> Facts:
        """What was answered."""
        said = self.cleaned_data
        return Facts(
            victim_age=said["victim"],
            cyber=said["cyber"],
            suspect_age=said["suspect"],
            suspect_known=not said["suspected"],
            abroad=PLACES[said["place"] or "serbia"],
            offence=said["offence"],
            channel=said["channel"],
            child_limit=child_limit,
        )


class OffenceFinderForm(forms.Form):
    """What happened, in the documents' words, how old the victim was, and when it was."""

    facts = forms.MultipleChoiceField(label=_("What happened?"), required=False, widget=forms.CheckboxSelectMultiple)
    victim = AgeField(
        label=_("Age of the victim on the day of the act"),
        help_text=_("In completed years. Leave empty if not known."),
    )
    day = forms.DateField(label=_("Day of the act"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, facts: list[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facts"].choices = [(fact.code, fact.title) for fact in facts]  # type: ignore[attr-defined]

    def asked(self, child_limit: int) -> Asked:
        """What was answered."""
        said = self.cleaned_data
        return Asked(tuple(said["facts"]), said["victim"], said["day"], child_limit)


class AbroadForm(forms.Form):
    """What the rules on acts abroad and on extradition ask for."""

    accused = forms.ChoiceField(label=_("The offender is"), required=False)
    victim = forms.ChoiceField(label=_("The victim is"), required=False)
    sec = YesNoField(label=_("Is it an offence of sexual exploitation of children?"))
    present = YesNoField(label=_("Was the offender found in Serbia, or extradited to it?"))
    double = YesNoField(label=_("Is it an offence in both states?"))
    exception = forms.ChoiceField(label=_("If not: is there an exception?"), required=False)
    offence = forms.ChoiceField(label=_("Offence under Serbian law"), required=False)
    age = AgeField(label=_("Age of the victim"), help_text=_("In completed years. Leave empty if not known."))
    year = YesNoField(label=_("Does the requesting state punish it with a year of imprisonment or more?"))

    def __init__(self, *args: Any, offences: list[Entry], rules: list[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offences = {offence.code: offence for offence in offences}
        known: Any = self.fields
        known["accused"].choices = known["victim"].choices = [NOT_KNOWN, *STANDINGS.items()]
        known["offence"].choices = [NOT_KNOWN, *((offence.code, offence.title) for offence in offences)]
        listed = [(text, text) for text in exceptions(rules)]
        known["exception"].choices = [NOT_KNOWN, *listed, ("none", _("None of them"))]

    def answers(self, child_limit: int) -> Answers:
        """What was answered; the penalty is that of the offence for this victim."""
        said = self.cleaned_data
        offence = self.offences.get(said["offence"])
        return Answers(
            offender=said["accused"],
            victim=said["victim"],
            sexual_exploitation_of_children=said["sec"],
            present=said["present"],
            double_criminality=said["double"],
            exception=said["exception"],
            penalties=None if offence is None else penalties_for(offence, said["age"], child_limit),
            year_in_requesting_state=said["year"],
        )
