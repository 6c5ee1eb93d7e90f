"""Loading the data files into rows, again and again, without harm."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.utils.text import slugify

from . import codes, files
from .models import Code, CodeList, Contradiction, Entry, PublishedFigure
from .sections import NAME_FIELDS, SUMMARY_FIELDS

LOCK = 0x7265666572
"""Advisory lock that keeps two loaders apart: the letters "refer"."""


@dataclass(frozen=True)
class Loaded:
    """What became of one section of one data file."""

    file: str
    section: str
    entries: int = 0
    added: int = 0
    changed: int = 0
    retired: int = 0

    @property
    def did_something(self) -> bool:
        return bool(self.added or self.changed or self.retired)


Row = dict[str, Any]
Place = tuple[str, str]


@transaction.atomic
def load_reference(*, directory: Path = files.DATA) -> list[Loaded]:
    """Make the rows say what the files say, by stable id; a second run changes nothing.

    What vanished from its file becomes inactive and stays, because records may point at it; when it comes back it
    is active again. Raises ValueError naming the place when an id stands twice in its section, an entry has no id,
    or a contradiction names a figure that is not published.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    outcome: dict[str, Counter[Place]] = {what: Counter() for what in ("entries", "added", "changed", "retired")}

    code_lists = files.read_code_lists(directory)
    from_documents = files.read("code_lists", directory)
    _reconcile(
        CodeList,
        ("id",),
        [{"id": name, "ours": name not in from_documents, "position": at} for at, name in enumerate(code_lists)],
        lambda row: ("lists of codes", "lists"),
        outcome,
    )
    _reconcile(
        Code,
        ("code_list_id", "code"),
        _code_rows(code_lists, from_documents),
        lambda row: (row["file"], row["code_list_id"]),
        outcome,
    )
    published = files.read("published_figures", directory)
    _reconcile(PublishedFigure, ("id",), _figure_rows(published), lambda row: ("published_figures", "figures"), outcome)
    contradictions = _contradiction_rows(published)
    _reconcile(Contradiction, ("id",), contradictions, lambda row: ("published_figures", "contradictions"), outcome)
    _link_contradictions(published)
    _reconcile(Entry, ("section", "code"), _entry_rows(directory, published), _entry_place, outcome)

    places = dict.fromkeys(place for counter in outcome.values() for place in counter)
    counts = ("entries", "added", "changed", "retired")
    return [Loaded(file, section, *(outcome[what][file, section] for what in counts)) for file, section in places]


def _reconcile(
    model: type[models.Model],
    key: tuple[str, ...],
    rows: list[Row],
    place: Callable[[Row], Place],
    outcome: dict[str, Counter[Place]],
) -> None:
    fields = [field.attname for field in model._meta.concrete_fields if not field.auto_created]
    manager = model._default_manager
    present = {tuple(row[name] for name in key): row for row in manager.values("pk", *fields)}
    added, changed, wanted = [], [], set()
    for row in rows:
        row["active"] = True
        identity = tuple(row[name] for name in key)
        if identity in wanted:
            raise ValueError(f"{'.'.join(place(row))}: the id {identity[-1]} stands there twice.")
        wanted.add(identity)
        outcome["entries"][place(row)] += 1
        before = present.get(identity)
        if before is None:
            added.append(model(**row))
            outcome["added"][place(row)] += 1
        elif any(before[name] != value for name, value in row.items()):
            changed.append(model(**{"pk": before["pk"], **row}))
            outcome["changed"][place(row)] += 1
    gone = [row for identity, row in present.items() if identity not in wanted and row["active"]]
    for row in gone:
        outcome["retired"][place(row)] += 1
    manager.bulk_create(added)
    manager.bulk_update(changed, [name for name in fields if name not in key])
    manager.filter(pk__in=[row["pk"] for row in gone]).update(active=False)


def _sourced(file: str, position: int, entry: Row) -> Row:
    source = entry.get("source", {})
    # A source in a standard names the field and value there instead of a phrase.
    return {
        "file": file,
        "position": position,
        "data": entry,
        "source_document": source.get("document") or source.get("standard", ""),
        "source_locator": source.get("locator") or " = ".join(filter(None, [source.get("field"), source.get("value")])),
        "also": entry.get("also", []),
    }


def _code_rows(code_lists: dict[str, list[Row]], from_documents: dict[str, list[Row]]) -> list[Row]:
    serbian = files.serbian_labels()
    return [
        {
            **_sourced(
                "code_lists" if position < len(from_documents.get(name, [])) else "code_lists_ours", position, entry
            ),
            "code_list_id": name,
            "code": _id(entry, name),
            "label": entry["label"],
            "label_sr": serbian.get(name, {}).get(entry["id"], ""),
            "other_labels": entry.get("other_labels", []),
            "parent": entry.get("parent", ""),
            "ours": position >= len(from_documents.get(name, [])),
            "notes": entry.get("note", ""),
        }
        for name, entries in code_lists.items()
        for position, entry in enumerate(entries)
    ]


def _figure_rows(published: dict[str, list[Row]]) -> list[Row]:
    return [
        {
            **_sourced("published_figures", position, figure),
            "id": _id(figure, "figures"),
            "indicator": figure["indicator"],
            "label": figure["label"],
            "year": figure["year"],
            "period": figure.get("period", ""),
            "number": None if figure["value"] is None or isinstance(figure["value"], str) else _number(figure["value"]),
            "text": figure["value"] if isinstance(figure["value"], str) else "",
            "unit": figure["unit"],
            "kind": figure["kind"],
            "counted_by": figure.get("counted_by", ""),
            "publisher": figure["publisher"],
            "disputed": figure.get("disputed", False),
            "breakdown": figure.get("breakdown", []),
        }
        for position, figure in enumerate(published["figures"])
    ]


def _number(value: float) -> Decimal:
    return Decimal(str(value))


def _contradiction_rows(published: dict[str, list[Row]]) -> list[Row]:
    return [
        {
            **_sourced("published_figures", position, entry),
            "id": _id(entry, "contradictions"),
            "kind": entry["kind"],
            "statement": entry["statement"],
            "handling": entry["handling"],
        }
        for position, entry in enumerate(published["contradictions"])
    ]


def _link_contradictions(published: dict[str, list[Row]]) -> None:
    figures = {figure["id"] for figure in published["figures"]}
    wanted = {(entry["id"], figure) for entry in published["contradictions"] for figure in entry.get("figures", [])}
    wanted |= {(figure["contradiction"], figure["id"]) for figure in published["figures"] if "contradiction" in figure}
    for contradiction, figure in sorted(wanted):
        if figure not in figures:
            raise ValueError(f"published_figures.contradictions: {contradiction} names the unknown figure {figure}.")
    through = Contradiction.figures.through
    present = set(through.objects.values_list("contradiction_id", "publishedfigure_id"))
    through.objects.bulk_create(
        through(contradiction_id=contradiction, publishedfigure_id=figure)
        for contradiction, figure in sorted(wanted - present)
    )
    # The link itself is no record of anything: which figures a contradiction names is in its entry.
    for contradiction, figure in present - wanted:
        through.objects.filter(contradiction_id=contradiction, publishedfigure_id=figure).delete()


def _entry_rows(directory: Path, published: dict[str, list[Row]]) -> list[Row]:
    rows = []
    for file in files.ENTRY_FILES:
        sections = published if file == "published_figures" else files.read(file, directory)
        for section, entries in sections.items():
            if section not in ("figures", "contradictions"):
                rows += [_entry_row(file, section, *numbered) for numbered in enumerate(entries)]
    for mapping, members in files.read_mappings(directory).items():
        rows += [
            _entry_row("code_lists_ours", mapping, position, {"id": key, "codes": values})
            for position, (key, values) in enumerate(members.items())
        ]
    for position, field in enumerate(files.read_standard(directory)):
        named = field["name"] not in ("", "N/A")
        code = field["name"] if named else slugify(f"{field['section']} {field['label']}")
        source = {"standard": "HTCDS 2.0", "field": field["section"], "value": field["name"]}
        rows.append(_entry_row(files.STANDARD_FILE, "fields", position, {"id": code, **field, "source": source}))
        rows[-1]["name"] = field["label"] or field["section"]
    return rows


def _entry_row(file: str, section: str, position: int, entry: Row) -> Row:
    code = _id(entry, f"{file}.{section}")
    return {
        **_sourced(file, position, entry),
        "section": f"{file}.{section}",
        "code": code,
        "name": _first(entry, NAME_FIELDS) or codes.english_label(code.replace("-", " ")),
        "summary": _first(entry, SUMMARY_FIELDS),
    }


def _entry_place(row: Row) -> Place:
    file, section = row["section"].split(".", 1)
    return file, section


def _first(entry: Row, fields: Iterable[str]) -> str:
    return next((str(entry[name]) for name in fields if isinstance(entry.get(name), str | int) and entry[name]), "")


def _id(entry: Row, section: str) -> str:
    if not entry.get("id"):
        raise ValueError(f"{section}: an entry has no id.")
    return str(entry["id"])
