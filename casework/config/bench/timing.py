"""Timing in turns: what is compared runs round by round, one after the other, so that a busy moment meets all of it."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connections

Act = Callable[[], Any]


def in_turns(acts: Mapping[str, Act], *, rounds: int = 15) -> dict[str, float]:
    """The median of each act's milliseconds, after a warm-up of all."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for act in acts.values():
        act()
    for _round in range(rounds):
        for name, act in acts.items():
            taken[name].append(milliseconds(act))
    return {name: statistics.median(times) for name, times in taken.items()}


def milliseconds(act: Act) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def statements_of(act: Act, using: str = "default") -> list[tuple[str, Any]]:
    """The statements that an act sends, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connections[using].execute_wrapper(note):
        act()
    return sent


def explained(act: Act, using: str = "default", *, rounds: int = 7) -> tuple[float, int, int]:
    """What an act's reading statements cost in the database, by EXPLAIN: the median of their milliseconds (planning
    and execution), the shared buffers, and how many statements there are."""
    reading = [(sql, params) for sql, params in statements_of(act, using) if sql.lstrip("( ").startswith("SELECT")]
    times, buffers = [], 0
    with connections[using].cursor() as cursor:
        for _round in range(rounds):
            taken, buffers = 0.0, 0
            for sql, params in reading:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()[0]
                taken += plan["Planning Time"] + plan["Execution Time"]
                buffers += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            times.append(taken)
    return statistics.median(times), buffers, len(reading)
