"""Forms of an onward referral, of its answers, and of the leaflet on rights."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodeField,
    DayField,
    LongTextField,
    MomentField,
    RecordForm,
    TextField,
    VersionedForm,
)
from reference import codes
from referrals.models import LeafletFor
from referrals.services.sharing import SHAREABLE

_PICK = {"data-autocomplete": "true"}


class PrepareOnwardForm(RecordForm):
    """For what and to whom: a body of the list, or one that is written."""

    purpose = CodeField("consent_purposes", label=_("What for?"))
    recipient_kind = CodeField("recipient_kinds", label=_("What kind of body is it?"))
    body = forms.ChoiceField(
        label=_("Which one?"),
        required=False,
        widget=forms.Select(attrs=_PICK),
        help_text=_("One that works with this installation answers here; every other one is told by you."),
    )
    recipient = TextField(label=_("If it is not in the list: its name"), required=False)

    def __init__(self, *args: Any, bodies: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].choices = [("", _("Not in the list")), *bodies]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        answered: dict[str, Any] = super().clean() or {}
        if answered.get("body") and answered.get("recipient"):
            self.add_error("recipient", _("Choose from the list or write a name, not both."))
        return answered


class ChooseSharedForm(VersionedForm):
    """Field by field. What is not ticked does not leave the house."""

    shared = forms.MultipleChoiceField(
        label=_("What is shared?"),
        choices=list(SHAREABLE.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As little as the recipient needs for this purpose."),
    )
    summary = LongTextField(
        label=_("Summary"), required=False, rows=5, help_text=_("Goes along only if it is ticked above.")
    )
    needs = LongTextField(
        label=_("Needs"), required=False, rows=4, help_text=_("Goes along only if it is ticked above.")
    )
    opinion = LongTextField(
        label=_("Our own opinion"),
        required=False,
        rows=5,
        help_text=_("What your organisation thinks. It decides nothing. Goes along only if it is ticked above."),
    )


class SendOnwardForm(RecordForm):
    """How it goes; to an organisation of this installation it goes by itself."""

    channel = CodeField("referral_channels", label=_("How is it sent?"))

    def __init__(self, *args: Any, inside: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if inside:
            del self.fields["channel"]


class AcknowledgeOnwardForm(RecordForm):
    at = MomentField(label=_("When did they say that they have it?"), past=True)
    their_number = TextField(label=_("Their number"), required=False, max_length=60)


class AcceptOnwardForm(RecordForm):
    at = MomentField(label=_("When was it accepted?"), past=True)
    their_number = TextField(label=_("Their number"), required=False, max_length=60)


class RefuseOnwardForm(RecordForm):
    at = MomentField(label=_("When was it refused?"), past=True)
    why = LongTextField(label=_("Why is it refused?"), rows=4, max_length=5_000)


class RecordResultForm(RecordForm):
    result_on = DayField(label=_("Day of the result"), past=True)
    result = LongTextField(label=_("What came of it?"), rows=5, max_length=5_000)


class WithdrawOnwardForm(RecordForm):
    why = LongTextField(label=_("Why is it withdrawn?"), rows=3, max_length=2_000)


class RecordLeafletForm(RecordForm):
    audience = forms.ChoiceField(label=_("Which leaflet?"), choices=LeafletFor.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=_("In which language?"),
        choices=lambda: [("", _("Choose…")), *codes.languages()],
        widget=forms.Select(attrs=_PICK),
    )
    given_on = DayField(label=_("Day on which it was given"), past=True)
    given_by = TextField(label=_("Who gave it?"))
