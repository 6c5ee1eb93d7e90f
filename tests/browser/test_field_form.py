"""A responder with a telephone where the connection comes and goes: nothing is lost, and nothing arrives twice."""

import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db.models import Model
from playwright.sync_api import Page, expect

from casework.access.models import Draft
from referrals.models import Attachment, Referral
from tests.browser.conftest import NARROW
from tests.support.pictures import jpeg

pytestmark = [pytest.mark.browser, pytest.mark.requirement("s-mobile-app")]
PHONE = {"viewport": NARROW, "has_touch": True, "is_mobile": True, "user_agent": "Mozilla/5.0 (Linux) Mobi"}
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # bytes a second
LONG = 60_000  # milliseconds: a sending is tried again every five seconds
SUMMARY = "Devojka na parkingu, bez dokumenata."


def count(model: type[Model]) -> int:
    return model._default_manager.count()


def fill_in(page: Page) -> None:
    page.get_by_label("Yes").first.check()
    page.get_by_label("What did you see or hear?").fill(SUMMARY)
    page.get_by_label("Age, as far as it is known").fill("16")
    page.get_by_label("To whom?").select_option(label="Kuća Proba")


def test_on_a_slow_line_with_a_photograph_in_under_two_minutes(window: Any, cast: Any, tmp_path: Path) -> None:
    page = window(cast.milan, **PHONE)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(jpeg(gps=True, size=(1600, 1200)))
    before, began = count(Referral), time.monotonic()
    page.goto("/referrals/submit/")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    fill_in(page)
    page.get_by_label("Take a photograph").set_input_files(photo)
    page.get_by_role("button", name="Send the referral").tap()
    expect(page.get_by_text("is received").first).to_be_visible(timeout=LONG)
    assert time.monotonic() - began < 120
    assert count(Referral) == before + 1 and Attachment.objects.filter(name__isnull=False).count() >= 1
    assert page.complaints == []


def test_a_lost_connection_loses_nothing_and_sends_once(window: Any, cast: Any) -> None:
    page = window(cast.milan, **PHONE)
    page.goto("/referrals/submit/")
    before = count(Referral)
    page.context.set_offline(True)
    fill_in(page)
    expect(page.locator("#field-state")).to_contain_text("No connection")
    page.get_by_role("button", name="Send the referral").click()
    expect(page.locator("#field-state")).to_contain_text("it is sent as soon as there is one")
    expect(page.get_by_label("What did you see or hear?")).to_have_value(SUMMARY)
    assert count(Referral) == before
    assert SUMMARY not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page.context.set_offline(False)
    expect(page.get_by_text("is received").first).to_be_visible(timeout=LONG)
    assert count(Referral) == before + 1
    assert not Draft.objects.filter(user=cast.milan, going_on=True).exists()


def test_an_answer_that_never_arrives_is_asked_for_again(window: Any, cast: Any) -> None:
    """The office received it, and the line broke before the answer: the second sending is the same referral."""
    page = window(cast.milan, **PHONE)
    page.goto("/referrals/submit/")
    before, lost = count(Referral), []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/referrals/submit/", lose)
    fill_in(page)
    page.get_by_role("button", name="Send the referral").dblclick()
    expect(page.get_by_text("is received").first).to_be_visible(timeout=LONG)
    assert lost == [302] and count(Referral) == before + 1


def test_what_was_typed_comes_back_on_another_telephone(window: Any, cast: Any) -> None:
    page = window(cast.milan, **PHONE)
    page.goto("/referrals/submit/")
    fill_in(page)
    expect(page.locator("#field-state")).to_contain_text("Kept.")
    other = window(cast.milan, **PHONE)
    other.goto("/referrals/submit/")
    expect(other.get_by_text("You began this and have not sent it")).to_be_visible()
    expect(other.get_by_label("What did you see or hear?")).to_have_value(SUMMARY)
    found = Axe().run(other)
    assert [each["id"] for each in found.response["violations"]] == []
    other.get_by_role("button", name="Begin afresh").click()
    expect(other.get_by_label("What did you see or hear?")).to_have_value("")


def test_a_mistake_keeps_the_chosen_photograph(window: Any, cast: Any, tmp_path: Path) -> None:
    page = window(cast.milan, **PHONE)
    photo = tmp_path / "IMG_0002.jpg"
    photo.write_bytes(jpeg())
    page.goto("/referrals/submit/")
    fill_in(page)
    page.get_by_label("Age, as far as it is known").fill("x")
    page.get_by_label("Take a photograph").set_input_files(photo)
    before = count(Attachment)
    page.get_by_role("button", name="Send the referral").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a whole number")
    assert page.evaluate("document.querySelector('[name=photos]').files.length") == 1
    page.get_by_label("Age, as far as it is known").fill("16")
    page.get_by_role("button", name="Send the referral").click()
    expect(page.get_by_text("is received").first).to_be_visible(timeout=LONG)
    assert count(Attachment) == before + 1
