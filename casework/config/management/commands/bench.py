"""Benchmarks, each as a ratio to a floor measured in the same run (PERFORMANCE.md). Works in a database of its own."""

import json
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from guardian.shortcuts import get_objects_for_user

from casework.access.models import User
from casework.cases.models import Case
from casework.people.models import Person

ROUNDS = 15
VISIBLE = 100

# A vault key, an organisation, a crowd of caseworkers, and cases dealt out so that `few` sees exactly 100 of them by
# assignment, and `named` exactly 100 by guardian's table.
FILL = """
INSERT INTO vault_vaultkey (id, key_class, wrapped, wrapped_by, created_at)
    VALUES (%(key)s, 'record', '\\x01', 'bench', now());
INSERT INTO access_organisation (id, name, short_name, kind, receives_referrals, created_at)
    VALUES (%(organisation)s, 'Bench', 'bench', 'ngo', true, now());
INSERT INTO access_user (id, username, full_name, password, email, is_active, is_staff, is_superuser, date_joined,
    organisation_id, session_salt)
    SELECT gen_random_uuid(), 'bench-' || n, 'Bench', '', '', true, false, false, now(), %(organisation)s, ''
    FROM generate_series(0, 501) n;
INSERT INTO access_user_groups (user_id, group_id)
    SELECT u.id, g.id FROM access_user u, auth_group g WHERE g.name = 'caseworker';
INSERT INTO people_person (id, version, created_at, imported, key_id, organisation_id, sex, citizenships, languages,
    unaccompanied, needs_interpreter, sealed, name_codes)
    SELECT gen_random_uuid(), 1, now(), false, %(key)s, %(organisation)s, 'unknown', '{}', '{}', 'unknown', 'unknown',
    false, '{}' FROM generate_series(1, %(rows)s);
WITH crowd AS (SELECT id, row_number() OVER (ORDER BY username) AS n FROM access_user
               WHERE username NOT IN ('bench-0', 'bench-1')),
     few AS (SELECT id FROM access_user WHERE username = 'bench-0'),
     people AS (SELECT id, row_number() OVER () AS n FROM people_person)
INSERT INTO cases_case (id, version, created_at, imported, key_id, organisation_id, number, person_id, status,
    victim_status, sealed, caseworker_id, opened_on, risk_level)
    SELECT gen_random_uuid(), 1, now(), false, %(key)s, %(organisation)s, 'C-2026-' || lpad(people.n::text, 8, '0'),
    people.id, 'open', 'potential-victim', false,
    CASE WHEN people.n %% (%(rows)s / %(visible)s) = 0 THEN (SELECT id FROM few) ELSE crowd.id END,
    DATE '2026-01-01', 'unknown'
    FROM people JOIN crowd ON crowd.n = 1 + people.n %% 500;
INSERT INTO cases_casegrant (permission_id, user_id, content_object_id, expires_at, granted_by_id, granted_at)
    SELECT p.id, u.id, c.id, now() + interval '1 day', u.id, now()
    FROM auth_permission p, access_user u, (SELECT id FROM cases_case ORDER BY id LIMIT %(visible)s) c
    WHERE p.codename = 'view_case' AND u.username = 'bench-1';
INSERT INTO cases_casegrant (permission_id, user_id, content_object_id, expires_at, granted_by_id, granted_at)
    SELECT p.id, u.id, c.id, now() + interval '1 day', u.id, now()
    FROM auth_permission p, access_user u,
    (SELECT id, row_number() OVER () AS n FROM cases_case OFFSET %(visible)s) c
    WHERE p.codename = 'view_case' AND u.username = 'bench-' || (2 + c.n %% 500);
INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)
    SELECT n.id::text, p.content_type_id, p.id, u.id
    FROM auth_permission p, access_user u, (SELECT id, row_number() OVER (ORDER BY id) AS n FROM people_person) n
    WHERE p.codename = 'view_person'
    AND u.username = CASE WHEN n.n <= %(visible)s THEN 'bench-1' ELSE 'bench-' || (2 + n.n %% 500) END;
"""
FLOOR = """
SELECT id FROM cases_case WHERE caseworker_id = %s AND status = 'open' AND NOT sealed ORDER BY number DESC LIMIT 25
"""


def _milliseconds(act: Callable[[], Any]) -> float:
    """The median of several rounds after a warm-up."""
    act()
    taken = []
    for _round in range(ROUNDS):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def _in_database(act: Callable[[], Any]) -> tuple[float, int]:
    """Milliseconds (planning and execution, the median) and shared buffers of an act's statements, by EXPLAIN."""
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        act()
    times, buffers = [], 0
    with connection.cursor() as cursor:
        for _round in range(ROUNDS):
            taken, buffers = 0.0, 0
            for sql, params in statements:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                (explained,) = cursor.fetchone()[0]
                taken += explained["Planning Time"] + explained["Execution Time"]
                buffers += explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"]
            times.append(taken)
    return statistics.median(times), buffers


def _page(user: User) -> list[Case]:
    return Case.objects.filter(status="open").page_visible_to(user, order_by=("-number",), size=25)


class Command(BaseCommand):
    help = "Run the benchmarks on synthetic rows in a database of their own; prints ratios as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=100_000, help="cases (default 100,000)")
        parser.add_argument("--json", action="store_true", help="JSON is what it prints in any case")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = max(options["rows"], 10_000)
        found: dict[str, Any] = {"rows": rows}
        small = self._measure(10_000)
        found |= self._measure(rows)
        found["list_query_buffers_at_10000"] = small["list_query_buffers"]
        found["list_ms_against_10000_rows"] = round(found["list_ms"] / small["list_ms"], 2)
        self.stdout.write(json.dumps(found, indent=2))

    def _measure(self, rows: int) -> dict[str, Any]:
        name = f"casework_bench_{uuid.uuid4().hex[:8]}"
        before = connections.settings["default"]["NAME"]
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            self._use(name)
            call_command("migrate", verbosity=0)
            with connections["owner"].cursor() as cursor:
                keys: dict[str, Any] = {
                    "key": uuid.uuid4(),
                    "organisation": uuid.uuid4(),
                    "rows": rows,
                    "visible": VISIBLE,
                }
                for statement in FILL.split(";\n"):
                    if statement.strip():
                        cursor.execute(statement, keys)
                cursor.execute("VACUUM ANALYZE")
            return self._figures()
        finally:
            self._use(before)
            with connections["owner"].cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _use(self, name: str) -> None:
        for alias in ("default", "owner"):
            connections[alias].close()
            connections.settings[alias]["NAME"] = name
            connections[alias].settings_dict["NAME"] = name

    def _figures(self) -> dict[str, Any]:
        few, named = User.objects.get(username="bench-0"), User.objects.get(username="bench-1")
        few.get_all_permissions(), few.roles
        if not Case.objects.count_visible_to(few) == VISIBLE == Case.objects.count_visible_to(named):
            raise CommandError("The synthetic rows are not dealt out as the benchmark needs them.")

        def floor() -> None:
            with connection.cursor() as cursor:
                cursor.execute(FLOOR, [few.pk])
                cursor.fetchall()

        def shortcut() -> None:
            found = get_objects_for_user(named, "cases.view_case", Case, accept_global_perms=False)
            list(found.filter(status="open").order_by("-number")[:25])

        def stock() -> None:
            found = get_objects_for_user(named, "people.view_person", Person, accept_global_perms=False)
            list(found.order_by("-created_at")[:25])

        page_key = Case.objects.get(pk=_page(few)[0].pk).pk
        ours, theirs, lowest = _milliseconds(lambda: _page(few)), _milliseconds(shortcut), _milliseconds(floor)
        query_ms, buffers = _in_database(lambda: _page(few))
        shortcut_ms, shortcut_buffers = _in_database(shortcut)
        return {
            "list_query_ms": round(query_ms, 3),
            "list_query_buffers": buffers,
            "guardian_query_ms": round(shortcut_ms, 3),
            "guardian_query_buffers": shortcut_buffers,
            "list_query_times_faster_than_guardian": round(shortcut_ms / query_ms, 1),
            "list_floor_ms": round(lowest, 3),
            "list_ms": round(ours, 3),
            "list_against_floor": round(ours / lowest, 2),
            "guardian_shortcut_ms": round(theirs, 3),
            "list_times_faster_than_guardian": round(theirs / ours, 1),
            "guardian_stock_table_ms": round(_milliseconds(stock), 3),
            "count_ms": round(_milliseconds(lambda: Case.objects.count_visible_to(few)), 3),
            "may_see_ms": round(_milliseconds(lambda: Case.objects.visible_to(few).filter(pk=page_key).exists()), 3),
        }
