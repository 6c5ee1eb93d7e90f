"""A database of its own for one run, filled step by step to the number of rows asked for."""

import contextlib
import datetime
import random
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connections, models
from django.utils import timezone

from casework.access.models import Organisation, User
from casework.cases.models import Case, CaseGrant
from casework.config.bench.names import Invented
from casework.people.models import Person
from casework.vault.fields import seal_value
from casework.vault.index import name_codes, name_grams
from casework.vault.models import VaultKey
from referrals.models import Decision, Identification, Referral

FEW, LONE, BUSY = 100, 10, 1_000  # cases that the three users who are compared may see
CROWD = 200  # caseworkers who share the other cases
YEAR = 2025  # the year of the report; the records are of three years
DATABASE_VARIABLE = "CASEWORK_BENCH_DATABASE"  # names the database to the processes that a run starts
_SHARED_KEYS = 50  # persons a key: unwrapped for each person all the same

# What differs from person to person; every other column is as Django fills it.
_PERSONS = """
CREATE UNLOGGED TABLE bench_person (place integer, id uuid, key_id uuid, names bytea, name_codes integer[],
    name_grams integer[], birth_year integer, folded text, caseworker_id uuid, colleague_id uuid)
"""


def sizes_up_to(rows: int) -> list[int]:
    """10,000, 30,000, 100,000, … and `rows`; for few rows a quarter and a half of them."""
    steps = [step * 10**power for power in range(4, 9) for step in (1, 3)]
    smaller = [size for size in steps if size < rows] or [rows // 4, rows // 2]
    return [*smaller, rows]


def use(name: str) -> None:
    """Point this process at a database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


@contextlib.contextmanager
def elsewhere(name: str) -> Iterator[None]:
    """Point this process at a database for a while."""
    before = connections.settings["default"]["NAME"]
    use(name)
    try:
        yield
    finally:
        use(before)


@contextlib.contextmanager
def database(template: str = "") -> Iterator[str]:
    """A new migrated database, or a copy of the one named, for as long as it is needed: this process works in it."""
    with copied(template or "template1") as name, elsewhere(name):
        if not template:
            call_command("migrate", verbosity=0)
        yield name


@contextlib.contextmanager
def copied(template: str) -> Iterator[str]:
    """A copy of a database to which nobody else is connected, for as long as it is needed."""
    name = f"casework_bench_{uuid.uuid4().hex[:8]}"
    with _neutral() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield name
    finally:
        with _neutral() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _neutral() -> Iterator[Any]:
    """A cursor of the owner in no database of ours, so that one of them can be copied."""
    with elsewhere("postgres"), connections["owner"].cursor() as cursor:
        yield cursor


class World:
    """The records of one organisation, and the users who look at them."""

    def __init__(self, rows: int, template: str = "") -> None:
        self.rows, self.template, self.filled = rows, template, 0
        self.chance = random.Random(20)  # noqa: S311  (the same names in every run)
        self.curves: dict[int, dict[str, float]] = {}
        self.organisation = Organisation.objects.create(name="Bench", short_name="bench", kind="ngo")
        self.few, self.lone, self.busy, self.named = (self._user(who) for who in ("few", "lone", "busy", "named"))
        self.crowd = [self._user(f"crowd{place}") for place in range(CROWD)]
        self.supervisor = self._user("supervisor", role="supervisor")
        self.admin = self._user("admin", role="admin")
        with connections["owner"].cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("CREATE TABLE bench_name (person_id uuid, name text, born integer)")
            cursor.execute("CREATE INDEX ON bench_name USING gin (name gin_trgm_ops)")
            cursor.execute("GRANT SELECT ON bench_name TO PUBLIC")

    def _user(self, name: str, role: str = "caseworker") -> User:
        user = User.objects.create(username=f"bench-{name}", full_name=name.title(), organisation=self.organisation)
        user.groups.add(Group.objects.get(name=role))
        found: User = User.objects.get(pk=user.pk)
        found.get_all_permissions(), found.roles  # kept on the instance, as in one request
        return found

    def grow(self, rows: int) -> None:
        """Fill up to this many persons, each with a case, a referral, a decision and a named colleague."""
        if rows <= self.filled:
            return
        with connections["owner"].cursor() as cursor:
            sample = self._write_persons(cursor, rows - self.filled)
            self._write_records(cursor, sample)
            cursor.execute("INSERT INTO bench_name SELECT id, folded, birth_year FROM bench_person")
            cursor.execute("DROP TABLE bench_person")
            cursor.execute("VACUUM ANALYZE")
        self.filled = rows

    def curve(self, taken: dict[str, float]) -> None:
        """Note what acts cost (milliseconds) at the present number of rows, for the chart."""
        self.curves.setdefault(self.filled, {}).update(taken)

    def _write_persons(self, cursor: Any, count: int) -> Person:
        """Persons copied from one that Django made, so that every column has what the product would put there; what
        differs (key of the row, names, codes, year of birth) comes from a COPY."""
        cursor.execute(_PERSONS)
        sample = Person(key=VaultKey.make(), organisation=self.organisation, sex="female", citizenships=["RS"])
        sample.save(force_insert=True)
        with cursor.copy("COPY bench_person FROM STDIN") as rows:
            for row in self._persons(sample, count):
                rows.write_row(row)
        columns = ("id", "key_id", "names", "name_codes", "name_grams", "birth_year")
        _multiply(cursor, sample, {name: f"made.{name}" for name in columns})
        return sample

    def _persons(self, sample: Person, count: int) -> Iterator[tuple[Any, ...]]:
        dealt, named = self._dealt(count)
        for place in range(count):
            if place % _SHARED_KEYS == 0:
                key = VaultKey.make()
            who, row, crowd = Invented(self.chance), uuid.uuid4(), self.crowd[place % CROWD].pk
            names = [{"given": who.given, "family": who.family, "kind": "used"}]
            sealed = seal_value(names, key=key, table=sample._meta.db_table, row=row, column="names")
            words = [f"{who.given} {who.family}"]
            yield (
                *(place, row, key.id, bytes(sealed), name_codes(words), name_grams(words), who.born, who.folded),
                *(dealt.get(place, crowd), named.get(place, crowd)),
            )

    def _dealt(self, count: int) -> tuple[dict[int, Any], dict[int, Any]]:
        """Whose cases are not the crowd's, and which name not one of the crowd: all among the first rows, so that the
        compared users see the same number of cases at every size."""
        if self.filled:
            return {}, {}
        places = iter(self.chance.sample(range(count), count))
        busy = min(BUSY, count // 4)
        shares = {self.few: FEW, self.lone: LONE, self.busy: busy}
        dealt = {next(places): user.pk for user, share in shares.items() for _ in range(share)}
        return dealt, dict.fromkeys(self.chance.sample(range(count), FEW), self.named.pk)

    def _write_records(self, cursor: Any, person: Person) -> None:
        """To every new person a referral, a case, an identification, a decision; to every case a named colleague."""
        key, at, today = person.key, timezone.now(), timezone.localdate()
        number = f"lpad((made.place + {self.filled})::text, 8, '0')"
        day = f"(DATE '{YEAR - 2}-01-01' + made.place * 7 % 1095)"
        own = {"id": "gen_random_uuid()", "person_id": "made.id", "key_id": "made.key_id"}
        case = Case(key=key, number="C-0", person=person, organisation=self.organisation, opened_on=today)
        referral = Referral(
            key=key,
            number="R-0",
            organisation=self.organisation,
            person=person,
            received_at=at,
            source="police",
            source_group="law-enforcement",
            age_at_referral=20,
        )
        identification = Identification(key=key, referral=referral)
        decision = Decision(
            key=key,
            identification=identification,
            person=person,
            authority="cptv",
            outcome="identified",
            decided_on=today,
            forms=["sex-trafficking"],
            age_at_decision=20,
        )
        grant = CaseGrant(
            permission=Permission.objects.get(codename="view_case", content_type__app_label="cases"),
            user=self.named,
            content_object=case,
            granted_by=self.supervisor,
            expires_at=at + datetime.timedelta(days=1),
        )
        samples: tuple[models.Model, ...] = (case, referral, identification, decision, grant)
        for sample in samples:
            sample.save(force_insert=True)
        of_case = "JOIN cases_case record ON record.person_id = made.id"
        of_referral = "JOIN referrals_referral referral ON referral.person_id = made.id"
        of_identification = f"{of_referral} JOIN referrals_identification record ON record.referral_id = referral.id"
        forms = "CASE made.place % 3 WHEN 0 THEN '{sex-trafficking}' ELSE '{forced-labour}' END::text[]"
        group = "(ARRAY['law-enforcement', 'ngo', 'health'])[1 + made.place % 3]"
        received = {"received_at": f"{day} + TIME '12:00'", "source_group": group}
        decided = {"identification_id": "record.id", "decided_on": f"{day} + 20", "forms": forms}
        _multiply(cursor, case, own | {"number": f"'C-2026-' || {number}", "caseworker_id": "made.caseworker_id"})
        _multiply(cursor, referral, own | {"number": f"'R-2026-' || {number}"} | received)
        _multiply(cursor, identification, own | {"referral_id": "referral.id"}, of_referral)
        _multiply(cursor, decision, own | decided, of_identification)
        _multiply(cursor, grant, {"user_id": "made.colleague_id", "content_object_id": "record.id"}, of_case)
        for sample in (*reversed(samples), person):
            cursor.execute(f'DELETE FROM "{sample._meta.db_table}" WHERE id = %s', [sample.pk])  # noqa: S608


def _multiply(cursor: Any, sample: models.Model, differing: dict[str, str], join: str = "") -> None:
    """Insert one copy of a saved row for every row of `bench_person` (as `made`), with other values in some columns."""
    table = sample._meta.db_table
    columns = [str(field.column) for field in sample._meta.concrete_fields if field.get_internal_type() != "AutoField"]
    columns = [column for column in columns if column != "id" or "id" in differing]
    values = ", ".join(differing.get(column, f'sample."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" sample CROSS JOIN bench_person made {join}'  # noqa: S608
        f" WHERE sample.id = '{sample.pk}'"
    )
