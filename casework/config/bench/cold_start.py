"""From `manage.py demo` in an empty state directory to the first page."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator

from django.conf import settings

from casework.config.bench.results import Result, Target
from casework.config.bench.world import World

COLD_START = Target("cold-start", "cold start of the demo to the first page", 30, "s")
PATIENCE = 180  # seconds
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")


def measure(world: World, rounds: int) -> Iterator[Result]:
    """Databases made, migrated and filled, worker, beat and web started, the sign-in page served. Once."""
    with tempfile.TemporaryDirectory(prefix="casework-cold-") as state:
        os.chmod(state, 0o755)  # noqa: S103  (as root the servers run as another account, which must pass)
        yield Result(COLD_START, _seconds(os.path.join(state, "state")), 0)


def _seconds(state: str) -> float:
    begin = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", "0"],
        cwd=settings.BASE_DIR,
        env=environment | {"CASEWORK_STATE_DIR": state, "DJANGO_SETTINGS_MODULE": "casework.config.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        address = _address(process, begin + PATIENCE)
        with urllib.request.urlopen(f"{address}/account/login/", timeout=30) as response:  # noqa: S310
            response.read()
        return time.perf_counter() - begin
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _address(process: "subprocess.Popen[bytes]", end: float) -> str:
    """The address that the demo prints. Raises RuntimeError when it ends or takes too long."""
    said = []
    assert process.stdout is not None  # noqa: S101
    for line in process.stdout:
        said.append(line)
        found = _ADDRESS.search(line)
        if found:
            return found.group().decode()
        if time.perf_counter() > end:
            break
    raise RuntimeError(f"the demo did not start: {b''.join(said[-3:]).decode(errors='replace')}")
