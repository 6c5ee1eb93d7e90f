"""A real browser in front of a real site: Debian's Chromium, and a server thread on a clone of the template database.

Without Chromium these tests skip with a reason; where CASEWORK_BROWSER is `required`, they fail instead.
The browser lives as long as this folder's tests: its event loop must not be there when other tests look for one.
"""

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test import Client
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.newcomer import Newcomer
from tests.support import databases

CHROMIUM = os.environ.get("CASEWORK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
PATIENCE = 15_000  # milliseconds


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the tests of this folder."""
    if not CHROMIUM:
        reason = "there is no Chromium: install Debian's package, or name one in CASEWORK_CHROMIUM"
        if os.environ.get("CASEWORK_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which is no reason for Django to refuse the database here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class _Server(ThreadedWSGIServer):
    daemon_threads = False  # server_close() waits for them, so none still talks to a clone that is being dropped

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        """A browser may hold a connection it sends nothing on: nobody waits for that."""
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RD)
        super().server_close()


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """The product on a port of its own; yields its address."""
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def live_site(django_db_blocker: Any) -> Iterator[str]:
    """The address of a live site on a clone of its own."""
    with django_db_blocker.unblock(), databases.clone():
        try:
            with serve() as address:
                yield address
        finally:
            connections.close_all()


@pytest.fixture(scope="module")
def site(browser: Browser, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A live site that the tests of a module share."""
    with live_site(django_db_blocker) as address:
        yield address


@pytest.fixture(scope="module")
def cast(site: str) -> SimpleNamespace:
    from tests.support.cast import load_cast

    return load_cast()


@pytest.fixture
def new_context(browser: Browser, site: str) -> Iterator[Callable[..., BrowserContext]]:
    """Makes windows of their own, each like a person's own browser."""
    with contextlib.ExitStack() as stack:

        def make(**how: Any) -> BrowserContext:
            context = browser.new_context(
                **{"base_url": site, "viewport": WIDE, "locale": "en-GB", "timezone_id": "Europe/Belgrade", **how}
            )
            context.set_default_timeout(PATIENCE)
            stack.callback(context.close)
            return context

        yield make


def signed_in(context: BrowserContext, user: Any, site: str) -> None:
    """Give a window the session of a user without the sign-in page."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site}])


@pytest.fixture
def window(new_context: Callable[..., BrowserContext], site: str) -> Callable[..., Page]:
    """`window(user, **how)`: a page of a signed-in user (None for a visitor), with its complaints collected."""

    def make(user: Any = None, **how: Any) -> Page:
        context = new_context(**how)
        if user is not None:
            signed_in(context, user, site)
        return listened(context.new_page())

    return make


@pytest.fixture
def newcomer(window: Callable[..., Page]) -> Callable[..., Newcomer]:
    """`newcomer(**how)`: somebody before a browser who knows nothing but what the pages say."""
    return lambda user=None, **how: Newcomer(window(user, **how))


def listened(page: Page) -> Page:
    """Collect what the browser complains of: errors of scripts, refusals of the content policy."""
    complaints: list[str] = []
    page.complaints = complaints  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    return page
