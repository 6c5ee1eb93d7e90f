"""AES-256-GCM, in two steps: record keys wrapped by a key that is not in the database, fields sealed by record keys.

A sealed field is `version byte | 12 bytes nonce | ciphertext and tag`. Its associated data names the table, row, column
and key, so that a ciphertext that was moved, swapped or flipped raises `Tampered` and never yields a value.
"""

import base64
import json
import os
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
NONCE = 12


class Tampered(Exception):
    """The ciphertext is not what was sealed for this place, or the key is not the one that sealed it."""


class Erased(Exception):
    """The record's key was destroyed: what it sealed is gone for good."""


def parse_keys(items: list[str]) -> dict[str, bytes]:
    """Keys by name, in the order given, from `NAME:BASE64`."""
    keys = {}
    for item in items:
        name, _, encoded = item.strip().rpartition(":")
        keys[name or "k"] = base64.b64decode(encoded, validate=True)
    return keys


@cache
def _wrapping_keys() -> dict[str, AESGCM]:
    """Key-encryption keys by name, newest first, from CASEWORK_KEYS (`NAME:BASE64`)."""
    return {name: AESGCM(key) for name, key in parse_keys(settings.CASEWORK_KEYS).items()}


def read_keys_again() -> None:
    """Forget the keys and read them again, from the file that holds them if there is one.

    A process that started before the newest key was added meets its name in the database, and finds it in the file.
    """
    file = settings.CASEWORK_KEYS_FILE
    if file:
        text = Path(file).read_text(encoding="utf-8").strip()
        if file.endswith(".json"):  # the embedded servers' secrets
            text = json.loads(text)["casework_keys"]
        settings.CASEWORK_KEYS = [item for item in text.replace("\n", ",").split(",") if item.strip()]
    _wrapping_keys.cache_clear()


def key_names() -> list[str]:
    """The names of the key-encryption keys that are at hand, newest first."""
    return list(_wrapping_keys())


def new_key() -> bytes:
    """A random key of 32 bytes."""
    return AESGCM.generate_key(256)


def wrap(key: bytes, *, label: str) -> tuple[str, bytes]:
    """Wrap a record key with the newest key-encryption key; `label` (the record key's id) is bound to it.

    Returns the name of the wrapping key and the wrapped bytes.
    """
    name, wrapping = next(iter(_wrapping_keys().items()))
    nonce = os.urandom(NONCE)
    return name, VERSION + nonce + wrapping.encrypt(nonce, key, label.encode())


def unwrap(wrapped: bytes, *, wrapped_by: str, label: str) -> bytes:
    """The record key. Raises `Tampered` when the wrapping key is unknown or the bytes were changed."""
    if wrapped_by not in _wrapping_keys():
        read_keys_again()
    wrapping = _wrapping_keys().get(wrapped_by)
    if wrapping is None or wrapped[:1] != VERSION:
        raise Tampered(f"no key named {wrapped_by} in CASEWORK_KEYS")
    try:
        return wrapping.decrypt(wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :], label.encode())
    except (InvalidTag, ValueError):  # a ValueError: too short to hold a nonce and a tag
        raise Tampered("a record key does not open with the key that is said to have wrapped it") from None


def seal(plain: bytes, *, key: bytes, place: str) -> bytes:
    """Seal bytes for one place (table, row, column, key version)."""
    nonce = os.urandom(NONCE)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def open_sealed(sealed: bytes, *, key: bytes, place: str) -> bytes:
    """What was sealed for this very place. Raises `Tampered` otherwise."""
    if sealed[:1] != VERSION:
        raise Tampered(f"unknown seal at {place}")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], place.encode())
    except (InvalidTag, ValueError):  # a ValueError: too short to hold a nonce and a tag
        raise Tampered(f"the seal at {place} does not fit") from None
