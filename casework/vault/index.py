"""The blind index: names and identifiers can be found without being readable.

A name token is folded (Cyrillic to Latin, diacritics, look-alikes, case). The token and its one-letter deletions become
HMAC codes of 32 bits under a key of their own, and so do its trigrams, for words with more than one slip. Whoever holds
the dump sees which rows share a code, and how many do, never a name.
"""

import base64
import hmac
import re
import struct
from collections.abc import Iterable
from functools import cache, lru_cache

from django.conf import settings

from reference.folding import fold


@cache
def _keys() -> tuple[bytes, ...]:
    """The keys of CASEWORK_INDEX_KEY, newest first: `NAME:BASE64`, or the Base64 alone, separated by commas."""
    items = [item for item in settings.CASEWORK_INDEX_KEY.split(",") if item.strip()]
    return tuple(base64.b64decode(item.strip().rpartition(":")[2], validate=True) for item in items)


def _code(text: str, key: bytes) -> int:
    return int(struct.unpack(">i", hmac.digest(key, text.encode(), "sha256")[:4])[0])


def _deletions(token: str) -> set[str]:
    return {token} | ({token[:i] + token[i + 1 :] for i in range(len(token))} if len(token) > 3 else set())


def name_codes(names: Iterable[str]) -> list[int]:
    """The codes to store beside a person: every token of every name, with its one-letter deletions.

    They are made with the newest key alone.
    """
    tokens = {token for name in names for token in fold(name).split()}
    return sorted({_code(f"n|{form}", _keys()[0]) for token in tokens for form in _deletions(token)})


@lru_cache(maxsize=20_000)  # of trigrams, never of names: there are few, and an import meets each a thousand times
def _gram_code(gram: str, key: bytes) -> int:
    return _code(f"g|{gram}", key)


def _grams(text: str) -> set[str]:
    """The trigrams of every token, its beginning and end marked."""
    tokens = [f"  {token} " for token in fold(text).split()]
    return {token[at : at + 3] for token in tokens for at in range(len(token) - 2)}


def name_grams(names: Iterable[str]) -> list[int]:
    """The codes of the trigrams to store beside a person, for words with more than one slip."""
    return sorted({_gram_code(gram, _keys()[0]) for name in names for gram in _grams(name)})


def search_grams(text: str) -> list[int]:
    """The codes of the search text's trigrams, under every key; few of them lead to a person, all of them rank."""
    return sorted({_gram_code(gram, key) for gram in _grams(text) for key in _keys()})


def search_codes(text: str) -> list[list[int]]:
    """For each token of the search text, the codes of which at least one must be among a person's codes.

    With codes under every key, so that people are found while `rotate_keys --index` is at work.
    """
    return [
        sorted(_code(f"n|{form}", key) for form in _deletions(token) for key in _keys()) for token in fold(text).split()
    ]


def identifier_code(kind: str, value: str) -> int:
    """The code of an exact identifier (document, telephone): letters and digits only, case folded."""
    return _code(f"{kind}|{re.sub(r'[^0-9a-z+]', '', value.lower())}", _keys()[0])


def digest(text: str) -> str:
    """A keyed hash of any text, 32 hexadecimal digits: equality without the text (imported keys and contents).

    Made with the oldest key that is listed: what was hashed is not kept, so it cannot be hashed anew.
    """
    return hmac.digest(_keys()[-1], text.encode(), "sha256")[:16].hex()
