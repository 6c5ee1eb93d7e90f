"""Writing the published world: loading the data files again and again without harm, and changes that two agreed on."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from . import codes, files, folding, schema
from .models import CODE_LISTS, Entry, Version
from .schema import Known, Misfit
from .sections import SECTIONS
from .validity import validity
from .words import NAME_FIELDS, SUMMARY_FIELDS

LOCK = 0x7265666572
"""Advisory lock that keeps two writers apart: the letters "refer"."""

_WEIGHTS = {key: at for at, key in enumerate(SECTIONS)}
_ALIASES = ("abbreviation", "short_name", "other_names", "other_labels", "en", "sr", "article")


@dataclass(frozen=True)
class Loaded:
    """What became of one section of one data file. `kept`: changed here, so not as the file has them."""

    file: str
    section: str
    entries: int = 0
    added: int = 0
    changed: int = 0
    retired: int = 0
    kept: int = 0

    @property
    def did_something(self) -> bool:
        return bool(self.added or self.changed or self.retired)


Row = dict[str, Any]
COUNTS = ("entries", "added", "changed", "retired", "kept")


# The files -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def load_reference(*, directory: Path = files.DATA, now: datetime | None = None) -> list[Loaded]:
    """Make the rows say what the files say, by stable id; a second run changes nothing.

    What vanished from its file becomes inactive and stays, because records may point at it; when it comes back it is
    active again. Every wording that changed stays as a version. What two people changed here is kept, and the file's
    wording beside it. Raises Misfit, naming file, entry and reason, when anything does not fit: then nothing is loaded.
    """
    now = now or timezone.now()
    _lock()
    found = _entries(directory)
    known: Known = {}
    for section, _file, _position, entry in found:
        ids = known.setdefault(section, set())
        code = str(entry.get("id") or "")
        if not code:
            raise Misfit(section, "", _("An entry has no id."))
        if code in ids:
            raise Misfit(section, code, _("This id stands there twice."))
        ids.add(code)
    present = {(row.section, row.code): row for row in Entry.objects.all()}
    for section, code in present:
        if not present[section, code].file:  # made here: files may not name it, but what was made here may
            known.setdefault(section, set()).add(code)
    outcome: dict[str, Counter[str]] = {what: Counter() for what in COUNTS}
    added, changed, wanted = [], [], set()
    for section, file, position, entry in found:
        schema.check(section, entry, known)
        key = (section, str(entry["id"]))
        wanted.add(key)
        outcome["entries"][section] += 1
        before = present.get(key)
        if before is not None and before.filed is not None:
            outcome["kept"][section] += 1
            if before.filed != entry:
                before.filed = entry
                changed.append(before)
            continue
        columns = {**_columns(section, file, position, entry), "active": True}
        if before is None:
            added.append(Entry(**columns, loaded_at=now))
            outcome["added"][section] += 1
        elif any(getattr(before, name) != value for name, value in columns.items()):
            if before.data != entry or not before.active:
                before.loaded_at = now
                outcome["changed"][section] += 1
            for name, value in columns.items():
                setattr(before, name, value)
            changed.append(before)
    gone = [row for key, row in present.items() if key not in wanted and row.active and row.file]
    for row in gone:
        row.active = False
        outcome["retired"][row.section] += 1
    Entry.objects.bulk_create(added)
    Entry.objects.bulk_update([*changed, *gone], _COLUMNS, batch_size=200)
    _keep_versions([*added, *changed, *gone], now)
    return [
        Loaded(_file_of(section), section, *(outcome[what][section] for what in COUNTS))
        for section in dict.fromkeys(section for counter in outcome.values() for section in counter)
    ]


def _keep_versions(entries: list[Entry], now: datetime) -> None:
    """A version for every wording that no live version of its entry has; the one before it is replaced."""
    live = {
        version.entry_id: version
        for version in Version.objects.filter(entry__in=entries, replaced_at=None).order_by("recorded_at", "pk")
    }
    fresh, replaced = [], []
    for entry in entries:
        before = live.get(entry.pk)
        if before is not None and (entry.filed is not None or _says(before, entry)):
            continue
        if before is not None:
            replaced.append(before.pk)
        fresh.append(_version_of(entry, now))
    Version.objects.filter(pk__in=replaced).update(replaced_at=now)
    Version.objects.bulk_create(fresh)


def _says(version: Version, entry: Entry) -> bool:
    return all(
        getattr(version, name) == getattr(entry, name) for name in ("data", "active", "valid_from", "valid_until")
    )


def _version_of(entry: Entry, now: datetime, **more: Any) -> Version:
    return Version(
        entry=entry,
        data=entry.data,
        active=entry.active,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        recorded_at=now,
        **more,
    )


# Changes made here ---------------------------------------------------------------------------------------------------


@transaction.atomic
def write_entry(
    *, section: str, code: str, data: Row, reason: str, holds_from: date | None = None, now: datetime | None = None
) -> Entry:
    """Make or amend one entry, as two people agreed. Raises Misfit when the section cannot hold it.

    Without `holds_from` this corrects what stood there. With it the old wording held until the day before, and both
    stay: `on_day` gives back the one that held.
    """
    now = now or timezone.now()
    _lock()
    data = {**data, "id": code}
    schema.check(section, data, known_ids())
    entry = Entry.objects.filter(section=section, code=code).first()
    live = entry and entry.versions.filter(replaced_at=None).order_by(F("valid_from").desc(nulls_last=True)).first()
    if holds_from is not None:
        if live and live.valid_from and live.valid_from >= holds_from:
            raise Misfit(section, code, _("What stands there holds from that day or later: choose a later day."))
        data["valid_from"] = holds_from.isoformat()
    if entry is None:
        position = Entry.objects.filter(section=section).count()
        entry = Entry(**_columns(section, "", position, data), active=True, loaded_at=now)
        entry.save()
    else:
        if entry.file and entry.filed is None:
            entry.filed = entry.data
        for name, value in _columns(section, entry.file, entry.position, data).items():
            setattr(entry, name, value)
        entry.active, entry.loaded_at = True, now
        entry.save()
    if live and holds_from is not None:
        before = holds_from - timedelta(days=1)
        ended = min(live.valid_until or before, before)  # what had ended already does not hold longer now
        Version.objects.filter(pk=live.pk).update(valid_until=ended)
    elif live:
        Version.objects.filter(pk=live.pk).update(replaced_at=now)
    _version_of(entry, now, origin=Version.Origin.CURATION, reason=reason).save()
    return entry


def end_entry(*, entry: Entry, on: date, reason: str, now: datetime | None = None) -> Entry:
    """Let an entry hold until a day, that day included. Nothing is deleted."""
    data = {**entry.data, "valid_until": on.isoformat()}
    return write_entry(section=entry.section, code=entry.code, data=data, reason=reason, now=now)


def on_day(entry: Entry, day: date) -> Version | None:
    """The wording of an entry that held on a day; None when none did."""
    live = [version for version in entry.versions.all() if version.replaced_at is None and version.active]
    return next(
        (
            version
            for version in live
            if (version.valid_from is None or version.valid_from <= day)
            and (version.valid_until is None or version.valid_until >= day)
        ),
        None,
    )


def known_ids() -> Known:
    """Section -> ids, of everything there is, active or not."""
    known: Known = {}
    for section, code in Entry.objects.order_by().values_list("section", "code"):
        known.setdefault(section, set()).add(code)
    return known


# Rows ----------------------------------------------------------------------------------------------------------------


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _entries(directory: Path) -> list[tuple[str, str, int, Row]]:
    """Section, file, position and entry of everything in the files."""
    found: list[tuple[str, str, int, Row]] = []
    for stem in (*files.ENTRY_FILES, *files.our_files(directory)):
        for section, entries in files.read(stem, directory).items():
            found += [(f"{stem}.{section}", stem, at, entry) for at, entry in enumerate(entries)]
    from_documents, added = (files.read(stem, directory) for stem in files.CODE_LIST_FILES)
    for name, entries in files.read_code_lists(directory).items():
        theirs = len(from_documents.get(name, []))
        found += [
            (f"{CODE_LISTS}{name}", "code_lists", at, entry)
            if at < theirs
            else (
                f"{CODE_LISTS}{name}",
                "code_lists_ours" if name in added else files.OUR_CODE_LISTS,
                at,
                {"ours": True, **entry},
            )
            for at, entry in enumerate(entries)
        ]
    for mapping, members in files.read_mappings(directory).items():
        found += [
            (f"code_lists_ours.{mapping}", "code_lists_ours", at, {"id": key, "codes": values, "ours": True})
            for at, (key, values) in enumerate(members.items())
        ]
    for at, field in enumerate(files.read_standard(directory)):
        named = field["name"] not in ("", "N/A")
        code = field["name"] if named else slugify(f"{field['section']} {field['label']}")
        source = {"standard": "HTCDS 2.0", "field": field["section"], "value": field["name"]}
        found.append(
            (f"{files.STANDARD_FILE}.fields", files.STANDARD_FILE, at, {"id": code, **field, "source": source})
        )
    return found


_COLUMNS = (
    "slug", "name", "summary", "file", "position", "weight", "data", "filed", "source_document", "source_locator",
    "also", "valid_from", "valid_until", "dated", "ours", "active", "search", "search_name", "loaded_at",
)  # fmt: skip


def _columns(section: str, file: str, position: int, entry: Row) -> Row:
    source = entry.get("source") or {}
    code = str(entry["id"])
    name = _name(section, entry) or codes.english_label(code.replace("-", " "))
    valid_from, valid_until, dated = validity(section, entry)
    called = [name, *_strings([entry.get(field) for field in _ALIASES])]
    list_name = section.removeprefix(CODE_LISTS)
    if list_name != section:
        called.append(files.serbian_labels().get(list_name, {}).get(code, ""))
    if entry.get("article"):
        called.append(f"article {entry['article']}")
    return {
        "section": section,
        "code": code,
        "slug": _slug(section, entry),
        "name": name,
        "summary": _first(entry, SUMMARY_FIELDS),
        "file": file,
        "position": position,
        "weight": _WEIGHTS.get(section, len(_WEIGHTS)),
        "data": entry,
        "source_document": source.get("document") or source.get("standard", ""),
        # A source in a standard names the field and value there instead of a phrase.
        "source_locator": source.get("locator") or " = ".join(filter(None, [source.get("field"), source.get("value")])),
        "also": entry.get("also", []),
        "valid_from": valid_from,
        "valid_until": valid_until,
        "dated": dated[:60],
        "ours": bool(entry.get("ours")),
        "search": folding.index_text(code, *called, *_strings(entry)),
        "search_name": "\n" + "\n".join(map(folding.line, called)) + "\n" + folding.index_text(*called) + "\n",
    }


def _name(section: str, entry: Row) -> str:
    if section == "laws.provisions":
        return f"Article {entry['article']}" if entry.get("article") else ""
    if section.startswith(CODE_LISTS):
        return str(entry.get("label", ""))
    if section == f"{files.STANDARD_FILE}.fields":
        return str(entry["label"] or entry["section"])
    return _first(entry, NAME_FIELDS)


def _slug(section: str, entry: Row) -> str:
    """An offence with an article of its own is found under it: /reference/offences/388/."""
    if section == "offences.offences" and re.fullmatch(r"\d+[a-z]?", str(entry.get("article", ""))):
        return str(entry["article"])
    code = str(entry["id"])
    return code if re.fullmatch(r"[\w.-]+", code) else slugify(code)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [str(value)] if isinstance(value, str | int | float) and not isinstance(value, bool) else []


def _first(entry: Row, fields: Iterable[str]) -> str:
    return next((str(entry[name]) for name in fields if isinstance(entry.get(name), str | int) and entry[name]), "")


def _file_of(section: str) -> str:
    return section.split(".", 1)[0]
