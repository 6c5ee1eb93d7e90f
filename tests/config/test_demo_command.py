"""The command `demo`: it owns what it starts, and keeps away from what is not its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from casework.access.models import Organisation
from casework.config.demo import accounts, processes
from tests.support.passable import passable_directory

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_published_passwords_do_not_join_other_accounts(cast: Any) -> None:
    with pytest.raises(accounts.Foreign, match="not the demo's"):
        accounts.create_accounts(accounts.PEOPLE)
    assert not Organisation.objects.filter(short_name="sunce").exists()


# --- the command --------------------------------------------------------------------------------------------
def test_the_demo_keeps_away_from_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    with pytest.raises(CommandError, match="without DATABASE_URL"):
        call_command("demo")


def test_a_port_that_is_taken_gets_a_sentence() -> None:
    with contextlib.closing(processes.listen(0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(processes.Failed, match=f"Port {port} cannot be used .*--port {port + 1}"):
            processes.listen(port)
    with pytest.raises(processes.Failed, match="is not a port"):
        processes.listen(70_000)


def test_a_program_that_dies_is_named(tmp_path: Path) -> None:
    children = processes.Children(tmp_path)
    children._start("beat", ["-c", "raise SystemExit(3)"])
    children.running[0].process.wait(20)
    with pytest.raises(processes.Failed, match=r"The beat stopped by itself \(exit code 3\): see .*demo-beat\.log"):
        children.look()


def test_programs_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    start = (
        "import pathlib, sys, time, django; django.setup();"
        "from casework.config.demo.processes import Children;"
        "c = Children(pathlib.Path(sys.argv[1])); c._start('web', ['-c', 'import time; time.sleep(60)']);"
        "print(c.running[0].process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", start, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _until(lambda: not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes(), 20)


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


# --- the whole of it ----------------------------------------------------------------------------------------
def _demo(state: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CASEWORK", "DJANGO"))}
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env=environment | {"CASEWORK_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def state() -> Iterator[Path]:
    with passable_directory() as base:
        yield base / "state"


@pytest.mark.soak
def test_the_command_owns_what_it_starts(state: Path) -> None:
    """Empty start, a second demo refused, a kill, a start on the same data, Ctrl-C."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/account/login/"

    def up() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10) as page:
            return page.status == 200 and (state / "demo.json").exists()
        return False

    first = _demo(state, "--no-data", "--port", str(port))
    try:
        _until(up, 120)
        second = _demo(state, "--port", "0")
        said, _errors = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "Another command already runs the databases" in said
    finally:
        first.kill()
        first.communicate(timeout=60)
    _until(lambda: not up(), 30)
    again = _demo(state, "--no-data", "--port", str(port))
    assert again.stdout is not None
    said = ""
    while "Ctrl-C" not in said and (line := again.stdout.readline()):
        said += line
    served = up()
    again.send_signal(signal.SIGINT)
    said += again.communicate(timeout=60)[0]
    assert served, said
    assert again.returncode == 0
    assert "The data stays" in said
    assert "Making the tables" not in said
    assert said.count("Primer NGO Sunce") == 6
    assert not (state / "demo.json").exists()


@pytest.mark.soak
@pytest.mark.requirement("s-first-responder-referral", "s-roles", "s-annual-statistics")
def test_the_check_walks_through_everything(state: Path) -> None:
    check = _demo(state, "--check")
    said, _errors = check.communicate(timeout=600)
    assert check.returncode == 0, said
    assert "Everything holds." in said
