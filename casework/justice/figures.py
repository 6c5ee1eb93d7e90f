"""Figures of witness statuses (EXCHANGE.md, section 2)."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from casework.justice.models import WitnessOutcome, WitnessStatus
from casework.statistics.dimensions import SEX_AGE, of_person
from casework.statistics.periods import Period
from casework.statistics.registry import Chapter, Figure, register


def _granted(kind: str, period: Period) -> QuerySet[WitnessStatus]:
    """Statuses granted on a day of the year. One granted on a day that nobody knows counts in no year."""
    return WitnessStatus.objects.valid().filter(
        kind=kind,
        status=WitnessOutcome.GRANTED,
        decided_on__gte=period.first_day,
        decided_on__lte=period.last_day,
        case__error_at=None,
        person__error_at=None,
    )


def _status_figure(kind: str, label: Any) -> Figure:
    return Figure(
        Chapter.JUSTICE,
        kind,
        label,
        "persons",
        _("The court or prosecutor's office that decided, as recorded here"),
        _("Persons granted the status on a day of the calendar year; the age is that on the day of the first grant."),
        lambda period: _granted(kind, period),
        "case__organisation",
        lambda period: of_person(age=F("age_at_decision")),
        (SEX_AGE,),
        one_per_person=("decided_on", "created_at", "pk"),
    )


register(
    _status_figure("especially-vulnerable-witness", _("Persons granted the status of especially vulnerable witness")),
    _status_figure("protective-witness", _("Persons granted the status of protective witness")),
)
