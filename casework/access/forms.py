"""Forms that lose nothing: drafts, stale versions, hostile characters, codes from the reference lists.

A view reads like this:

    form = bind(request, AmendPersonForm, initial=…)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.amend_person(…, amended_by=request.user))
        if done is not None:
            return redirect(…)
    return render(request, "people/amend_person.html", {"form": form})
"""

import datetime
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.access.drafts import take_draft, token_for
from casework.access.grants import Role
from casework.access.key_models import Scope
from casework.access.models import Organisation, Team, User
from casework.access.requests import SignedIn
from casework.access.uploads import TooLargeToHold
from casework.audit.services import trace_refusal
from casework.vault.crypto import Erased
from casework.vault.models import LARGEST_FILE
from casework.workflow import Refused, Stale, erased_sentence
from reference import codes

LONG_TEXT = 20_000
# Marks that reorder what is shown: a name could read as another one.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

FormT = TypeVar("FormT", bound=forms.Form)
Result = TypeVar("Result")


def _readable(value: str) -> None:
    if _REORDERING.search(value):
        raise ValidationError(
            _("This text holds invisible marks that change the direction of writing. Type it again without them.")
        )
    if _CONTROL.search(value):
        raise ValidationError(_("This text holds control characters. Type it again without them."))


class TextField(forms.CharField):
    """One line of text, at most 200 characters unless told otherwise."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.validators.append(_readable)


class RecordField(forms.ModelChoiceField):
    """One record of those offered. To anything else there is one answer, which does not repeat what was sent."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:  # a key that is none: the model's field would quote it
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": ""}
            ) from None


class LongTextField(TextField):
    """Free text of several lines, at most 20,000 characters."""

    def __init__(self, *, max_length: int = LONG_TEXT, rows: int = 5, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, **kwargs)


class DayField(forms.DateField):
    """A date, day first; with `past=True` none in the future. Years before 1900 are a slip of the finger."""

    def __init__(self, *, past: bool = False, **kwargs: Any) -> None:
        self.past = past
        kwargs.setdefault("help_text", _("For example, 27.3.2026."))
        super().__init__(**kwargs)

    default_error_messages = {
        "invalid": _("Write the date as day, month, year, for example 27.3.2026."),
    }

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value.year < 1900 or value.year > 2200:
            raise ValidationError(_("Check the year of this date."))
        if self.past and value > timezone.localdate():
            raise ValidationError(_("This date is in the future."))


class MomentField(forms.SplitDateTimeField):
    """A day and a time of day in Europe/Belgrade; with `past=True` not in the future."""

    def __init__(self, *, past: bool = False, **kwargs: Any) -> None:
        self.past = past
        kwargs.setdefault("help_text", _("Day and time, for example 27.3.2026. and 14:30."))
        kwargs.setdefault("widget", forms.SplitDateTimeWidget(date_attrs={"inputmode": "numeric"}, time_format="%H:%M"))
        super().__init__(**kwargs)

    default_error_messages = {
        "invalid_date": _("Write the date as day, month, year, for example 27.3.2026."),
        "invalid_time": _("Write the time as hours and minutes, for example 14:30."),
    }

    def compress(self, data_list: Any) -> datetime.datetime | None:
        value = super().compress(data_list)
        if value is not None and not 1900 <= value.year <= 2200:
            raise ValidationError(_("Check the year of this date."))
        if value is not None and self.past and value > timezone.now():
            raise ValidationError(_("This time is in the future."))
        return value


class CodeField(forms.ChoiceField):
    """One code of a reference list; with `required=False` it may stay unknown. `only` narrows the list."""

    def __init__(
        self, code_list: str, *, only: Iterable[str] | None = None, unknown: Any = None, **kwargs: Any
    ) -> None:
        kept = None if only is None else list(only)
        radios = isinstance(kwargs.get("widget"), forms.RadioSelect) or kwargs.get("widget") is forms.RadioSelect

        def choices() -> list[tuple[str, Any]]:
            found = [(code, label) for code, label in codes.choices(code_list) if kept is None or code in kept]
            if radios:
                return found
            return [("", unknown or _("Choose…")), *found]

        super().__init__(choices=choices, **kwargs)


class CodesField(forms.MultipleChoiceField):
    """Any number of codes of a reference list, as check boxes."""

    def __init__(self, code_list: str, *, only: Iterable[str] | None = None, **kwargs: Any) -> None:
        kept = None if only is None else list(only)

        def choices() -> list[tuple[str, Any]]:
            return [(code, label) for code, label in codes.choices(code_list) if kept is None or code in kept]

        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(choices=choices, **kwargs)


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, read into memory by `casework.access.uploads`; the value is a list, empty without any.

    With `camera=True` a telephone opens its camera instead of its folders. What a file is, is found out later, by its
    content; `accept` only helps to choose.
    """

    def __init__(self, *, accept: str, camera: bool = False, **kwargs: Any) -> None:
        attrs = {"accept": accept, "multiple": True} | ({"capture": "environment"} if camera else {})
        kwargs.setdefault("required", False)
        super().__init__(widget=_FilesInput(attrs=attrs), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        found = list(data or []) if isinstance(data, (list, tuple)) else [data] if data else []
        if any(isinstance(file, TooLargeToHold) for file in found):
            raise ValidationError(
                _("A file is larger than %(largest)s MB, or all together are too large. Choose fewer or smaller ones.")
                % {"largest": LARGEST_FILE // 2**20}
            )
        if self.required and not found:
            raise ValidationError(_("Choose a file."), code="required")
        return found


YES_NO_UNKNOWN = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]


class ThreeWayField(forms.ChoiceField):
    """Yes, no, or not known: unknown is a value."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", "unknown")
        super().__init__(choices=YES_NO_UNKNOWN, widget=forms.RadioSelect, **kwargs)


class RecordForm(forms.Form):
    """Base of every form. `version` is there when the form edits a record that two people may have open."""

    use_required_attribute = False
    draft_token: str = ""
    conflicts: list[tuple[str, str, str]] = []

    def saved_version(self) -> int | None:
        """The version of the record when the form was opened; None for forms that make something new."""
        return self.cleaned_data.get("version")


class VersionedForm(RecordForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    def show_conflict(self, saved: "dict[str, Any]", version: int) -> None:
        """After a stale save: keep what was typed, list what differs from what is saved now, and carry the new version.

        `saved` maps field names to what the record holds now, as the form's `initial` would.
        """
        self.conflicts = []
        typed: Any = self.data.copy()  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if name == "version":
                continue
            bound = self[name]
            mine, theirs = _shown(field, bound.data), _shown(field, field.prepare_value(saved.get(name)))
            if mine != theirs:
                self.conflicts.append((str(bound.label), mine, theirs))
        typed[self.add_prefix("version")] = str(version)
        self.data = typed


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(field, item) for item in value)
    if isinstance(value, datetime.date):
        return f"{value.day}.{value.month}.{value.year}."
    chosen = dict(getattr(field, "choices", []) or [])
    return str(chosen.get(value, "" if value is None else value)).replace("\r\n", "\n")


def bind(request: SignedIn, form_class: type[FormT], **kwargs: Any) -> FormT:
    """The form of this request: bound when posted, filled from a kept draft after sign-in, otherwise fresh."""
    if request.method == "POST":
        form = form_class(request.POST, request.FILES or None, **kwargs)
    else:
        form = form_class(**kwargs)
        kept = take_draft(request) if "draft" in request.GET else None
        if kept is not None:
            fill(form, kept)
            form.restored = True  # type: ignore[attr-defined]
    form.draft_token = token_for(request.user)  # type: ignore[attr-defined]
    form.request = request  # type: ignore[attr-defined]
    return form


def fill(form: forms.Form, kept: dict[str, list[Any]]) -> None:
    """Show a draft as it was typed, without judging it yet."""
    typed = QueryDict(mutable=True)
    for name, values in kept.items():
        typed.setlist(name, values)
    for name, field in form.fields.items():
        value = field.widget.value_from_datadict(typed, {}, form.add_prefix(name))
        form.initial[name] = value


def attempt(form: forms.Form, act: Callable[[], Result]) -> Result | None:
    """Do the act; a refusal is traced and becomes the form's error, beside its field. `Stale` passes through."""
    try:
        return act()
    except Stale:
        raise
    except Refused as refusal:
        trace_refusal(form.request)  # type: ignore[attr-defined]
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.sentence))
        return None
    except Erased:  # erased while somebody was writing: the page comes back with what was typed
        trace_refusal(form.request)  # type: ignore[attr-defined]
        form.add_error(None, erased_sentence())
        return None


# --- The forms of this app ---------------------------------------------------------------------------------------
class CreateUserForm(RecordForm):
    username = forms.SlugField(label=_("User name"), max_length=40, help_text=_("Letters, digits, - and _."))
    full_name = TextField(label=_("Full name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), required=False)
    team = RecordField(Team.objects.none(), label=_("Team"), required=False, empty_label=_("No team"))

    def __init__(self, *args: Any, organisation: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(organisation=organisation)  # type: ignore[attr-defined]


class ConfirmForm(RecordForm):
    """Nothing to fill in: the page says what will happen, and the button does it."""


class AcceptInvitationForm(forms.Form):
    use_required_attribute = False
    username = TextField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    invitation = TextField(
        label=_("Code from your admin"),
        max_length=40,
        help_text=_("For example, 7K3M-QX8P-2HWD-9FTA. Small letters and missing dashes do no harm."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-width": "20"}),
    )
    password = forms.CharField(
        label=_("Your new password"),
        strip=False,
        max_length=10_000,  # the rule about length says it in a sentence
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_(
            "At least 12 characters, of any kind: a sentence that only you would write is best. You can paste it from "
            "a password manager. Not your name, your organisation or your work."
        ),
    )


class MakeKeyForm(RecordForm):
    """A key for another body's program."""

    name = TextField(label=_("Which program is it for?"), max_length=80, help_text=_("For example, Mobile team Niš."))
    body = RecordField(Organisation.objects.all(), label=_("In whose name does it write?"), empty_label=_("Choose…"))
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_on = DayField(label=_("Last day on which it works"))


class RequestRoleForm(RecordForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)


class SetDutyForm(RecordForm):
    user = RecordField(User.objects.none(), label=_("Colleague"), empty_label=_("Choose…"))
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))

    def __init__(self, *args: Any, organisation: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.colleagues(organisation, Role.CASEWORKER, Role.SUPERVISOR)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
