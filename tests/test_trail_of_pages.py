"""The trail over every address: reads and acts are in it, and without it nothing is shown and nothing is done."""

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event, Kind
from tests.support.world import Dossier
from tests.test_hostile_input import KEPT, page, pages_with_forms, plausible
from tests.test_permissions import POSTED, USERS, cells, refused, world  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
DOSSIERS = ("home", "other", "sealed")


def records_of(dossier: Dossier) -> set[str]:
    cases = (dossier.case, dossier.closed)
    referrals = (dossier.referral, dossier.received)
    held = [*cases, *referrals, *(one.person for one in (*cases, *referrals)), dossier.placement, dossier.decision]
    held += [dossier.visit, dossier.call]  # of nobody in particular: under keys of their own
    return {str(one.pk) for one in held}


def newest_event() -> int:
    newest = Event.objects.order_by("-id").first()
    return newest.pk if newest else 0


def shown(world: SimpleNamespace, text: str) -> Iterator[Dossier]:  # noqa: F811
    for which in DOSSIERS:
        dossier = getattr(world, which)
        if dossier.canary in text:
            yield dossier


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


def requests_of(username: str, world: SimpleNamespace) -> list[tuple[str, str, str, dict[str, str]]]:  # noqa: F811
    """What this user may open: name, address, method, and what is posted."""
    asked = [(name, url, "get", {}) for name, url, _which, who in cells(world) if username in who]
    own = {"boris": "Kanarinka", "vesna": "Kanarinka", "olga": "Slavujka"}.get(username)
    if own:  # a page repeats what was searched for: a name of somebody else would stand there too
        asked.append(("people:search", reverse("people:search"), "post", {"text": own}))
    return asked


def reads_and_pages(
    username: str,
    world: SimpleNamespace,  # noqa: F811
    client: Any,
    variants: dict[str, tuple[str, dict[str, str]]],
) -> tuple[int, int, list[str]]:
    """Crawl as one user: pages that showed somebody, rows that were written for them, and what does not fit."""
    who = getattr(world.cast, username)
    reads, pages, wrong = 0, 0, []
    for name, url, method, posted in requests_of(username, world):
        shows = False
        for variant, (how, headers) in variants.items():
            before = newest_event()
            if method == "post":
                response = client.post(url, posted, headers=headers)
            else:
                response = getattr(client, how)(url, headers=headers)
            what = f"{name}, {variant}"
            if response.status_code in (206, 304):
                wrong.append(f"{what}: answered {response.status_code}")
            if response.status_code != 200:
                continue
            new = list(Event.objects.filter(pk__gt=before, kind=Kind.READ, actor=who))
            found = list(shown(world, page(response)))
            if variant == "as it is":
                shows = bool(found)
            if not shows:
                if len(new) > 1:
                    wrong.append(f"{what}: {len(new)} rows for one page")
                continue
            pages += 1
            reads += len(new)
            if len(new) != 1:
                wrong.append(f"{what}: {len(new)} rows for a page that shows somebody")
            named = {key for event in new for key in event.subjects}
            wrong += [f"{what} shows {each.canary}" for each in found if not named & records_of(each)]
    return reads, pages, wrong


SEE_SOMEBODY = ("ana", "boris", "goran", "vesna", "sava", "zorica", "nada", "olga", "dragan")


@pytest.mark.requirement("f-complicity", "s-limited-users")
@pytest.mark.parametrize("username", USERS)
def test_a_page_that_shows_somebody_is_in_the_trail_once(
    username: str,
    world: SimpleNamespace,  # noqa: F811
    as_user: Any,
    capsys: Any,
) -> None:
    client = as_user(getattr(world.cast, username))
    reads, pages, wrong = reads_and_pages(username, world, client, {"as it is": VARIANTS["as it is"]})
    assert wrong == []
    assert bool(pages) == (username in SEE_SOMEBODY), username
    with capsys.disabled():
        print(f"\nreads logged / pages that show somebody: {username}: {reads}/{pages}")
    assert reads == pages


@pytest.mark.soak
@pytest.mark.parametrize("username", ("boris", "nada") if os.environ.get("CASEWORK_SOAK") == "ci" else SEE_SOMEBODY)
def test_so_is_every_other_way_to_ask_for_it(username: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    reads, pages, wrong = reads_and_pages(username, world, as_user(getattr(world.cast, username)), VARIANTS)
    assert wrong == []
    assert reads == pages > len(VARIANTS)


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
