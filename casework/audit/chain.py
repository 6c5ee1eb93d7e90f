"""The bytes that are hashed and signed: of an event, of a batch, of an anchor. Whoever changes them breaks every seal.

An event's bytes are the line that PostgreSQL's COPY writes for it: columns parted by tabs, tabs and line breaks inside
them escaped, NULL as \\N, so that no value can pretend to be two. Times are microseconds since 1970, JSON is the text
that jsonb gives. A batch's head is the SHA-256 of its numbers, the ids and hashes of its events and the head before.
"""

import base64
import binascii
import datetime
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from casework.audit.seal_models import Seal

FORM = 1
DIGEST = 32
NOTHING_BEFORE = bytes(DIGEST)  # the head before the first batch
GONE = bytes(DIGEST)  # stands for an event that was waiting and is not there: the batch says so for ever
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

_LINES = """COPY (
    SELECT id, (extract(epoch FROM at) * 1000000)::bigint, kind, verb, actor_id, organisation_id,
           subjects::text, labels::text, fields::text, note
    FROM audit_event WHERE id = ANY(%s)
) TO STDOUT (ENCODING 'UTF8')"""


def digests_of(cursor: Any, event_ids: list[int]) -> dict[int, bytes]:
    """The hash of each of these events as the table holds it now; those that are not there are left out."""
    with cursor.copy(_LINES, [event_ids]) as copy:
        lines = b"".join(copy).split(b"\n")
    return {int(line[: line.index(b"\t")]): hashlib.sha256(line).digest() for line in lines if line}


def _microseconds(at: datetime.datetime) -> int:
    return (at - EPOCH) // datetime.timedelta(microseconds=1)


def head_of(seal: Seal) -> bytes:
    """The head that follows from what the batch says."""
    numbers = (
        f"casework seal {seal.form} {seal.position} {_microseconds(seal.made_at)} {seal.first} {seal.last} "
        f"{seal.count} {seal.key_id} {len(seal.event_ids)} {len(seal.digests)}\n"
    )
    hashed = hashlib.sha256(numbers.encode())
    hashed.update(b"".join(each.to_bytes(8, signed=True) for each in seal.event_ids))
    hashed.update(bytes(seal.digests))
    hashed.update(bytes(seal.previous))
    return hashed.digest()


# Keys ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


def is_key(text: str) -> bool:
    """Whether a setting holds what a key needs: 32 bytes in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _key_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def public_key() -> str:
    """The public half of this installation's key, in base64: what an auditor keeps to check with later."""
    return base64.b64encode(_private(settings.CASEWORK_AUDIT_KEY).public_key().public_bytes_raw()).decode()


def trusted(given: list[str] | None = None) -> dict[str, Ed25519PublicKey]:
    """Public keys by id: those given (base64), else this installation's own and the old ones it names.

    Raises ValueError when one of them is no public key.
    """
    texts = given or [public_key(), *settings.AUDIT_OLD_PUBLIC_KEYS]
    raw = [base64.b64decode(text, validate=True) for text in texts]
    return {_key_id(each): Ed25519PublicKey.from_public_bytes(each) for each in raw}


def sign(head: bytes) -> tuple[str, bytes]:
    """The id of the key in use, and its signature of a head."""
    key = _private(settings.CASEWORK_AUDIT_KEY)
    return _key_id(key.public_key().public_bytes_raw()), key.sign(b"casework head\n" + head)


def own_key_id() -> str:
    return _key_id(_private(settings.CASEWORK_AUDIT_KEY).public_key().public_bytes_raw())


def signed(head: bytes, key_id: str, signature: bytes, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Whether the signature of a head is good under the key it names."""
    try:
        keys[key_id].verify(signature, b"casework head\n" + head)
    except (KeyError, InvalidSignature):
        return False
    return True


# Anchors -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Anchor:
    """A head as the outside keeps it: one line of the anchor file, or of a mail."""

    position: int
    made_at: str
    head: bytes
    key_id: str
    signature: bytes

    def line(self) -> str:
        signature = base64.b64encode(self.signature).decode()
        return f"{self.position} {self.made_at} {self.head.hex()} {self.key_id} {signature}"


def anchor_of(seal: Seal) -> Anchor:
    made_at = seal.made_at.astimezone(datetime.UTC).isoformat()
    return Anchor(seal.position, made_at, bytes(seal.head), seal.key_id, bytes(seal.signature))


def read_anchor(line: str) -> Anchor | None:
    """The anchor of a line; None when the line is none, such as one that a crash tore."""
    words = line.split()
    if len(words) != 5 or not (words[0].isascii() and words[0].isdigit() and len(words[0]) < 19):
        return None
    try:
        head, signature = bytes.fromhex(words[2]), base64.b64decode(words[4], validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(head) != DIGEST or len(signature) != 64:
        return None
    return Anchor(int(words[0]), words[1], head, words[3], signature)


def anchors_in(path: Any, size: int) -> Iterator[tuple[int, Anchor | None]]:
    """The lines of a file of anchors, as far as it went when it had this size, each with its number."""
    with open(path, "rb") as file:
        passed = 0
        for number, line in enumerate(file, 1):
            passed += len(line)
            if passed > size:
                return
            text = line.decode(errors="replace")
            if text.strip() and not text.startswith("#"):
                yield number, read_anchor(text)
