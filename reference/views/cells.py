"""How entries, their dates and their sources stand in a table."""

from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reference.models import Entry, PublishedFigure, as_text
from reference.sections import FIGURES
from reference.words import DOCUMENTS


def entry_cell(entry: Entry) -> dict[str, Any]:
    """The entry's name as a link to its page, with its summary below; of a figure the year, the value and any doubt."""
    cell = {"text": entry.title, "url": entry.get_absolute_url(), "hint": entry.summary}
    if entry.section == FIGURES:
        said = [entry.data.get("year"), as_text(entry.data.get("value")), entry.data["unit"]]
        cell["hint"] = " ".join(str(part) for part in said if part not in (None, ""))
        if entry.data.get("disputed"):
            cell |= {"status": "disputed", "label": _("Disputed"), "colour": "red"}
    return cell


def source_cell(entry: Entry) -> dict[str, str]:
    """The document, the phrase in it, and how many more places say so."""
    count = len(entry.also)
    more = ngettext("and %(count)d more place", "and %(count)d more places", count) % {"count": count}
    phrase = f"“{entry.source_locator}”" if entry.source_locator else ""
    who = entry.document_title or given_by(entry) or _("Our own")
    return {"text": who, "hint": f"{phrase} {more}" if entry.also else phrase}


def given_by(entry: Entry) -> str:
    """Who said so and when, where it was no document of ours; empty otherwise."""
    source = entry.data.get("source")
    if not isinstance(source, dict) or not source.get("given_by"):
        return ""
    day = date_format(date.fromisoformat(source["given_on"]), "SHORT_DATE_FORMAT")
    return _("%(given_by)s, given on %(day)s") % {"given_by": source["given_by"], "day": day}


def document_cell(place: dict[str, str]) -> dict[str, str]:
    """One place in a document: its title, and the phrase that stands there."""
    title = str(DOCUMENTS.get(place["document"], place["document"]))
    return {"text": title, "hint": f"“{place['locator']}”"}


def value_cell(figure: PublishedFigure) -> dict[str, str]:
    """The printed value; the unit stands below it, because a unit in the plural beside a 1 reads badly."""
    printed = figure.value if isinstance(figure.value, str) else number_format(figure.value, force_grouping=True)
    return {"text": printed or _("No total printed"), "hint": "; ".join(filter(None, [figure.unit, figure.remark]))}


def validity(entry: Entry) -> str:
    """For which days an entry holds, in words; empty where nothing is stated."""
    start = entry.valid_from and date_format(entry.valid_from, "SHORT_DATE_FORMAT")
    end = entry.valid_until and date_format(entry.valid_until, "SHORT_DATE_FORMAT")
    if entry.dated:
        return _("%(period)s, as printed") % {"period": entry.dated}
    if start and end:
        return _("From %(start)s until %(end)s") % {"start": start, "end": end}
    if start:
        return _("From %(start)s") % {"start": start}
    return _("Until %(end)s") % {"end": end} if end else ""
