"""What the page of a body or of a word says beyond its own entry: rows made of the entries that name it."""

from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from reference import codes, directory, glossary
from reference.models import Entry
from reference.sections import BODIES, SECTIONS
from reference.views.cells import document_cell, entry_cell, source_cell, validity
from reference.words import DOCUMENTS

Table = tuple[str, list[str], list[list[Any]]]
MEETINGS = "directory.meetings"
COVERED = (
    BODIES, directory.CONTACTS, directory.FOCAL_POINTS, directory.SPECIALISTS, directory.TEAMS, directory.LICENCES,
    MEETINGS,
)  # fmt: skip
"""Sections that `about` shows on a body's page, so that the list of what names it need not repeat them."""


def about(entry: Entry, naming: list[Entry], day: date) -> list[Table]:
    """Heading, headers and rows of each further table on an entry's page; none where there is nothing to say."""
    if entry.section == BODIES:
        tables = _of_body(entry, naming, day)
    elif entry.section == glossary.TERMS:
        tables = _of_term(entry)
    else:
        tables = []
    return [table for table in tables if table[2]]


def covered(entry: Entry, other: Entry) -> bool:
    """Whether `about` has already shown the other entry on this one's page."""
    if entry.section == glossary.TERMS:  # words that refer to each other need it said once
        return other.section == glossary.TERMS
    return entry.section == BODIES and other.section in COVERED


def _of_body(body: Entry, naming: list[Entry], day: date) -> list[Table]:
    of = {section: [other for other in naming if other.section == section] for section in COVERED}
    contacts = [other for other in of[directory.CONTACTS] if directory.has_begun(other, day)]
    now = [contact for contact in contacts if not directory.ended(contact, day)]
    past = [contact for contact in contacts if directory.ended(contact, day)]
    contact_headers = [_("Contact"), _("Kind"), _("What for"), _("Source")]
    return [
        (_("Names"), [_("Name"), _("As"), _("Source")], names(body)),
        (_("Units and bodies within it"), [_("Body"), _("Source")], [_named(other) for other in of[BODIES]]),
        (_("Contacts"), contact_headers, [_cited(contact_row(other), other) for other in now]),
        (
            _("Contacts that have ended"),
            [*contact_headers, _("Until")],
            [[*_cited(contact_row(other), other), _last_day(other)] for other in past],
        ),
        (
            _("Focal points and points of contact"),
            [_("What"), _("Since"), _("Hours"), _("What for"), _("Source")],
            [_cited(focal_point_row(other), other) for other in of[directory.FOCAL_POINTS]],
        ),
        (
            _("Specialised officers"),
            [_("Who"), _("City"), _("How many"), _("Source")],
            [_cited(specialist_row(other), other) for other in of[directory.SPECIALISTS]],
        ),
        (
            _("Teams"),
            [_("Team"), _("Municipality"), _("Formal"), _("Local action plan"), _("Period"), _("Source")],
            [_cited(team_row(other), other) for other in of[directory.TEAMS]],
        ),
        (
            _("Meetings"),
            [_("Meeting"), _("Year"), _("Number"), _("Source")],
            [
                [entry_cell(other), other.data.get("year") or not_stated(), count_cell(other), source_cell(other)]
                for other in of[MEETINGS]
            ],
        ),
        (
            _("Licences"),
            [_("Holder"), _("Licence"), _("State"), _("Holds"), _("Source")],
            [_cited(licence_row(other, day), other) for other in of[directory.LICENCES]],
        ),
    ]


def names(body: Entry) -> list[list[Any]]:
    """Every name of a body, what kind of name it is, and where it is printed."""
    called = [(body.name, _("Name")), (body.data.get("abbreviation"), _("Abbreviation"))]
    called += [(name, _("Other name")) for name in body.data.get("other_names", [])]
    return [[name, kind, _where(body, str(name))] for name, kind in called if name]


def _where(body: Entry, name: str) -> dict[str, str]:
    """The place whose phrase has the name; where no phrase has it, all places that speak of the body."""
    places = [{"document": body.source_document, "locator": body.source_locator}, *body.also]
    exact = [place for place in places if _letters(name) in _letters(place["locator"])]
    if exact:
        return document_cell(exact[0])
    documents = dict.fromkeys(str(DOCUMENTS.get(place["document"], place["document"])) for place in places)
    return {"text": "; ".join(documents), "hint": ""}


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _of_term(term: Entry) -> list[Table]:
    written = [[f"“{form['form']}”", document_cell(form["source"])] for form in term.data.get("written", [])]
    in_serbian = [[glossary.english(term), glossary.latin(term), glossary.cyrillic(term)]]
    return [
        (
            _("In three scripts"),
            [pgettext("column", "English"), _("Serbian, Latin"), _("Serbian, Cyrillic")],
            in_serbian if glossary.cyrillic(term) else [],
        ),
        (_("How the documents write it"), [_("Printed"), _("Where")], written),
    ]


# Rows that the directory's page shows as well ------------------------------------------------------------------------


# Each row ends before its source: a page says whether it shows the phrase (`source_cell`) or the document alone.


def contact_row(contact: Entry) -> list[Any]:
    """The contact as a link one can use, its kind, and what it is for."""
    return [contact_cell(contact), choice(contact, "kind"), entry_cell_of(contact, "purpose")]


def contact_cell(contact: Entry) -> Any:
    """The printed contact; a link where a browser can use it; not stated where no document gives it."""
    value = str(contact.data.get("value") or "")
    if not value:
        return not_stated()
    link = {
        "email": f"mailto:{value}",
        "website": value,
        "phone": "tel:" + "".join(sign for sign in value if sign.isdigit() or sign == "+"),
    }.get(contact.data["kind"])
    return {"text": value, "url": link} if link else value


def focal_point_row(point: Entry) -> list[Any]:
    """Name and number, year, hours, purpose."""
    return [
        entry_cell_of(point, "name", hint=count_words(point)),
        printed(point, "since"),
        printed(point, "hours"),
        printed(point, "purpose"),
    ]


def specialist_row(specialist: Entry) -> list[Any]:
    """Who, city, number."""
    hint = capfirst(specialist.data.get("note") or "")
    return [entry_cell_of(specialist, "name", hint=hint), place_cell(specialist), count_cell(specialist)]


def team_row(team: Entry) -> list[Any]:
    """Team, municipality, formal or informal, local action plan, period."""
    period = printed(team, "period")
    return [
        entry_cell_of(team, "name", hint=team_kind(team)),
        place_cell(team),
        choice(team, "formal"),
        choice(team, "local_action_plan"),
        {"text": period, "hint": pgettext("team", "Of the past")} if team.data.get("historic") else period,
    ]


def licence_row(licence: Entry, day: date) -> list[Any]:
    """Holder, licence, state, days it holds."""
    expired = directory.ended(licence, day) and licence.data["status"] == "granted"
    return [
        entry_cell(licence),
        printed(licence, "kind"),
        pgettext("licence", "Expired") if expired else choice(licence, "status"),
        validity(licence) or not_stated(),
    ]


def body_cell(entry: Entry, bodies: dict[str, Entry]) -> Any:
    """The body that an entry is about, as a link."""
    code = str(entry.data.get("to") or entry.data.get("body") or "")
    body = bodies.get(code)
    return {"text": body.title, "url": body.get_absolute_url()} if body else code or not_stated()


def place_cell(entry: Entry) -> str:
    """The municipality or city; the territory where it is the whole one; else not stated."""
    place = directory.place_of(entry)
    return codes.label_in(get_language(), "places", place) if place else printed(entry, "territory")


def count_cell(entry: Entry) -> str:
    """The number as printed; not stated where the documents give none."""
    count = entry.data.get("count")
    return not_stated() if count is None else str(number_format(count, force_grouping=True))


def count_words(entry: Entry) -> str:
    """How many there are, for the line below a name; empty where that is not stated."""
    count = entry.data.get("count")
    return "" if count is None else ngettext("%(count)d person", "%(count)d persons", count) % {"count": count}


def team_kind(team: Entry) -> str:
    """What kind of team it is, and how many such teams an entry stands for."""
    kinds = {
        "local network": pgettext("team", "Local network"),
        "multidisciplinary team": pgettext("team", "Multidisciplinary team"),
        "social assistance team": pgettext("team", "Social assistance team"),
    }
    kind = kinds.get(team.data["kind"], str(team.data["kind"]))
    count = team.data.get("count")
    return kind if count is None else _("%(kind)s, %(count)s of them") % {"kind": kind, "count": count}


def choice(entry: Entry, name: str) -> str:
    """What the value of a choice is called."""
    value = str(entry.data.get(name) or "")
    words = {
        value: label for field in SECTIONS[entry.section].fields if field.name == name for value, label in field.choices
    }
    return str(words.get(value, value)) or not_stated()


def printed(entry: Entry, name: str) -> str:
    """A field as the document has it; not stated where it has none."""
    return str(capfirst(entry.data.get(name) or not_stated()))


def entry_cell_of(entry: Entry, name: str, *, hint: str = "") -> dict[str, str]:
    """One field of an entry as the link to its page."""
    return {"text": printed(entry, name), "url": entry.get_absolute_url(), "hint": hint}


def not_stated() -> str:
    return _("Not stated")


def _named(other: Entry) -> list[Any]:
    return _cited([entry_cell(other)], other)


def _cited(row: list[Any], entry: Entry) -> list[Any]:
    return [*row, source_cell(entry)]


def _last_day(entry: Entry) -> str:
    return str(date_format(entry.valid_until, "SHORT_DATE_FORMAT")) if entry.valid_until else ""
