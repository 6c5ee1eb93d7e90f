"""The whole site of a state directory, for as long as the demo runs."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from casework import embedded
from casework.access.services import load_roles
from casework.config.demo import accounts
from casework.config.demo.processes import Children, address_of, answers, listen, stopped_at_the_end
from reference.services import load_reference

WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class Site:
    """A site that serves pages, and the programs behind it (None when another command runs them)."""

    address: str
    children: Children | None

    def watch(self) -> None:
        """Return never; raises Failed when one of its programs has ended by itself."""
        while self.children is not None:
            self.children.look()
            time.sleep(WATCH_SECONDS)


@contextlib.contextmanager
def served(*, port: int, with_data: bool, say: Callable[[str], object]) -> Iterator[Site]:
    """Start everything and serve pages until the block ends.

    Port 0 takes a free one. Raises AlreadyRunning when another command owns the servers of the state directory, Failed
    when the port is taken or a program does not start.
    """
    server = listen(port)
    with contextlib.closing(server), embedded.services() as ends:
        notice = embedded.state_dir_notice()
        if notice:
            say(notice)
        migrate(say=say)
        with stopped_at_the_end(Children(ends.state)) as children:
            address = address_of(server)
            children.start_web(server)  # it loads while the rest is made
            server.close()  # from here on the web server alone holds it
            say(f"Pages are served at {address}/ while the rest is made.")
            fill(with_data=with_data, say=say)
            children.wait_for_pages(address)
            children.start_worker()
            children.start_relay()
            children.start_beat()
            with _known(ends.state, address):
                yield Site(address, children)


def running_site() -> Site | None:
    """The site that another demo serves for this state directory, if there is one."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        address = json.loads(_note(embedded.state_dir()).read_text())["address"]
        if embedded.running() and answers(address):
            return Site(address, None)
    return None


def migrate(*, say: Callable[[str], object]) -> None:
    """Bring tables, permissions and roles to what the code says."""
    if not _migrated():
        say("Making the tables…")
        call_command("migrate", verbosity=0)
    for connection in connections.all():
        connection.close()


def fill(*, with_data: bool, say: Callable[[str], object]) -> None:
    """Load the reference data, and make accounts and synthetic records that are not there yet."""
    load_reference()
    if with_data:
        # the records need every service; a start with data that is there already does without them
        from casework.config.demo import records

        accounts.create_accounts(accounts.PEOPLE)
        if not records.create_records(say=say):
            records.keep_duty(timezone.now())
    else:
        accounts.create_accounts(accounts.ONE_PER_ROLE)
    for connection in connections.all():
        connection.close()


def _migrated() -> bool:
    """Whether tables, permissions and roles are what the code says: then `migrate` and its seconds are spared."""
    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    try:
        load_roles()
    except ValueError:  # a permission that no migration brought yet
        return False
    return True


def _note(state: Path) -> Path:
    return state / "demo.json"


@contextlib.contextmanager
def _known(state: Path, address: str) -> Iterator[None]:
    """Let other commands find the site while it is served."""
    note = _note(state)
    note.unlink(missing_ok=True)
    note.write_text(json.dumps({"address": address, "process": os.getpid()}))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
