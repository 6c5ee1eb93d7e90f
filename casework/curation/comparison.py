"""A proposal beside what stands there: field by field, entries by their names."""

import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from casework.curation.models import Proposal
from reference.models import Entry, Version, as_text
from reference.relations import names_of
from reference.words import DOCUMENTS, NAME_FIELDS, label_of

Data = dict[str, Any]


def name_of(data: Data, code: str) -> str:
    """What an entry is called, read from its data."""
    return next((str(data[name]) for name in NAME_FIELDS if isinstance(data.get(name), str) and data[name]), code)


def compared(proposal: Proposal, now: Version | None) -> tuple[list[str], list[list[Any]]]:
    """Headers and rows of what differs. `now`: what stands there, where that is not what the proposer saw."""
    before: Data = proposal.base.data if proposal.base else {}
    texts = [before, *([now.data] if now else []), proposal.data]
    fields = [
        field
        for field in dict.fromkeys(name for text in texts for name in text)
        if field != "id" and any(text.get(field) != texts[0].get(field) for text in texts)
    ]
    names = _names(proposal.section, fields, texts)
    rows = [
        [str(label_of(field)), *(_shown(field, text.get(field), names) or "–" for text in texts)] for field in fields
    ]
    if proposal.base is None:
        return [_("Field"), _("Proposed")], [[row[0], row[-1]] for row in rows]
    if now is None:
        return [_("Field"), _("Before"), _("After")], rows
    return [_("Field"), _("What the proposer saw"), _("What stands there now"), _("Proposed")], rows


def _names(section: str, fields: list[str], texts: list[Data]) -> dict[str, dict[str, str]]:
    """Field -> code -> title, of the entries that the changed fields name (one query, or none)."""
    targets = {field: target for field, target in names_of(section).items() if field in fields}
    if not targets:
        return {}
    wanted = Q(pk__in=[])
    for field, target in targets.items():
        wanted |= Q(section=target, code__in={code for text in texts for code in _codes(text.get(field))})
    titles: dict[str, dict[str, str]] = {}
    for entry in Entry.objects.filter(wanted).with_text():
        titles.setdefault(entry.section, {})[entry.code] = entry.title
    return {field: titles.get(target, {}) for field, target in targets.items()}


def _codes(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def _shown(field: str, value: Any, names: dict[str, dict[str, str]]) -> Any:
    if field in names:
        found = [names[field].get(code, code) for code in _codes(value)]
        return found[0] if len(found) == 1 else found
    if field == "source" and isinstance(value, dict):
        return source_text(value)
    if field == "also" and isinstance(value, list):
        return [source_text(place) for place in value if isinstance(place, dict)]
    return as_text(value)


def source_text(source: Data) -> str:
    """A source in words: the document and its phrase, or who told us and when."""
    who = str(DOCUMENTS.get(source.get("document", ""), source.get("document", "")))
    if source.get("given_by"):
        who = _("%(given_by)s, given on %(day)s") % {"given_by": source["given_by"], "day": _date(source["given_on"])}
    phrase = source.get("locator")
    return f"{who}: “{phrase}”" if phrase else who


def _date(text: str) -> str:
    return date_format(datetime.date.fromisoformat(text), "SHORT_DATE_FORMAT")
