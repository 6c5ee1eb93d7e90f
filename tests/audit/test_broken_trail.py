"""When the database takes no row of the trail, no page shows anybody and no act changes anything: every address."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from tests.audit.trails import superuser
from tests.support.trail import shown, text_of
from tests.test_hostile_input import pages_with_forms, plausible
from tests.test_permissions import POSTED, USERS, cells, world  # noqa: F401  (a fixture)
from tests.test_trail_of_pages import contents


def break_the_trail(name: str) -> None:
    """Every insert into the trail raises, whoever does it."""
    with superuser(name) as db:
        db.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the trail cannot be written'; END $$"
        )
        db.execute("CREATE TRIGGER broken BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION broken()")


def crawl_without_a_trail(
    usernames: list[str],
    world: SimpleNamespace,  # noqa: F811
    clients: dict[str, Any],
) -> list[str]:
    wrong, failed = [], 0
    for username in usernames:
        for name, url, which, _who in cells(world):
            response = clients[username].get(url)
            failed += response.status_code == 500
            if response.status_code == 405:
                posted = POSTED[name](getattr(world, which)) if name in POSTED else {}
                response = clients[username].post(url, posted)
            wrong += [f"{name} shows {each.canary} to {username}" for each in shown(world, response)]
        for own in ("Kanarinka", "Slavujka", "Zatvorka"):
            response = clients[username].post(reverse("people:search"), {"text": own})
            if response.status_code == 200 and text_of(response).count(own) > 1:  # the text typed is repeated once
                wrong.append(f"the search shows {own} to {username}")
    assert failed > 5
    return wrong


def signed_in(world: SimpleNamespace, as_user: Any, usernames: list[str]) -> dict[str, Any]:  # noqa: F811
    clients = {}
    for username in usernames:
        clients[username] = as_user(getattr(world.cast, username))
        clients[username].raise_request_exception = False
    return clients


@pytest.mark.requirement("f-complicity")
def test_without_a_trail_nothing_is_shown(committed_db: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    clients = signed_in(world, as_user, ["boris"])
    break_the_trail(committed_db)
    before = contents()
    assert crawl_without_a_trail(["boris"], world, clients) == []
    assert [table for table, content in contents().items() if before[table] != content] == []


@pytest.mark.soak
def test_without_a_trail_nothing_is_shown_to_anybody(committed_db: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    usernames = [each for each in USERS if each not in ("milan", "ivana", "petar")]  # whose pages show nobody
    if os.environ.get("CASEWORK_SOAK") == "ci":
        usernames = usernames[::3]
    clients = signed_in(world, as_user, usernames)
    break_the_trail(committed_db)
    before = contents()
    assert crawl_without_a_trail(usernames, world, clients) == []
    assert [table for table, content in contents().items() if before[table] != content] == []


def test_without_a_trail_nothing_is_done(committed_db: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    """Every form filled plausibly, and every button."""
    tried = [(name, url, client, plausible(form)) for name, url, client, form in pages_with_forms(world, as_user)]
    clients = signed_in(world, as_user, ["sava", "vesna", "ivana", "nada"])
    buttons = {
        name: (url, {"sava": "sava", "ivana": "ivana"}.get(next(iter(sorted(who & set(clients))), ""), "sava"))
        for name, url, which, who in cells(world)
        if which == "home" and who & set(clients)
    }
    for name, (url, username) in buttons.items():
        tried.append((name, url, clients[username], POSTED[name](world.home) if name in POSTED else {}))
    break_the_trail(committed_db)
    wrong, before = [], contents()
    for name, url, client, posted in tried:
        if name == "notifications":  # marking one's own notifications as read is no act on a record
            continue
        flat = {
            each: value[0] if isinstance(value, list) and each not in ("named", "keepers") and value else value
            for each, value in posted.items()
        }
        client.post(url, flat)
        after = contents()
        wrong += [f"{name}: {table}" for table, content in after.items() if before[table] != content]
        before = after
    assert wrong == []
    assert len(tried) > 60
