"""AES-256-GCM, in two steps: record keys wrapped by a key that is not in the database, fields sealed by record keys.

A sealed field is `version byte | 12 bytes nonce | ciphertext and tag`. Its associated data names the table, row, column
and key, so that a ciphertext that was moved, swapped or flipped raises `Tampered` and never yields a value.
"""

import base64
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
NONCE = 12


class Tampered(Exception):
    """The ciphertext is not what was sealed for this place, or the key is not the one that sealed it."""


class Erased(Exception):
    """The record's key was destroyed: what it sealed is gone for good."""


@cache
def _wrapping_keys() -> dict[str, AESGCM]:
    """Key-encryption keys by name, newest first, from CASEWORK_KEYS (`NAME:BASE64`)."""
    keys = {}
    for item in settings.CASEWORK_KEYS:
        name, _, encoded = item.rpartition(":")
        keys[name or "k"] = AESGCM(base64.b64decode(encoded, validate=True))
    return keys


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
    wrapping = _wrapping_keys().get(wrapped_by)
    if wrapping is None or wrapped[:1] != VERSION:
        raise Tampered(f"no key named {wrapped_by} in CASEWORK_KEYS")
    try:
        return wrapping.decrypt(wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :], label.encode())
    except InvalidTag:
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
    except InvalidTag:
        raise Tampered(f"the seal at {place} does not fit") from None
