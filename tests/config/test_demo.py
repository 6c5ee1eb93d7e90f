"""The demo: synthetic records determine the figures, work is due, and the command owns what it starts."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from casework.access.grants import Role
from casework.access.models import Duty, Organisation, User
from casework.cases.models import Assignment, Case, Conflict, Opening
from casework.config.demo import accounts, records, recount
from casework.people.data_models import AccessRequest, Correction, Erasure, Hold
from casework.people.models import Person
from casework.shelter.models import Placement
from casework.shelter.services import place_person
from casework.statistics.engine import annual_report
from casework.workflow import Refused
from referrals.models import Deadline, Decision, Identification, Referral
from referrals.services import mark_decision_in_error
from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]
HOUR = 3600


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A database of its own with everything that `demo` makes."""
    name = "casework_t_demo"
    with django_db_blocker.unblock():
        template = databases.connections.settings["default"]["NAME"]
        databases.drop(name)
        databases.create(name, "template1")
        databases.use(name)
        try:
            call_command("migrate", verbosity=0)
            call_command("load_reference", verbosity=0)
            accounts.create_accounts(accounts.PEOPLE)
            assert records.create_records(say=lambda text: None)
            yield name
        finally:
            databases.use(template)
            databases.drop(name)


@pytest.fixture
def undone(demo: str) -> Iterator[None]:
    """What a test changes in the demo's records is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _user(name: str) -> User:
    return User.objects.select_related("organisation").get(username=name)


# --- the records --------------------------------------------------------------------------------------------
def test_three_years_of_two_organisations_and_cptv(demo: str) -> None:
    years = Counter(Referral.objects.values_list("received_at__year", flat=True))
    this_year = timezone.localdate().year
    assert set(years) == {this_year - 2, this_year - 1, this_year}
    assert set(Organisation.objects.values_list("kind", flat=True)) == {"ngo", "cptv", "csw"}
    assert Referral.objects.values("organisation").distinct().count() == 3
    assert set(Decision.objects.values_list("outcome", flat=True)) >= {
        "identified",
        "recognised",
        "not_identified",
        "inconclusive",
    }
    assert {"ngo-shelter", "cptv-emergency-shelter", "foster-family"} <= set(
        Placement.objects.values_list("kind", flat=True)
    )
    assert Case.objects.filter(status="closed").exists()
    assert Case.objects.filter(sealed=True).count() == 1


def test_every_person_is_obviously_invented(demo: str) -> None:
    families = {
        *("Probić", "Primerović", "Testović", "Demić", "Uzorković", "Ogledić", "Nacrtić", "Izmišljenović"),
        *("Пробић", "Примеровић", "Тестовић", "Демић", "Узорковић", "Измишљеновић"),
        *("Sample", "Exemple", "Muster", "Prueba", "Specimen", "Beispiel"),
    }
    scripts = Counter()
    for person in Person.objects.select_related("key"):
        for name in (person.names or [])[:1]:
            assert name["family"] in families
            scripts["cyrillic" if name["family"][0] > "Ж" else "latin"] += 1
    assert scripts["cyrillic"] > 10
    assert scripts["latin"] > 10


def test_a_second_start_adds_nothing(demo: str) -> None:
    before = (Referral.objects.count(), User.objects.count(), Duty.objects.count())
    accounts.create_accounts(accounts.PEOPLE)
    assert not records.create_records(say=lambda text: None)
    records.keep_duty(timezone.now())
    assert (Referral.objects.count(), User.objects.count(), Duty.objects.count()) == before


def test_there_is_work_due_today(demo: str) -> None:
    now, today = timezone.now(), timezone.localdate()
    home = Organisation.objects.get(short_name="sunce")
    waiting = Deadline.objects.running().filter(kind="24h-initiate", referral__organisation=home)
    left = sorted(round((due - now).total_seconds() / HOUR) for due in waiting.values_list("due_at", flat=True))
    assert left[0] < 0 <= left[1] <= 2
    assert Referral.objects.filter(status="received", immediate_danger="yes", organisation=home).exists()
    assert Referral.objects.filter(status="received", logged_by__username="milan").exists()
    assert Identification.objects.filter(route="undecided", referral__status="initiated").exists()
    assert Assignment.objects.filter(status="provisional", case__organisation=home).exists()
    assert _user("ana").on_duty
    assert Placement.objects.filter(starts_on=today).exists()
    assert Placement.objects.filter(ends_on=today).exists()


def test_every_organisation_has_duty_for_two_weeks(demo: str) -> None:
    for day in range(14):
        moment = timezone.now() + day * records.DAY
        assert Duty.objects.at(moment).filter(organisation__short_name="sunce").count() == 1


@pytest.mark.requirement("s-emergency-shelter")
def test_the_emergency_shelter_is_full_and_says_until_when(undone: None) -> None:
    ana, today = _user("ana"), timezone.localdate()
    shelter = ana.organisation.shelters.get(kind="cptv-emergency-shelter")
    assert shelter.beds.count() == 6
    case = Case.objects.visible_to(ana).filter(status="open", placements=None).first()
    assert case is not None
    with pytest.raises(Refused, match=r"The shelter is full on .*; the first free bed is on") as refusal:
        place_person(
            case=case,
            kind=shelter.kind,
            shelter=shelter,
            starts_on=today,
            ends_on=today + 2 * records.DAY,
            placed_by=ana,
            today=today,
        )
    assert refusal.value.data["first_free_on"] == today + 4 * records.DAY


def test_a_sealed_case_is_seen_by_the_named_alone(demo: str) -> None:
    (case,) = Case.objects.filter(sealed=True)
    seen = {user.username for user in User.objects.all() if Case.objects.visible_to(user).filter(pk=case.pk).exists()}
    assert seen == {"ana", "vesna"}


def test_each_page_of_oversight_has_something_to_show(demo: str) -> None:
    """Each once: a reveal and an emergency access to review, a conflict, a hold, and what people ask."""
    waiting = Opening.objects.visible_to(_user("vesna")).filter(reviewed_at=None)
    assert sorted(waiting.values_list("kind", flat=True)) == ["break-glass", "reveal"]
    assert Conflict.objects.live().count() == 1
    assert [Hold.objects.get().status, Erasure.objects.get().status] == ["active", "asked"]
    assert [AccessRequest.objects.get().status, Correction.objects.get().status] == ["recorded", "waiting"]
    assert Erasure.objects.visible_to(_user("petar")).count() == 1


# --- records determine the totals ---------------------------------------------------------------------------
@pytest.mark.requirement("s-annual-statistics", "s-sum-checks")
def test_the_figures_equal_a_recount_of_three_years(demo: str) -> None:
    this_year = timezone.localdate().year
    with _recount_connection(demo) as connection:
        for year in range(this_year - 2, this_year + 1):
            for short_name in (None, "sunce", "most", "cptv-primer"):
                organisation = Organisation.objects.filter(short_name=short_name).first()
                report = annual_report(year, organisation)
                assert list(recount.differences(connection, report.as_dict(), short_name)) == []
                assert report.failed == []


@contextlib.contextmanager
def _recount_connection(name: str) -> Iterator[Any]:
    import psycopg
    from psycopg.rows import dict_row

    from casework import embedded

    ends = embedded.endpoints()
    where = {"host": str(ends.host), "dbname": name, "user": ends.app_user, "password": ends.app_password}
    with psycopg.connect(**where, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def test_the_recount_notices_a_wrong_cell(demo: str) -> None:
    year = timezone.localdate().year - 1
    report = annual_report(year).as_dict()
    report["figures"][0]["breakdowns"][0]["cells"][0]["value"] += 1
    with _recount_connection(demo) as connection:
        (sentence,) = recount.differences(connection, report, None)
    assert sentence.startswith(f"referrals-received {year}, source_group law-enforcement: the report says")


@pytest.mark.requirement("s-annual-statistics", "s-disaggregation")
def test_a_record_entered_in_error_leaves_its_cells(undone: None) -> None:
    year, vesna = timezone.localdate().year - 1, _user("vesna")
    once = Decision.objects.valid().filter(decided_on__year=year).values("person").annotate(n=Count("pk")).filter(n=1)
    decision = (
        Decision.objects.valid()
        .filter(person__in=once.values("person"), outcome="recognised", decided_on__year=year, person__sealed=False)
        .filter(identification__referral__organisation=vesna.organisation)
        .first()
    )
    assert decision is not None

    def cells() -> dict[str, int]:
        figure = annual_report(year, vesna.organisation).figure("victims-officially-identified")
        return {"value": figure.value, "csw": figure.breakdown("deciding_body").value("csw")}

    before = cells()
    mark_decision_in_error(decision=decision, why="Not hers.", now=timezone.now(), marked_by=vesna)
    assert cells() == {name: value - 1 for name, value in before.items()}


# --- accounts -----------------------------------------------------------------------------------------------
def test_there_is_an_account_for_every_role(demo: str) -> None:
    for role in Role.values:
        assert User.objects.filter(groups__name=role).exists()
    assert sorted(account.role for account in accounts.ONE_PER_ROLE) == sorted(Role.values)
