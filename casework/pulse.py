"""A sign of life: a process that works touches a file now and then, and its health check looks how old that is.

Without CASEWORK_PULSE_FILE (the demo, the tests) nothing is touched. `python -m casework.config.healthy` asks.
"""

import os
from collections.abc import Callable
from pathlib import Path

# Called with every beat: whoever wants to know it elsewhere than in the file.
LISTENERS: list[Callable[[], object]] = []


def beat() -> None:
    """Say that this process still works."""
    path = os.environ.get("CASEWORK_PULSE_FILE")
    if path:
        Path(path).touch(mode=0o600)
    for listener in LISTENERS:
        listener()
