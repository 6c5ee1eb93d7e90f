"""Every page that the resolver knows, seen by axe and by a few plain questions, as somebody who may open it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Error, Page

from tests.browser.conftest import NARROW, WIDE
from tests.support.data_world import make_whole_world
from tests.test_permissions import MATRIX

pytestmark = pytest.mark.browser

RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
# Who opens a page that several may open: whoever is offered the most on it.
FIRST_ASKED = ["vesna", "boris", "ivana", "milan", "petar", "nada", "goran", "jelena"]
# Pages that somebody else than the one above meets in another shape.
ALSO = [("shelter:board", "nada"), ("referrals:today", "boris"), ("cases:case", "boris"), ("access:duty", "ivana")]
# What is opened again at the width of a telephone with axe; every page is measured at that width.
ON_A_TELEPHONE = {
    "account_login",
    "referrals:today",
    "referrals:log-referral",
    "referrals:submit-referral",
    "referrals:referral",
    "cases:case",
    "cases:timeline",
    "cases:assignment-board",
    "shelter:board",
    "justice:witness-statuses",
    "statistics:annual-report",
    "access:my-account",
    "mfa_add_webauthn",
    "cases:reviews",
    "audit:seal",
    "people:data-requests",
    "people:erasure",
    "people:access-request",
    "health",
}
REFUSED = {"not-found": 404, "refused": 403}
NAMES = ("Kanarinka", "Slavujka", "Zatvorka", "Probna", "Probni")


@pytest.fixture(scope="module")
def world(site: str, cast: SimpleNamespace) -> SimpleNamespace:
    return make_whole_world(cast)


def pages(world: SimpleNamespace) -> Iterator[tuple[str, str, str]]:
    """Name, address and user of every page that answers a GET with 200; first what a visitor sees."""
    yield "account_login", reverse("account_login"), ""
    yield "not-found", "/cases/C-1999-000001/", "vesna"
    yield "refused", reverse("access:users"), "vesna"
    for name, (kind, who, kwargs) in MATRIX.items():
        if name.startswith("api:"):  # for programs: no page to look at
            continue
        may = who["home"] if kind == "record" else who
        asked = [user for user in FIRST_ASKED if user in may][:1]  # none where nobody of the cast may open it
        asked += [user for also, user in ALSO if also == name]
        for user in asked:
            yield name, reverse(name, kwargs={key: of(world, world.home) for key, of in kwargs.items()}), user


FILE = -1  # in the place of a status: a picture or a PDF is no page


class Desk:
    """Opens pages as one user after another, each in a window of their own."""

    def __init__(self, window: Any, cast: SimpleNamespace) -> None:
        self._window, self._cast = window, cast
        self._windows: dict[str, Page] = {}

    def open(self, address: str, username: str) -> tuple[Page, int]:
        """The page at the width of a desk, and its status; 405 has no page to show, nor has a file."""
        user = getattr(self._cast, username) if username else None
        if username not in self._windows:
            self._windows[username] = self._window(user)
        page = self._windows[username]
        page.set_viewport_size(WIDE)
        page.complaints.clear()  # type: ignore[attr-defined]
        try:
            answer = page.goto(address)
        except Error as problem:
            if "Download is starting" in str(problem):
                return page, FILE
            if "ERR_HTTP_RESPONSE_CODE_FAILURE" not in str(problem):
                raise
            client = Client()
            client.force_login(user)
            return page, client.get(address).status_code
        if answer and not answer.headers.get("content-type", "").startswith("text/html"):
            return page, FILE
        return page, answer.status if answer else 0


def looked_at(page: Page) -> list[str]:
    """What is wrong with a page by plain questions."""
    found = page.evaluate(
        """() => ({
            headings: document.querySelectorAll("h1").length,
            lang: document.documentElement.lang,
            wide: document.documentElement.scrollWidth - window.innerWidth,
            ids: [...document.querySelectorAll("[id]")].map(one => one.id)
                .filter((id, at, all) => all.indexOf(id) !== at),
        })"""
    )
    wrong = [f"the browser says: {complaint}" for complaint in page.complaints]  # type: ignore[attr-defined]
    if found["headings"] != 1:
        wrong.append(f"{found['headings']} headings of the first level")
    if found["lang"] != "en":
        wrong.append(f"the language of the page is “{found['lang']}”")
    if found["wide"] > 0:
        wrong.append(f"{found['wide']} pixels too wide")
    if found["ids"]:
        wrong.append(f"ids twice: {found['ids']}")
    wrong += [f"{name} in the title" for name in NAMES if name in page.title()]
    return wrong


def violations(axe: Axe, page: Page) -> list[str]:
    answer = axe.run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])} ×)" for one in answer]


@pytest.mark.timeout(1200)  # more than a hundred pages at two widths
def test_every_page(world: SimpleNamespace, window: Any, cast: SimpleNamespace, capsys: Any) -> None:
    desk, axe, wrong, seen = Desk(window, cast), Axe(), [], 0
    for name, address, user in pages(world):
        page, status = desk.open(address, user)
        if status in (405, FILE) or name == "home":  # an address that only takes a form, or leads elsewhere
            continue
        expected = REFUSED.get(name, 200)
        assert status == expected, f"{name} for {user}: {status}"
        if expected != 200:  # the browser says so too
            page.complaints[:] = [one for one in page.complaints if str(expected) not in one]  # type: ignore[attr-defined]
        problems = looked_at(page) + violations(axe, page)
        page.complaints.clear()  # type: ignore[attr-defined]
        page.set_viewport_size(NARROW)
        problems += [f"at 390 px: {problem}" for problem in looked_at(page)]
        if name in ON_A_TELEPHONE:
            problems += [f"at 390 px: {problem}" for problem in violations(axe, page)]
        wrong += [f"{name} ({user or 'visitor'}): {problem}" for problem in problems]
        seen += 1
    with capsys.disabled():
        print(f"\naxe: {seen} pages")
    assert wrong == [], "\n".join(wrong)
