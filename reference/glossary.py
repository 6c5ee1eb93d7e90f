"""The words of the field in English and in both scripts of Serbian."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import cyrtranslit
from django.utils.translation import get_language

from . import codes

if TYPE_CHECKING:
    from .models import Entry

TERMS = "glossary.terms"


def english(term: "Entry") -> str:
    """The word in English, first letter large."""
    return codes.english_label(str(term.data["en"]))


def cyrillic(term: "Entry") -> str:
    """The word in Serbian; empty for an official name, which no document gives in Serbian."""
    word = str(term.data.get("sr") or "")
    return word[:1].upper() + word[1:]


def latin(term: "Entry") -> str:
    """The Serbian word in Latin letters, generated."""
    return str(cyrtranslit.to_latin(cyrillic(term), "sr"))


def word(term: "Entry", language: str | None = None) -> str:
    """The word in a language, the active one if none is given; the printed one where that language has none."""
    shown_in = (language or get_language() or "en").lower()
    if not shown_in.startswith("sr"):
        return english(term)
    return (latin(term) if "latn" in shown_in else cyrillic(term)) or english(term)


def in_order(terms: Iterable["Entry"]) -> list["Entry"]:
    """Terms by the alphabet of the active language."""
    language = get_language()
    return sorted(terms, key=lambda term: codes.sort_key(word(term, language), language))
