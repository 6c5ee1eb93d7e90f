"""Databases for the tests: one migrated template with the cast in it, and clones of it.

Append-only tables refuse the flush that Django would do between tests with real commits, so such a test gets a clone of
its own (about 0.1 s), and every test process works in a clone.
"""

import contextlib
import uuid
from collections.abc import Iterator

import django
import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from casework import embedded

TEMPLATE = "casework_template"


@contextlib.contextmanager
def _server() -> Iterator[psycopg.Connection]:
    ends = embedded.endpoints()
    with psycopg.connect(
        host=str(ends.host),
        dbname="postgres",
        user=ends.owner_user,
        password=ends.owner_password,
        autocommit=True,
    ) as connection:
        yield connection


def use(name: str) -> None:
    """Point this process at a database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def create(name: str, template: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def drop(name: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def make_template() -> None:
    """Migrate an empty database, load the reference data and the cast."""
    django.setup()
    from tests.support.cast import create_cast

    with _server() as server:
        rows = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'casework\\_t%'").fetchall()
    for (name,) in rows:
        drop(name)
    create(TEMPLATE, "template1")
    use(TEMPLATE)
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    create_cast()
    for connection in connections.all():
        connection.close()


@contextlib.contextmanager
def clone() -> Iterator[str]:
    """A clone of the template for as long as it is needed; this process is pointed at it and back again."""
    before = connections.settings["default"]["NAME"]
    name = f"casework_t_{uuid.uuid4().hex[:12]}"
    create(name, TEMPLATE)
    use(name)
    try:
        yield name
    finally:
        use(before)
        drop(name)
