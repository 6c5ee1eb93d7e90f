"""What every test has: servers started once, a database clone per process, the cast, signed-in clients."""

import contextlib
import os
from collections.abc import Callable, Iterator
from copy import copy
from types import SimpleNamespace
from typing import Any

import django.test.client
import pytest
from django.conf import settings
from django.test import Client
from django.test.utils import ContextList
from pytest_django.plugin import blocking_manager_key

from casework import embedded
from tests.support import databases, requirements

_servers = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requirements", action="store_true", help="print which test shows which requirement, and stop")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The list of requirements is printed by one process, and counts the soak tests too."""
    if config.getoption("--requirements"):
        config.option.numprocesses, config.option.dist, config.option.markexpr = None, "no", ""


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers and make the template once: in the only process, or in xdist's controller."""
    if hasattr(config, "workerinput") or config.option.collectonly or config.getoption("--requirements"):
        return
    _servers.enter_context(embedded.ensure(durable=False))
    with config.stash[blocking_manager_key].unblock():
        databases.make_template()


def pytest_unconfigure(config: pytest.Config) -> None:
    _servers.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    requirements.shown(items)
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.timeout(1200 if os.environ.get("CASEWORK_SOAK") == "ci" else 0))
    if config.getoption("--requirements"):
        requirements.report(config, items)
        items.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--requirements") and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def _keep_context_of_page(store: dict[str, Any], context: Any, **_signal: Any) -> None:
    """What the test client keeps of a page: its own context. Django would copy that of every field and icon as well,
    a tenth of the time of a crawl."""
    if "context" not in store:
        store["context"] = ContextList([copy(context)])


@pytest.fixture(scope="session", autouse=True)
def _light_test_client() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django.test.client, "store_rendered_templates", _keep_context_of_page)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """This process works in a clone of the template."""
    with django_db_blocker.unblock(), databases.clone():
        yield


@pytest.fixture
def committed_db(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A clone of its own for a test with real commits (threads, live server); gone afterwards."""
    if "_django_db_helper" in request.fixturenames or "db" in request.fixturenames:
        raise pytest.UsageError("a test with committed_db takes no django_db mark: that wraps it in a transaction")
    with django_db_blocker.unblock(), databases.clone() as name:
        yield name


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> SimpleNamespace:
    from tests.support.cast import load_cast

    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    return load_cast()


@pytest.fixture
def as_user() -> Callable[..., Client]:
    """A signed-in client; with `recent=False` one whose sign-in is too old for what asks to sign in again."""

    def signed_in(user: Any, *, recent: bool = True) -> Client:
        client = Client()
        client.force_login(user)
        if not recent:
            from casework.access.reauthenticate import SIGNED_IN_AT

            session = client.session
            session[SIGNED_IN_AT] -= settings.SIGN_IN_AGAIN_SECONDS + 1
            session.save()
        return client

    return signed_in
