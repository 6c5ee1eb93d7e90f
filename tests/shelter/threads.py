"""Many people at once, each with a connection and real commits; and what is true of the table afterwards."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections

from casework.workflow import Refused

THREADS = 16


def all_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do each act in a thread of its own, all starting together. A refusal is a result; anything else is raised."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=60)
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(run, acts))


def nights_taken_twice() -> Counter[str]:
    """How many nights have two people in one bed, or one person in two places: counted night by night, in SQL."""
    found: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for column in ("bed_id", "person_id"):
            cursor.execute(
                f"""
                SELECT count(*) FROM (
                    SELECT {column}, night FROM shelter_placement,
                        generate_series(starts_on, coalesce(ends_on, date '2028-01-01') - 1, interval '1 day') AS night
                    WHERE error_at IS NULL AND {column} IS NOT NULL
                    GROUP BY {column}, night HAVING count(*) > 1
                ) AS twice
                """
            )
            found[column] = cursor.fetchone()[0]
    return +found
