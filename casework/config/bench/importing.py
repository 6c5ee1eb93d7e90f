"""The process that imports for the benchmark: `python -m casework.config.bench.importing FOLDER`; prints JSON."""

import json
import os
import resource
import sys
import time
from pathlib import Path

import django


def _mib_now() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main(folder: str) -> None:
    """Import the folder into the database that the environment names, and say what it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
    django.setup()
    from django.db import connection, connections
    from django.utils import timezone

    from casework.config.bench.imports import database_seconds
    from casework.config.bench.world import DATABASE_VARIABLE
    from casework.exchange.importer import home_organisation, import_records
    from casework.exchange.problems import ImportRefused

    for alias in ("default", "owner"):
        connections.settings[alias]["NAME"] = os.environ[DATABASE_VARIABLE]
    organisation = home_organisation("bench")
    with connection.cursor() as cursor:
        idle, worked, begin = _mib_now(), database_seconds(cursor), time.perf_counter()
        try:
            import_records(Path(folder), organisation=organisation, now=timezone.now())
        except ImportRefused as refused:
            sys.exit("\n".join(list(refused.problems.lines())[:5]))
        seconds = time.perf_counter() - begin
        worked = database_seconds(cursor) - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "database_seconds": worked, "idle_mib": idle, "peak_mib": peak}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
