"""The trail over every address: reads and acts are in it, and without it nothing is shown and nothing is done."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event, Kind
from tests.support.trail import TrailOfPages, newest_event
from tests.test_hostile_input import KEPT, pages_with_forms, plausible
from tests.test_permissions import POSTED, SEE_SOMEBODY, cells, refused, world  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


def contents() -> dict[str, Any]:
    """What every table holds, as one hash each; sessions and the trail aside."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == "access_session" or table.startswith(("reference_", "auth_", "django_", "audit_")):
                continue
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(row::text, chr(10) ORDER BY row::text), '')) FROM \"{table}\" row"
            )
            found[table] = cursor.fetchone()
    return found


# The same page asked for in other ways: whatever comes back, what was read is in the trail once.
VARIANTS: dict[str, tuple[str, dict[str, str]]] = {
    "as it is": ("get", {}),
    "HEAD": ("head", {}),
    "htmx": ("get", {"HX-Request": "true", "HX-Target": "main"}),
    "again, if it is new": ("get", {"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    "a piece": ("get", {"Range": "bytes=0-10"}),
}


@pytest.mark.soak
@pytest.mark.parametrize("username", ("boris", "nada") if os.environ.get("CASEWORK_SOAK") == "ci" else SEE_SOMEBODY)
def test_every_other_way_to_ask_leaves_one_row_too(username: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    who = getattr(world.cast, username)
    client, trail = as_user(who), TrailOfPages(world, who)
    for name, url, _which, may in cells(world):
        if username not in may:
            continue
        shows = False
        for variant, (how, headers) in VARIANTS.items():
            before = newest_event()
            response = getattr(client, how)(url, headers=headers)
            shows = trail.judge(f"{name}, {variant}", response, before, shows=None if variant == "as it is" else shows)
    assert trail.wrong == []
    assert trail.reads == trail.pages > len(VARIANTS)


@pytest.mark.parametrize(("username", "typed"), [("boris", "Kanarinka"), ("vesna", "Kanarinka"), ("olga", "Slavujka")])
def test_a_search_is_in_the_trail_once(username: str, typed: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    who = getattr(world.cast, username)
    trail, before = TrailOfPages(world, who), newest_event()
    response = as_user(who).post(reverse("people:search"), {"text": typed})
    assert trail.judge("search", response, before)
    assert (trail.wrong, trail.reads) == ([], 1)


def test_other_ways_to_ask_for_a_case(world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    """HEAD, htmx, a browser that has the page already, one that wants a piece: one row each."""
    client = as_user(world.cast.boris)
    url = reverse("cases:case", args=[world.home.case.number])
    for variant, (how, headers) in VARIANTS.items():
        before = newest_event()
        assert getattr(client, how)(url, headers=headers).status_code == 200, variant
        assert Event.objects.filter(pk__gt=before, kind=Kind.READ).count() == 1, variant


def test_every_act_is_in_the_trail_and_without_it_nothing_changes(
    world: SimpleNamespace,  # noqa: F811
    as_user: Any,
    monkeypatch: Any,
) -> None:
    """Every form filled plausibly, and every button: what changed the record left an act that names no text."""
    save = Event.save
    tried = [(name, url, client, plausible(form)) for name, url, client, form in pages_with_forms(world, as_user)]
    supervisor = as_user(world.cast.sava)
    buttons = ("cases:confirm-assignment", "cases:release-colleague")
    tried += [
        (name, url, supervisor, POSTED[name](world.home))
        for name, url, which, _who in cells(world)
        if name in buttons and which == "home"
    ]
    admin = as_user(world.cast.ivana)
    for name, posted in (("disable-user", {}), ("enable-user", {}), ("withdraw-role", {"role": "caseworker"})):
        tried.append((name, reverse(f"access:{name}", args=[world.cast.boris.pk]), admin, posted))
    tried += [
        (f"{verb}-role", reverse(f"access:{verb}-role", args=[world.asked.pk]), admin, {})
        for verb in ("approve", "refuse")
    ]

    def unwritable(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the trail cannot be written")

    wrong, acts = [], set()
    for name, url, client, posted in tried:
        client.raise_request_exception = False
        if "username" in posted:
            posted |= {"username": "newcomer", "password": "a long enough phrase"}
        if name == "access:set-duty":
            posted |= {"ends_at_1": "23:59"}
        if name == "shelter:end-placement":
            posted |= {"ends_on": f"{timezone.localdate():%d.%m.%Y.}"}
        posted = {
            each: value[0] if isinstance(value, list) and each != "named" and each != "keepers" else value
            for each, value in posted.items()
        }
        for trail in (True, False):
            monkeypatch.setattr(Event, "save", save if trail else unwritable)
            point = transaction.savepoint()
            held, before = contents(), newest_event()
            response = client.post(url, posted)
            changed = [table for table, content in contents().items() if held[table] != content]
            new = list(Event.objects.filter(pk__gt=before))
            transaction.savepoint_rollback(point)
            if trail and response.status_code == 302 and changed:
                acts.add(name)
                if not any(event.kind == Kind.ACT and event.actor_id for event in new):
                    wrong.append(f"{name}: no act, changed {changed}")
            if not trail and changed:
                wrong.append(f"{name}: changed {changed} without a trail")
            if any(KEPT in f"{event.note}{event.fields}{event.verb}{event.labels}" for event in new):
                wrong.append(f"{name}: what was typed is in the trail")
    assert wrong == []
    assert len(acts) > 20, sorted(acts)
