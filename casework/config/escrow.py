"""The keys, split among named people: K of N together have them, fewer have nothing.

A bundle of all keys is sealed with a random key of 32 bytes (AES-256-GCM). That key is split in two halves of 16 bytes,
each by Shamir's scheme over GF(2^128); a share is one point of each half. Every share carries the sealed bundle, so
that nothing but shares is needed, and a check of its own, so that a mistyped share is told apart from a good one. The
shares never lie together anywhere: they are shown or written once, one card for each person.
"""

import base64
import hashlib
import json
import os
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from Crypto.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from casework.vault import crypto

FORM = "casework-share-1"
KEPT = ("CASEWORK_KEYS", "CASEWORK_INDEX_KEY", "CASEWORK_AUDIT_KEY", "CASEWORK_SECRET_KEY")
LARGEST = 20
# Words that are told apart on the telephone, in every script and hand: one for each value of four bits.
WORDS = (
    *("apple", "bridge", "candle", "doctor", "eagle", "forest", "garden", "hammer"),
    *("island", "jacket", "kettle", "lemon", "mirror", "needle", "orange", "pocket"),
)


class EscrowProblem(Exception):
    """The message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Share:
    """What one person keeps."""

    set_id: str  # the same on all shares of one splitting
    made_on: str
    number: int  # 1 to people
    people: int
    needed: int
    halves: bytes  # 32 bytes: this person's point of each half
    sealed: bytes  # the bundle, the same on all shares

    def _raw(self) -> bytes:
        return json.dumps(
            [self.set_id, self.made_on, self.number, self.people, self.needed, self.halves.hex(), self.sealed.hex()]
        ).encode()

    @property
    def check(self) -> bytes:
        return hashlib.sha256(FORM.encode() + self._raw()).digest()

    @property
    def words(self) -> str:
        """Four words by which two people find out on the telephone that a card was read right."""
        first, second = self.check[0], self.check[1]
        return " ".join(WORDS[value] for value in (first >> 4, first & 15, second >> 4, second & 15))

    def code(self) -> str:
        """The share as it is typed or pasted."""
        return f"{FORM}:{base64.urlsafe_b64encode(self._raw() + self.check[:8]).decode()}"

    @classmethod
    def read(cls, text: str) -> "Share":
        """A share from its code, or from the text of a whole card. Raises EscrowProblem."""
        plain = re.sub(r"\s+", "", text)
        start = plain.find(f"{FORM}:")
        match = re.match(r"[A-Za-z0-9_-]+=*", plain[start + len(FORM) + 1 :]) if start >= 0 else None
        if match is None:
            raise EscrowProblem(f"This is no share: a share begins with {FORM}:")
        broken = EscrowProblem("This share was not read right: a letter is missing or wrong. Compare it with the card.")
        try:
            held = base64.urlsafe_b64decode(match.group())
            set_id, made_on, number, people, needed, halves, sealed = json.loads(held[:-8])
            share = cls(
                str(set_id), str(made_on), int(number), int(people), int(needed), bytes.fromhex(halves),
                bytes.fromhex(sealed),
            )  # fmt: skip
        except (ValueError, TypeError):
            raise broken from None
        if share.check[:8] != held[-8:] or len(share.halves) != 32 or not 1 <= share.number <= share.people:
            raise broken
        return share


def bundle() -> dict[str, str]:
    """The keys of this installation, by the names of their settings."""
    return {
        "CASEWORK_KEYS": ",".join(settings.CASEWORK_KEYS),
        "CASEWORK_INDEX_KEY": settings.CASEWORK_INDEX_KEY,
        "CASEWORK_AUDIT_KEY": settings.CASEWORK_AUDIT_KEY,
        "CASEWORK_SECRET_KEY": settings.SECRET_KEY,
    }


def split(secret: dict[str, str], *, people: int, needed: int, made_on: str) -> list[Share]:
    """Split a bundle of keys; any `needed` of the shares put it together again. Raises EscrowProblem."""
    if not 2 <= people <= LARGEST:
        raise EscrowProblem(f"Name 2 to {LARGEST} people.")
    if not 2 <= needed <= people:
        raise EscrowProblem(
            f"At least 2 and at most {people} of the {people} must be needed: one alone would have the keys."
        )
    key, set_id = crypto.new_key(), os.urandom(4).hex()
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, json.dumps(secret).encode(), set_id.encode())
    first, second = (dict(Shamir.split(needed, people, half)) for half in (key[:16], key[16:]))
    return [
        Share(set_id, made_on, number, people, needed, bytes(first[number]) + bytes(second[number]), sealed)
        for number in range(1, people + 1)
    ]


def combine(shares: Sequence[Share]) -> dict[str, str]:
    """The bundle of keys again. Raises EscrowProblem for too few, doubled or foreign shares."""
    if not shares:
        raise EscrowProblem("No share was given.")
    if len({(share.set_id, share.sealed, share.needed, share.people) for share in shares}) > 1:
        raise EscrowProblem(
            "These shares are not of one splitting: compare the set's name and the date on the cards, and take those "
            "of the newest."
        )
    needed, different = shares[0].needed, {share.number: share for share in shares}
    if len(different) < needed:
        doubled = ", one of them twice" if len(different) < len(shares) else ""
        raise EscrowProblem(
            f"{needed} shares are needed, and there are {len(different)} different ones{doubled}: ask "
            f"{needed - len(different)} more of the people on the list."
        )
    if len({share.halves for share in different.values()}) < len(different):
        raise EscrowProblem("Two cards hold the same share under different numbers. One of them is not genuine.")
    chosen = list(different.values())[:needed]
    key = b"".join(
        bytes(Shamir.combine([(share.number, share.halves[part]) for share in chosen]))
        for part in (slice(0, 16), slice(16, 32))
    )
    sealed = shares[0].sealed
    try:
        opened: dict[str, Any] = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], shares[0].set_id.encode()))
    except (InvalidTag, ValueError):
        numbers = ", ".join(str(share.number) for share in chosen)
        raise EscrowProblem(f"At least one of the shares {numbers} is not genuine: nothing was opened.") from None
    return {name: str(value) for name, value in opened.items()}


def differences(found: dict[str, str]) -> list[str]:
    """Which of today's keys the bundle does not hold, by name; the keys themselves are never told."""
    missing = []
    today = bundle()
    wanted = crypto.parse_keys(settings.CASEWORK_KEYS)
    held = crypto.parse_keys([item for item in found.get("CASEWORK_KEYS", "").split(",") if item])
    missing += [f"CASEWORK_KEYS ({name})" for name, key in wanted.items() if held.get(name) != key]
    missing += [name for name in KEPT[1:3] if found.get(name) != today[name]]
    return missing


def card(share: Share, person: str) -> str:
    """The card for one person, to be printed once."""
    code = "\n".join(textwrap.wrap(share.code(), 64, break_long_words=True, break_on_hyphens=False))
    return (
        f"SHARE {share.number} OF {share.people}   set {share.set_id}   {share.made_on}\n"
        f"Kept by: {person}\n"
        f"{share.needed} of {share.people} shares together open the records. One alone opens nothing.\n"
        "Keep it in a locked place away from the server, show it to nobody, do not photograph it.\n"
        f"Check words: {share.words}\n\n{code}\n"
    )
