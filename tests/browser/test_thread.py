"""One referral through the thread, by people of every role who know nothing but what the pages say."""

import datetime
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from tests.browser.conftest import NARROW, WIDE, live_site
from tests.browser.newcomer import Newcomer
from tests.support.cast import PASSWORD, load_cast

pytestmark = pytest.mark.browser

WAYS = [
    pytest.param({"viewport": WIDE}, id="1280px"),
    pytest.param({"viewport": NARROW, "java_script_enabled": False}, id="390px-without-javascript"),
]
CHAIN_FIRST = "This needs the prosecutor's designation as a particularly vulnerable group first."


def day(days: int = 0) -> str:
    found = timezone.localdate() + datetime.timedelta(days=days)
    return f"{found.day}.{found.month}.{found.year}."


@pytest.fixture
def site(browser: Browser, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A site for each walk: nobody has been here before."""
    with live_site(django_db_blocker) as address:
        yield address


@pytest.fixture
def cast(site: str) -> SimpleNamespace:
    return load_cast()


@pytest.fixture(params=WAYS)
def people(
    request: pytest.FixtureRequest, site: str, cast: SimpleNamespace, newcomer: Any
) -> Callable[[str], Newcomer]:
    """`people("ana")`: Ana at her own browser, signed in by hand the first time she is called."""
    seated: dict[str, Newcomer] = {}

    def call(username: str) -> Newcomer:
        if username not in seated:
            seated[username] = newcomer(**request.param)
            seated[username].sign_in(username, PASSWORD)
        return seated[username]

    call.seated = seated  # type: ignore[attr-defined]
    return call


def case_number(who: Newcomer) -> str:
    found = re.search(r"C-\d{4}-\d{6}", who.heading)
    assert found, who.heading
    return found.group()


def opens_case(who: Newcomer, number: str, tab: str = "") -> None:
    who.turns_to("Cases")
    who.follows(number)
    if tab:
        who.follows(tab)


def logs_and_initiates(who: Newcomer, given: str, family: str) -> str:
    """A caseworker's own referral, immediate danger before anything else. Returns the number of the case."""
    who.turns_to("Referrals")
    who.follows("Log a referral")
    assert who.questions[0] == "Is anybody in immediate danger?"
    who.picks("Is anybody in immediate danger?", "Yes")
    who.types("What is the danger", "The man who sent her waits outside.")
    who.chooses("Who told us?", "Police")
    who.types("Given name", given)
    who.types("Family name", family)
    who.picks("Sex", "Female")
    who.types("Date of birth", "17.5.1999.")
    who.chooses("Citizenship", "Serbia", nth=0)
    who.opens("Signs that were seen")
    who.picks("Signs that were seen", "Passport confiscation")
    who.types("What happened, in short", "Found at the bus station.")
    who.presses("Log the referral")
    who.sees("Somebody is in immediate danger.")
    who.follows("Initiate the case")
    who.presses("Initiate the case")
    who.follows(re.compile(r"^C-\d{4}-\d{6}"))
    return case_number(who)


def places(who: Newcomer, number: str, shelter: str, *, first: str, last: str) -> None:
    opens_case(who, number, "Placements")
    who.follows("Place in a bed")
    who.chooses("Shelter", shelter)
    who.presses("Apply")
    who.follows("Place on other nights")
    who.types("First night", first)
    who.types("Day of leaving", last)
    who.presses("Place")


@pytest.mark.requirement(
    "s-first-responder-referral",
    "s-potential-vs-identified",
    "s-adult-identification",
    "s-case-file",
    "s-assignment",
    "s-emergency-shelter",
    "s-evw",
    "s-particularly-vulnerable",
    "s-annual-statistics",
    "s-roles",
)
def test_thread(people: Any, request: pytest.FixtureRequest) -> None:
    # A responder outside submits, and sees a number and a status, nothing more.
    milan = people("milan")
    milan.follows("Submit a referral")
    milan.picks("Is anybody in immediate danger?", "Not known")
    milan.types("What did you see or hear?", "A girl was brought to the office.")
    milan.types("Given name", "Iskra")
    milan.picks("Sex", "Female")
    milan.types("Age, as far as it is known", "16")
    milan.chooses("To whom?", "Kuća Proba")
    milan.chooses("You are writing as", "Social welfare center staff")
    milan.presses("Send the referral")
    milan.sees(re.compile(r"R-\d{4}-\d{6}"))
    milan.sees("Received")
    milan.sees_not("Iskra")

    # The supervisor puts Ana on duty; so Ana meets the new referral.
    vesna = people("vesna")
    vesna.turns_to("Duty")
    vesna.follows("Put somebody on duty")
    vesna.chooses("Colleague", "Ana Probna")
    vesna.types("Date", day(-1), nth=0)
    vesna.types("Time", "08:00", nth=0)
    vesna.types("Date", day(1), nth=1)
    vesna.types("Time", "20:00", nth=1)
    vesna.presses("Set the duty")
    vesna.sees("On duty now")
    ana = people("ana")
    ana.follows("Casework")
    ana.sees("Iskra")

    # She logs a referral of her own and initiates the case, provisionally hers.
    number = logs_and_initiates(ana, "Zora", "Zorić")
    ana.sees("Potential victim")
    ana.sees("Waiting for review")
    milan.turns_to("My submissions")
    milan.sees("Received")

    # The supervisor confirms who has it.
    vesna.turns_to("Assignments")
    vesna.presses(f"Confirm {number}")
    opens_case(ana, number)
    ana.sees("Confirmed")

    # Out of order: the witness status before anything else is refused with a sentence.
    opens_case(ana, number, "Witness status")
    ana.follows("Record a request")
    ana.chooses("What is requested?", "especially vulnerable witness")
    ana.types("Prosecutor's office or court", "Više tužilaštvo")
    ana.presses("Save the request")
    ana.sees("There is a problem")
    ana.sees("this person is not officially identified")
    assert ana.value("Prosecutor's office or court") == "Više tužilaštvo"

    # The decision of the competent body.
    opens_case(ana, number, "Referrals and decisions")
    ana.follows(re.compile(r"R-\d{4}-\d{6}"))
    ana.follows("Record a decision")
    ana.picks("Outcome", "Officially identified")
    ana.types("Date of the decision", day())
    ana.picks("Forms of exploitation found", "Sex trafficking")
    ana.types("Reasons as the body gave them", "Her own account, and the papers that were taken.")
    ana.presses("Record a decision")
    opens_case(ana, number)
    ana.sees("Officially identified victim")

    # A house with one bed; two people cannot sleep in it.
    house = f"Kuća {request.node.callspec.id}"
    vesna.turns_to("Beds")
    vesna.follows("Shelters and their beds")
    vesna.follows("Add a shelter")
    vesna.types("Name", house)
    vesna.chooses("Kind", "NGO-run shelter")
    vesna.presses("Add a shelter")
    vesna.types("Name or number", "Krevet 1")
    vesna.presses("Add a bed")
    vesna.sees("Krevet 1")
    places(ana, number, house, first=day(), last=day(3))
    ana.sees("There now")
    second = logs_and_initiates(ana, "Vida", "Vidić")
    places(ana, second, house, first=day(1), last=day(2))
    free = timezone.localdate() + datetime.timedelta(days=3)
    ana.sees("There is a problem")
    ana.sees(re.compile(rf"The shelter is full on .*; the first free bed is on {free.day} "))

    # In order: designation, then the status.
    for kind, body in (("particularly vulnerable group", "Više tužilaštvo"), ("especially vulnerable witness", "Sud")):
        opens_case(ana, number, "Witness status")
        if kind.startswith("particularly"):
            ana.follows("Record a request")
            ana.chooses("What is requested?", "protective witness")
            ana.presses("Save the request")
            ana.sees(CHAIN_FIRST)
            opens_case(ana, number, "Witness status")
        ana.follows("Record a request")
        ana.chooses("What is requested?", kind)
        ana.types("Requested on", day())
        ana.types("Prosecutor's office or court", body)
        ana.presses("Save the request")
        ana.follows("Record that it was granted")
        ana.types("Decided on", day())
        ana.presses("Record that it was granted")
        ana.sees("The grant is recorded.")

    # A case whose person still has a bed does not close; after she left it does.
    opens_case(ana, number)
    ana.follows("Close the case")
    ana.types("Day of closing", day())
    ana.types("Why is the case closed?", "She has gone home to her sister.")
    ana.presses("Close the case")
    ana.sees("The person is still placed")
    opens_case(ana, number, "Placements")
    ana.follows("NGO-run shelter")
    ana.follows("Record the day of leaving")
    ana.types("Day of leaving", day())
    ana.presses("Save")
    opens_case(ana, number)
    ana.follows("Close the case")
    ana.types("Day of closing", day())
    ana.types("Why is the case closed?", "She has gone home to her sister.")
    ana.presses("Close the case")
    ana.sees("Closed")
    ana.sees("She has gone home to her sister.")

    # What happened is in the case's timeline; who looked is on its own tab, for the supervisor too.
    ana.follows("Timeline")
    for words in ("Officially identified victim", "Krevet 1"):
        ana.sees(words)

    # The year's figures count her, without a name.
    ivana = people("ivana")
    assert ivana.number_beside("Victims officially identified") >= 1
    assert ivana.number_beside("Referrals received") >= 3
    ivana.sees_not("Zorić")
    for who in people.seated.values():
        assert who.complaints == []
    for who in ("milan", "ana"):
        people(who).sign_out()
