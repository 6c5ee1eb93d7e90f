"""Figures of placements (EXCHANGE.md, section 2)."""

from django.db.models import Case, F, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from casework.shelter.models import Placement
from casework.statistics.dimensions import NATIONALITY, SEX_AGE, of_person
from casework.statistics.periods import Period
from casework.statistics.registry import Chapter, Figure, register


def _valid(kind: str) -> QuerySet[Placement]:
    return Placement.objects.valid().filter(kind=kind, case__error_at=None, person__error_at=None)


def _touching(kind: str, period: Period) -> QuerySet[Placement]:
    """Stays with a day in the year. Theirs are the nights up to the day before `ends_on`, and always the first day."""
    return _valid(kind).filter(
        Q(starts_on__gte=period.first_day) | Q(ends_on=None) | Q(ends_on__gt=period.first_day),
        starts_on__lte=period.last_day,
    )


def _age_in(period: Period) -> Combinable:
    """The age on a stay's first day in the year: its own first day, or 1 January when it began in an earlier year."""
    first_january = ExtractYear("starts_on") + 1
    return Case(
        When(starts_on__gte=period.first_day, then=F("age_at_start")),
        default=F("age_next_january") + Value(period.year) - first_january,
        output_field=SmallIntegerField(),
    )


register(
    Figure(
        Chapter.PROTECTION,
        "cptv-shelter-accommodated",
        _("Persons accommodated in the CPTV emergency shelter"),
        "persons",
        _("The organisation that recorded the stay"),
        _(
            "Persons with a stay that touches the calendar year: its nights, and at least the day it starts. The age is"
            " that on the first such day."
        ),
        lambda period: _touching("cptv-emergency-shelter", period),
        "case__organisation",
        lambda period: of_person(age=_age_in(period)),
        (SEX_AGE, NATIONALITY),
        # what began before the year touches it from 1 January on, so the earliest start is the first in the year
        one_per_person=("starts_on", "created_at", "pk"),
    ),
    Figure(
        Chapter.PROTECTION,
        "victims-foster-families",
        _("Persons placed in foster families"),
        "persons",
        _("The organisation that recorded the placement"),
        _("Persons with a placement that starts in the calendar year; the age is that on the first such day."),
        lambda period: _valid("foster-family").filter(starts_on__gte=period.first_day, starts_on__lte=period.last_day),
        "case__organisation",
        lambda period: of_person(age=F("age_at_start")),
        (SEX_AGE,),
        one_per_person=("starts_on", "created_at", "pk"),
    ),
)
