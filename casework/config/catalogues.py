"""The catalogues: what the code and pages say, in Serbian by hand; Serbian Latin is generated from the Cyrillic.

Transliteration is safe from Cyrillic to Latin only, so `sr` is written by hand and `sr_Latn` never.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cyrtranslit
import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "casework" / "locale"
SOURCES = ("casework", "referrals", "reference")
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_t": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<12 || n%100>14) ? 1 : 2);",
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")

Key = tuple[str | None, str, str | None]  # context, singular, plural


def _texts() -> Iterator[tuple[Path, str]]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        # templatize blanks what is not to be translated; indentation would only confuse the tokenizer.
        text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        yield path, "\n".join(line.lstrip() for line in text.splitlines()) + "\n"


def extracted() -> dict[Key, list[str]]:
    """Every message of the code and the templates, with the files it stands in."""
    found: dict[Key, list[str]] = {}
    for path, text in _texts():
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            singular, plural = message if isinstance(message, tuple) else (message, None)
            if singular:
                places = found.setdefault((context, singular, plural), [])
                name = path.relative_to(ROOT).as_posix()
                if name not in places:
                    places.append(name)
    return found


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid, entry.msgid_plural or None


def write_catalogues() -> int:
    """Bring `sr` up to date (new messages are empty, vanished ones go), generate `sr_Latn`, compile both.

    Returns how many messages wait for a translation.
    """
    path = po_path("sr")
    old = {_key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    serbian = polib.POFile(wrapwidth=118)
    serbian.metadata = HEADER | {"Language": "sr"}
    for key, places in sorted(extracted().items(), key=lambda item: (item[1][0], item[0][1])):
        context, singular, plural = key
        entry = polib.POEntry(msgctxt=context, msgid=singular, occurrences=[(place, "") for place in places])
        before = old.get(key)
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = dict(before.msgstr_plural) if before else {0: "", 1: "", 2: ""}
        else:
            entry.msgstr = before.msgstr if before else ""
        if "%(" in singular or "%s" in singular or "%d" in singular:
            entry.flags.append("python-format")
        serbian.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    serbian.save(str(path))
    latin = _latin(serbian)
    po_path("sr_Latn").parent.mkdir(parents=True, exist_ok=True)
    latin.save(str(po_path("sr_Latn")))
    compile_catalogues()
    return len(serbian.untranslated_entries())


def _latin(serbian: polib.POFile) -> polib.POFile:
    latin = polib.POFile(wrapwidth=118)
    latin.metadata = HEADER | {"Language": "sr_Latn"}
    for entry in serbian:
        twin = polib.POEntry(
            msgctxt=entry.msgctxt, msgid=entry.msgid, occurrences=entry.occurrences, flags=list(entry.flags)
        )
        if entry.msgid_plural:
            twin.msgid_plural = entry.msgid_plural
            twin.msgstr_plural = {n: cyrtranslit.to_latin(text, "sr") for n, text in entry.msgstr_plural.items()}
        else:
            twin.msgstr = cyrtranslit.to_latin(entry.msgstr, "sr")
        latin.append(twin)
    return latin


def compile_catalogues() -> None:
    """Write the `.mo` files that Django reads, where they are older than their `.po`."""
    for language in ("sr", "sr_Latn"):
        source = po_path(language)
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))


def problems() -> list[str]:
    """What is wrong with the catalogues, a sentence each; empty when every message stands in three scripts."""
    wanted = extracted()
    serbian = polib.pofile(str(po_path("sr")))
    held = {_key(entry): entry for entry in serbian}
    found = [f"not in the catalogue: {key[1]!r} ({', '.join(wanted[key])})" for key in wanted.keys() - held.keys()]
    found += [f"no longer said anywhere: {key[1]!r}" for key in held.keys() - wanted.keys()]
    for entry in serbian:
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not all(texts):
            found.append(f"not translated: {entry.msgid!r}")
            continue
        for text in texts:
            allowed = set(_PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
            if not set(_PLACEHOLDER.findall(text)) <= allowed:
                found.append(f"other placeholders than the source: {entry.msgid!r}")
    generated = {_key(entry): (entry.msgstr, entry.msgstr_plural) for entry in _latin(serbian)}
    latin = {_key(entry): (entry.msgstr, entry.msgstr_plural) for entry in polib.pofile(str(po_path("sr_Latn")))}
    if generated != latin:
        found.append("sr_Latn is not what the Cyrillic catalogue gives")
    return sorted(found)
