"""Which entries an entry names, and which name it, read from the fields that the sections declare."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from .models import Entry, as_text
from .schema import NAMES_OF_OTHERS
from .sections import SECTIONS
from .words import label_of

Names = dict[str, str]
"""Field -> section whose entries it names."""


def names_of(section: str) -> Names:
    """The fields of a section's entries that name entries of other sections."""
    own = SECTIONS[section].fields if section in SECTIONS else ()
    return {field.name: field.ref for field in own if field.ref} | NAMES_OF_OTHERS.get(section, {})


def named_by(entry: Entry) -> dict[str, list[Entry]]:
    """Field -> the entries that this one names there (one query)."""
    wanted = Q()
    names = {field: section for field, section in names_of(entry.section).items() if entry.data.get(field)}
    for field, section in names.items():
        wanted |= Q(section=section, code__in=_ids(entry.data[field]))
    if not names:
        return {}
    found = {(other.section, other.code): other for other in Entry.objects.active().filter(wanted).with_text()}
    return {
        field: [found[section, code] for code in _ids(entry.data[field]) if (section, code) in found]
        for field, section in names.items()
    }


def naming(entry: Entry) -> list[Entry]:
    """The active entries that name this one, by section (one query)."""
    wanted = Q()
    for section in SECTIONS:
        for field, target in names_of(section).items():
            if target == entry.section:
                wanted |= Q(section=section) & (
                    Q(**{f"data__{field}": entry.code}) | Q(**{f"data__{field}__contains": [entry.code]})
                )
    if not wanted:
        return []
    return list(Entry.objects.active().filter(wanted).order_by("weight", "position").with_text())


def fact_rows(entry: Entry) -> list[tuple[str, Any]]:
    """What an entry says, field by field; what it names is a link."""
    links = named_by(entry)
    labels = {str(label_of(field)): others for field, others in links.items() if others}
    return [(label, _links(labels[label]) if label in labels else value) for label, value in entry.facts]


def _links(others: Iterable[Entry]) -> Any:
    cells = [{"text": other.title, "url": other.get_absolute_url()} for other in others]
    return cells[0] if len(cells) == 1 else cells


def _ids(value: Any) -> list[str]:
    return [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
