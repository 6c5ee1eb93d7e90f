"""What sites, allegations and screenings ask of a place, a day and a code."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.workflow import Refused, lock
from reference import codes

RECORD = "referrals.record_screening"
# The name stands in plain text, because coverage is counted by it: a place may be written there, an address may not.
_MUNICIPALITY = re.compile(r"[^\W\d_][^\W\d_ .'()-]*(?:[ .'()-]+[^\W\d_]+)*[.)]?")
MUNICIPALITY_LENGTH = 60


def municipality_of(text: str) -> str:
    """The name of a town or municipality, tidied. Raises `Refused` for one with digits or other marks."""
    name = " ".join(text.split())
    if name and (len(name) > MUNICIPALITY_LENGTH or not _MUNICIPALITY.fullmatch(name)):
        raise Refused(
            _("Write only the name of the town or municipality here. An address belongs in its own field."),
            field="municipality",
        )
    return name


def check_code(code_list: str, code: str, *, field: str, optional: bool = False) -> None:
    """Raise `Refused` for a code that the list does not have."""
    if not (optional and not code) and not codes.is_code(code_list, code):
        raise Refused(_("Choose one from the list."), field=field)


def check_codes(code_list: str, chosen: Iterable[str], *, field: str) -> list[str]:
    """The codes, each once. Raises `Refused` for one that the list does not have."""
    kept = list(dict.fromkeys(chosen))
    if codes.unknown(code_list, kept):
        raise Refused(_("Choose one from the list."), field=field)
    return kept


def language_of(code: str, *, field: str) -> str:
    """The code under which a language is kept; empty stays empty. Raises `Refused`."""
    if not code:
        return ""
    kept = codes.canonical_language(code)
    if kept is None:
        raise Refused(_("“%(code)s” is not the code of a language.") % {"code": code}, field=field)
    return kept


def check_day(day: datetime.date | None, today: datetime.date, *, field: str) -> None:
    """Raise `Refused` for a day in the future."""
    if day is not None and day > today:
        raise Refused(_("This date is in the future."), field=field)


def record_of(record: Any, user: User, *, version: int | None = None, permission: str = RECORD) -> Any:
    """The record, locked, which this user sees and works on. Raises `Refused`, or `Stale` with an old version."""
    require(user, permission)
    must_see(record, user)
    fresh: Any = lock(record, version=version)
    if fresh.entered_in_error:
        raise Refused(_("This is marked as entered in error. Nothing more can be done on it."))
    return fresh


def must_see(record: Model, user: User) -> None:
    """Raise `Refused` unless the user sees the record now: a page may have been open for hours."""
    if not type(record)._default_manager.all().is_visible_to(user, record):  # type: ignore[attr-defined]
        raise Refused(_("This is no longer yours to work on. Ask your supervisor."))
