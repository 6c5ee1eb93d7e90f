"""The trail over every address: reads and acts are in it, and without it nothing is shown and nothing is done."""

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
            if table in ("access_session", "audit_event") or table.startswith(("reference_", "auth_", "django_")):
                continue
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(row::text, chr(10) ORDER BY row::text), '')) FROM \"{table}\" row"
            )
            found[table] = cursor.fetchone()
    return found


@pytest.mark.parametrize("username", USERS)
def test_a_page_that_shows_somebody_is_in_the_trail(username: str, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    client = as_user(getattr(world.cast, username))
    wrong, pages = [], 0
    requests = [(name, url, "get", {}) for name, url, _which, who in cells(world) if username in who]
    own = {"boris": "Kanarinka", "vesna": "Kanarinka", "olga": "Slavujka"}.get(username)
    if own:  # a page repeats what was searched for: a name of somebody else would stand there too
        requests.append(("people:search", reverse("people:search"), "post", {"text": own}))
    for name, url, method, posted in requests:
        before = newest_event()
        response = getattr(client, method)(url, posted)
        if response.status_code != 200:
            continue
        reads = Event.objects.filter(pk__gt=before, kind=Kind.READ, actor=getattr(world.cast, username))
        named = {key for event in reads for key in event.subjects}
        for dossier in shown(world, page(response)):
            pages += 1
            if not named & records_of(dossier):
                wrong.append(f"{name} shows {dossier.canary}")
    assert wrong == []
    assert pages or username not in ("ana", "boris", "vesna", "sava", "nada", "olga", "dragan")


@pytest.mark.parametrize("username", ["boris", "vesna", "nada"])
@pytest.mark.asvs("16.5.3")
def test_without_a_trail_nothing_is_shown(
    username: str,
    world: SimpleNamespace,  # noqa: F811
    as_user: Any,
    monkeypatch: Any,
) -> None:
    client = as_user(getattr(world.cast, username))
    client.raise_request_exception = False

    def unwritable(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the trail cannot be written")

    monkeypatch.setattr(Event, "save", unwritable)
    wrong, failed = [], 0
    for name, url, _which, who in cells(world):
        point = transaction.savepoint()
        response = client.get(url)
        transaction.savepoint_rollback(point)
        failed += response.status_code == 500
        wrong += [f"{name} shows {dossier.canary}" for dossier in shown(world, page(response))]
        if username in who and not refused(response) and response.status_code == 200 and "Kanarinka" in page(response):
            wrong.append(name)
    assert wrong == []
    assert failed > 5


@pytest.mark.asvs("3.5.3")
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
