"""Beyond one machine: two web servers that share nothing, workers by queue, a streaming replica, an object store.

The soak test does it for real, on one machine: a PostgreSQL cluster made as docker-compose.yml makes it, a replica
made with pg_basebackup, a broker, two web servers and two workers with the environment of an installation.
"""

import contextlib
import datetime
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone
from moto.server import ThreadedMotoServer

from casework import embedded
from casework.statistics import engine, replica
from casework.vault import files
from casework.vault.models import FileLost, StoredFile, VaultKey
from tests.support.passable import passable_directory

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "casework" / "config" / "deploy"
ROUNDS = 8 if os.environ.get("CASEWORK_SOAK") == "ci" else 60
BUCKET = "casework-files"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-central-1"}


# --- Object storage ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An object store on this machine, with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=endpoint, **KEYS)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield endpoint
    server.stop()


def storage_environment(endpoint: str, folder: Path) -> dict[str, str]:
    """What an installation sets; the secret one lies in a file."""
    (folder / "s3").write_text("test\n")
    return {
        "CASEWORK_S3_BUCKET": BUCKET,
        "CASEWORK_S3_ENDPOINT": endpoint,
        "CASEWORK_S3_REGION": "eu-central-1",
        "CASEWORK_S3_ACCESS_KEY": "test",
        "CASEWORK_S3_SECRET_KEY_FILE": str(folder / "s3"),
        "CASEWORK_S3_FOLDER": "home",
    }


@pytest.fixture
def in_the_store(store: str, settings: Any, tmp_path: Path) -> Any:
    """Django's default storage as the product's settings make it of an installation's environment."""
    asked = "import json; from django.conf import settings; print(json.dumps(settings.STORAGES))"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | storage_environment(store, tmp_path) | {"DJANGO_SETTINGS_MODULE": "casework.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    settings.STORAGES = json.loads(done.stdout)
    return boto3.resource("s3", endpoint_url=store, **KEYS).Bucket(BUCKET)


@pytest.mark.django_db
def test_files_lie_in_an_object_store_as_noise(in_the_store: Any) -> None:
    content = "Kanarinka ćirilica".encode() * 1000
    stored = files.store(content, key=VaultKey.make(), media_type="application/pdf")
    (lying,) = list(in_the_store.objects.all())
    assert lying.key.startswith("home/sealed/")
    assert b"Kanarinka" not in lying.get()["Body"].read()
    assert StoredFile.objects.get().read() == content

    sealed = files.sealed_bytes(stored)
    in_the_store.put_object(Key=lying.key, Body=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(FileLost):
        StoredFile.objects.get().read()
    files.put_back(stored, sealed)
    assert StoredFile.objects.get().read() == content

    default_storage.save(f"{files.FOLDER}/orphan", ContentFile(b"rolled back"))
    assert files.sweep(now=timezone.now()) == 0
    assert files.sweep(now=timezone.now() + datetime.timedelta(days=2)) == 1
    assert StoredFile.objects.get().read() == content
    default_storage.delete(stored.name)
    with pytest.raises(FileLost):
        StoredFile.objects.get().read()


# --- The router ----------------------------------------------------------------------------------------------------


def test_only_reads_for_figures_leave_the_primary() -> None:
    router = replica.FiguresRouter()
    assert router.db_for_read(StoredFile) is None
    token = replica._reading.set("figures")
    try:
        assert router.db_for_read(StoredFile) == "figures"
        assert not hasattr(router, "db_for_write")
    finally:
        replica._reading.reset(token)


@pytest.mark.django_db
def test_without_a_replica_figures_are_the_primarys() -> None:
    report = engine.annual_report(2026)
    assert report.read == replica.Reading(replica=False, age=None, fell_back=False)


@pytest.mark.django_db
@pytest.mark.asvs("16.5.2")
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_the_page_says_when_the_replica_is_away_or_behind(
    cast: SimpleNamespace, as_user: Any, monkeypatch: Any, fault: type[Exception]
) -> None:
    monkeypatch.setitem(connections.settings, "figures", dict(connections.settings["default"]))

    def away() -> None:
        raise fault("gone")

    client = as_user(cast.ivana)
    monkeypatch.setattr(replica, "_age", away)
    assert "does not answer" in client.get("/statistics/annual-report/").content.decode()

    monkeypatch.setattr(replica, "_age", lambda: datetime.timedelta(minutes=12))
    monkeypatch.setattr(replica, "reading", lambda alias: contextlib.nullcontext())
    assert "12 minutes behind" in client.get("/statistics/annual-report/").content.decode()
    monkeypatch.setattr(replica, "_age", lambda: datetime.timedelta(seconds=2))
    page = client.get("/statistics/annual-report/").content.decode()
    assert "behind" not in page and "does not answer" not in page


# --- The whole of it ------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(until: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while True:
        found = until()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


class Site:
    """An installation on this machine, spread over processes that share a database, a broker and an object store."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder, self.running = folder, dict[str, subprocess.Popen[bytes]]()
        place = embedded._locate(None)
        self.programs, self.valkey = embedded._programs(place)
        self.as_servers = place.as_servers
        self.servers_uid = place.servers_uid
        self.primary, self.copy, self.broker = free_port(), free_port(), free_port()
        self.webs = {"a": free_port(), "b": free_port()}
        self.secrets = folder / "secrets"
        subprocess.run(["sh", DEPLOY / "make_secrets.sh", self.secrets], check=True, capture_output=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "casework.config.settings",
            "DATABASE_URL": f"postgres://casework_app@127.0.0.1:{self.primary}/casework",
            "DATABASE_PASSWORD_FILE": str(self.secrets / "db_app"),
            "DATABASE_OWNER_URL": f"postgres://casework_owner@127.0.0.1:{self.primary}/casework",
            "REDIS_URL": f"redis://127.0.0.1:{self.broker}",
            "CASEWORK_SECRET_KEY_FILE": str(self.secrets / "secret_key"),
            "CASEWORK_KEYS_FILE": str(self.secrets / "keys"),
            "CASEWORK_INDEX_KEY_FILE": str(self.secrets / "index_key"),
            "CASEWORK_AUDIT_KEY_FILE": str(self.secrets / "audit_key"),
            "CASEWORK_HOSTS": "cases.example.rs",
            "CASEWORK_ORIGINS": "https://cases.example.rs",
            "CASEWORK_BEHIND_PROXY": "true",
            "CASEWORK_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            "CASEWORK_FIGURES_LATE_SECONDS": "1",
            "CASEWORK_HOME_ORGANISATION": "home",
            **storage_environment(endpoint, folder),
        }
        self.on_replica = {
            "DATABASE_REPLICA_URL": f"postgres://casework_app@127.0.0.1:{self.copy}/casework",
            "DATABASE_REPLICA_PASSWORD_FILE": str(self.secrets / "db_app"),
        }

    # Servers ------------------------------------------------------------------------------------------------

    def _folder(self, name: str, *, to_servers: bool = True) -> Path:
        made = self.folder / name
        made.mkdir(mode=0o700)
        if to_servers and os.geteuid() == 0:
            os.chown(made, self.servers_uid, -1)
        return made

    def _start(self, name: str, argv: list[Any], **how: Any) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [str(word) for word in argv], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **how
            )

    def _run_server_tool(self, name: str, *arguments: Any, **extra: str) -> None:
        done = subprocess.run(
            [self.programs / name, *map(str, arguments)],
            **self.as_servers,  # type: ignore[call-overload]
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **extra},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def start_postgres(self, name: str, data: Path, port: int) -> None:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder / "sockets", "fsync": "off"}
        options |= {"port": port, "max_connections": 60, "shared_buffers": "32MB", "timezone": "UTC"}
        words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        how = {**self.as_servers, "cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}}
        self._start(name, [self.programs / "postgres", "-D", data, *words], **how)
        wait(lambda: self.answers(port), f"{name} starts")

    def answers(self, port: int) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.superuser(port, "SELECT 1", database="postgres")
            return True
        return False

    def superuser(self, port: int, statement: str, *, database: str = "casework") -> list[Any]:
        with psycopg.connect(
            host="127.0.0.1",
            port=port,
            user="postgres",
            dbname=database,
            password=(self.secrets / "db_superuser").read_text(),
            autocommit=True,
            connect_timeout=3,
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start_primary(self) -> None:
        """A cluster as compose makes it: the script of the image's first start makes the roles."""
        self._folder("sockets")
        password = self.folder / "password"
        password.write_text((self.secrets / "db_superuser").read_text())
        password.chmod(0o644)
        data = self._folder("primary") / "data"
        made = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "--data-checksums"]
        self._run_server_tool("initdb", *made, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start_postgres("primary", data, self.primary)
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "SECRETS": str(self.secrets),
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": "postgres",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.primary),
            "PGPASSWORD": (self.secrets / "db_superuser").read_text(),
        }
        done = subprocess.run(["sh", DEPLOY / "app_role.sh"], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start_copy(self) -> None:
        """A streaming replica with a replication slot."""
        password = secrets.token_hex(16)
        self.superuser(self.primary, f"CREATE ROLE replicator REPLICATION LOGIN PASSWORD '{password}'")
        data = self._folder("copy") / "data"
        address = ["-h", "127.0.0.1", "-p", self.primary, "-U", "replicator"]
        how = ["-D", data, "-R", "-X", "stream", "-c", "fast", "-C", "-S", "figures", "--no-sync"]
        self._run_server_tool("pg_basebackup", *address, *how, PGPASSWORD=password)
        self.start_postgres("copy", data, self.copy)
        wait(
            lambda: self.superuser(self.primary, "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"),
            "the replica streams",
        )

    def start_broker(self) -> None:
        data = self._folder("broker")
        words = ["--bind", "127.0.0.1", "--port", self.broker, "--dir", data, "--appendonly", "yes", "--save", ""]
        self._start("broker", [self.valkey, *words], **self.as_servers, cwd="/")

    def start_web(self, name: str, *, with_copy: bool = True) -> None:
        """A web server in a folder of its own, with a state directory of its own, which it does not need."""
        folder = self.folder / f"web-{name}"
        folder.mkdir(exist_ok=True)
        own = {
            "CASEWORK_BIND": f"127.0.0.1:{self.webs[name]}",
            "CASEWORK_WEB_WORKERS": "1",
            "CASEWORK_STATE_DIR": str(folder / "state"),
            "HOME": str(folder),
        }
        words = [sys.executable, "-m", "gunicorn", "--config", DEPLOY / "gunicorn.conf.py", "casework.config.wsgi"]
        environment = self.environment | (self.on_replica if with_copy else {}) | own
        self._start(f"web-{name}", words, cwd=folder, env=environment)

    def start_worker(self, name: str, queues: str) -> None:
        words = [sys.executable, "-m", "celery", "-A", "casework.config.celery", "worker", "-Q", queues]
        words += ["--concurrency", "1", "--hostname", f"{name}@site", "--without-gossip", "--without-mingle"]
        own = {"CASEWORK_PULSE_FILE": str(self.folder / f"{name}.pulse")}
        self._start(name, [*words, "--loglevel", "WARNING"], cwd=self.folder, env=self.environment | own)

    def start_relay(self) -> None:
        own = {"CASEWORK_PULSE_FILE": str(self.folder / "relay.pulse")}
        self._start("relay", [sys.executable, ROOT / "manage.py", "relay"], cwd=ROOT, env=self.environment | own)

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        process = self.running.pop(name)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.send_signal(how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)

    def stop_all(self) -> None:
        for name in reversed(list(self.running)):
            self.stop(name, signal.SIGINT if name in ("primary", "copy") else signal.SIGTERM)

    # Asking it ---------------------------------------------------------------------------------------------------

    def manage(self, *words: str, **extra: str) -> str:
        environment = self.environment | {"DATABASE_OWNER_PASSWORD_FILE": str(self.secrets / "db_owner")} | extra
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, *words: str, on_replica: bool = False) -> Any:
        """Ask a process with the installation's settings, started once for the primary and once for the replica."""
        name = "far-away-replica" if on_replica else "far-away"
        if name not in self.running:
            owner = {"DATABASE_OWNER_PASSWORD_FILE": str(self.secrets / "db_owner")}
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.support.far_away"],
                cwd=ROOT,
                env=self.environment | owner | (self.on_replica if on_replica else {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self.running[name]
        assert process.stdin and process.stdout
        process.stdin.write(" ".join(words).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"{name} ended at {words}"
        return json.loads(answer)


class Browser:
    """One person's browser, which is sent to either web server: cookies are for the site, not for a server."""

    def __init__(self, site: Site, session: str) -> None:
        self.site, self.cookies = site, {"__Host-session": session}

    def __call__(self, web: str, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.site.webs[web], timeout=60)
        headers = {
            "Host": "cases.example.rs",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.7",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = None
        if data is not None:
            headers |= {"Origin": "https://cases.example.rs", "Content-Type": "application/x-www-form-urlencoded"}
            body = urllib.parse.urlencode(data)
        try:
            connection.request("POST" if data is not None else "GET", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            for cookie in response.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return response.status, response.headers.get("Location", "") or text
        finally:
            connection.close()


@pytest.fixture
def site(store: str) -> Iterator[Site]:
    with passable_directory() as folder:
        made = Site(folder, store)
        try:
            yield made
        finally:
            made.stop_all()


def log_referral(browser: Browser, opened_at: str, posted_to: str) -> str:
    """Open the form on one web server and send it to the other; returns the number of the referral."""
    status, form = browser(opened_at, "/referrals/log/")
    assert status == 200, form[:200]
    hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|draft_token)" value="([^"]*)"', form))
    moment = timezone.localtime()
    answers = {
        "received_at_0": f"{moment:%d.%m.%Y.}",
        "received_at_1": "00:01",
        "source": "police",
        "immediate_danger": "unknown",
        "sex": "female",  # of unknown age: the supervisors are told
        "unaccompanied": "unknown",
        "needs_interpreter": "unknown",
        "leaflet_given": "unknown",
        "given_name": "Kanarinka",
    }
    status, place = browser(posted_to, "/referrals/log/", answers | hidden)
    assert status == 302, place[:3000]
    return re.search(r"R-\d{4}-\d{6}", place)[0]  # type: ignore[index]


@pytest.mark.soak
@pytest.mark.asvs("16.5.2")
def test_two_web_servers_two_workers_and_a_replica(site: Site) -> None:
    site.start_primary()
    site.start_broker()
    site.manage("manage.py", "migrate", "--verbosity", "0")
    sessions = site.ask("prepare")
    site.start_copy()
    for name in site.webs:
        site.start_web(name)
    site.start_worker("records", "celery")
    site.start_worker("delivery", "outbox,mail")
    site.start_relay()
    boris, vesna, ivana = (Browser(site, sessions[name]) for name in ("boris", "vesna", "ivana"))

    def ready(web: str) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return boris(web, "/readyz") == (200, "ready\n")
        return False

    for web in site.webs:
        wait(lambda web=web: ready(web), f"web {web} is ready")

    # 1. Two web servers: a form opened at one is posted to the other, the record is read at both.
    numbers = []
    for turn in range(ROUNDS):
        here, there = ("a", "b") if turn % 2 else ("b", "a")
        numbers.append(log_referral(boris, here, there))
        for web in (here, there):
            status, page = boris(web, f"/referrals/{numbers[-1]}/")
            assert status == 200 and "Kanarinka" in page
    assert len(set(numbers)) == ROUNDS
    for name in site.webs:  # neither needed a folder of its own
        assert not list((site.folder / f"web-{name}").rglob("*")), name

    # 2. Relay and workers: the supervisor is told of each, once, whichever server she asks.
    def told() -> bool:
        with_page = [vesna("b", f"/notifications/?page={page}")[1] for page in range(1, 2 + ROUNDS // 25)]
        return set(numbers) <= set(re.findall(r"R-\d{4}-\d{6}", "".join(with_page)))

    wait(told, "every notification")
    sent = site.superuser(site.primary, "SELECT count(*), count(DISTINCT message_id) FROM outbox_notification")
    assert sent[0][0] == sent[0][1] >= ROUNDS
    for name in ("relay", "delivery", "records"):
        assert time.time() - (site.folder / f"{name}.pulse").stat().st_mtime < 30, name

    # 3. A file that one process seals, another reads.
    assert site.ask("read", site.ask("seal", "nalaz")) == "nalaz"

    # 4. The report from the replica is the primary's.
    primary, copy = site.ask("figures"), site.ask("figures", on_replica=True)
    assert (primary["replica"], copy["replica"], copy["age"]) == (False, True, None)
    assert primary["report"] == copy["report"]
    assert str(ROUNDS) in json.dumps(copy["report"])
    status, page = ivana("a", "/statistics/annual-report/")
    assert status == 200 and "behind" not in page and "does not answer" not in page
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        site.superuser(site.copy, "CREATE TABLE x ()")

    # 5. A replica that lags says so, and shows one moment.
    site.superuser(site.copy, "SELECT pg_wal_replay_pause()")
    time.sleep(1.5)
    numbers.append(log_referral(boris, "a", "b"))
    late = site.ask("figures", on_replica=True)
    assert late["replica"] and late["late"] and late["age"] > 1
    assert late["report"] == copy["report"]
    assert "behind" in ivana("b", "/statistics/annual-report/")[1]
    site.superuser(site.copy, "SELECT pg_wal_replay_resume()")
    wait(lambda: site.ask("figures", on_replica=True)["age"] is None, "the replica catches up")
    assert site.ask("figures", on_replica=True)["report"] == site.ask("figures")["report"] != copy["report"]

    # 6. Without the replica the primary counts, and the page says so; work goes on.
    site.stop("copy", signal.SIGQUIT)
    away = site.ask("figures", on_replica=True)
    assert (away["fell_back"], away["replica"]) == (True, False)
    assert away["report"] == site.ask("figures")["report"]
    for web in site.webs:
        status, page = ivana(web, "/statistics/annual-report/")
        assert status == 200 and "does not answer" in page, web

    # 7. One web server is killed: the other goes on with the same sessions.
    site.stop("web-a", signal.SIGKILL)
    numbers.append(log_referral(boris, "b", "b"))
    assert boris("b", f"/referrals/{numbers[0]}/")[0] == 200

    # 8. Nothing of a person is in any log.
    for log in site.folder.glob("*.log"):
        assert "Kanarinka" not in log.read_text(errors="replace"), log.name
    lines = [line for line in (site.folder / "web-b.log").read_text().splitlines() if "request_finished" in line]
    assert len(lines) >= ROUNDS and {"route", "status", "ms", "request_id"} <= json.loads(lines[-1]).keys()
