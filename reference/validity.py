"""For which days an entry of the files holds, read from what the documents print about it."""

import re
from datetime import date, timedelta
from typing import Any

_YEAR = re.compile(r"\d{4}$")
_MONTH = re.compile(r"(\d{4})-(\d{2})$")
_YEARS = re.compile(r"(\d{4})\s*[-–]\s*(\d{4})$")
_STARTS = ("valid_from", "in_effect", "introduced", "adopted", "ratified", "since", "founded")
# A body's or a term's printed period says when the source speaks of it, not that it ended then.
_PERIODS_THAT_END = ("laws.instruments", "directory.plans")


class NoDate(ValueError):
    """Text where a date should be; `text` is what stands there."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def validity(section: str, entry: dict[str, Any]) -> tuple[date | None, date | None, str]:
    """First day, last day, and the period as printed; None where nothing is stated.

    A month or a year that is printed instead of a day stands for its first day as a start and its last as an end; the
    printed words are kept beside it. Raises NoDate for a date that is none.
    """
    start = next((str(entry[field]) for field in _STARTS if entry.get(field)), "")
    end = str(entry.get("valid_until") or "")
    period = str(entry.get("period") or "")
    spanned = _YEARS.match(period)
    if section in _PERIODS_THAT_END and spanned:
        start, end = start or spanned[1], end or spanned[2]
    if section == "laws.instruments" and not start and entry.get("year"):
        start = str(entry["year"])
    exact = len(start) == 10 or not start
    dated = period or ("" if exact else start) or (str(entry["as_of"]) if entry.get("as_of") else "")
    return _first_day(start), _last_day(end), dated


def _first_day(text: str) -> date | None:
    if not text:
        return None
    if _YEAR.match(text[:4]) and not re.match(r"\d{4}-", text):
        return date(int(text[:4]), 1, 1)
    if month := _MONTH.match(text):
        return date(int(month[1]), int(month[2]), 1)
    return _day(text)


def _last_day(text: str) -> date | None:
    if not text:
        return None
    if _YEAR.match(text):
        return date(int(text), 12, 31)
    if month := _MONTH.match(text):
        return (date(int(month[1]), int(month[2]), 1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _day(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoDate(text) from None
