"""After importing names in both scripts, none of them is found in the state directory: data, WAL, broker, logs."""

import base64
import contextlib
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from casework import embedded
from tests.exchange.folders import write

pytestmark = pytest.mark.soak

CONTROL = "Kontrolna Планкаревић"
LATIN = ["Zvezdoslava", "Bratoljub", "Čedomirka", "Đurđijana", "Šćepanija", "Živodrag", "Njegomir", "Ljubosava"]
CYRILLIC = ["Звездослава", "Братољуб", "Чедомирка", "Ђурђијана", "Шћепанија", "Живодраг", "Његомир", "Љубосава"]


def names() -> list[str]:
    return [f"{(LATIN if number % 2 else CYRILLIC)[number // 2 % 8]}xq{number:04}" for number in range(1_000)]


def written_ways(name: str) -> Iterator[bytes]:
    """A name as it might lie on a disk: plain, UTF-16, and base64 at each of the three alignments."""
    plain = name.encode()
    yield plain
    yield name.encode("utf-16-le")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        # the letters at both ends depend on the neighbours; those between do not
        yield coded[(shift * 8 + 5) // 6 : len(coded) - 4]


STREAMS = ((b"\x78\x01", 15), (b"\x78\x5e", 15), (b"\x78\x9c", 15), (b"\x78\xda", 15), (b"\x1f\x8b\x08", 31))


def unpacked(data: bytes) -> Iterator[bytes]:
    """The data, and whatever zlib and gzip streams in it hold."""
    yield data
    view = memoryview(data)
    for magic, bits in STREAMS:
        at = data.find(magic)
        while at >= 0:
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj(bits).decompress(view[at:], 1_000_000)
            at = data.find(magic, at + 1)


def found(needles: dict[bytes, str], files: Iterable[Path]) -> set[tuple[str, str]]:
    """Which names lie in which files."""
    hits = set()
    for path in files:
        try:
            data = path.read_bytes()
        except OSError:  # a socket, or a file that the server has just removed
            continue
        for part in unpacked(data):
            hits |= {(name, path.name) for needle, name in needles.items() if needle in part}
    return hits


def needles_of(wanted: Iterable[str]) -> dict[bytes, str]:
    return {way: name for name in wanted for way in written_ways(name)}


def everything(state: Path) -> list[Path]:
    return [path for path in state.rglob("*") if path.is_file() and not path.is_socket()]


def checkpoint() -> None:
    """Everything that the servers hold in memory goes to the disk."""
    import psycopg

    ends = embedded.endpoints()
    with psycopg.connect(
        host=str(ends.host),
        dbname="postgres",
        user=ends.superuser,
        password=ends.superuser_password,
        autocommit=True,
    ) as server:
        server.execute("CHECKPOINT")
    redis.Redis.from_url(ends.redis_url(0)).execute_command("SAVE")


def test_the_scanner_finds_a_control_name_in_every_disguise(tmp_path):
    plain = CONTROL.encode()
    disguises = {
        "plain": b"xx" + plain + b"yy",
        "utf-16": CONTROL.encode("utf-16-le"),
        "base64-0": base64.b64encode(plain + b"yyy"),
        "base64-1": base64.b64encode(b"x" + plain + b"yyy"),
        "base64-2": base64.b64encode(b"xx" + plain + b"yyy"),
        "zlib": b"head" + zlib.compress(b"xx" + plain) + b"tail",
        "gzip": b"head" + gzip.compress(b"xx" + plain) + b"tail",
        "base64 in gzip": gzip.compress(base64.b64encode(b"x" + plain + b"yyy")),
    }
    for name, data in disguises.items():
        (tmp_path / name).write_bytes(data)
    assert {file for _name, file in found(needles_of([CONTROL]), everything(tmp_path))} == set(disguises)


def test_a_thousand_imported_names_are_nowhere_on_the_disk(committed_db, import_records, tmp_path):
    wanted = names()
    head = (
        "referral_id,received_at,source,person_id,given_name,family_name,other_names,summary,"
        "referrer_body,municipality\n"
    )
    rows = [
        f"R{at},2024-03-01T10:00,police,P{at},{name},{name},{name},{name} se javila,{name},{name}\n"
        for at, name in enumerate(wanted)
    ]
    decisions = "referral_id,authority,decided_on,outcome,psychologist,reasons\n" + "".join(
        f"R{at},cptv,2024-04-01,inconclusive,{name},{name}\n" for at, name in enumerate(wanted)
    )
    stays = "person_id,kind,facility,starts_on\n" + "".join(
        f"P{at},foster-family,{name},2024-04-01\n" for at, name in enumerate(wanted)
    )
    folder = write(
        tmp_path / "in", {"referrals": head + "".join(rows), "identifications": decisions, "placements": stays}
    )
    assert import_records(folder).code == 0
    refused = write(tmp_path / "bad", {"referrals": head + "".join(rows) + f"R0,x,police,,{wanted[0]},,,,,\n"})
    assert import_records(refused).code == 1

    state = Path(os.environ["CASEWORK_STATE_DIR"])
    state = embedded.state_dir() if not state.exists() else state
    with connection.cursor() as cursor:
        # a control written to the very same database, to prove that the scanner reads where rows are kept
        cursor.execute("INSERT INTO access_team (id, organisation_id, name) SELECT gen_random_uuid(), id, %s"
                       " FROM access_organisation LIMIT 1", [CONTROL])  # fmt: skip
    checkpoint()
    files = everything(state)
    assert {name for name, _file in found(needles_of([CONTROL]), files)} == {CONTROL}
    # the thousand names are sixteen rare words with a number each: none of the words may be there
    assert found(needles_of([*LATIN, *CYRILLIC]), files) == set()
