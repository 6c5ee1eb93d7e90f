"""Programs that are killed and started again, as a service manager does it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from casework import embedded

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 120


class Program:
    """One program in a session of its own. `kill` ends it as a power cut would, and starts it again."""

    def __init__(self, name: str, argv: list[str], log: Path, *, up: Callable[[], bool] | None = None, **how: Any):
        self.name, self.argv, self.log, self.up, self.how = name, argv, log, up, how
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = self.ended_by_itself = 0
        self.lock = threading.Lock()
        self.wanted = False

    def start(self) -> None:
        with self.lock:
            self.wanted = True
            self._launch()

    def _launch(self) -> None:
        with open(self.log, "ab") as log:
            how = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True} | self.how
            self.process = subprocess.Popen(self.argv, **how)

    def kill(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """kill -9 of the whole program, and a new start after `meanwhile`."""
        self.look()
        with self.lock:
            assert self.process is not None
            self._end_group(signal.SIGKILL)
            assert self.process.wait(30) == -signal.SIGKILL
            self.kills += 1
            meanwhile()
            self._launch()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        end = time.monotonic() + UP_SECONDS
        while self.up is not None and not self.up():
            assert time.monotonic() < end, f"{self.name} did not come back:\n{self.last_words()}"
            self.look()
            time.sleep(0.05)

    def look(self) -> None:
        """Start it again if it has ended by itself."""
        with self.lock:
            if self.wanted and self.process is not None and self.process.poll() is not None:
                self.ended_by_itself += 1
                time.sleep(0.2)
                self._launch()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and insist after a while; returns its exit code."""
        with self.lock:
            self.wanted = False
            if self.process is None:
                return 0
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)
            try:
                return self.process.wait(20)
            except subprocess.TimeoutExpired:
                self._end_group(signal.SIGKILL)
                return self.process.wait(20)

    def _end_group(self, number: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def last_words(self, lines: int = 15) -> str:
        with contextlib.suppress(OSError):
            return f"--- {self.name}\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


class Postgres(Program):
    def _end_group(self, number: signal.Signals) -> None:
        # Its server processes are sessions of their own and notice; a new one waits until they are gone.
        assert self.process is not None
        self.process.send_signal(number)


def servers(ends: embedded.Endpoints, log: Path) -> tuple[Program, Program]:
    """PostgreSQL and the broker of a state directory, taken over from the process that started them.

    What they were started with is what they are started with again, but for fsync: a killed process loses nothing that
    the kernel has, and the kernel has what was written. (What must stay on is synchronous_commit: without it PostgreSQL
    says that something is committed before it has written it.)
    """
    found: dict[str, tuple[int, list[str]]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry.name)
            argv = (entry / "cmdline").read_bytes().decode().rstrip("\0 ").replace(" unixsocket:", "\0").split("\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and str(ends.state) in " ".join(argv):
                found[Path(argv[0]).name] = (pid, argv)
    user = os.stat(ends.state / "pgdata")
    how: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}, "umask": 0o077}
    if os.geteuid() == 0:
        how |= {"user": user.st_uid, "group": user.st_gid, "extra_groups": []}

    def database_answers() -> bool:
        with contextlib.suppress(psycopg.Error):
            connect(ends).close()
            return True
        return False

    def broker_answers() -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(ends.host / "valkey.sock"))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    (postgres, postgres_argv), (broker, broker_argv) = found["postgres"], found["valkey-server"]
    # it writes over its own arguments
    broker_argv = [broker_argv[0], "--port", "0", "--unixsocket", str(ends.host / "valkey.sock")]
    broker_argv += ["--unixsocketperm", "700", "--dir", str(ends.state / "valkey"), "--appendonly", "yes", "--save", ""]
    database = Postgres("PostgreSQL", [*postgres_argv, "-c", "fsync=off"], log, up=database_answers, **how)
    doorbell = Program("broker", broker_argv, log, up=broker_answers, **how)
    for program, pid, number in ((database, postgres, signal.SIGINT), (doorbell, broker, signal.SIGTERM)):
        os.kill(pid, number)
        _wait_for_end(pid)
        program.start()
        program.wait_until_up()
    return database, doorbell


def _wait_for_end(pid: int) -> None:
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return
    raise AssertionError(f"process {pid} did not end")


def connect(ends: embedded.Endpoints) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=str(ends.host),
        dbname=ends.database,
        user=ends.app_user,
        password=ends.app_password,
        autocommit=True,
        connect_timeout=5,
    )


def ours(name: str, arguments: list[str], log: Path, environment: dict[str, str], **how: Any) -> Program:
    return Program(name, [sys.executable, *arguments], log, cwd=ROOT, env=environment, **how)


def table(programs: list[Program], found: Counter[str]) -> str:
    """What was killed how often, and what was found afterwards."""
    rows = [f"{'program':<12}{'kill -9':>8}{'ended by itself':>17}"]
    rows += [f"{program.name:<12}{program.kills:>8}{program.ended_by_itself:>17}" for program in programs]
    rows += ["", *(f"{count:>8}  {what}" for what, count in found.items())]
    return "\n".join(rows)
