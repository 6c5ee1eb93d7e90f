"""Many people at once, each with a connection and real commits."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from casework.workflow import Refused


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
