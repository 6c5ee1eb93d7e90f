"""How an installation is delivered: the image, docker-compose.yml, the systemd units, the proxy, the scripts.

There is no container engine to try them with: the files are read by parsers, and what can run without one runs here
(nginx, systemd-analyze, the scripts, the settings that compose gives).
"""

import datetime
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from casework import embedded

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "casework" / "config" / "deploy"
UNITS = DEPLOY / "systemd"
OURS = {"web", "worker", "delivery", "relay", "beat", "backup", "manage"}
REQUIRED = os.environ.get("CASEWORK_DELIVERY") == "required"  # in CI what is missing is a failure


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"])


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        if REQUIRED:
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed here")
    return found


# --- docker-compose.yml ------------------------------------------------------------------------------------------


def test_the_services_of_an_installation_are_there(services):
    assert set(services) == OURS | {"proxy", "db", "redis"}
    assert services["db"]["image"] == "postgres:18"
    assert services["manage"]["profiles"] == ["manage"]  # not started by `up`
    assert services["beat"]["deploy"]["replicas"] == 1


def test_only_the_proxy_is_published(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"proxy": ["80:80", "443:443"]}


def test_the_database_is_out_of_the_proxys_reach_and_has_no_way_out(compose, services):
    networks = {name: set(service["networks"]) for name, service in services.items()}
    assert networks["db"] == networks["redis"] == {"data"}
    assert networks["proxy"] == {"edge"}
    assert not networks["proxy"] & networks["db"]
    assert networks["web"] & networks["proxy"]
    assert compose["networks"]["data"] == {"internal": True}
    assert set().union(*networks.values()) == set(compose["networks"])


def test_every_container_is_read_only_and_without_privileges(services):
    given_back = {"proxy": 4, "db": 5}
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert len(service.get("cap_add", [])) == given_back.get(name, 0), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service and "pid" not in service and "network_mode" not in service, name
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", [])), name


def test_every_service_has_limits_a_health_check_a_restart_and_logs_that_end(services):
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        if name == "manage":
            assert service["restart"] == "no" and service["healthcheck"] == {"disable": True}
            continue
        assert service["restart"] == "unless-stopped", name
        check = service["healthcheck"]
        assert check["test"][0] == "CMD" and check["timeout"] and check["retries"], name


def test_the_workers_share_the_queues_that_the_product_has(services):
    from casework.config.celery import QUEUES

    served = [services[name]["command"][services[name]["command"].index("-Q") + 1] for name in ("worker", "delivery")]
    assert sorted(",".join(served).split(",")) == sorted(QUEUES)
    units = re.findall(r"casework-worker@([\w-]+)\.service", (UNITS / "casework.target").read_text())
    assert sorted(units) == sorted(QUEUES)


def test_secrets_are_files_and_each_service_has_only_its_own(compose, services):
    holders = {name: set(service.get("secrets", [])) for name, service in services.items()}
    assert holders["proxy"] == holders["redis"] == set()
    assert {name for name, held in holders.items() if "db_superuser" in held} == {"db"}
    assert {name for name, held in holders.items() if "db_owner" in held} == {"db", "backup", "manage"}
    assert set().union(*holders.values()) == set(compose["secrets"])
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|_KEY", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert value.removeprefix("/run/secrets/") in holders[name], f"{name}: {variable}"
            assert not re.search(r"://[^/@]*:[^/@]*@", value), f"{name}: {variable} holds a password"
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}


def test_every_variable_is_asked_for_and_described():
    """`${NAME:?}` stops the start when it is missing; the head of the file says what each is."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    head, _, body = text.partition("name: casework")
    used = set(re.findall(r"\$\{(\w+)", body))
    assert set(re.findall(r"\$\{(\w+):\?\}", body)) == used
    assert all(name in head for name in used) and len(used) == 6


def test_volumes_networks_and_files_that_services_name_exist(compose, services):
    used = set()
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert source == "./certificate" or (ROOT / source).exists(), f"{name}: {source}"
                assert volume.endswith(":ro") or source.endswith(".sh:ro"), f"{name}: {source}"
            else:
                used.add(source)
    assert used == set(compose["volumes"])


def test_the_databases_log_holds_nothing_of_ours(services):
    words = services["db"]["command"]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    kept_out = {name: value for name, value in embedded.POSTGRES_SETTINGS.items() if name.startswith("log_")}
    for name in set(kept_out) - {"log_timezone", "log_checkpoints"}:
        assert given[name] == kept_out[name], name


def test_the_broker_keeps_a_log_and_throws_nothing_away(services):
    command = " ".join(services["redis"]["command"])
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_what_compose_gives_is_what_the_product_reads(services, tmp_path):
    """The settings of an installation, made from the environment of `web` with secrets in files."""
    subprocess.run(["sh", DEPLOY / "make_secrets.sh", tmp_path], check=True, capture_output=True)
    (tmp_path / "db_replica").write_text("third")
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "casework.config.settings"}
    for name, value in services["backup"]["environment"].items():
        value = re.sub(r"\$\{(\w+):\?\}", lambda found: f"{found[1].lower()}.example.rs", str(value))
        environment[name] = value.replace("/run/secrets", str(tmp_path))
    asked = (
        "import json; from django.conf import settings as s; from casework.config.checks import refuse_unsafe_start\n"
        "import django; django.setup(); refuse_unsafe_start()\n"
        "print(json.dumps([s.EMBEDDED, s.DATABASES['default'], s.DATABASES['owner'], s.SECRET_KEY, s.CASEWORK_KEYS,"
        " s.CASEWORK_INDEX_KEY, s.SECURE_COOKIES, s.ALLAUTH_TRUSTED_PROXY_COUNT, s.EMAIL_HOST_PASSWORD]))"
    )
    done = subprocess.run([sys.executable, "-c", asked], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    is_embedded, default, owner, key, keys, index, secure, proxies, mail = json.loads(done.stdout)
    held = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert (is_embedded, secure, proxies, mail) == (False, True, 1, "none")
    assert (default["USER"], default["PASSWORD"], default["HOST"]) == ("casework_app", held["db_app"], "db")
    assert (owner["USER"], owner["PASSWORD"]) == ("casework_owner", held["db_owner"])
    assert (key, keys, index) == (held["secret_key"], [held["keys"]], held["index_key"])
    settings = "".join((ROOT / "casework" / "config" / name).read_text() for name in ("settings.py", "healthy.py"))
    settings += (ROOT / "casework" / "pulse.py").read_text() + (DEPLOY / "backup.sh").read_text()
    for name in services["backup"]["environment"]:
        asked_for = name.removesuffix("_FILE") if name not in settings else name
        if asked_for.endswith("_PASSWORD") and asked_for.startswith("DATABASE"):
            asked_for = asked_for.removesuffix("_PASSWORD") + "_URL"  # given.database() looks for both
        assert asked_for in settings, name


def test_compose_itself_accepts_the_file(tmp_path):
    docker = tool("docker") if shutil.which("docker") else pytest.skip("docker is not installed here")
    if subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker has no compose plugin here")
    names = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker-compose.yml").read_text()))
    given = os.environ | dict.fromkeys(names, "x")
    done = subprocess.run([docker, "compose", "config", "-q"], cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- The image ---------------------------------------------------------------------------------------------------


def stages() -> list[list[str]]:
    """The image's stages, each the list of its instructions, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def test_the_image_runs_as_nobody_special_and_holds_no_build_tools():
    first, final = stages()
    assert first[0].endswith(" AS build") and final[0] == "FROM python:3.11-slim"
    assert "USER casework" in final
    after = final[final.index("USER casework") :]
    assert not any(line.startswith(("RUN", "COPY", "ADD")) for line in after)
    assert not any("apt-get" in line or "curl" in line for line in final)
    assert any("pip uninstall -y pip" in line for line in final)
    assert any(re.search(r"useradd .*--uid 10001", line) for line in final)
    assert any(line.startswith("HEALTHCHECK") and "casework.config.healthy" in line for line in final)
    copied = [line for line in final if line.startswith(("COPY", "ADD"))]
    assert copied and all("--from=build" in line for line in copied)


def test_the_image_holds_no_history_no_secret_and_no_state():
    left_out = set((ROOT / ".dockerignore").read_text().split())
    assert {".git", ".local", "secrets", "certificate", ".env", "backups", "tests"} <= left_out
    assert not left_out & {"casework", "templates", "reference", "referrals", "README.md", "LICENSE", "setup.py"}


# --- systemd -----------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units with the places of this machine in them, so that what they start is there."""
    for source in UNITS.iterdir():
        text = source.read_text().replace("/opt/casework/venv/bin", str(Path(sys.executable).parent))
        (tmp_path / source.name).write_text(text.replace("/opt/casework/app", str(ROOT)))
    return sorted(path for path in tmp_path.iterdir() if path.suffix in (".service", ".timer", ".target"))


def test_systemd_accepts_every_unit(units: list[Path]) -> None:
    assert len(units) == 9
    analyze = tool("systemd-analyze")
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    broken = units[0].with_name("broken.service")  # the check itself is good: it finds a unit that is not
    broken.write_text("[Service]\nExecStart=/nowhere/to/be/found\nMemoryMacks=1\n")
    assert subprocess.run([analyze, "verify", "--man=no", broken], capture_output=True).returncode != 0


def test_systemd_finds_little_that_the_services_could_still_do(units: list[Path]) -> None:
    services = [unit for unit in units if unit.suffix == ".service"]
    assert len(services) == 6
    for unit in services:
        done = subprocess.run(
            [tool("systemd-analyze"), "security", "--offline=true", "--threshold=15", "--no-pager", unit],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{unit.name}: {done.stdout.splitlines()[-1]}"


def read_unit(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_units_take_secrets_as_credentials_and_have_limits() -> None:
    for path in sorted(UNITS.glob("*.service")):
        unit = read_unit(path.name)
        assert unit["User"] == ["casework"] and unit["ProtectSystem"] == ["strict"], path.name
        assert unit["NoNewPrivileges"] == ["yes"] and unit["MemoryMax"] and unit["TasksMax"], path.name
        loaded = {value.partition(":")[0] for value in unit.get("LoadCredential", [])}
        named = {value.partition("=%d/")[2] for value in unit["Environment"] if "=%d/" in value}
        assert loaded == named, path.name
        assert ("db_owner" in loaded) == (path.name == "casework-backup.service"), path.name
        if unit["Type"] != ["oneshot"]:
            assert unit["Restart"] == ["always"] and unit["PartOf"] == ["casework.target"], path.name
    made = set(re.findall(r"^make (\w+)|\{ make (\w+)", (DEPLOY / "make_secrets.sh").read_text(), re.MULTILINE))
    assert {name for pair in made for name in pair if name} >= {"db_app", "db_owner", "keys", "audit_key"}


def test_the_target_starts_everything_and_the_watch_asks_everything() -> None:
    wanted = set(read_unit("casework.target")["Wants"][0].split())
    there = {path.name for path in UNITS.iterdir()}
    for name in wanted:
        assert re.sub(r"@\w+", "@", name) in there, name
    pulses = {
        value.partition("=")[2]
        for path in UNITS.glob("*.service")
        for value in read_unit(path.name)["Environment"]
        if value.startswith("CASEWORK_PULSE_FILE=")
    }
    asked = read_unit("casework-watch.service")["ExecStart"][1].split()[4:]
    workers = [name for name in wanted if "@" in name]
    expected = {pulse for pulse in pulses if "%i" not in pulse}
    expected |= {f"/run/casework-worker-{name.partition('@')[2].removesuffix('.service')}/pulse" for name in workers}
    assert set(asked) == expected


# --- The proxy ---------------------------------------------------------------------------------------------------


def certificate(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(made.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[int, int, list[dict[str, str]]]]:
    """The proxy as compose runs it, on free ports, before a server that keeps the headers it was sent."""
    nginx = tool("nginx")
    asked: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    plain, secure = free_port(), free_port()
    certificate(tmp_path)
    here = {
        "/tmp/": f"{tmp_path}/",
        "/etc/nginx/casework": str(tmp_path),
        "/etc/nginx/certificate": str(tmp_path),
        "web:8000": f"127.0.0.1:{server.server_port}",
        "listen 80 ": f"listen 127.0.0.1:{plain} ",
        "listen 443 ": f"listen 127.0.0.1:{secure} ",
    }
    for source in (DEPLOY / "nginx").iterdir():
        text = source.read_text()
        for there, instead in here.items():
            text = text.replace(there, instead)
        (tmp_path / source.name.replace("upstream-compose", "upstream")).write_text(text)
    (tmp_path / "nginx.conf").write_text("daemon off;\n" + (tmp_path / "nginx.conf").read_text())
    tmp_path.chmod(0o755)
    process = subprocess.Popen([nginx, "-e", "/dev/stderr", "-c", tmp_path / "nginx.conf"], stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", secure)) == 0:
                    break
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
            time.sleep(0.05)
        yield plain, secure, asked
    finally:
        process.terminate()
        process.communicate(timeout=20)
        server.shutdown()
        thread.join()
        server.server_close()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def ask(url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay)
    request = urllib.request.Request(url, data=data, headers=headers or {})  # noqa: S310
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.headers


def test_the_proxy_speaks_tls_limits_and_hands_on_what_is_true(proxy: Any) -> None:
    plain, secure, asked = proxy
    site = f"https://127.0.0.1:{secure}"
    status, told = ask(f"http://127.0.0.1:{plain}/cases/?a=b")
    assert (status, told["Location"]) == (301, "https://127.0.0.1/cases/?a=b")
    forged = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "http",
        "X-Request-ID": "x",
        "Host": "cases.example.rs",
    }
    status, told = ask(f"{site}/cases/", headers=forged)
    assert status == 200 and told["Server"] == "nginx"  # without its version
    seen = asked[-1]
    assert (seen["host"], seen["x-forwarded-for"], seen["x-forwarded-proto"]) == (
        "cases.example.rs",
        "127.0.0.1",
        "https",
    )
    assert "x-request-id" not in seen and "forwarded" not in seen
    assert ask(f"{site}/healthz")[0] == 200
    assert ask(f"{site}/readyz")[0] == 404 and asked[-1]["path"] == "/healthz"
    assert ask(f"{site}/upload", data=bytes(26 * 2**20))[0] == 200
    assert ask(f"{site}/upload", data=bytes(28 * 2**20))[0] == 413
    statuses = [ask(f"{site}/account/login/")[0] for _ in range(25)]
    assert statuses[:10] == [200] * 10 and statuses[-1] == 429


def test_the_proxy_holds_few_large_forms_at_a_time(proxy: Any) -> None:
    """Each lies in memory until it is whole: whoever sends many of them slowly takes no more than a few places."""
    _plain, secure, _asked = proxy
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    slow: list[ssl.SSLSocket] = []
    statuses: list[int] = []
    try:
        for length in ("Content-Length: 20000000", "Transfer-Encoding: chunked", *["Content-Length: 20000000"] * 4):
            sent = context.wrap_socket(socket.create_connection(("127.0.0.1", secure), timeout=1))
            slow.append(sent)
            sent.sendall(f"POST /x HTTP/1.1\r\nHost: a.example\r\n{length}\r\n\r\n".encode())
            try:
                statuses.append(int(sent.recv(64).split()[1]))
            except TimeoutError:  # it is waited for
                statuses.append(0)
        assert statuses == [0, 0, 0, 0, 429, 429]
        assert ask(f"https://127.0.0.1:{secure}/cases/")[0] == 200  # others work on
        assert ask(f"https://127.0.0.1:{secure}/cases/", data=bytes(2**19))[0] == 200
    finally:
        for sent in slow:
            sent.close()


def test_the_proxy_writes_no_address_down() -> None:
    text = (DEPLOY / "nginx" / "casework.conf").read_text()
    assert text.count("server {") == text.count("access_log off;") == 2
    for name in ("nginx.conf", "upstream-systemd.conf"):
        (line,) = re.findall(r"error_log .*;", (DEPLOY / "nginx" / name).read_text())
        assert line.endswith(" crit;")


# --- Scripts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", sorted(path.name for path in DEPLOY.glob("*.sh")))
def test_scripts_are_readable_by_a_plain_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", DEPLOY / script], capture_output=True).returncode == 0
    assert "set -eu" in (DEPLOY / script).read_text()


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    def make() -> str:
        done = subprocess.run(["sh", DEPLOY / "make_secrets.sh", folder], check=True, capture_output=True, text=True)
        return done.stdout

    said = make()
    first = {path.name: path.read_text() for path in folder.iterdir()}
    from casework.config.checks import _is_key

    assert folder.stat().st_mode & 0o777 == 0o700
    assert _is_key(first["keys"]) and _is_key(first["index_key"]) and _is_key(first["audit_key"])
    assert len(first["secret_key"]) >= 50 and len({*first.values()}) == len(first)
    assert not any(value in said for name, value in first.items() if name != "email_password")
    (folder / "db_app").unlink()
    make()
    second = {path.name: path.read_text() for path in folder.iterdir()}
    assert {name for name in first if first[name] != second[name]} == {"db_app"}
    compose_secrets = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["secrets"]
    assert set(first) == set(compose_secrets)


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that another account can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="casework-manage-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the secrets of an installation")
def test_a_command_of_the_technician_gets_the_secrets_and_leaves_none_behind(passable: Path) -> None:
    conf, venv, app = passable / "conf", passable / "venv", passable / "app"
    for folder in (conf, venv / "bin", app):
        folder.mkdir(parents=True)
    subprocess.run(["sh", DEPLOY / "make_secrets.sh", conf / "secrets"], check=True, capture_output=True)
    shutil.copy(UNITS / "casework.env", conf)
    said = passable / "said"
    said.touch()
    said.chmod(0o666)
    (venv / "bin" / "python").write_text(
        f'#!/bin/sh\nid -un; echo "$@"; cat "$CASEWORK_KEYS_FILE"; env >{said}\nexit 7\n'
    )
    (venv / "bin" / "python").chmod(0o755)
    given = {"PATH": os.environ["PATH"], "CASEWORK_ACCOUNT": "nobody", "CASEWORK_APP": str(app)}
    given |= {"CASEWORK_VENV": str(venv), "CASEWORK_CONF": str(conf)}
    done = subprocess.run(["sh", DEPLOY / "manage.sh", "setup", "--x"], env=given, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[:2] == ["nobody", "manage.py setup --x"]
    assert done.stdout.endswith((conf / "secrets" / "keys").read_text())
    environment = dict(line.partition("=")[::2] for line in said.read_text().splitlines())
    assert environment["DATABASE_URL"].startswith("postgres://casework_app@")
    assert not any((conf / "secrets" / name).read_text() in said.read_text() for name in ("keys", "db_owner"))
    assert not Path(environment["CASEWORK_KEYS_FILE"]).parent.exists()


def test_backups_are_kept_by_number_and_a_failed_one_costs_none(tmp_path: Path) -> None:
    folder, tools = tmp_path / "backups", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    (tools / "python").write_text('#!/bin/sh\n[ "$2" = backup ] && [ -z "$FAILS" ] && echo sealed >"$3"\n')
    (tools / "python").chmod(0o755)
    old = [f"casework-202601{day:02}T023000Z.backup" for day in range(1, 6)]
    for name in [*old, "casework-20260101T023000Z.backup.part", "notes.txt"]:
        (folder / name).touch()

    def run(**extra: str) -> int:
        given = {"PATH": f"{tools}:{os.environ['PATH']}", "CASEWORK_BACKUPS_KEPT": "3", **extra}
        return subprocess.run(["sh", DEPLOY / "backup.sh", folder], env=given, capture_output=True).returncode

    assert run(FAILS="1") != 0
    assert {path.name for path in folder.iterdir()} >= {*old}
    assert run() == 0
    kept = sorted(path.name for path in folder.iterdir())
    new = [name for name in kept if re.fullmatch(r"casework-\d{8}T\d{6}Z\.backup", name)]
    assert new[:2] == old[-2:] and len(new) == 3
    assert (folder / new[-1]).stat().st_mode & 0o777 == 0o600
    assert {"notes.txt", "casework-20260101T023000Z.backup.part"} <= {*kept}


def test_gunicorn_takes_its_settings_and_writes_no_access_log(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            DEPLOY / "gunicorn.conf.py",
            "--print-config",
            "wsgiref.simple_server:demo_app",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, re.MULTILINE))
    assert (said["accesslog"], said["worker_class"], said["timeout"]) == ("None", "gthread", "60")
    assert said["control_socket_disable"] == "True"
