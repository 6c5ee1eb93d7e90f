"""The blind index: names and identifiers can be found without being readable.

A name token is folded (Cyrillic to Latin, diacritics, look-alikes, case), and the token and its one-letter deletions
become HMAC codes of 32 bits under a key of their own. Whoever holds the dump sees which rows share a
code, never a name.
"""

import base64
import hashlib
import hmac
import re
import struct
import unicodedata
from collections.abc import Iterable
from functools import cache

import cyrtranslit
from django.conf import settings

# Latin letters that are typed for one another, or that another alphabet lends.
_FOLD = str.maketrans(
    {"đ": "dj", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "ø": "o", "y": "j", "w": "v", "x": "ks", "ı": "i", "'": " "}
)


@cache
def _key() -> bytes:
    return base64.b64decode(settings.CASEWORK_INDEX_KEY.rpartition(":")[2], validate=True)


def fold(text: str) -> str:
    """Lower-case Latin without diacritics, so that Đorđe, Ђорђе, Djordje and DORDE meet."""
    text = cyrtranslit.to_latin(text.lower(), "sr").lower()
    text = unicodedata.normalize("NFKD", text.translate(_FOLD))
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_FOLD)
    return " ".join(re.sub(r"[^\w]+", " ", text).replace("dj", "d").split())


def _code(text: str) -> int:
    return int(struct.unpack(">i", hmac.digest(_key(), text.encode(), hashlib.sha256)[:4])[0])


def _deletions(token: str) -> set[str]:
    return {token} | ({token[:i] + token[i + 1 :] for i in range(len(token))} if len(token) > 3 else set())


def name_codes(names: Iterable[str]) -> list[int]:
    """The codes to store beside a person: every token of every name, with its one-letter deletions."""
    tokens = {token for name in names for token in fold(name).split()}
    return sorted({_code(f"n|{form}") for token in tokens for form in _deletions(token)})


def search_codes(text: str) -> list[list[int]]:
    """For each token of the search text, the codes of which at least one must be among a person's codes."""
    return [sorted(_code(f"n|{form}") for form in _deletions(token)) for token in fold(text).split()]


def identifier_code(kind: str, value: str) -> int:
    """The code of an exact identifier (document, telephone): letters and digits only, case folded."""
    return _code(f"{kind}|{re.sub(r'[^0-9a-z+]', '', value.lower())}")


def digest(text: str) -> str:
    """A keyed hash of any text, 32 hexadecimal digits: equality without the text (imported keys and contents)."""
    return hmac.digest(_key(), text.encode(), hashlib.sha256)[:16].hex()
