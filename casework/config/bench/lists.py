"""The list of cases: against hand-written SQL, against fewer rows, between users, against guardian, page by page."""

import contextlib
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.shortcuts import render
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from casework.access.models import User
from casework.audit import services as audit
from casework.cases import views
from casework.cases.forms import CaseFilter
from casework.cases.models import Case, RiskLevel
from casework.config.bench import world as made
from casework.config.bench.results import Result, Target
from casework.config.bench.timing import explained, in_turns
from casework.config.bench.world import World
from casework.people.models import Person
from casework.vault import crypto
from casework.vault.fields import place
from reference import codes

PAGE = 25
LIST_PAGE = Target("list-page", "list page, ORM and render, against floor SQL and the same render", 1.5)
GROWTH = Target("list-query-growth", "list query at all rows against the fewest", 1.5)
BUFFERS = Target("list-query-buffers", "the same, in shared buffers", 1.2)
LONE = Target("list-query-users", "list query of a user with 10 cases against one with 1,000", 1.5)
GUARDIAN = Target(
    "list-query-guardian", "list query against guardian's shortcut, 100 visible", 10, "× faster", True, 100_000
)
GUARDIAN_MILLION = Target(
    "list-query-guardian", "list query against guardian's shortcut, 100 visible", 30, "× faster", True, 1_000_000
)
PAGES = Target("page-1000", "page 1,000 of the list against page 1", 1.3)

# What the page needs and no more, along the index of the caseworker's open cases, and the live named exceptions.
FLOOR = """
SELECT c.id, c.number, c.sealed, c.status, c.victim_status, c.opened_on, c.risk_level, p.id, p.names, k.id, k.wrapped,
    k.wrapped_by, u.full_name
FROM (
    (SELECT * FROM cases_case WHERE caseworker_id = %(user)s AND status = 'open' AND NOT sealed AND error_at IS NULL
     ORDER BY number DESC LIMIT 26)
    UNION ALL
    (SELECT * FROM cases_case WHERE status = 'open' AND error_at IS NULL AND id = ANY(ARRAY(
        SELECT content_object_id FROM cases_casegrant
        WHERE user_id = %(user)s AND permission_id = %(permission)s AND expires_at > now())))
) c
JOIN people_person p ON p.id = c.person_id JOIN vault_vaultkey k ON k.id = p.key_id
LEFT JOIN access_user u ON u.id = c.caseworker_id
ORDER BY c.number DESC LIMIT 26
"""
FLOOR_COUNT = """
SELECT count(*) FROM (SELECT 1 FROM cases_case WHERE caseworker_id = %(user)s AND status = 'open' AND NOT sealed
    AND error_at IS NULL LIMIT 1001) found
"""


def page(user: User, *, after: tuple[Any, ...] | None = None, using: str = "default") -> list[Case]:
    """A page of the list, as the view asks for it."""
    open_cases = Case.objects.using(using).valid().filter(status="open")
    return open_cases.page_visible_to(user, order_by=("-number",), size=PAGE + 1, after=after)


def _request(user: User) -> Any:
    request = RequestFactory().get(reverse("cases:cases"))
    request.user = user
    return request


def _floor_row(row: tuple[Any, ...]) -> Any:
    """What the page shows of a case, without a model's instance; the name is opened all the same."""
    pk, number, sealed, status, victim_status, opened_on, risk, person_id, names, key_id, wrapped, by, caseworker = row
    key = crypto.unwrap(wrapped, wrapped_by=by, label=str(key_id))
    opened = crypto.open_sealed(names, key=key, place=place(Person._meta.db_table, person_id, "names", key_id))
    name = json.loads(opened)[0]
    return SimpleNamespace(
        _meta=Case._meta,
        pk=pk,
        number=number,
        sealed=sealed,
        status=status,
        victim_status=victim_status,
        victim_status_label=codes.label("victim_statuses", victim_status),
        risk_level=risk,
        get_risk_level_display=lambda: RiskLevel(risk).label,
        opened_on=opened_on,
        caseworker=caseworker,
        person=SimpleNamespace(_meta=Person._meta, pk=person_id, name=f"{name['given']} {name['family']}"),
    )


def floor_page(user: User, permission: int) -> Any:
    """The same page with its rows and count from hand-written SQL."""
    request = _request(user)
    asked: dict[str, Any] = {"user": user.pk, "permission": permission}
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, asked)
        cases = [_floor_row(row) for row in cursor.fetchall()]
        cursor.execute(FLOOR_COUNT, asked)
        (count,) = cursor.fetchone()
    shown = cases[:PAGE]
    audit.read(request, "cases", *shown, *(each.person for each in shown))
    context = {
        "form": CaseFilter({"status": "open"}),
        "clear_url": reverse("cases:cases"),
        "headers": [_("Number"), _("Person"), _("Victim status"), _("Caseworker"), _("Opened"), _("Risk")],
        "rows": [views._case_row(each) for each in shown],
        "count": count,
        "first_url": "",
        "next_url": reverse("cases:cases") if cases[PAGE:] else "",
    }
    return render(request, "cases/cases.html", context)


def shortcut(user: User) -> list[Case]:
    """The first page as guardian's shortcut gives it."""
    found = get_objects_for_user(user, "cases.view_case", Case, accept_global_perms=False)
    return list(found.filter(status="open", error_at=None).order_by("-number")[: PAGE + 1])


@contextlib.contextmanager
def _beside() -> Iterator[str]:
    """A copy of the database as it is now, under an alias of its own, so that both are measured in turns."""
    alias = "bench-small"
    with made.copied(connections.settings["default"]["NAME"]) as name:
        connections.settings[alias] = connections.settings["default"] | {"NAME": name}
        try:
            yield alias
        finally:
            connections[alias].close()
            del connections.settings[alias], connections[alias]


def measure(world: World, rounds: int) -> Iterator[Result]:
    """Fills the world, step by step, and writes the curves."""
    sizes = made.sizes_up_to(world.rows)
    world.grow(sizes[0])
    permission = Permission.objects.get(codename="view_case", content_type__app_label="cases").pk
    with _beside() as small:
        for size in sizes:
            world.grow(size)
            world.curve(_curve(world, permission, rounds))
        yield _list_page(world, permission, rounds)
        yield from _growth(world, small, sizes[0], rounds)
    yield _users(world, rounds)
    yield _guardian(world, rounds)
    yield _pages(world, rounds)


def _acts(world: World, permission: int) -> dict[str, Callable[[], Any]]:
    return {
        "list page": lambda: views.cases(_request(world.few)),
        "list page, floor": lambda: floor_page(world.few, permission),
        "list query": lambda: page(world.few),
        "guardian's shortcut": lambda: shortcut(world.named),
    }


def _curve(world: World, permission: int, rounds: int) -> dict[str, float]:
    return in_turns(_acts(world, permission), rounds=max(3, rounds // 3))


def _list_page(world: World, permission: int, rounds: int) -> Result:
    acts = _acts(world, permission)
    ours, floor = acts["list page"](), acts["list page, floor"]()
    same = ours.content.count(b"<tr") == floor.content.count(b"<tr")
    taken = in_turns({name: acts[name] for name in ("list page", "list page, floor")}, rounds=rounds * 2)
    value = taken["list page"] / taken["list page, floor"]
    detail = {"ms": taken["list page"], "floor_ms": taken["list page, floor"], "same_rows": int(same)}
    return Result(LIST_PAGE, value, world.rows, detail)


def _growth(world: World, small: str, fewest: int, rounds: int) -> Iterator[Result]:
    taken = in_turns({"all": lambda: page(world.few), "few": lambda: page(world.few, using=small)}, rounds=rounds * 2)
    _ms, buffers, queries = explained(lambda: page(world.few))
    _ms, before, queries_before = explained(lambda: page(world.few, using=small), small)
    rows = {"rows": world.rows, "fewest": fewest}
    yield Result(
        GROWTH, taken["all"] / taken["few"], world.rows, rows | {"ms": taken["all"], "fewest_ms": taken["few"]}
    )
    counts = {"buffers": buffers, "fewest_buffers": before, "queries": queries, "fewest_queries": queries_before}
    yield Result(BUFFERS, buffers / before, world.rows, rows | counts)


def _users(world: World, rounds: int) -> Result:
    taken = in_turns({"lone": lambda: page(world.lone), "busy": lambda: page(world.busy)}, rounds=rounds * 2)
    detail = {"lone_ms": taken["lone"], "busy_ms": taken["busy"]}
    return Result(LONE, taken["lone"] / taken["busy"], world.rows, detail)


def _guardian(world: World, rounds: int) -> Result:
    taken = in_turns({"ours": lambda: page(world.few), "theirs": lambda: shortcut(world.named)}, rounds=rounds)
    ours, buffers, _queries = explained(lambda: page(world.few))
    theirs, their_buffers, _queries = explained(lambda: shortcut(world.named))
    detail = {
        "ms": taken["ours"],
        "guardian_ms": taken["theirs"],
        "database_ms": ours,
        "guardian_database_ms": theirs,
        "faster_in_database": theirs / ours,
        "buffers": buffers,
        "guardian_buffers": their_buffers,
    }
    target = GUARDIAN_MILLION if world.rows >= GUARDIAN_MILLION.stated_for else GUARDIAN
    return Result(target, taken["theirs"] / taken["ours"], world.rows, detail)


def _pages(world: World, rounds: int) -> Result:
    skipped = min(999 * PAGE, world.rows - 2 * PAGE)
    numbers = Case.objects.visible_to(world.supervisor).filter(status="open").order_by("-number")
    after = (numbers.values_list("number", flat=True)[skipped - 1],)
    acts = {"first": lambda: page(world.supervisor), "later": lambda: page(world.supervisor, after=after)}
    taken = in_turns(acts, rounds=rounds * 2)
    detail = {"page": skipped // PAGE + 1, "ms": taken["later"], "page_1_ms": taken["first"]}
    return Result(PAGES, taken["later"] / taken["first"], world.rows, detail)
