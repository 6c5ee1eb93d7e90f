"""The checklist of signs, grouped by what they point to."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.access.forms import LongTextField, VersionedForm
from reference import codes
from reference.words import DOCUMENTS
from referrals.models import Referral, Seen

LIST = "trafficking_indicators"
PREFIX = "sign-"


def groups() -> list[tuple[str, list[str]]]:
    """Form of exploitation (empty: general) and the signs that point to it, each sign once: under its first form."""
    found: dict[str, list[str]] = {form: [] for form in codes.indicator_forms()}
    general: list[str] = []
    for code in codes.ids(LIST):
        pointed = codes.forms_of_indicator(code)
        (found[pointed[0]] if pointed else general).append(code)
    return [*found.items(), ("", general)]


def guidance(code: str) -> str:
    """The words of the source that name this sign, and which source it is."""
    source = codes.entry(LIST, code).get("source", {})
    if "standard" in source:
        return f"{source['field']}: {source['value']} ({source['standard']})"
    if not source:
        return _t("Our own")
    return f"“{source['locator']}” ({DOCUMENTS.get(source['document'], source['document'])})"


class SignsForm(VersionedForm):
    """Every sign of the list: seen, said by the person, or not asked; and what the list does not have."""

    other_signs = LongTextField(
        label=_("Other signs"), required=False, rows=3, max_length=5_000, help_text=_("What the list does not have.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for _form, signs in groups():
            for code in signs:
                self.fields[PREFIX + code] = forms.ChoiceField(
                    label=codes.label(LIST, code),
                    choices=Seen.choices,
                    initial=Seen.NOT_ASKED,
                    widget=forms.RadioSelect,
                    help_text=guidance(code),
                )

    def fieldsets(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Heading and fields, group by group."""
        return [
            (
                codes.label("exploitation_forms", form) if form else _t("General"),
                [self[PREFIX + code] for code in signs],
            )
            for form, signs in groups()
        ]

    def indicators(self) -> list[tuple[str, str]]:
        """What was seen or said."""
        typed = {name.removeprefix(PREFIX): how for name, how in self.cleaned_data.items() if name.startswith(PREFIX)}
        return [(code, how) for code, how in typed.items() if how != Seen.NOT_ASKED]


def saved_signs(referral: Referral) -> dict[str, Any]:
    """What the record holds, as the initial values of `SignsForm`."""
    held = {PREFIX + row.code: row.how for row in referral.indicators.all()}
    return {**held, "other_signs": referral.other_signs, "version": referral.version}
