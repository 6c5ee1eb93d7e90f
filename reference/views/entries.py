"""The start page, the search, the sections and each entry."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reference import history, relations, sums
from reference.forms import ReferenceSearch, SectionFilter
from reference.models import Entry, PublishedFigure
from reference.sections import BY_SLUG, GROUPS, SECTIONS, Section
from reference.views.about import about, covered
from reference.views.cells import document_cell, entry_cell, given_by, source_cell, validity, value_cell
from reference.words import DOCUMENT_DATES, DOCUMENTS

PAGE, LONG_PAGE = 25, 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What one comes here for, a search, and everything there is with counts."""
    counts = Entry.objects.counts()
    groups = [
        (
            title,
            [
                [{"text": section.title, "url": _url(section)}, counts.get(section.key, 0)]
                for section in SECTIONS.values()
                if section.group == group and counts.get(section.key)
            ],
        )
        for group, title in GROUPS.items()
    ]
    lists = [section for section in SECTIONS.values() if section.group == "codes"]
    words = next(rows for title, rows in groups if title == GROUPS["words"])
    words.append([{"text": _("Code lists"), "url": reverse("reference:codes")}, len(lists) + 1])
    tasks = [
        {
            "label": _("Who is competent"),
            "url": reverse("reference:who-is-competent"),
            "hint": _("Police, prosecution, court and identification for given facts, rule by rule."),
        },
        {
            "label": _("Offence finder"),
            "url": reverse("reference:offence-finder"),
            "hint": _("From what happened to the offences it may be, with the penalty for a victim of that age."),
        },
        {
            "label": _("Acts abroad"),
            "url": reverse("reference:abroad"),
            "hint": _("The conditions for trying them in Serbia, and for extradition."),
        },
        {
            "label": _("Whom one turns to"),
            "url": reverse("reference:directory"),
            "hint": _("The pathway of a referral, hotlines, contacts, specialists and teams, by municipality."),
        },
        {
            "label": _("What others published"),
            "url": reverse("reference:published"),
            "hint": _("Figures by year, with every contradiction beside them."),
        },
        {
            "label": _("Glossary"),
            "url": reverse("reference:glossary"),
            "hint": _("The words of the field in English and Serbian, and how the documents write them."),
        },
    ]
    page = {"form": ReferenceSearch(), "tasks": tasks, "groups": groups, "headers": [_("What"), _("Entries")]}
    return render(request, "reference/index.html", page)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Entries of every kind that have the words, best first."""
    form = ReferenceSearch(request.GET or None)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    found = Entry.objects.search(asked).with_text()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [[entry_cell(entry), _kind_cell(entry), source_cell(entry)] for entry in page]
    return render(
        request,
        "reference/search.html",
        {
            "form": form,
            "asked": asked,
            "page": page,
            "headers": [_("Entry"), _("Kind"), _("Source")],
            "rows": rows,
            **_pages(page, reverse("reference:search"), {"q": asked}),
        },
    )


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """Every code list, with the number of its codes."""
    counts = Entry.objects.counts()
    rows = [
        [{"text": section.title, "url": _url(section)}, counts.get(section.key, 0)]
        for section in sorted(SECTIONS.values(), key=lambda section: str(section.title))
        if section.key.startswith("code_lists.")
    ]
    return render(request, "reference/codes.html", {"headers": [_("List"), _("Codes")], "rows": rows})


@require_safe
def section(request: HttpRequest, section: str) -> HttpResponse:
    """The entries of one section, with what each says and its source; what has ended is marked, never left out."""
    kind = _section(section)
    form = SectionFilter(request.GET or None, section=kind.key)
    asked = form.cleaned_data if form.is_valid() else {}
    entries = Entry.objects.in_section(kind.key).with_text()
    if asked.get("q"):
        entries = entries.search(asked["q"]).order_by("position", "pk")
    if asked.get("status"):
        entries = entries.filter(data__status=asked["status"])
    if asked.get("on"):
        entries = entries.in_force_on(asked["on"])
    page = Paginator(entries, LONG_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "reference/section.html",
        {
            "kind": kind,
            "form": form,
            "url": _url(kind),
            "headers": [_("Entry"), _("Details"), _("Source")],
            "rows": [[entry_cell(entry), _details(entry), source_cell(entry)] for entry in page],
            **_pages(page, _url(kind), {name: str(value) for name, value in asked.items() if value}),
        },
    )


@require_safe
def entry(request: HttpRequest, section: str, slug: str) -> HttpResponse:
    """One entry: what it says, for which days, who says so, what it names and what names it, and how it changed."""
    kind = _section(section)
    found = Entry.objects.filter(section=kind.key, slug=slug).order_by("-active").first()
    if found is None:  # an offence with an article is found under its article; its id leads there
        return redirect(get_object_or_404(Entry.objects.active(), section=kind.key, code=slug), permanent=True)
    naming: dict[str, list[Entry]] = {}
    others = relations.naming(found)
    for other in others:
        if not covered(found, other):
            naming.setdefault(other.section_name, []).append(other)
    return render(
        request,
        "reference/entry.html",
        {
            "entry": found,
            "kind": kind,
            "url": _url(kind),
            "json": reverse("api:entry", args=[kind.slug, found.slug]),
            "validity": validity(found),
            "facts": relations.fact_rows(found),
            "penalties": _penalties(found),
            "penalty_headers": [_("Victim"), _("Least"), _("Most"), _("In months")],
            "figure": _figure(found),
            "about": about(found, others, timezone.localdate()),
            "naming": [
                (title, [[entry_cell(other), source_cell(other)] for other in others])
                for title, others in naming.items()
            ],
            "naming_headers": [_("Entry"), _("Source")],
            "sources": _sources(found),
            "source_headers": [_("Document"), _("Phrase"), _("Date printed in the document")],
            "dates": [(_("As of"), found.as_of or _("Not stated")), (_("Loaded on"), found.loaded_at)],
            "changes": [_change(change) for change in history.changes(found)],
            "change_headers": [_("Field"), _("Before"), _("After")],
            "as_in_the_file": history.differences(found.filed, found.data) if found.filed else [],
        },
    )


def _section(slug: str) -> Section:
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


def _url(section: Section) -> str:
    return reverse("reference:section", args=[section.slug])


def _kind_cell(entry: Entry) -> dict[str, str]:
    return {"text": entry.section_name, "url": _url(entry.kind_of_entry)}


def _details(entry: Entry) -> list[str]:
    facts = [_("%(field)s: %(value)s") % {"field": field, "value": value} for field, value in entry.facts]
    held = validity(entry)
    return [*facts, _("Holds: %(period)s") % {"period": held}] if held else facts


def _penalties(entry: Entry) -> list[list[Any]]:
    classes = {"adult": _("Adult"), "child": _("Child"), "juvenile": _("Juvenile"), "minor": _("Minor")}
    return [
        [
            {
                "text": classes.get(penalty["victim_class"], penalty["victim_class"]),
                "hint": _("Age bound not stated") if penalty.get("child_age_bound_not_stated") else "",
            },
            penalty.get("min") or _("Not stated"),
            penalty.get("max") or _("Not stated"),
            f"{penalty['min_months']}–{penalty['max_months']}" if "min_months" in penalty else _("Not stated"),
        ]
        for penalty in entry.data.get("penalties", [])
        if isinstance(penalty, dict) and "victim_class" in penalty
    ]


def _figure(entry: Entry) -> dict[str, Any] | None:
    if entry.section != "published_figures.figures":
        return None
    figure = PublishedFigure.objects.get(pk=entry.pk)
    return {
        "value": value_cell(figure),
        "kind": figure.kind_name,
        "indicator": reverse("reference:indicator", args=[figure.indicator]),
        "parts": sums.part_rows(figure),
        "checks": sums.part_checks(figure),
    }


def _sources(entry: Entry) -> list[list[str]]:
    if not entry.source_document:
        given = given_by(entry)
        also = [[document_cell(place)["text"], document_cell(place)["hint"], ""] for place in entry.also]
        return [[given, f"“{entry.source_locator}”" if entry.source_locator else "", ""], *also] if given else also
    places = [{"document": entry.source_document, "locator": entry.source_locator}, *entry.also]
    return [
        [
            str(DOCUMENTS.get(place["document"], place["document"])),
            f"“{place['locator']}”" if place.get("locator") else "",
            DOCUMENT_DATES.get(place["document"]) or _("None printed"),
        ]
        for place in places
    ]


def _change(change: history.Change) -> dict[str, Any]:
    return {
        "at": change.version.recorded_at,
        "origin": change.version.get_origin_display(),
        "reason": change.version.reason,
        "valid_from": change.version.valid_from,
        "valid_until": change.version.valid_until,
        "rows": [list(row) for row in change.rows],
    }


def _pages(page: Any, url: str, query: dict[str, str]) -> dict[str, Any]:
    def address(number: int) -> str:
        return f"{url}?{urlencode({**query, 'page': number})}"

    return {
        "previous_url": address(page.previous_page_number()) if page.has_previous() else "",
        "next_url": address(page.next_page_number()) if page.has_next() else "",
        "count": page.paginator.count,
    }
