"""Forms made of what a section of the reference declares, and those on what the organisation itself does."""

import datetime
import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.access.forms import (
    CodesField,
    DayField,
    LongTextField,
    RecordField,
    RecordForm,
    TextField,
    VersionedForm,
)
from casework.curation.models import BODIES, ProgressStatus, ProposalStatus
from casework.curation.services import refuse_outside_scale
from casework.workflow import Refused
from reference.models import Entry
from reference.sections import Field, Section
from reference.words import DOCUMENTS

Data = dict[str, Any]
NOBODY_OF_A_CASE = _("This is about the published world. Name nobody from a case.")
CORRECTION, SUCCESSION = "correction", "succession"
_PRINTED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?$")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\.?$")


class PrintedDateField(TextField):
    """A date as documents print it: a day, a month or a year. Its value is as the data files write it: 2017-10-25."""

    default_error_messages = {
        "invalid": _("Write the date as day, month, year, for example 27.3.2026., or 2026-03 or 2026 where only that "
        "is printed."),
    }  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", _("For example, 27.3.2026. Where only a month or a year is printed, 2026-03 or 2026.")
        )
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "")
        day = _DAY_FIRST.match(text)
        if day:
            text = f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
        if text and not _PRINTED.match(text):
            raise ValidationError(self.error_messages["invalid"])
        try:
            if text:
                datetime.date.fromisoformat((text + "-01-01")[:10])
        except ValueError:
            raise ValidationError(self.error_messages["invalid"]) from None
        return text


class SourceForm(VersionedForm):
    """Who says so: a document that is known here with a phrase that stands in it, or somebody who told us."""

    source_document = forms.ChoiceField(
        label=_("Document"), required=False, help_text=_("The document that says so, if it is one of these.")
    )
    source_locator = LongTextField(
        label=_("Phrase"), required=False, rows=2, help_text=_("The words of the document, as they stand there.")
    )
    given_by = TextField(
        label=_("Given by"),
        required=False,
        help_text=_("Where no document says so: the body or publication that does, such as an official gazette."),
    )
    given_on = DayField(label=_("Given on"), required=False, past=True)
    reason = LongTextField(label=_("Reason"), rows=3, help_text=NOBODY_OF_A_CASE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_document"].choices = [  # type: ignore[attr-defined]
            ("", _("None of these")),
            *((name, title) for name, title in DOCUMENTS.items()),
        ]

    def clean(self) -> Data:
        cleaned = super().clean() or self.cleaned_data
        document, phrase = cleaned.get("source_document"), cleaned.get("source_locator")
        given_by, given_on = cleaned.get("given_by"), cleaned.get("given_on")
        if document and given_by:
            self.add_error("given_by", _("Name one source: a document, or who told us."))
        elif document and not phrase:
            self.add_error("source_locator", _("Write the phrase of the document that says so."))
        elif not document and not given_by and "given_by" not in self.errors:
            self.add_error("source_document", _("Name the source: a document with a phrase, or who told us and when."))
        elif given_by and not given_on and "given_on" not in self.errors:
            self.add_error("given_on", _("Say when this was given."))
        return cleaned

    @property
    def source(self) -> Data:
        """The source as an entry holds it."""
        said = self.cleaned_data
        if said["source_document"]:
            return {"document": said["source_document"], "locator": said["source_locator"]}
        source = {"given_by": said["given_by"], "given_on": said["given_on"].isoformat()}
        return source | ({"locator": said["source_locator"]} if said["source_locator"] else {})


def source_initial(data: Data) -> Data:
    """What a form shows of the source of an entry."""
    held = data.get("source")
    source: Data = held if isinstance(held, dict) else {}
    return {
        "source_document": source.get("document", ""),
        "source_locator": source.get("locator", ""),
        "given_by": source.get("given_by", ""),
        "given_on": source.get("given_on", ""),
    }


class EndEntryForm(SourceForm):
    ends_on = DayField(label=_("Valid until"), help_text=_("The last day, that day included."))
    field_order = ["ends_on"]


class EntryForm(SourceForm):
    """A change to an entry, or a new one. Its fields are those that the section declares."""

    change = forms.ChoiceField(
        label=_("What is this?"),
        choices=[
            (CORRECTION, _("What stands there is wrong, and this corrects it")),
            (SUCCESSION, _("It has changed: what stands there held until the day before")),
        ],
        initial=CORRECTION,
        widget=forms.RadioSelect,
    )
    valid_from = DayField(
        label=_("Valid from"), required=False, help_text=_("The first day, such as 27.3.2026. Empty: not stated.")
    )
    valid_until = DayField(
        label=_("Valid until"), required=False, help_text=_("The last day, that day included. Empty: not stated.")
    )

    def __init__(self, *args: Any, section: Section, base: Data | None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", entry_initial(section, base or {}))
        super().__init__(*args, **kwargs)
        self.section, self.base = section, base or {}
        offered = _offered(section)
        own = [field for field in section.fields if _can_ask(field, self.base.get(field.name))]
        self.own = own
        for field in own:
            required = field.required and not self.base.get(f"{field.name}_not_stated")
            self.fields[_named(field)] = _MAKERS.get(field.kind, _text)(
                field, required, offered.get(field.ref, []), self.base.get(field.name)
            )
        if base is None:
            del self.fields["change"]
        asked = ["change"] if base is not None else []
        asked += [_named(field) for field in own]
        self.order_fields(
            [*asked, "valid_from", "valid_until", "source_document", "source_locator", "given_by", "given_on", "reason"]
        )

    def clean(self) -> Data:
        cleaned = super().clean()
        if cleaned.get("change") == SUCCESSION and not cleaned.get("valid_from") and "valid_from" not in self.errors:
            self.add_error("valid_from", _("Say from which day the new wording holds."))
        start, end = cleaned.get("valid_from"), cleaned.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", _("It ends before it begins."))
        return cleaned

    @property
    def holds_from(self) -> datetime.date | None:
        """The first day of a wording that succeeds another; None for a correction."""
        said = self.cleaned_data
        return said["valid_from"] if said.get("change") == SUCCESSION else None

    @property
    def entry_data(self) -> Data:
        """The entry as it would stand: what the form does not ask for stays as it was."""
        data = dict(self.base)
        for field in self.own:
            value = _as_it_was(self.cleaned_data[_named(field)], self.base.get(field.name), field)
            _put(data, field.name, value)
            if value not in (None, "", []) and value != self.base.get(field.name):
                data.pop(f"{field.name}_not_stated", None)
        for name in ("valid_from", "valid_until"):
            day = self.cleaned_data[name]
            _put(data, name, day.isoformat() if day else _printed(self.base.get(name)))
        data["source"] = self.source
        if data["source"].get("document"):
            data.pop("ours", None)
        return data


def _named(field: Field) -> str:
    return f"entry_{field.name}"


def _put(data: Data, name: str, value: Any) -> None:
    if value in (None, "", []):
        data.pop(name, None)
    else:
        data[name] = value


def _printed(value: Any) -> Any:
    """A date that is printed as a month or a year stays: a form for days cannot show it."""
    return value if value and _day(value) is None else None


def _day(value: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        return None


def _can_ask(field: Field, value: Any) -> bool:
    """Whether a form can show what stands there; a list of tables, or a table, cannot be typed."""
    if field.name in ("valid_from", "valid_until"):
        return False
    if isinstance(value, list):
        return field.kind == "list" and all(isinstance(item, str | int | float) for item in value)
    return not isinstance(value, dict)


def entry_initial(section: Section, data: Data) -> Data:
    """What the form of an entry shows of its data."""
    shown = source_initial(data) | {
        "valid_from": _day(data.get("valid_from")),
        "valid_until": _day(data.get("valid_until")),
    }
    for field in section.fields:
        value = data.get(field.name)
        if field.kind == "list" and not field.ref and isinstance(value, list):
            value = "\n".join(map(str, value))
        if field.kind == "boolean":
            value = "" if value is None else "yes" if value else "no"
        if field.kind == "date" and (day := _day(value)):
            value = f"{day.day}.{day.month}.{day.year}."
        shown[_named(field)] = value
    return shown


def _as_it_was(typed: Any, before: Any, field: Field) -> Any:
    """What was typed, as the type that stood there: 13 stays a number where it was one."""
    if field.kind == "boolean":
        return {"yes": True, "no": False}.get(typed)
    if field.kind == "list":
        lines = typed if field.ref else [line.strip() for line in typed.splitlines() if line.strip()]
        known = {str(item): item for item in before or []}
        if field.ref and set(lines) == set(known):  # boxes come in the order of the list
            return before
        return [known.get(line, line) for line in lines]
    if field.kind == "number" and typed is not None:
        return int(typed) if typed == int(typed) else float(typed)
    if isinstance(typed, str):
        typed = typed.replace("\r\n", "\n").strip()
        if before is not None and not isinstance(before, str) and typed == str(before):
            return before
        if field.kind == "ref" and before is not None and typed == str(before):
            return before
    return typed


def _offered(section: Section) -> dict[str, list[tuple[str, str]]]:
    """Section -> its active entries to choose from (one query for all)."""
    wanted = {field.ref for field in section.fields if field.ref}
    found: dict[str, list[tuple[str, str]]] = {}
    if wanted:
        rows = Entry.objects.active().filter(section__in=wanted).with_text().order_by("section", "position", "pk")
        for entry in rows:
            found.setdefault(entry.section, []).append((entry.code, _title(entry)))
    return found


def _title(entry: Entry) -> str:
    parts = [entry.title, str(entry.data.get("year") or "")]
    text = " · ".join(filter(None, parts))
    return text if len(text) <= 100 else f"{text[:99]}…"


Choices = list[tuple[str, str]]


def _text(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return TextField(label=str(field.label), required=required, max_length=1000)


def _long(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return LongTextField(label=str(field.label), required=required, rows=3)


def _choice(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.ChoiceField(label=str(field.label), required=required, choices=[("", _("Choose…")), *field.choices])


def _ref(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    kept = _with(offered, [before] if before else [])
    return forms.ChoiceField(label=str(field.label), required=required, choices=[("", _("Not stated")), *kept])


def _list(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    if field.ref:
        return forms.MultipleChoiceField(
            label=str(field.label),
            required=required,
            choices=_with(offered, before or []),
            widget=forms.CheckboxSelectMultiple if len(offered) <= 12 else forms.SelectMultiple(attrs={"size": 8}),
            help_text="" if len(offered) <= 12 else _("Hold Ctrl (or Cmd) to choose more than one."),
        )
    return LongTextField(label=str(field.label), required=required, rows=3, help_text=_("One per line."))


def _with(offered: Choices, codes: list[Any]) -> Choices:
    """What is offered, and what stands there though it is no longer active."""
    known = {code for code, _label in offered}
    return [*offered, *((str(code), str(code)) for code in codes if str(code) not in known)]


def _boolean(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.ChoiceField(
        label=str(field.label),
        required=required,
        choices=[("", _("Not stated")), ("yes", pgettext_lazy("answer", "Yes")), ("no", pgettext_lazy("answer", "No"))],
    )


def _number(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.DecimalField(label=str(field.label), required=required, max_digits=15)


def _year(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.IntegerField(label=str(field.label), required=required, min_value=1800, max_value=2200)


def _date(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return PrintedDateField(label=str(field.label), required=required)


def _email(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.EmailField(label=str(field.label), required=required)


def _url(field: Field, required: bool, offered: Choices, before: Any) -> forms.Field:
    return forms.URLField(label=str(field.label), required=required, assume_scheme="https", max_length=500)


_MAKERS: dict[str, Callable[[Field, bool, Choices, Any], forms.Field]] = {
    "longtext": _long,
    "choice": _choice,
    "ref": _ref,
    "list": _list,
    "boolean": _boolean,
    "number": _number,
    "year": _year,
    "date": _date,
    "email": _email,
    "url": _url,
}


class DecideForm(RecordForm):
    """The second person's word on a proposal."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[("approve", _("Approve: it stands in the reference at once")), ("reject", _("Reject"))],
        widget=forms.RadioSelect,
    )
    decision_reason = LongTextField(
        label=_("Reason"), required=False, rows=3, help_text=_("Needed to reject. Name nobody from a case.")
    )


class ProposalFilter(forms.Form):
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *ProposalStatus.choices])
    use_required_attribute = False


# What the organisation itself does -----------------------------------------------------------------------------------


class ProgressForm(VersionedForm):
    status = forms.ChoiceField(label=_("Status"), choices=ProgressStatus.choices, widget=forms.RadioSelect)
    what = LongTextField(label=_("What we do"), required=False, rows=4, help_text=NOBODY_OF_A_CASE)
    target = TextField(label=_("Target"), required=False, help_text=_("What is to be reached, such as 12 trainings."))
    actual = TextField(label=_("Actual"), required=False, help_text=_("What has been reached. A target is no result."))
    evidence = LongTextField(
        label=_("Evidence"),
        required=False,
        rows=3,
        help_text=_("Where one sees it: a report, an address, a date. What is done needs it."),
    )


class TrainingForm(VersionedForm):
    held_on = DayField(label=_("Held on"), past=True)
    topic = TextField(label=_("Topic"))
    groups = CodesField("trained_groups", label=_("Groups trained"))
    body = forms.ChoiceField(
        label=_("Body trained"), required=False, help_text=_("Where those trained belong to one body or provider.")
    )
    head_count = forms.IntegerField(label=_("People trained"), min_value=0, max_value=1_000_000)
    satisfaction = forms.DecimalField(
        label=_("Satisfaction"), required=False, max_digits=6, decimal_places=2, help_text=_("The average, if asked.")
    )
    scale_min = forms.DecimalField(label=_("Bottom of the scale"), required=False, max_digits=6, decimal_places=2)
    scale_max = forms.DecimalField(label=_("Top of the scale"), required=False, max_digits=6, decimal_places=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Entry.objects.in_section(BODIES).with_text()
        self.bodies = {str(entry.code): entry for entry in rows}
        self.fields["body"].choices = [  # type: ignore[attr-defined]
            ("", _("Several, or none")),
            *((code, entry.title) for code, entry in self.bodies.items()),
        ]

    def clean(self) -> Data:
        cleaned = super().clean() or self.cleaned_data
        if not {"satisfaction", "scale_min", "scale_max"} & set(self.errors):
            try:
                refuse_outside_scale(cleaned["satisfaction"], cleaned["scale_min"], cleaned["scale_max"])
            except Refused as refusal:
                self.add_error(refusal.field, refusal.sentence)
        return cleaned

    @property
    def said(self) -> Data:
        """What the service takes: the body as its entry."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return said | {"body": self.bodies.get(said["body"])}


class DeclarationForm(RecordForm):
    user = RecordField(None, label=_("Colleague"), empty_label=_("Choose…"))
    made_on = DayField(label=_("Declared on"), past=True)
    sure = forms.BooleanField(
        label=_("This person declared that none of the four legal consequences of conviction applies to them.")
    )

    def __init__(self, *args: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = colleagues  # type: ignore[attr-defined]
