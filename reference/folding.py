"""Text folded for finding: scripts, diacritics, look-alike letters, and words that mean the same in a citation."""

import re
import unicodedata

import cyrtranslit

# Latin letters that are typed for one another, or that another alphabet lends.
_FOLD = str.maketrans(
    {"đ": "dj", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "ø": "o", "y": "j", "w": "v", "x": "ks", "ı": "i", "'": " "}
)

# Cyrillic letters that look like a Latin one. One source types "IСАС COPS" half in Cyrillic.
_LOOK_ALIKES = str.maketrans("авеѕіјкмнорстухѵԝԁһҽ", "abesijkmhopctyxvwdhe")
_CYRILLIC = re.compile(r"[Ѐ-ԯ]")
_LATIN = re.compile(r"[a-zA-ZÀ-ɏ]")

_SAME = {
    **dict.fromkeys(
        ["art", "article", "articles", "cl", "clan", "clana", "clanu", "clanom", "clanovi", "clanova"], "art"
    ),
    "centre": "center",
    "centres": "centers",
    "labour": "labor",
    "organisation": "organization",
    "organisations": "organizations",
    "offence": "offense",
    "offences": "offenses",
    "programme": "program",
    "licence": "license",
    "licences": "licenses",
}
_SAME = {re.sub("y", "j", word): meant for word, meant in _SAME.items()}


def fold(text: str) -> str:
    """Lower-case Latin without diacritics, so that Đorđe, Ђорђе, Djordje and DORDE meet."""
    text = cyrtranslit.to_latin(text.lower(), "sr").lower()
    text = unicodedata.normalize("NFKD", text.translate(_FOLD))
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_FOLD)
    return " ".join(re.sub(r"[^\w]+", " ", text).replace("dj", "d").split())


def words(text: str) -> list[frozenset[str]]:
    """For each word, what it may be read as: transliterated, or as Latin look-alikes where Cyrillic letters allow it.

    A word that mixes both alphabets is read as look-alikes alone; `čl.`, `cl.`, `član` and `article` are one word, and
    so are the two spellings of English.
    """
    found = []
    for word in re.findall(r"[^\W_]+", text):
        readings = set()
        cyrillic, latin = _CYRILLIC.search(word), _LATIN.search(word)
        alike = word.lower().translate(_LOOK_ALIKES) if cyrillic else ""
        if alike and not _CYRILLIC.search(alike):
            readings.add(alike)
        if not (cyrillic and latin) or not readings:
            readings.add(word)
        folded = {fold(reading) for reading in readings} - {""}
        if folded:
            found.append(frozenset(_SAME.get(reading, reading) for reading in folded))
    return found


def index_text(*texts: str) -> str:
    """What is stored beside an entry: every reading of every word once, each after a blank."""
    readings = dict.fromkeys(reading for text in texts for word in words(text) for reading in sorted(word))
    return "".join(f" {reading}" for reading in readings)


def line(text: str) -> str:
    """One reading of every word in order, each after a blank: what a name is compared with as a whole."""
    return "".join(f" {sorted(word)[0]}" for word in words(text))
