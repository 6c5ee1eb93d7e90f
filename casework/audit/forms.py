"""What the auditor filters by."""

import datetime
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.audit.models import Kind
from casework.audit.words import WORDS

_RECORD = re.compile(r"[A-Za-z]{1,4}-\d{4}-\d{1,9}|[0-9a-fA-F-]{32,36}")


class RecordField(forms.CharField):
    """The number of a case or referral, or the key of any record."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, label=_("Case or referral number"), **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not _RECORD.fullmatch(value):
            raise ValidationError(_("Write a number such as C-2026-000123 or R-2026-000123, or the key of a record."))


class DayField(forms.DateField):
    """A day of the trail."""

    default_error_messages = {"invalid": _("Write the date as day, month, year, for example 27.3.2026.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.validators += [
            MinValueValidator(datetime.date(1990, 1, 1), _("Check the year of this date.")),
            MaxValueValidator(datetime.date(2200, 1, 1), _("Check the year of this date.")),
        ]


class _Filter(forms.Form):
    use_required_attribute = False
    mark_optional = False


class TrailForm(_Filter):
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *Kind.choices], required=False)
    verb = forms.ChoiceField(label=_("What"), required=False)
    actor = forms.CharField(label=_("User name"), max_length=150, required=False)
    record = RecordField(required=False)
    since = DayField(label=_("From"))
    until = DayField(label=_("Until"))
    before = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)

    def __init__(self, *args: Any, verbs: list[str] | None = None, kinds: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not kinds:
            del self.fields["kind"]
        shown = sorted((WORDS[verb], verb) for verb in (verbs if verbs is not None else WORDS) if verb in WORDS)
        self.fields["verb"].choices = [("", _("All")), *((verb, words) for words, verb in shown)]  # type: ignore[attr-defined]


class PeriodForm(_Filter):
    """A period of at most a year; the last 30 days where none is given."""

    days = 30
    since = DayField(label=_("From"))
    until = DayField(label=_("Until"))

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        since, until = self.period(asked)
        if since > until:
            self.add_error("until", _("This day is before the first."))
        elif (until - since).days > 366:
            self.add_error("since", _("Choose at most a year."))
        return asked

    def period(self, asked: dict[str, Any]) -> tuple[datetime.date, datetime.date]:
        until = asked.get("until") or max(timezone.localdate(), asked.get("since") or datetime.date.min)
        return asked.get("since") or until - datetime.timedelta(days=self.days), until


class LooksForm(PeriodForm):
    actor = forms.CharField(label=_("User name"), max_length=150, required=False)
    record = RecordField(required=False)
    field_order = ["actor", "record", "since", "until"]
    after = forms.CharField(widget=forms.HiddenInput, required=False, max_length=120)


class UnusualForm(PeriodForm):
    days = 7
