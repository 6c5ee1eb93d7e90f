"""What others published that stands beside our own records, as cells of tables, and which feature serves what."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.curation.models import BODIES, Training
from reference.models import Contradiction, Entry, PublishedFigure
from reference.views.cells import value_cell

TRAINING_INDICATORS = (
    "professionals-trained",
    "police-officers-trained",
    "training-improved-knowledge",
    "training-satisfaction",
)
# Bodies that house or accompany people, by their kind in the documents; the centre's own kind is wider.
_PROVIDER_KINDS = (
    "NGO",
    "NGO shelter (unnamed)",
    "international NGO",
    "partner organisation",
    "facility (class)",
    "social welfare institution (class)",
)
_PROVIDERS = ("cptv",)

# Recommendation -> what of this product serves it: label, URL name, its arguments, permission (empty: everybody's).
_FEATURES: dict[str, list[tuple[Any, str, tuple[str, ...], str]]] = {
    "tip-rec-01": [(gettext_lazy("Offences and penalties"), "reference:section", ("offences",), "")],
    "tip-rec-02": [(gettext_lazy("Bodies and organisations"), "reference:section", ("organisations",), "")],
    "tip-rec-03": [(gettext_lazy("Referrals"), "referrals:referrals", (), "referrals.view_referral")],
    "tip-rec-04": [(gettext_lazy("Beds"), "shelter:board", (), "shelter.view_board")],
    "tip-rec-05": [(gettext_lazy("Referrals"), "referrals:referrals", (), "referrals.view_referral")],
    "tip-rec-06": [(gettext_lazy("Cases"), "cases:cases", (), "cases.view_case")],
    "tip-rec-07": [
        (gettext_lazy("Trainings"), "curation:trainings", (), "curation.view_progress"),
        (gettext_lazy("Specialised inspectors and prosecutors"), "reference:section", ("specialists",), ""),
    ],
    "tip-rec-09": [
        (gettext_lazy("Steps of the standard operating procedures"), "reference:section", ("sop-steps",), "")
    ],
    "tip-rec-10": [(gettext_lazy("Trainings"), "curation:trainings", (), "curation.view_progress")],
    "tip-rec-11": [(gettext_lazy("Licences"), "curation:licences", (), "curation.view_progress")],
    "tip-rec-12": [(gettext_lazy("Figures"), "statistics:annual-report", (), "statistics.view_figures")],
}


def features(recommendation: str, user: Any) -> list[Any]:
    """What serves a recommendation, as links where this user may open them."""
    return [
        {"text": str(label), "url": reverse(name, args=arguments)}
        if not permission or user.has_perm(permission)
        else str(label)
        for label, name, arguments, permission in _FEATURES.get(recommendation, [])
    ]


def choice_words(entry: Entry, field: str) -> str:
    """A choice in words."""
    value = entry.data.get(field, "")
    for declared in entry.kind_of_entry.fields:
        if declared.name == field:
            return str(dict(declared.choices).get(value, value)) or _("Not stated")
    return str(value)


def trainings() -> list[list[Any]]:
    """The published counts of trainings, each with any doubt (two queries)."""
    concerned = Contradiction.objects.by_figure()
    figures = PublishedFigure.objects.with_text().filter(data__indicator__in=TRAINING_INDICATORS)
    return [
        [
            {"text": figure.title, "url": figure.get_absolute_url()},
            str(figure.year or figure.data.get("period") or _("Not stated")),
            {**value_cell(figure), "text": str(figure.data.get("printed") or value_cell(figure)["text"])},
            figure.publisher,
            _doubt(figure, concerned.get(figure.code, [])),
        ]
        for figure in figures
    ]


def _doubt(figure: PublishedFigure, contradictions: Iterable[Contradiction]) -> Any:
    found = [{"text": one.statement, "url": one.get_absolute_url()} for one in contradictions]
    if figure.disputed:
        return [{"status": "disputed", "label": _("Contradicted"), "colour": "red"}, *found]
    return found or "–"


def providers(own: Iterable[Training]) -> list[list[Any]]:
    """Bodies that house or accompany people, and whether we recorded a training of each (one query)."""
    newest: dict[int, Training] = {}
    for training in sorted(own, key=lambda one: one.held_on):
        if training.body_id is not None:
            newest[training.body_id] = training
    bodies = (
        Entry.objects.active()
        .filter(Q(data__kind__in=_PROVIDER_KINDS) | Q(code__in=_PROVIDERS) | Q(pk__in=newest), section=BODIES)
        .with_text()
        .order_by("position", "pk")
    )
    return [_provider(body, newest.get(body.pk)) for body in bodies]


def _provider(body: Entry, last: Training | None) -> list[Any]:
    name = {"text": body.title, "url": body.get_absolute_url()}
    if last is None:
        return [name, {"status": "no", "label": _("No"), "colour": "grey"}, _("None recorded")]
    return [name, {"status": "yes", "label": _("Yes"), "colour": "green"}, [last.held_on, last.topic]]


def allocations() -> list[list[Any]]:
    """Money that was set aside, what was paid out of it as the documents say, and the gap (one query)."""
    figures = PublishedFigure.objects.with_text().filter(data__has_key="disbursed")
    return [
        [
            {"text": figure.title, "url": figure.get_absolute_url()},
            str(figure.year or _("Not stated")),
            _money(figure.number, figure.unit),
            str(figure.data["disbursed"]),
            _gap(figure),
        ]
        for figure in figures
    ]


def _gap(figure: PublishedFigure) -> str:
    paid = figure.data["disbursed"]
    if figure.number is None:
        return _("Not stated")
    if isinstance(paid, int | float):
        return _money(figure.number - Decimal(str(paid)), figure.unit)
    if str(paid).startswith("not disbursed"):
        return _money(figure.number, figure.unit)
    return _("Not stated")


def _money(value: Decimal | None, unit: str) -> str:
    return f"{number_format(value, force_grouping=True)} {unit}" if value is not None else _("Not stated")
