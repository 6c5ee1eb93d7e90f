"""Figures of witness statuses (EXCHANGE.md, section 2), and of proceedings."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from casework.justice.models import Proceeding, WitnessOutcome, WitnessStatus
from casework.people.models import Answer
from casework.statistics.dimensions import NOT_KNOWN, SEX_AGE, UNKNOWN, Dimension, of_person
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

SPECIALISED = Dimension(
    "specialised_prosecutor",
    _("Specialised prosecutor"),
    ("specialised",),
    lambda attributes: attributes["specialised"],
    {
        Answer.YES.value: _("With a specialised prosecutor"),
        Answer.NO.value: _("Without one"),
        UNKNOWN: NOT_KNOWN,
    },
    shares=True,
)


def _opened(period: Period) -> QuerySet[Proceeding]:
    return Proceeding.objects.valid().filter(
        opened_on__gte=period.first_day,
        opened_on__lte=period.last_day,
        case__error_at=None,
        case__person__error_at=None,
    )


register(
    Figure(
        Chapter.JUSTICE,
        "proceedings-opened",
        _("Proceedings opened"),
        "proceedings",
        _("The organisation that recorded the proceeding"),
        _("Proceedings opened in the calendar year; whether a specialised prosecutor has them is as known today."),
        _opened,
        "case__organisation",
        lambda period: {"specialised": F("specialised_prosecutor")},
        (SPECIALISED,),
    )
)
