"""Pages of the witness status, as the cast sees them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.justice.chain import AFTER_DESIGNATION, DESIGNATION
from casework.justice.models import WitnessStatus
from tests.justice.builders import OFFICE, day

pytestmark = pytest.mark.django_db
EVW, PROTECTIVE = AFTER_DESIGNATION
ACTS = ["grant-witness-status", "refuse-witness-status", "withdraw-witness-status", "mark-witness-status-in-error"]


def url(name, *args):
    return reverse(f"justice:{name}", args=args)


def shown(day):
    return f"{day:%d.%m.%Y.}"


def steps(client, case):
    page = client.get(url("witness-statuses", case.number))
    return [(str(step["status_label"]).split(",")[0], bool(step.get("url"))) for step in page.context["steps"]]


def test_the_chain_says_what_is_done_next_and_locked(cast, as_user, make):
    ana = as_user(cast.ana)
    locked, done, free = ("Cannot start yet", False), ("Done", False), ("Open", True)
    potential = make.case()
    assert steps(ana, potential) == [("Next", False), locked, locked, locked, free]
    case = make.identified()
    assert steps(ana, case) == [done, ("Next", True), locked, locked, free]
    asked = make.request(case, DESIGNATION)
    assert steps(ana, case) == [done, ("Requested", False), locked, locked, free]
    make.grant(asked)
    assert steps(ana, case) == [done, ("Granted", False), ("Next", True), ("Next", True), free]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(
            DESIGNATION,
            "Only an officially identified victim",
            marks=pytest.mark.requirement("s-particularly-vulnerable"),
        ),
        pytest.param(EVW, "after the official identification", marks=pytest.mark.requirement("s-evw")),
        pytest.param(PROTECTIVE, "after the official", marks=pytest.mark.requirement("s-protective-witness")),
    ],
)
def test_out_of_order_is_refused_with_a_sentence_and_loses_nothing(cast, as_user, make, kind, words):
    case = make.case()
    page = as_user(cast.ana).post(
        url("request-witness-status", case.number),
        {"kind": kind, "requested_on": shown(day(2)), "decided_by_body": OFFICE},
    )
    assert page.status_code == 200
    assert words in page.content.decode()
    assert OFFICE in page.content.decode()
    assert not WitnessStatus.objects.exists()


def test_ana_walks_the_chain(cast, as_user, make):
    case, ana, today = make.identified(given="Gorica", family="Skrivena"), as_user(cast.ana), timezone.localdate()
    for kind in (DESIGNATION, EVW, PROTECTIVE):
        asked = ana.post(
            url("request-witness-status", case.number),
            {"kind": kind, "requested_on": shown(today), "decided_by_body": OFFICE},
        )
        assert asked.status_code == 302
        one = WitnessStatus.objects.get(kind=kind)
        page = ana.get(url("grant-witness-status", one.pk))
        assert OFFICE in page.content.decode()
        answers = {"decided_on": shown(today), "decided_by_body": OFFICE, "reasons": f"Po zakonu: {kind}."}
        assert ana.post(url("grant-witness-status", one.pk), answers).status_code == 302
    page = ana.get(url("witness-statuses", case.number)).content.decode()
    assert page.count("Po zakonu") == 3
    assert "Gorica" not in page.split("</title>")[0]
    timeline = ana.get(reverse("cases:timeline", args=[case.number])).content.decode()
    assert timeline.count("Granted: ") == 3
    seen = Event.objects.filter(kind="read").latest("id")
    assert seen.subjects == [str(case.pk), str(case.person_id)]


def test_refused_withdrawn_and_marked(cast, as_user, make):
    case, ana = make.identified(), as_user(cast.ana)
    first = make.request(case, DESIGNATION)
    early = ana.post(url("refuse-witness-status", first.pk), {"decided_on": shown(day(1))})
    assert "the decision cannot be before that" in early.content.decode()
    assert ana.post(url("refuse-witness-status", first.pk), {"decided_on": shown(day(3))}).status_code == 302
    assert "can be requested again" in ana.get(url("witness-statuses", case.number)).content.decode()
    second = make.request(case, DESIGNATION)
    assert ana.post(url("withdraw-witness-status", second.pk), {"decided_on": shown(day(4))}).status_code == 302
    again = ana.post(url("withdraw-witness-status", second.pk), {"decided_on": shown(day(4))})
    assert "cannot be done now" in again.content.decode()
    assert ana.post(url("mark-witness-status-in-error", second.pk), {"why": "Druga osoba."}).status_code == 302
    assert "Druga osoba." in ana.get(url("witness-statuses", case.number)).content.decode()


def test_a_designation_that_carries_a_status_is_not_marked(cast, as_user, make):
    case = make.identified()
    designation = make.designation(case)
    make.request(case, EVW)
    page = as_user(cast.ana).post(url("mark-witness-status-in-error", designation.pk), {"why": "Greška."})
    assert "rests on this designation" in page.content.decode()


@pytest.mark.parametrize("who", ["boris", "dragan", "olga", "ivana", "jelena", "milan", "nada", "petar"])
def test_nobody_else_opens_it(cast, as_user, make, who):
    case = make.identified(given="Gorica", family="Skrivena")
    asked = make.request(case, DESIGNATION)
    client = as_user(getattr(cast, who))
    pages = [url("witness-statuses", case.number), url("request-witness-status", case.number)]
    for each in [*pages, *(url(name, asked.pk) for name in ACTS)]:
        page = client.get(each)
        assert page.status_code in (403, 404)
        assert "Gorica" not in page.content.decode()


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("who", ["ana", "vesna"])
def test_the_cases_people_open_every_page(cast, as_user, make, name, who):
    asked = make.request(make.identified(), DESIGNATION)
    assert as_user(getattr(cast, who)).get(url(name, asked.pk)).status_code == 200


def test_queries_of_the_tab(cast, as_user, make, django_assert_max_num_queries):
    case = make.identified()
    make.designation(case)
    for kind in AFTER_DESIGNATION:
        make.grant(make.request(case, kind))
    client = as_user(cast.ana)
    with django_assert_max_num_queries(20):
        client.get(url("witness-statuses", case.number))
