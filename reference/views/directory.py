"""The directory of who is there for whom, and the glossary."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reference import codes, glossary
from reference import directory as directories
from reference.directory_forms import PARTS, DirectoryFilter, GlossaryFilter
from reference.models import Entry
from reference.views.about import (
    body_cell,
    choice,
    contact_row,
    entry_cell_of,
    focal_point_row,
    licence_row,
    not_stated,
    printed,
    specialist_row,
    team_row,
)
from reference.views.cells import entry_cell
from reference.words import SHORT_DOCUMENTS


@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Whom one turns to in a municipality today: the pathway of a referral, and everybody whom the documents name."""
    form = DirectoryFilter(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    place = asked.get("place") or directories.EVERYWHERE
    found = directories.on(timezone.localdate())
    # All bodies are a long list: it is shown to whoever asks for it.
    shown = [asked["show"]] if asked.get("show") else [name for name in PARTS if name != "bodies"]
    parts = [{"id": name, "heading": PARTS[name][1], **_PARTS[name](found, place, asked)} for name in shown]
    where = codes.label_in(get_language(), "places", place) if place else ""
    return render(
        request, "reference/directory.html", {"form": form, "where": where, "parts": parts, "ways": _ways(asked)}
    )


def _ways(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """A link to each part, for the same municipality and age."""
    kept = {name: value for name, value in asked.items() if value and name != "show"}
    shown = asked.get("show") or ""
    parts = {"": _("Everything"), **{name: link for name, (link, _heading) in PARTS.items()}}
    return [
        {"label": label, "url": _address({**kept, "show": name} if name else kept), "active": name == shown}
        for name, label in parts.items()
    ]


def _address(query: dict[str, str]) -> str:
    address = reverse("reference:directory")
    return f"{address}?{urlencode(query)}" if query else address


@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """The glossary, by the alphabet of the page's language: three scripts, the meaning, and how documents write it."""
    form = GlossaryFilter(request.GET or None)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    terms = Entry.objects.in_section(glossary.TERMS)
    if asked:
        terms = terms.search(asked)
    found = glossary.in_order(terms.with_text())
    first = "sr" if (get_language() or "").startswith("sr") else "en"
    latin_first = "latn" in (get_language() or "")
    columns = [(_("Serbian, Latin"), glossary.latin), (_("Serbian, Cyrillic"), glossary.cyrillic)]
    if not latin_first and first == "sr":
        columns.reverse()
    columns.insert(0 if first == "en" else 2, (pgettext("column", "English"), glossary.english))
    rows = [[*_in_scripts(term, columns), term.data["definition"], _written(term)] for term in found]
    headers = [*(str(title) for title, _word in columns), _("Meaning"), _("How the documents write it")]
    page = {"form": form, "headers": headers, "rows": rows, "count": len(rows)}
    return render(request, "reference/glossary.html", page)


def _in_scripts(term: Entry, columns: list[Any]) -> list[Any]:
    """The word in each script, the first a link; for an official name the printed one, with the reason below it."""
    printed_only = not term.data.get("sr")
    why = _("The printed name: no document gives a Serbian one.") if printed_only else ""
    found: list[Any] = [word(term) or glossary.english(term) for _title, word in columns]
    return [{"text": found[0], "url": term.get_absolute_url(), "hint": why}, *found[1:]]


def _written(term: Entry) -> list[dict[str, str]]:
    forms = term.data.get("written", [])
    return [{"text": f"“{form['form']}”", "hint": _short(form["source"]["document"])} for form in forms]


# The parts of the directory ------------------------------------------------------------------------------------------


Part = dict[str, Any]
Asked = dict[str, Any]


def _source(entry: Entry) -> dict[str, str]:
    """The document alone: the phrase stands on the entry's own page, one link away in the same row."""
    hint = _("Proposed by us") if entry.ours else ""
    return {"text": _short(entry.source_document) or _("Our own"), "hint": hint}


def _short(document: str) -> str:
    return str(SHORT_DOCUMENTS.get(document, document))


def _pathway(found: directories.Directory, place: str, asked: Asked) -> Part:
    if place:
        lead = _("A proposal from what the documents say. Whoever refers decides.")
    else:
        lead = _("A proposal from what the documents say. Choose a municipality for the steps that it adds.")
    rows = [
        [
            body_cell(step, found.bodies),
            entry_cell_of(step, "name", hint=capfirst(step.data.get("note") or "")),
            choice(step, "for"),
            capfirst(step.data.get("when") or _("In every case")),
            _source(step),
        ]
        for step in found.pathway(place=place, age=asked.get("age") or "")
    ]
    return {"lead": lead, "headers": [_("To"), _("Step"), _("For"), _("When"), _("Source")], "rows": rows}


def _hotlines(found: directories.Directory, place: str, asked: Asked) -> Part:
    rows = []
    for hotline in found.hotlines(place=place):
        contact, kind, purpose = contact_row(hotline)
        guides = [entry_cell(guide) for guide in found.guides_of(hotline.data["body"])]
        what_for = [purpose, *guides] if guides else purpose
        rows.append([body_cell(hotline, found.bodies), contact, kind, what_for, _source(hotline)])
    return {"headers": [_("Body"), _("Contact"), _("Kind"), _("What for"), _("Source")], "rows": rows}


def _contacts(found: directories.Directory, place: str, asked: Asked) -> Part:
    return {
        "lead": _("Only contacts that hold today. Where the documents name a contact and do not print it, it says so."),
        "headers": [_("Body"), _("Contact"), _("Kind"), _("What for"), _("Source")],
        "rows": [
            [body_cell(contact, found.bodies), *contact_row(contact), _source(contact)]
            for contact in found.contacts(place=place)
        ],
    }


def _focal_points(found: directories.Directory, place: str, asked: Asked) -> Part:
    rows = []
    for point in found.focal_points():
        name, *rest = focal_point_row(point)
        rows.append([name, body_cell(point, found.bodies), *rest, _source(point)])
    return {"headers": [_("Who"), _("Body"), _("Since"), _("Hours"), _("What for"), _("Source")], "rows": rows}


def _specialists(found: directories.Directory, place: str, asked: Asked) -> Part:
    return {
        "headers": [_("Who"), _("City"), _("How many"), _("Body"), _("Source")],
        "rows": [
            [*specialist_row(specialist), body_cell(specialist, found.bodies), _source(specialist)]
            for specialist in found.specialists(place=place)
        ],
    }


def _teams(found: directories.Directory, place: str, asked: Asked) -> Part:
    teams = found.teams(place=place, formal=asked.get("formal") or "", plan=asked.get("plan") or "")
    return {
        "headers": [_("Team"), _("Municipality"), _("Formal"), _("Local action plan"), _("Period"), _("Source")],
        "rows": [[*team_row(team), _source(team)] for team in teams],
        "empty": _("No team that the documents name fits."),
    }


def _training(found: directories.Directory, place: str, asked: Asked) -> Part:
    trainings = [
        [
            entry_cell_of(training, "name", hint=capfirst(training.data.get("note") or "")),
            body_cell(training, found.bodies),
            [codes.label_in(get_language(), "trained_groups", group) for group in training.data.get("groups", [])]
            or not_stated(),
            printed(training, "year"),
            _source(training),
        ]
        for training in found.trainings()
    ]
    licences = {
        "caption": _("Licences"),
        "headers": [_("Holder"), _("Licence"), _("State"), _("Holds"), _("Source")],
        "rows": [[*licence_row(licence, found.day), _source(licence)] for licence in found.licences()],
    }
    headers = [_("Training"), _("Body"), _("Who was trained"), _("Year"), _("Source")]
    return {"headers": headers, "rows": trainings, "more": [licences]}


def _bodies(found: directories.Directory, place: str, asked: Asked) -> Part:
    """All bodies; with a municipality those that the other parts name for it."""
    chosen = list(found.bodies)
    if place:
        chosen = directories.bodies_named(
            [
                *found.pathway(place=place, age=asked.get("age") or ""),
                *found.hotlines(place=place),
                *found.contacts(place=place),
                *found.specialists(place=place),
                *found.teams(place=place),
                *found.focal_points(),
            ]
        )
    bodies = [found.bodies[code] for code in chosen if code in found.bodies]
    return {
        "lead": _("Every body has a page with its names, units, contacts and meetings."),
        "headers": [_("Body"), _("Kind"), _("Source")],
        "rows": [[entry_cell(body), printed(body, "kind"), _source(body)] for body in bodies],
    }


_PARTS = {
    "pathway": _pathway,
    "hotlines": _hotlines,
    "focal-points": _focal_points,
    "specialists": _specialists,
    "teams": _teams,
    "contacts": _contacts,
    "training": _training,
    "bodies": _bodies,
}
