"""The dimensions by which figures are broken down (EXCHANGE.md, section 2): each a partition into categories.

A dimension turns the plain attributes of a group of counted rows into one category, and names the categories that a
table always shows, zeros included. `Dimension.parts` adds the "of which" rows below a category, which may overlap.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, F, Value, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.utils.translation import gettext_lazy as _

from reference import codes

Attributes = Mapping[str, Any]
UNKNOWN = "unknown"
NOT_KNOWN = _("Not known")
CHILD, ADULT = "child", "adult"
SERBIA = "RS"


@dataclass(frozen=True)
class Dimension:
    """How rows fall into categories. `needs` names the attributes that `category` reads."""

    id: str
    label: Any
    needs: tuple[str, ...]
    category: Callable[[Attributes], str]
    labels: Mapping[str, Any]  # category -> label, in the order of the table
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # category -> "of which" -> label
    part_of: Callable[[Attributes], Sequence[str]] = lambda attributes: ()
    # For a dimension whose categories are those that occur: their label. They stand in alphabetical order, before the
    # fixed ones of `labels`.
    label_of: Callable[[str], Any] | None = None
    shares: bool = False  # whether a page shows each category's share beside its number

    def categories(self, occurring: Iterable[str]) -> list[str]:
        """The categories of a table, in its order."""
        fixed = list(self.labels)
        return fixed if self.label_of is None else [*sorted(set(occurring) - set(fixed)), *fixed]

    def category_label(self, category: str) -> Any:
        if category in self.labels:
            return self.labels[category]
        return self.label_of(category) if self.label_of else category


# What a figure's query says about each counted row -------------------------------------------------------------------


def majority_at(age: Combinable) -> Case:
    """child, adult or unknown from a plain age in completed years: what the query groups by, instead of the age."""
    limit = Value(settings.CHILD_AGE_LIMIT)
    return Case(
        When(LessThan(age, limit), then=Value(CHILD)),
        When(GreaterThanOrEqual(age, limit), then=Value(ADULT)),
        default=Value(UNKNOWN),
        output_field=CharField(),
    )


def of_person(*, age: Combinable) -> dict[str, Combinable]:
    """The attributes of the person that a row is about, with the age at the event."""
    return {"sex": F("person__sex"), "citizenships": F("person__citizenships"), "majority": majority_at(age)}


# Persons -------------------------------------------------------------------------------------------------------------

_SEX_AGE = {
    ("female", ADULT): "women",
    ("male", ADULT): "men",
    ("female", CHILD): "girls",
    ("male", CHILD): "boys",
}


def _nationality(attributes: Attributes) -> str:
    citizenships = attributes["citizenships"]
    if not citizenships:
        return UNKNOWN
    return "serbian" if SERBIA in citizenships else "foreign"


SEX_AGE = Dimension(
    "sex_age",
    _("Sex and age"),
    ("sex", "majority"),
    lambda attributes: _SEX_AGE.get((attributes["sex"], attributes["majority"]), UNKNOWN),
    {"women": _("Women"), "men": _("Men"), "girls": _("Girls"), "boys": _("Boys"), UNKNOWN: NOT_KNOWN},
)

MAJORITY = Dimension(
    "majority",
    _("Children and adults"),
    ("majority",),
    lambda attributes: attributes["majority"],
    {CHILD: _("Children"), ADULT: _("Adults"), UNKNOWN: NOT_KNOWN},
)

NATIONALITY = Dimension(
    "nationality",
    _("Nationality"),
    ("citizenships",),
    _nationality,
    {"serbian": _("Serbian"), "foreign": _("Foreign"), UNKNOWN: NOT_KNOWN},
)

CITIZENSHIP = Dimension(
    "citizenship",
    _("Citizenship"),
    ("citizenships",),
    lambda attributes: (attributes["citizenships"] or [UNKNOWN])[0],
    {UNKNOWN: NOT_KNOWN},
    label_of=codes.country_label,
)

# Referrals and decisions ---------------------------------------------------------------------------------------------

SOURCE_GROUP = Dimension(
    "source_group",
    _("Who referred"),
    ("source_group",),
    lambda attributes: attributes["source_group"] if attributes["source_group"] in codes.SOURCE_GROUPS else "other",
    codes.SOURCE_GROUPS,
)

DECIDING_BODY = Dimension(
    "deciding_body",
    _("Deciding body"),
    ("body",),
    lambda attributes: attributes["body"],
    {"cptv": _("CPTV"), "csw": _("CSW")},
)

# Forms of exploitation -----------------------------------------------------------------------------------------------

SEX, LABOUR, OTHER, MULTIPLE = "sex-trafficking", "labor-trafficking", "other-forms", "multiple-forms"
BEGGING, CRIMINALITY = "forced-begging", "forced-criminality"
_OF_FAMILY = {"sexual": SEX, "labour": LABOUR, "other": OTHER}


def _family(form: str) -> str:
    family = codes.family_of(form)
    return _OF_FAMILY[family] if family else form  # the code multiple-forms stands for itself


def _kind(form: str) -> str:
    return form if form in (BEGGING, CRIMINALITY) else _family(form)


def _one_of(forms: Sequence[str], scheme: Callable[[str], str]) -> str:
    found = {scheme(form) for form in forms}
    if not found:
        return UNKNOWN
    return found.pop() if len(found) == 1 else MULTIPLE


_form = lambda code: codes.label("exploitation_forms", code)  # noqa: E731

EXPLOITATION = Dimension(
    "exploitation",
    _("Exploitation"),
    ("forms",),
    lambda attributes: _one_of(attributes["forms"], _family),
    {
        SEX: _form(SEX),
        LABOUR: _form(LABOUR),
        OTHER: _("Other forms"),
        MULTIPLE: _form(MULTIPLE),
        UNKNOWN: NOT_KNOWN,
    },
    parts={LABOUR: {BEGGING: _form(BEGGING), CRIMINALITY: _form(CRIMINALITY)}},
    part_of=lambda attributes: [form for form in (BEGGING, CRIMINALITY) if form in attributes["forms"]],
)

EXPLOITATION_SEPARATE = Dimension(
    "exploitation_separate",
    _("Exploitation, begging and criminality apart"),
    ("forms",),
    lambda attributes: _one_of(attributes["forms"], _kind),
    {
        SEX: _form(SEX),
        LABOUR: _form(LABOUR),
        BEGGING: _form(BEGGING),
        CRIMINALITY: _form(CRIMINALITY),
        OTHER: _("Other forms"),
        MULTIPLE: _form(MULTIPLE),
        UNKNOWN: NOT_KNOWN,
    },
)
