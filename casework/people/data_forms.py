"""Forms on what people ask about their data."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.access.forms import DayField, LongTextField, RecordForm, TextField
from casework.people.data_models import AskedBy, CorrectionStatus, ErasureGround, HoldGround, WithholdGround

_SURE = _("I have understood that this cannot be undone by anybody.")


class SetHoldForm(RecordForm):
    ground = forms.ChoiceField(label=_("Ground"), choices=HoldGround.choices, widget=forms.RadioSelect)
    reason = LongTextField(
        label=_("Reason"),
        help_text=_("Read by supervisors and the auditor. Leave names out: the reason stays when all else is erased."),
    )
    until = DayField(
        label=_("Until"), required=False, help_text=_("The last day. Empty: until two people have lifted it.")
    )


class AskErasureForm(RecordForm):
    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=[choice for choice in ErasureGround.choices if choice[0] != ErasureGround.RETENTION],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=_("Reason"),
        help_text=_("Read by the auditor, who decides. It stays when everything else is gone: leave names out."),
    )
    sure = forms.BooleanField(label=_SURE)


class ApproveErasureForm(RecordForm):
    sure = forms.BooleanField(label=_SURE)


class _ReceivedForm(RecordForm):
    received_on = DayField(label=_("Received on"), past=True)
    asked_by = forms.ChoiceField(
        label=_("Who asks"), choices=AskedBy.choices, initial=AskedBy.SELF, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"received_on": timezone.localdate(), "asked_by": AskedBy.SELF})
        super().__init__(*args, **kwargs)


class RecordAccessRequestForm(_ReceivedForm):
    asked_by_name = TextField(label=_("Name of who asks for them"), required=False)
    identity_checked = LongTextField(
        label=_("How identity was checked"),
        rows=3,
        help_text=_("What was shown or asked. An answer in the wrong hands can cost a life."),
    )
    language = forms.ChoiceField(label=_("Language of the answer"), choices=settings.LANGUAGES, initial="sr")


class RecordCorrectionForm(_ReceivedForm):
    wrong = LongTextField(label=_("What is wrong, and what it should say"))


class DecideCorrectionForm(RecordForm):
    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[choice for choice in CorrectionStatus.choices if choice[0] != CorrectionStatus.WAITING],
        widget=forms.RadioSelect,
    )
    amended = TextField(
        label=_("Number of the record that was amended"),
        required=False,
        max_length=20,
        help_text=_("A case or referral, if it was accepted. Empty: the page of the person was amended."),
    )
    reasons = LongTextField(label=_("Reasons"), required=False)


class CheckSectionForm(RecordForm):
    withheld = forms.ChoiceField(
        label=_("This section"),
        choices=[("", _("Goes out")), *((value, label) for value, label in WithholdGround.choices)],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Withhold it only on one of these grounds; the answer then says which."),
    )
