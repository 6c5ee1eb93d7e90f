"""From the first call to the year's figures, through the services that the pages use."""

import datetime

import pytest

from casework.justice import services as justice
from casework.people import services as people
from casework.shelter import services as shelters
from casework.statistics.engine import annual_report
from referrals import services as referrals
from tests.statistics.records import Day

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
TODAY = Day(2026, 11, 22)


def numbers(year=2025):
    return {counted.figure.id: counted.value for counted in annual_report(year).figures}


def sex_age(figure, year=2025):
    cells = annual_report(year).figure(figure).breakdown("sex_age").cells
    return {cell.category: cell.value for cell in cells if cell.value}


@pytest.fixture
def worked_case(cast):
    """Ana's case: a woman of 18, identified, in the emergency shelter, a protective witness."""
    ana = cast.ana
    referral = referrals.log_referral(
        organisation=cast.home,
        received_at=datetime.datetime(2025, 3, 1, 9, 0, tzinfo=datetime.UTC),
        source="police",
        person={"sex": "female", "birth_date": Day(2007, 2, 1), "citizenships": ["RS"]},
        now=NOW,
        logged_by=ana,
    )
    case = referrals.initiate_case(referral=referral, now=NOW, initiated_by=ana)
    decision = referrals.record_decision(
        identification=referral.identification,
        authority="cptv",
        outcome="identified",
        forms=["forced-begging"],
        decided_on=Day(2025, 4, 1),
        reasons="As the letter says",
        today=TODAY,
        recorded_by=ana,
    )
    house = shelters.add_shelter(
        organisation=cast.home, name="Kuća", kind="cptv-emergency-shelter", keepers=[], added_by=cast.vesna
    )
    bed = shelters.add_bed(shelter=house, name="1", added_by=cast.vesna)
    placement = shelters.place_person(
        case=case,
        kind=house.kind,
        shelter=house,
        bed=bed,
        starts_on=Day(2025, 4, 2),
        ends_on=Day(2025, 5, 2),
        placed_by=ana,
        today=TODAY,
    )
    for kind in ("particularly-vulnerable-group", "protective-witness"):
        status = justice.request_witness_status(
            case=case,
            kind=kind,
            requested_on=Day(2025, 6, 1),
            decided_by_body="Više javno tužilaštvo",
            requested_by=ana,
            today=TODAY,
        )
        status = justice.grant_witness_status(
            witness_status=status, decided_on=Day(2025, 6, 2), granted_by=ana, today=TODAY
        )
    return referral, case, decision, placement, status


ALL = {
    "referrals-received": 1,
    "potential-victims-referred": 1,
    "cptv-hotline-calls": 0,
    "cptv-hotline-victims": 0,
    "victims-officially-identified": 1,
    "cptv-shelter-accommodated": 1,
    "victims-foster-families": 0,
    "especially-vulnerable-witness": 0,
    "protective-witness": 1,
    "proceedings-opened": 0,
}


@pytest.mark.requirement("s-annual-statistics")
@pytest.mark.requirement("s-potential-vs-identified")
def test_what_was_done_is_what_the_year_counts(worked_case):
    assert numbers() == ALL
    assert set(numbers(2024).values()) == {0}


def test_marking_one_record_in_error_changes_its_cells(cast, worked_case):
    referral, _case, decision, placement, status = worked_case
    justice.mark_witness_status_in_error(witness_status=status, why="Another person", marked_by=cast.ana)
    assert numbers() == ALL | {"protective-witness": 0}
    shelters.mark_placement_in_error(placement=placement, why="Another person", marked_by=cast.ana)
    assert numbers() == ALL | {"protective-witness": 0, "cptv-shelter-accommodated": 0}
    referrals.mark_decision_in_error(decision=decision, why="Another person", now=NOW, marked_by=cast.ana)
    referred = {"referrals-received": 1, "potential-victims-referred": 1}
    assert numbers() == dict.fromkeys(ALL, 0) | referred
    referrals.mark_referral_in_error(referral=referral, why="Written twice", now=NOW, marked_by=cast.ana)
    assert set(numbers().values()) == {0}


def test_a_changed_birth_date_moves_the_person_between_cells(cast, worked_case):
    referral = worked_case[0]
    events = ("potential-victims-referred", "victims-officially-identified", "cptv-shelter-accommodated")
    for figure in (*events, "protective-witness"):
        assert sex_age(figure) == {"women": 1}
    person = referral.person
    person.refresh_from_db()
    # eighteen on 2 April 2025: a child when referred and identified, an adult in the shelter and as a witness
    people.amend_person(person=person, version=person.version, amended_by=cast.ana, birth_date=Day(2007, 4, 2))
    assert {figure: sex_age(figure) for figure in events} == {
        "potential-victims-referred": {"girls": 1},
        "victims-officially-identified": {"girls": 1},
        "cptv-shelter-accommodated": {"women": 1},
    }
    assert not annual_report(2025).failed
