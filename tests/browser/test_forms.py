"""Bad input gets a sentence and loses nothing typed, in a real browser; and what every page offers around the forms."""

import datetime
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.newcomer import Newcomer
from tests.support.cast import PASSWORD
from tests.support.world import make_world

pytestmark = pytest.mark.browser

LONG = "Prvi red.\n\nDrugi red, sa čćžšđ i ЂЋЏ.\n" * 20


@pytest.fixture(scope="module")
def world(site: str, cast: SimpleNamespace) -> SimpleNamespace:
    return make_world(cast)


@pytest.fixture
def boris(world: SimpleNamespace, cast: SimpleNamespace, newcomer: Any) -> Newcomer:
    who = newcomer(cast.boris)
    who.page.goto("/")
    return who


def opens_plan(who: Newcomer, number: str) -> None:
    who.turns_to("Cases")
    who.follows(number)
    who.follows("Amend risk and plan")


@pytest.mark.parametrize("how", [{}, {"java_script_enabled": False, "viewport": NARROW}], ids=["script", "plain"])
def test_a_future_date_is_refused_and_everything_typed_stays(
    how: dict[str, Any], world: SimpleNamespace, cast: SimpleNamespace, newcomer: Any
) -> None:
    who = newcomer(cast.boris, **how)
    who.page.goto("/")
    who.follows("Log a referral")
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    who.picks("Is anybody in immediate danger?", "Yes")
    who.types("What is the danger", LONG)
    who.types("Date", f"{tomorrow:%d.%m.%Y.}")
    who.types("Time", "10:15")
    who.chooses("Who told us?", "Police")
    who.types("Given name", "Rada <b>")
    who.types("Date of birth", "31.2.2009.")
    who.opens("Forms of exploitation suspected")
    who.picks("Forms of exploitation suspected", "Forced begging")
    who.presses("Log the referral")
    who.sees("There is a problem")
    who.sees("This time is in the future.")
    who.sees("Write the date as day, month, year")
    assert who.page.title().startswith("Error: ")
    assert who.value("What is the danger") == LONG
    assert who.value("Given name") == "Rada <b>"
    assert who.value("Date of birth") == "31.2.2009."
    assert who.value("Time") == "10:15"
    main = who.page.get_by_role("main")
    expect(main.get_by_label("Yes", exact=True).first).to_be_checked()
    expect(main.get_by_label("Forced begging", exact=True)).to_be_checked()
    # the summary of errors leads to the field
    main.get_by_role("alert").get_by_role("link").first.click()
    assert who.complaints == []


def test_a_code_that_was_tampered_with_is_refused_and_the_text_stays(boris: Newcomer) -> None:
    boris.follows("Log a referral")
    box = boris.page.get_by_role("combobox", name="Who told us?")
    box.evaluate("box => { box.options[1].value = 'no-such-code'; box.selectedIndex = 1; }")
    boris.types("Given name", "Rada")
    boris.presses("Log the referral")
    boris.sees("There is a problem")
    boris.sees("no-such-code is not one of the available choices")
    assert boris.value("Given name") == "Rada"
    assert boris.complaints == []


def test_two_people_save_the_same_form(
    boris: Newcomer, world: SimpleNamespace, cast: SimpleNamespace, newcomer: Any
) -> None:
    vesna = newcomer(cast.vesna)
    vesna.page.goto("/")
    for who in (boris, vesna):
        opens_plan(who, world.home.case.number)
    vesna.types("Safety plan", "Vesna: she sleeps at her sister's.")
    vesna.presses("Save")
    boris.types("Safety plan", "Boris: the neighbour has a key.")
    boris.presses("Save")
    boris.sees("What you typed and what is saved now")
    boris.sees("Vesna: she sleeps at her sister's.")
    assert boris.value("Safety plan") == "Boris: the neighbour has a key."
    boris.presses("Save")
    boris.sees("Boris: the neighbour has a key.")
    assert boris.complaints == vesna.complaints == []


def test_an_expired_session_gives_back_what_was_typed(
    world: SimpleNamespace, cast: SimpleNamespace, newcomer: Any
) -> None:
    who = newcomer()
    who.sign_in("ana", PASSWORD)
    who.follows("Log a referral")
    who.types("What happened, in short", LONG)
    who.chooses("Who told us?", "School")
    who.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    who.presses("Log the referral")
    who.types("Username", "ana")
    who.page.get_by_role("textbox", name="Password").fill(PASSWORD)
    who.presses("Sign in")
    who.sees("Your session had expired. This is what you had typed.")
    assert who.value("What happened, in short") == LONG
    who.presses("Log the referral")
    assert re.fullmatch(r"R-\d{4}-\d{6}", who.heading)
    assert who.complaints == []


@pytest.fixture
def elsewhere(site: str, settings: Any) -> str:
    """Stands for the ordinary website: another origin, and no page of ours."""
    settings.LEAVE_QUICKLY_URL = site.replace("127.0.0.1", "localhost") + "/static/casework/icon.svg"
    return str(settings.LEAVE_QUICKLY_URL)


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "plain"])
def test_leaving_quickly_ends_the_session(
    scripts: bool, world: SimpleNamespace, cast: SimpleNamespace, newcomer: Any, elsewhere: str
) -> None:
    who = newcomer(cast.boris, java_script_enabled=scripts)
    page = who.page
    page.goto(f"/cases/{world.home.case.number}/")
    page.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url(elsewhere)
    page.goto("/")
    assert "/account/login/" in page.url
    assert world.home.case.number not in page.content()


def test_three_presses_of_escape_leave_too(
    world: SimpleNamespace, cast: SimpleNamespace, window: Any, elsewhere: str
) -> None:
    page = window(cast.boris)
    page.goto(f"/cases/{world.home.case.number}/")
    page.wait_for_load_state("networkidle")
    for _press in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url(elsewhere)


@pytest.mark.parametrize(
    ("language", "lang", "sign_out"), [("Srpski", "sr-Latn", "Odjavi se"), ("Српски", "sr-Cyrl", "Одјави се")]
)
def test_both_serbian_scripts(language: str, lang: str, sign_out: str, boris: Newcomer) -> None:
    boris.follows("Log a referral")
    boris.presses(language)
    html = boris.page.locator("html")
    expect(html).to_have_attribute("lang", re.compile(f"^{lang}$", re.IGNORECASE))
    expect(boris.page.get_by_role("button", name=sign_out)).to_be_visible()
    assert "/referrals/log/" in boris.page.url, "the language changes, the place stays"
    assert "Log a referral" not in boris.page.get_by_role("main").inner_text()
    assert boris.complaints == []


def test_paper_shows_the_record_and_no_buttons(boris: Newcomer, world: SimpleNamespace) -> None:
    page = boris.page
    page.goto(f"/cases/{world.home.case.number}/")
    page.emulate_media(media="print")
    for role, name in (("navigation", "Main"), ("navigation", "Parts of this case"), ("button", "Sign out")):
        expect(page.get_by_role(role, name=name, include_hidden=True)).not_to_be_visible()  # type: ignore[arg-type]
    expect(page.get_by_role("link", name="Leave quickly", include_hidden=True)).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    boris.sees(world.home.case.number)
    boris.sees("Kanarinka safe contact")
