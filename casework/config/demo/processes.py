"""Web server, worker, relay and beat as children of the demo: they end with it, however it ends."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

HOST = "127.0.0.1"  # nobody but this machine reaches a site with published passwords
READY_SECONDS = 60
STOP_SECONDS = 15
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Failed(Exception):
    """The demo cannot start or go on. The message is a sentence for the person at the terminal."""


@dataclass
class Child:
    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


def listen(port: int) -> socket.socket:
    """A listening socket of this machine; port 0 takes a free one. Raises Failed when the port is taken."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((HOST, port))
        server.listen(256)
    except (OSError, OverflowError) as error:
        server.close()
        if isinstance(error, OverflowError):
            raise Failed(f"{port} is not a port: choose one between 1024 and 65535.") from None
        raise Failed(
            f"Port {port} cannot be used ({(error.strerror or str(error)).lower()}): stop what listens there, "
            f"or choose another with --port {port + 1}."
        ) from None
    return server


def address_of(server: socket.socket) -> str:
    return f"http://{HOST}:{server.getsockname()[1]}"


def answers(address: str) -> bool:
    """Whether the site's sign-in page is served."""
    try:
        with urllib.request.urlopen(f"{address}/account/login/", timeout=30) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:  # refused, or an error page
        return False


class Children:
    """The programs of the site. Their output goes to files in the state directory, without addresses of pages."""

    def __init__(self, state: Path) -> None:
        self.state, self.running = state, list[Child]()

    def start_web(self, server: socket.socket) -> None:
        """Serve pages on a socket that already listens: who comes early waits instead of being refused."""
        handle = server.fileno()
        self._start(
            "web",
            [
                *("-m", "gunicorn", "casework.config.wsgi:application", "--bind", f"fd://{handle}", "--preload"),
                *("--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--log-level", "warning"),
                *("--no-control-socket",),
            ],
            handles=[handle],
        )

    def start_worker(self) -> None:
        self._start(
            "worker",
            [
                *("-m", "celery", "-A", "casework.config.celery", "worker", "--pool", "threads", "--concurrency", "2"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
        )

    def start_relay(self) -> None:
        # not through manage.py, which would want to own the servers that the demo already owns
        self._start("relay", ["-m", "django", "relay"])

    def start_beat(self) -> None:
        schedule = self.state / "demo-schedule"
        # When something last ran says nothing after a pause, and the file may be half written after a kill.
        for left in self.state.glob(f"{schedule.name}*"):
            left.unlink()
        self._start(
            "beat",
            [
                *("-m", "celery", "-A", "casework.config.celery", "beat", "--schedule", str(schedule)),
                *("--loglevel", "WARNING", "--pidfile="),
            ],
        )

    def wait_for_pages(self, address: str) -> None:
        """Return when the first page is served. Raises Failed when that does not happen."""
        end = time.monotonic() + READY_SECONDS
        while not answers(address):
            self.look()
            if time.monotonic() > end:
                raise Failed(
                    f"The web server served no page within {READY_SECONDS} seconds: see {self.state}/demo-web.log."
                )
            time.sleep(0.05)

    def look(self) -> None:
        """Raises Failed when one of the programs has ended by itself."""
        for child in self.running:
            code = child.process.poll()
            if code is not None:
                how = f"exit code {code}" if code >= 0 else f"signal {-code}"
                raise Failed(
                    f"The {child.name} stopped by itself ({how}): see {child.log}. Everything else is stopped now."
                )

    def stop(self) -> None:
        """Stop them all, the web first, and wait until they are gone."""
        for child in self.running:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for child in self.running:
            try:
                child.process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()

    def _start(self, name: str, arguments: Sequence[str], *, handles: Sequence[int] = ()) -> None:
        log = self.state / f"demo-{name}.log"
        log.unlink(missing_ok=True)  # one run's output, and never another account's file
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        parent = os.getpid()

        def end_with_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it ended before the line above
                os._exit(1)

        try:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=os.environ | {"CASEWORK_DEMO": "1", "DJANGO_SETTINGS_MODULE": "casework.config.settings"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the demo, which stops them in order
                pass_fds=handles,
                preexec_fn=end_with_parent,
            )
        finally:
            os.close(output)
        self.running.append(Child(name, process, log))


@contextlib.contextmanager
def stopped_at_the_end(children: Children) -> Iterator[Children]:
    """Stop the children when the block ends; a second Ctrl-C does not interrupt that."""
    try:
        yield children
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        children.stop()
