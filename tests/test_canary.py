"""Secondary paths: search, hints, counts, errors, messages, audit rows, tables, commands. No canary, and no oracle.

An oracle is an answer that differs between a person who is known but hidden and one who is not known at all.
"""

import re
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases.models import Case
from casework.outbox.models import Message
from casework.outbox.services import deliver
from tests.support.world import make_world

pytestmark = pytest.mark.django_db
CANARIES = ("Kanarinka", "Slavujka", "Zatvorka")


@pytest.fixture
def world(cast: SimpleNamespace) -> SimpleNamespace:
    return make_world(cast)


def bare(page: str) -> str:
    """A page without what differs between two requests for the same thing."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value|name="draft_token" value|nonce)="[^"]*"', "", page)
    page = re.sub(r"(?<=[a-z])-\d+(?=\")", "", page)  # ids that count the components drawn so far
    return re.sub(r"\s+", " ", page)


def canaries_in_tables() -> list[tuple[str, str]]:
    """Table and form of every canary that a dump would show: plain, lower case, and as bytes in hexadecimal."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row::text FROM "{table}" row')
            text = "\n".join(row[0] for row in cursor.fetchall())
            for canary in CANARIES:
                for form in (canary, canary.lower(), canary.encode().hex(), canary.encode("utf-16-le").hex()):
                    if form in text:
                        found.append((table, form))
    return found


def test_no_table_holds_a_canary_in_plain(world: SimpleNamespace) -> None:
    assert canaries_in_tables() == []
    world.cast.ana.full_name = "Kanarinka"  # the scan itself is good: it finds one that is planted
    world.cast.ana.save()
    assert canaries_in_tables() == [("access_user", "Kanarinka")]


def search(client: Any, text: str) -> str:
    return bare(client.post(reverse("people:search"), {"text": text, "q": text}).content.decode())


@pytest.mark.parametrize("username", ["ana", "goran", "dragan", "olga", "jelena"])
def test_search_is_no_oracle(world: SimpleNamespace, as_user: Any, username: str) -> None:
    """A hidden name and a hidden number answer just as a name and a number that do not exist."""
    client = as_user(getattr(world.cast, username))
    for name in (world.home, world.other, world.sealed):
        if username in name.seen_by:
            by_name = name is not world.sealed  # a hidden name is found by number alone, also by those who see the case
            assert (name.case.number in search(client, name.canary)) == by_name
            continue
        unknown = "Nepostojka"
        if username == "goran" and name is not world.other:  # on duty he sees new referrals on persons of a like name
            assert name.case.number not in search(client, name.canary)
            continue
        assert search(client, f"{name.canary} {name.canary}ić") == search(client, f"{unknown} {unknown}ić").replace(
            unknown, name.canary
        )
        assert search(client, name.case.number) == search(client, "C-1999-999999").replace(
            "C-1999-999999", name.case.number
        )


@pytest.mark.asvs("8.2.2")
def test_hidden_and_missing_records_answer_alike(world: SimpleNamespace, as_user: Any) -> None:
    client = as_user(world.cast.dragan)
    hidden = client.get(reverse("cases:case", args=[world.home.case.number]))
    missing = client.get(reverse("cases:case", args=["C-1999-999999"]))
    assert hidden.status_code == missing.status_code == 404
    assert bare(hidden.content.decode()).replace(world.home.case.number, "") == bare(missing.content.decode()).replace(
        "C-1999-999999", ""
    )


def test_logging_a_hidden_name_again_gives_no_hint(world: SimpleNamespace, as_user: Any) -> None:
    """A caseworker of home logs a person who is in a sealed case: the page of the new referral says nothing of it."""
    client = as_user(world.cast.goran)
    moment = timezone.localtime()
    answers = {
        "received_at_0": f"{moment:%d.%m.%Y.}",
        "received_at_1": "00:01",
        "source": "police",
        "immediate_danger": "unknown",
        "sex": "female",
        "unaccompanied": "unknown",
        "needs_interpreter": "unknown",
        "leaflet_given": "unknown",
    }
    pages = []
    for name in ("Zatvorka", "Nepostojka"):
        response = client.post(
            reverse("referrals:log-referral"), answers | {"given_name": name, "family_name": f"{name}ić"}, follow=True
        )
        page = bare(response.content.decode()).replace(name, "NAME")
        pages.append(re.sub(r"R-\d{4}-\d{6}|[0-9a-f-]{36}", "", page))
    assert world.sealed.case.number not in pages[0]
    assert pages[0] == pages[1]


@pytest.mark.requirement("s-conflict-of-interest", "f-complicity")
def test_a_conflict_of_interest_leaves_no_trace(world: SimpleNamespace, as_user: Any) -> None:
    """Zorica, supervisor at home: number, name, board, counts, notifications and 404 tell nothing of that person."""
    client, case = as_user(world.cast.zorica), world.home.case
    assert search(client, case.number) == search(client, "C-1999-999999").replace("C-1999-999999", case.number)
    found = search(client, "Kanarinka Kanarinkaić")
    assert case.number not in found and str(case.person_id) not in found
    beds = client.get(reverse("shelter:board"), {"shelter": world.home.shelter.pk}).content.decode()
    assert "Kanarinka" not in beds and "1 of 1" in beds  # occupied, by nobody she may know of
    hidden = client.get(reverse("cases:case", args=[case.number]))
    missing = client.get(reverse("cases:case", args=["C-1999-999999"]))
    assert hidden.status_code == missing.status_code == 404
    assert bare(hidden.content.decode()).replace(case.number, "") == bare(missing.content.decode()).replace(
        "C-1999-999999", ""
    )
    both = (Case.objects.count_visible_to(world.cast.vesna), Case.objects.count_visible_to(world.cast.zorica))
    assert both == (2, 0)
    for message in Message.objects.filter(recipient=world.cast.zorica):
        deliver(str(message.pk))
    text = client.get(reverse("notifications")).content.decode()
    for dossier_case in (case, world.home.closed):
        assert dossier_case.number not in text


def test_messages_and_audit_rows_hold_numbers_only(world: SimpleNamespace) -> None:
    assert Message.objects.exists() and Event.objects.exists()
    for message in Message.objects.all():
        deliver(str(message.pk))
        assert re.fullmatch(r"[RCO]-\d{4}-\d{6}|[a-z]+", message.reference), message.reference
        assert not any(canary in message.path for canary in CANARIES)
    for event in Event.objects.all():
        text = f"{event.verb} {event.note} {event.fields} {event.labels}"
        assert not any(canary in text for canary in CANARIES)


def test_commands_print_no_names(world: SimpleNamespace) -> None:
    out = StringIO()
    call_command("annual_report", str(timezone.localdate().year), "--format", "json", stdout=out)
    call_command("annual_report", str(timezone.localdate().year), "--format", "text", stdout=out)
    call_command("workflows", stdout=out)
    assert "victims-officially-identified" in out.getvalue()
    assert not any(canary in out.getvalue() for canary in CANARIES)


@pytest.mark.asvs("16.5.1", "16.2.5")
def test_an_error_in_a_page_is_logged_without_its_text(
    world: SimpleNamespace, as_user: Any, caplog: Any, monkeypatch: Any
) -> None:
    from casework.cases import views

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ValueError(f"broken near {world.home.canary}")

    monkeypatch.setattr(views, "case_frame", broken)
    client = as_user(world.cast.boris)
    client.raise_request_exception = False
    response = client.get(reverse("cases:case", args=[world.home.case.number]))
    assert response.status_code == 500
    assert "Kanarinka" not in response.content.decode()


@pytest.mark.asvs("16.2.5")
def test_the_log_filter_drops_what_an_exception_says(capsys: Any) -> None:
    import logging

    from casework.config.logs import NoValues

    handler = logging.StreamHandler(stream := StringIO())
    handler.addFilter(NoValues())
    logger = logging.getLogger("tests.canary")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        raise ValueError("broken near Kanarinka")
    except ValueError:
        logger.exception("failed for Kanarinka")
    assert "ValueError at" in stream.getvalue()
    assert "Kanarinka" not in stream.getvalue()
