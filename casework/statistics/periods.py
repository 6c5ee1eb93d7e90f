"""The calendar year that a report counts: in Europe/Belgrade, whatever the offset from UTC was at its ends."""

import datetime
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from casework.workflow import Refused

FIRST_YEAR = 2000  # no report, national or international, counts victims in Serbia before it


@dataclass(frozen=True)
class Period:
    """One calendar year."""

    year: int

    @property
    def first_day(self) -> datetime.date:
        return datetime.date(self.year, 1, 1)

    @property
    def last_day(self) -> datetime.date:
        return datetime.date(self.year, 12, 31)

    @property
    def starts_at(self) -> datetime.datetime:
        """Midnight in Belgrade with which the year begins."""
        return datetime.datetime(self.year, 1, 1, tzinfo=timezone.get_default_timezone())

    @property
    def ends_at(self) -> datetime.datetime:
        """Midnight in Belgrade with which the next year begins: the first moment that no longer counts."""
        return datetime.datetime(self.year + 1, 1, 1, tzinfo=timezone.get_default_timezone())


def check_year(year: int, *, today: datetime.date) -> int:
    """The year, if a report can be made of it. Raises `Refused` for one that has not begun or lies before 2000."""
    if not FIRST_YEAR <= year <= today.year:
        raise Refused(
            _("There are figures for the years %(first)s to %(last)s. Choose one of them instead of %(year)s.")
            % {"first": FIRST_YEAR, "last": today.year, "year": year},
            field="year",
            year=year,
        )
    return year


def years(*, today: datetime.date) -> list[int]:
    """The years that a report can be made of, newest first. Not asked of the records: that would read all of them."""
    return list(range(today.year, FIRST_YEAR - 1, -1))
