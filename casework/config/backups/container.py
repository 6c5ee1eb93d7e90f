"""Named entries in a sealed stream, each of a length that need not be known before it is written."""

import struct
from collections.abc import Iterable, Iterator

from casework.config.backups.stream import CHUNK, Damaged, Reader, Writer

MANIFEST, DATABASE, FILES, END = "manifest.json", "database.dump", "files/", "end"


def write_entry(writer: Writer, name: str, parts: Iterable[bytes]) -> int:
    """Write one entry; returns its length in bytes."""
    encoded, total = name.encode(), 0
    writer.write(struct.pack(">H", len(encoded)) + encoded)
    for part in parts:
        if part:
            writer.write(struct.pack(">I", len(part)) + part)
            total += len(part)
    writer.write(struct.pack(">I", 0))
    return total


def write_end(writer: Writer) -> None:
    write_entry(writer, END, ())
    writer.close()


def _parts(reader: Reader) -> Iterator[bytes]:
    while left := struct.unpack(">I", reader.read_exactly(4))[0]:
        while left:
            part = reader.read(min(left, CHUNK))
            if not part:
                raise Damaged("This backup ends too early. Take another copy of it.")
            left -= len(part)
            yield part


def entries(reader: Reader) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every entry with its parts, which must be taken before the next entry is asked for."""
    while True:
        (length,) = struct.unpack(">H", reader.read_exactly(2))
        name, parts = reader.read_exactly(length).decode(), _parts(reader)
        if name == END:
            for _nothing in parts:
                pass
            if reader.read(1):
                raise Damaged("Something was added at the end of this backup. Take another copy of it.")
            return
        yield name, parts
        for _rest in parts:  # what the caller did not take
            pass
