"""The published world for other programs: read-only JSON, one operation a page."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema

from .models import Entry
from .sections import BY_SLUG, SECTIONS

router = Router(tags=["reference"])


class Place(Schema):
    """Where a document says so: file name, title, and a phrase that stands in it."""

    document: str
    title: str
    phrase: str


class SectionOut(Schema):
    """A kind of entry."""

    key: str
    slug: str
    title: str
    entries: int


class Found(Schema):
    """An entry in a list."""

    section: str
    id: str
    title: str
    url: str = Field(description="Address of the page; the same below /api/ is this entry as JSON.")


class EntryOut(Found):
    """One entry, whole, with its source and the days it holds for."""

    summary: str
    valid_from: date | None
    valid_until: date | None
    as_printed: str = Field(description="The period as the document prints it, where it prints no day.")
    active: bool = Field(description="False when the file it came from no longer has it.")
    ours: bool = Field(description="True when the documents do not have it.")
    source: Place | None
    data: dict[str, Any] = Field(description="Every field of the entry, named as in the data files.")


class Listed(Schema):
    """Some entries of a list, and how many there are in all."""

    count: int
    items: list[Found]


class Window(Schema):
    """Which part of a list."""

    limit: int = Field(25, ge=1, le=100)
    offset: int = Field(0, ge=0, le=100_000)


class Asked(Schema):
    """What to look for."""

    q: str = Field(max_length=200)


@router.get("", response=list[SectionOut], summary="The kinds of entries, with counts")
def sections(request: HttpRequest) -> Any:
    counts = Entry.objects.counts()
    return [
        {"key": section.key, "slug": section.slug, "title": str(section.title), "entries": counts.get(section.key, 0)}
        for section in SECTIONS.values()
    ]


@router.get("/search", response=Listed, summary="Entries of every kind that have the words, best first")
def search(request: HttpRequest, asked: Query[Asked], window: Query[Window]) -> Any:
    return _listed(Entry.objects.search(asked.q), window)


@router.get("/{section}", response=Listed, summary="The entries of one kind, in the order of their file")
def section(request: HttpRequest, section: str, window: Query[Window], on: date | None = None) -> Any:
    if section not in BY_SLUG:
        raise Http404
    entries = Entry.objects.in_section(BY_SLUG[section].key)
    return _listed(entries.in_force_on(on) if on else entries, window)


@router.get("/{section}/{slug}", response=EntryOut, summary="One entry, with its source")
def entry(request: HttpRequest, section: str, slug: str) -> Any:
    if section not in BY_SLUG:
        raise Http404
    found = Entry.objects.filter(section=BY_SLUG[section].key, slug=slug).order_by("-active").first()
    if found is None:
        raise Http404
    source = None
    if found.source_document:
        source = Place(document=found.source_document, title=found.document_title, phrase=found.source_locator)
    return {
        **_found(found),
        "summary": found.summary,
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "as_printed": found.dated,
        "active": found.active,
        "ours": found.ours,
        "source": source,
        "data": found.data,
    }


def _listed(entries: Any, window: Window) -> dict[str, Any]:
    some = entries.with_text()[window.offset : window.offset + window.limit]
    return {"count": entries.count(), "items": [_found(entry) for entry in some]}


def _found(entry: Entry) -> dict[str, str]:
    return {"section": entry.section, "id": entry.code, "title": entry.title, "url": entry.get_absolute_url()}
