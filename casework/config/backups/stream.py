"""A file of any length, sealed chunk by chunk, so that memory stays flat.

The file begins with a plain header (which key-encryption key wraps the file's key, and the wrapped key). Then come
chunks of AES-256-GCM in the STREAM construction: the nonce is `7 random bytes | 4 bytes counter | 1 byte last`, and
each chunk is bound to the header. A chunk that is changed, moved, repeated or missing, and a file that is cut at the
end of a chunk, does not open.
"""

import hashlib
import json
import os
import struct
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from casework.vault import crypto

MAGIC = b"casework backup 1\n"
CHUNK = 1 << 20
TAG = 16
LARGEST_HEADER = 65_536


class BackupProblem(Exception):
    """A backup cannot be written, read or restored. The message is a sentence for the person at the terminal."""


class NotOurs(BackupProblem):
    """The file is no backup of this product."""


class WrongKey(BackupProblem):
    """None of the keys at hand opens the file."""


class Damaged(BackupProblem):
    """The file was changed or cut after it was written."""


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", counter, last)


class Writer:
    """Seals what is written into `file` under a key of its own, which the newest of CASEWORK_KEYS wraps."""

    def __init__(self, file: BinaryIO, *, made_at: str) -> None:
        self.file, self.id = file, str(uuid.uuid4())
        key = crypto.new_key()
        name, wrapped = crypto.wrap(key, label=f"backup:{self.id}")
        self.prefix = os.urandom(7)
        header = json.dumps(
            {
                "id": self.id,
                "made_at": made_at,
                "chunk": CHUNK,
                "wrapped_by": name,
                "wrapped": wrapped.hex(),
                "prefix": self.prefix.hex(),
            }
        ).encode()
        file.write(MAGIC + struct.pack(">I", len(header)) + header)
        self.cipher, self.bound = AESGCM(key), hashlib.sha256(header).digest()
        self.counter, self.held = 0, bytearray()

    def write(self, data: bytes) -> None:
        self.held += data
        while len(self.held) > CHUNK:  # one byte more than a chunk: the last chunk must be known as such
            self._seal(bytes(self.held[:CHUNK]), last=False)
            del self.held[:CHUNK]

    def close(self) -> None:
        """Seal the last chunk. A file that was not closed does not open."""
        self._seal(bytes(self.held), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self.file.write(self.cipher.encrypt(_nonce(self.prefix, self.counter, last=last), plain, self.bound))
        self.counter += 1


def read_header(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The plain header and its bytes. Raises NotOurs."""
    if file.read(len(MAGIC)) != MAGIC:
        raise NotOurs("This file is not a backup of this product, or it is one of a later format.")
    try:
        (length,) = struct.unpack(">I", file.read(4))
        raw = file.read(min(length, LARGEST_HEADER))
        return dict(json.loads(raw)), raw
    except (struct.error, ValueError, TypeError):
        raise Damaged("The head of this backup is damaged. Take another copy of it.") from None


class Reader:
    """Opens what `Writer` sealed, as a file that is read forward."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.header, raw = read_header(file)
        try:
            self.id, name = str(self.header["id"]), str(self.header["wrapped_by"])
            self.prefix, wrapped = bytes.fromhex(self.header["prefix"]), bytes.fromhex(self.header["wrapped"])
            self.chunk = int(self.header["chunk"])
            if len(self.prefix) != 7 or not 0 < self.chunk <= 64 * CHUNK:
                raise ValueError
        except (KeyError, ValueError, TypeError):
            raise Damaged("The head of this backup is damaged. Take another copy of it.") from None
        try:
            key = crypto.unwrap(wrapped, wrapped_by=name, label=f"backup:{self.id}")
        except crypto.Tampered:
            at_hand = ", ".join(crypto.key_names()) or "none"
            raise WrongKey(
                f"This backup opens with the key named {name} as it was on {self.header.get('made_at', '?')[:10]}, and "
                f"that key is not among those at hand ({at_hand}). Put it into CASEWORK_KEYS, for example from the "
                "escrow shares (manage.py escrow combine), and try again. Nothing was changed."
            ) from None
        self.cipher, self.bound = AESGCM(key), hashlib.sha256(raw).digest()
        self.plain = self._chunks()
        self.held = b""

    def _chunks(self) -> Iterator[bytes]:
        counter, sealed = 0, self.file.read(self.chunk + TAG)
        while True:
            following = self.file.read(self.chunk + TAG)
            nonce = _nonce(self.prefix, counter, last=not following)
            try:
                yield self.cipher.decrypt(nonce, sealed, self.bound)
            except InvalidTag:
                raise Damaged(
                    f"This backup is damaged or cut (at about {counter * self.chunk:,} bytes). Take another copy of it."
                ) from None
            if not following:
                return
            counter, sealed = counter + 1, following

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only where a chunk ends, none at the end."""
        if not self.held:
            self.held = next(self.plain, b"")
        given, self.held = self.held[:size], self.held[size:]
        return given

    def read_exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.read(size)
            if not part:
                raise Damaged("This backup ends too early. Take another copy of it.")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
