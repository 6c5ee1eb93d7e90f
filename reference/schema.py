"""What an entry must say to be loaded or approved. One misfit refuses the whole file, with its place and the reason."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from .sections import SECTIONS, Field
from .validity import NoDate, validity
from .words import DOCUMENTS

Known = dict[str, set[str]]
"""Section -> the ids that it has, for entries that name others."""

# Fields of the documents' files that name entries elsewhere, beyond those that the sections declare.
NAMES_OF_OTHERS: dict[str, dict[str, str]] = {
    "published_figures.contradictions": {"figures": "published_figures.figures"},
    "published_figures.figures": {"contradiction": "published_figures.contradictions"},
    "authorities.routing_rules": {"laws": "laws.instruments"},
    "ecpat_indicators.indicators": {"text_rules": "laws.jurisdiction_rules"},
    "age_classes.age_classes": {"law": "laws.instruments", "union_of": "age_classes.age_classes"},
}


class Misfit(ValueError):
    """An entry that does not fit: `place` is file and section, `entry` its id, `reason` a sentence."""

    def __init__(self, place: str, entry: str, reason: str) -> None:
        super().__init__(f"{place}: {entry}: {reason}" if entry else f"{place}: {reason}")
        self.place, self.entry, self.reason = place, entry, reason


def check(section: str, entry: dict[str, Any], known: Known) -> None:
    """Refuse an entry that its section cannot hold. Raises Misfit with a sentence on the first thing wrong."""
    for reason in problems(section, entry, known):
        raise Misfit(section, str(entry.get("id", "")), reason)


def problems(section: str, entry: dict[str, Any], known: Known) -> list[str]:
    """Every reason why an entry does not fit, as sentences; empty when it does."""
    found = [*_source_problems(entry, section), *_dates(section, entry)]
    if section in SECTIONS:
        for field in SECTIONS[section].fields:
            found += _of_field(field, entry, known)
    for name, target in NAMES_OF_OTHERS.get(section, {}).items():
        found += _unknown(name, entry.get(name), target, known)
    for penalty in entry.get("penalties", []) if isinstance(entry.get("penalties"), list) else []:
        if isinstance(penalty, dict) and (penalty.get("min_months") or 0) > (penalty.get("max_months") or 10**6):
            found.append(_("A penalty ends below where it begins."))
    if section == "directory.activities" and entry.get("status") == "done" and not entry.get("evidence"):
        found.append(_("What is done needs evidence: say where one sees it."))
    return found


def _source_problems(entry: dict[str, Any], section: str) -> list[str]:
    source = entry.get("source")
    if source is None:
        return [] if entry.get("ours") else [_("It has no source, and does not say that it is our own.")]
    if isinstance(source, dict) and source.get("given_by") and not source.get("document"):
        return [] if _is_day(source.get("given_on")) else [_("Say on which day its source was given.")]
    if not isinstance(source, dict) or not (
        source.get("standard") or (source.get("document") and source.get("locator"))
    ):
        return [_("Its source needs a document and a phrase that stands in it.")]
    document = source.get("document")
    if document and document not in DOCUMENTS:
        return [_("Its source is a document that is not known here: %(document)s.") % {"document": document}]
    return []


def _dates(section: str, entry: dict[str, Any]) -> list[str]:
    try:
        start, end, _printed = validity(section, entry)
    except NoDate as wrong:
        return [_("“%(text)s” is no date. Write it as 2026-06-01.") % {"text": wrong.text}]
    return [_("It ends before it begins.")] if start and end and end < start else []


def _of_field(field: Field, entry: dict[str, Any], known: Known) -> list[str]:
    value = entry.get(field.name)
    if value in (None, "", []):
        if field.required and not entry.get(f"{field.name}_not_stated"):
            return [_("“%(field)s” is missing.") % {"field": field.label}]
        return []
    if field.ref:
        return _unknown(field.name, value, field.ref, known)
    if field.kind == "choice" and value not in dict(field.choices):
        return [
            _("“%(value)s” is none of the values of “%(field)s”.") % {"value": value, "field": field.label},
        ]
    fits = _KINDS.get(field.kind)
    if fits and not fits(value):
        return [_("“%(value)s” does not fit “%(field)s”.") % {"value": value, "field": field.label}]
    return []


def _unknown(name: str, value: Any, target: str, known: Known) -> list[str]:
    ids = value if isinstance(value, list) else [value] if value else []
    return [
        _("It names “%(id)s”, which is not among “%(section)s”.") % {"id": item, "section": _title(target)}
        for item in ids
        if item not in known.get(target, ())
    ]


def _title(section: str) -> str:
    return str(SECTIONS[section].title) if section in SECTIONS else section


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _is_email(value: Any) -> bool:
    try:
        validate_email(str(value))
    except ValidationError:
        return False
    return True


def _is_url(value: Any) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in ("http", "https") and bool(parts.netloc)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str | int | float),
    "longtext": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "year": lambda value: isinstance(value, int) and 1800 <= value <= 2200,
    "list": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "email": _is_email,
    "url": _is_url,
}
