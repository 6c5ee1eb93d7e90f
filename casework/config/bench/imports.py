"""The validated import of referrals against COPY of the rows that it made: time, the database's share, memory."""

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, connections, transaction

from casework.access.models import Organisation
from casework.config.bench import world as made
from casework.config.bench.names import Invented, birth_date
from casework.config.bench.results import Result, Target
from casework.config.bench.world import DATABASE_VARIABLE, World

DATABASE_PART = Target("import-database", "validated import against COPY of the same rows, the database's work", 1.5)
WHOLE = Target("import", "the same with reading, checks and encryption", 4)
MEMORY = Target("import-memory", "memory of an importing worker above its idle size", 200, "MiB")
MOST = 100_000  # referrals in one import
COPIES = 3
COLUMNS = (
    *("referral_id", "received_at", "source", "channel", "person_id", "given_name", "family_name", "sex", "birth_date"),
    *("citizenships", "languages", "suspected_forms", "indicators", "immediate_danger", "summary"),
)


def measure(world: World, rounds: int) -> Iterator[Result]:
    """One import by a process of its own into an empty database, then COPY of what it wrote into others."""
    count = min(world.rows, MOST)
    with tempfile.TemporaryDirectory(prefix="casework-import-") as folder, made.database(world.template) as name:
        os.chmod(folder, 0o700)
        Organisation.objects.get_or_create(short_name="bench", defaults={"name": "Bench", "kind": "ngo"})
        write_folder(Path(folder), count)
        with made.copied(name) as empty:
            found = _imported(Path(folder))
            tables = _export(Path(folder), empty)
            copies = [_copied_in(empty, tables) for _ in range(COPIES)]
    seconds = statistics.median(copy["seconds"] for copy in copies)
    work = statistics.median(copy["database_seconds"] for copy in copies)
    detail = {"seconds": found["seconds"], "copy_seconds": seconds, "referrals": count}
    if work and found["database_seconds"]:  # the database's processes are on this machine and can be seen
        worked = {"seconds": found["database_seconds"], "copy_seconds": work}
        yield Result(DATABASE_PART, found["database_seconds"] / work, count, worked)
    yield Result(WHOLE, found["seconds"] / seconds, count, detail)
    memory = {"idle_mib": found["idle_mib"], "peak_mib": found["peak_mib"]}
    yield Result(MEMORY, found["peak_mib"] - found["idle_mib"], count, memory)


def write_folder(folder: Path, count: int) -> None:
    """A folder in the exchange format with this many referrals, nine of ten about a person of their own."""
    chance = random.Random(9)  # noqa: S311
    text = "Rekla je da ne sme kući i da joj je pasoš oduzet. Traži prevodioca."
    with (folder / "referrals.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for place in range(count):
            day = f"{chance.randint(2023, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            row: dict[str, Any] = {"referral_id": f"R{place}", "received_at": f"{day}T10:30", "source": "police"}
            row |= {"channel": "telephone", "suspected_forms": "sex-trafficking", "immediate_danger": "yes"}
            row |= {"indicators": "passport-confiscation", "summary": text, "person_id": f"P{place}"}
            if place % 10 == 9:  # the second referral of the person before, who is described there
                row["person_id"] = f"P{place - 1}"
            else:
                who = Invented(chance)
                row |= {"given_name": who.given, "family_name": who.family, "birth_date": birth_date(who) or ""}
                row |= {"sex": "female", "citizenships": "RS", "languages": "sr"}
            writer.writerow(row)


def database_seconds(cursor: Any) -> float:
    """Processor seconds that this connection's server process has used; 0 where it cannot be seen."""
    cursor.execute("SELECT pg_backend_pid()")
    try:
        fields = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _imported(folder: Path) -> dict[str, float]:
    """What the import took, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "casework.config.bench.importing", str(folder)],
        cwd=settings.BASE_DIR,
        env=os.environ | {DATABASE_VARIABLE: connections.settings["default"]["NAME"]},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])  # after what may have been logged
    return found


def _export(folder: Path, empty: str) -> dict[str, Path]:
    """The rows that the import wrote, table by table, as COPY writes them."""
    models = [model for model in apps.get_models() if model._meta.managed and model._meta.app_label != "audit"]
    tables = {model._meta.db_table for model in models}
    held = {table: _count(table) for table in tables}
    with made.elsewhere(empty):
        written = {table for table in tables if _count(table) < held[table]}
    files = {}
    for table in sorted(written):
        files[table] = folder / f"{table}.copy"
        statement = f'COPY "{table}" TO STDOUT'
        with connection.cursor() as cursor, files[table].open("wb") as file, cursor.copy(statement) as rows:
            for part in rows:
                file.write(part)
    return files


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        return int(cursor.fetchone()[0])


def _copied_in(empty: str, files: dict[str, Path]) -> dict[str, float]:
    """What COPY of the same rows takes, into the same tables with the same indexes and constraints."""
    with made.copied(empty) as target, made.elsewhere(target), connection.cursor() as cursor:
        worked, begin = database_seconds(cursor), time.perf_counter()
        with transaction.atomic():
            for table, file in files.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as rows, file.open("rb") as parts:
                    while part := parts.read(1 << 16):
                        rows.write(part)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "database_seconds": database_seconds(cursor) - worked}
