"""What a cell may hold (EXCHANGE.md, section 1): parsers from text, and from the typed cells of a workbook.

A parser takes text that is not empty and returns the value, or raises `Unreadable` with a sentence. A typed cell is
first written as the text that a CSV file would have, so that a workbook and a folder with the same content agree.
"""

import datetime
import re
import sys
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.exchange.problems import quoted
from reference import codes

LARGEST_CELL = 1_000_000  # bytes of UTF-8: 1 MB
OLDEST = 120  # years; an age beyond it is a typing error

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


class Unreadable(Exception):
    """The cell does not hold what its column asks for. The message is the sentence to show."""


@dataclass(frozen=True)
class Kind:
    """What the cells of a column hold. `typed` turns a number, date or boolean of a workbook into text."""

    parse: Callable[[str], Any]
    typed: Callable[[Any], str]
    empty: Any = None


@dataclass(frozen=True)
class Column:
    """A column of a file. `required`: an empty cell is refused, and so is a file without the column."""

    name: str
    kind: Kind
    required: bool = False


# Typed cells ---------------------------------------------------------------------------------------------------------


def _number(value: int | float) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _typed_text(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    raise Unreadable(_("This cell is a date or a yes/no of the spreadsheet where text is expected: format it as text."))


def _typed_date(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time():
            raise Unreadable(_("This cell holds a date with a time; a date alone is expected."))
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise Unreadable(_("This cell is a number of the spreadsheet where a date is expected."))


def _typed_moment(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        # A workbook counts days in floating point: a time typed as 14:30 may come back a few microseconds off.
        nearest = (value + datetime.timedelta(milliseconds=1)).replace(microsecond=0)
        return (nearest if abs(nearest - value) <= datetime.timedelta(milliseconds=1) else value).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise Unreadable(_("This cell is a number of the spreadsheet where a date and time is expected."))


def _typed_answer(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    raise Unreadable(_("Write yes, no or unknown."))


# From text -----------------------------------------------------------------------------------------------------------


def _date(text: str) -> datetime.date:
    if not _DATE.fullmatch(text):
        raise Unreadable(_("“%(value)s” is not a date written YYYY-MM-DD.") % {"value": quoted(text)})
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Unreadable(_("There is no day %(value)s.") % {"value": quoted(text)}) from None


def _moment(text: str) -> datetime.datetime:
    """An aware time. Without an offset it is Belgrade's: of an hour that the clock shows twice the first; a time that
    the clock leaps over counts as that much later."""
    try:
        if len(text) > 10 and _DATE.match(text) and text[10] not in "Tt ":
            raise ValueError
        read = datetime.datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=timezone.get_default_timezone(), fold=0)
        moment = read.astimezone(datetime.UTC)
        moment.astimezone(timezone.get_default_timezone())  # overflows at both ends of the calendar
    except (ValueError, OverflowError):
        raise Unreadable(
            _("“%(value)s” is not a time written YYYY-MM-DDTHH:MM, with an offset if it is not Belgrade's.")
            % {"value": quoted(text)}
        ) from None
    return moment


def _age(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) > OLDEST:
        raise Unreadable(_("“%(value)s” is not an age in whole years.") % {"value": quoted(text)})
    return int(text)


def split(text: str) -> tuple[str, ...]:
    """The values of a cell with several, in their order, each once."""
    return tuple(dict.fromkeys(part for part in (item.strip() for item in text.split(";")) if part))


# Of codes, never of free text: thousands of rows share the few values that there are.
_split_codes = lru_cache(maxsize=2_000)(split)


def _text(text: str) -> str:
    return text.strip()


TEXT = Kind(_text, _typed_text, "")
TEXTS = Kind(split, _typed_text, ())
KEY = Kind(lambda text: text, _typed_text)
DATE = Kind(_date, _typed_date)
MOMENT = Kind(_moment, _typed_moment)
AGE = Kind(_age, _typed_text)


def code(allowed: Container[str], *, empty: str | None = None, answers: bool = False) -> Kind:
    """One code of a few, letter for letter. `empty` is what an empty cell says."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise Unreadable(_unknown_code(text))
        return sys.intern(text)

    return Kind(parse, _typed_answer if answers else _typed_text, empty)


def code_of(list_name: str) -> Kind:
    """One code of a code list of `reference`."""
    return code(codes.ids(list_name))


def codes_of(allowed: Callable[[str], bool], *, sentence: Any = None) -> Kind:
    """Several codes, each of which `allowed` accepts, in the order given."""

    def parse(text: str) -> tuple[str, ...]:
        found = _split_codes(text)
        for item in found:
            if not allowed(item):
                raise Unreadable(sentence % {"code": quoted(item)} if sentence else _unknown_code(item))
        return found

    return Kind(parse, _typed_text, ())


def _unknown_code(text: str) -> str:
    return _("“%(code)s” is not a code of this column.") % {"code": quoted(text)}


FORMS = codes_of(lambda item: codes.is_code("exploitation_forms", item))
INDICATORS = codes_of(lambda item: codes.is_code("trafficking_indicators", item))
COUNTRIES = codes_of(
    codes.is_country, sentence=gettext_lazy("“%(code)s” is not a country of ISO 3166 in two capital letters.")
)
_LANGUAGES = codes_of(codes.is_language, sentence=gettext_lazy("“%(code)s” is not a language of ISO 639."))
LANGUAGES = Kind(
    lambda text: _split_codes(";".join(codes.canonical_language(item) or item for item in _LANGUAGES.parse(text))),
    _typed_text,
    (),
)
ANSWER = code(("yes", "no", "unknown"), empty="unknown", answers=True)


def canonical(value: Any) -> str:
    """A parsed value as text, the same for every way of writing it: what contents are compared by."""
    match value:
        case None | "" | ():
            return ""
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat()
        case datetime.date():
            return value.isoformat()
        case tuple():
            return ";".join(value)
        case _:
            return str(value)


def content(values: Sequence[Any]) -> str:
    """The canonical content of several values: unequal values never give equal texts."""
    return "".join(f"{len(text)}:{text}" for text in map(canonical, values))
