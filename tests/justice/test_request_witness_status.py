"""The witness chain: nothing out of order, and every refusal is a sentence."""

import datetime
import uuid

import pytest

from casework.audit.models import Event
from casework.cases import services as cases
from casework.justice import services
from casework.justice.chain import AFTER_DESIGNATION, DESIGNATION, PROGRAMME
from casework.justice.models import WitnessStatus
from casework.workflow import Refused
from reference import codes
from tests.justice.builders import OFFICE, TODAY, day

pytestmark = pytest.mark.django_db
EVW, PROTECTIVE = AFTER_DESIGNATION


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value


def test_the_kinds_are_those_of_the_list():
    assert {DESIGNATION, EVW, PROTECTIVE, PROGRAMME} == set(codes.ids("witness_statuses"))


@pytest.mark.requirement("s-particularly-vulnerable")
@pytest.mark.parametrize("status", [None, "not-identified", "potential-victim"])
def test_designation_of_a_potential_victim_is_refused(make, status):
    case = make.identified(status) if status else make.case()
    refused = refusal(make.request, case, DESIGNATION)
    assert "Only an officially identified victim or an officially recognised child" in str(refused.sentence)
    assert refused.data["missing"] == "identification"
    assert not WitnessStatus.objects.exists()


@pytest.mark.requirement("s-particularly-vulnerable")
@pytest.mark.parametrize("status", ["officially-identified", "officially-recognised-child"])
def test_designation_of_an_official_victim_keeps_office_and_day(make, cast, status):
    case = make.identified(status, birth_date=datetime.date(2010, 4, 10))
    assert refusal(make.request, case, DESIGNATION, decided_by_body=" ").field == "decided_by_body"
    granted = make.grant(make.request(case, DESIGNATION))
    granted.refresh_from_db()
    assert (granted.status, granted.decided_on, granted.decided_by_body) == ("granted", day(10), OFFICE)
    assert granted.age_at_decision == 16
    assert granted.key_id == case.person.key_id
    verbs = Event.objects.filter(subjects__contains=[str(granted.pk)]).values_list("verb", flat=True)
    assert set(verbs) == {"request_witness_status", "grant_witness_status"}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(EVW, marks=pytest.mark.requirement("s-evw")),
        pytest.param(PROTECTIVE, marks=pytest.mark.requirement("s-protective-witness")),
    ],
)
def test_a_status_needs_the_designation(make, kind):
    potential = refusal(make.request, make.case(), kind)
    assert "not officially identified" in str(potential.sentence)
    case = make.identified()
    bare = refusal(make.request, case, kind)
    assert "needs the prosecutor's designation" in str(bare.sentence)
    pending = make.request(case, DESIGNATION)
    assert refusal(make.request, case, kind).data["missing"] == "designation"
    make.grant(pending)
    assert make.grant(make.request(case, kind)).status == "granted"


def test_the_gate_is_checked_again_on_grant(make, cast):
    case = make.identified()
    make.designation(case)
    asked = make.request(case, EVW)
    cases.set_victim_status(case=case, status="not-identified", since=day(8), decision_id=uuid.uuid4(), set_by=cast.ana)
    assert "not officially identified" in str(refusal(make.grant, asked).sentence)
    asked.refresh_from_db()
    assert (asked.status, asked.decided_on) == ("pending", None)


def test_the_programme_of_the_law_has_no_gate(make):
    assert make.grant(make.request(make.case(), PROGRAMME)).status == "granted"


def test_a_designation_on_another_case_opens_nothing(make):
    make.designation(make.identified())
    assert refusal(make.request, make.identified(), EVW).data["missing"] == "designation"


def test_an_imported_designation_counts_only_with_its_own_chain(make):
    def imported(case, decided_on):
        status = WitnessStatus(
            key=case.person.key,
            case=case,
            person=case.person,
            kind=DESIGNATION,
            status="granted",
            decided_on=decided_on,
            imported=True,
        )
        status.save()

    case = make.identified(since=day(5))
    imported(case, None)
    imported(case, day(4))
    assert refusal(make.request, case, EVW).data["missing"] == "designation"
    imported(case, day(5))
    assert make.request(case, EVW).status == "pending"


@pytest.mark.parametrize("kind", [DESIGNATION, PROGRAMME])
def test_the_same_twice(make, kind):
    case = make.identified()
    asked = make.request(case, kind)
    assert "already" in str(refusal(make.request, case, kind).sentence)
    make.grant(asked)
    assert "already" in str(refusal(make.request, case, kind).sentence)


def test_refused_and_withdrawn_can_be_asked_again(make, cast):
    case = make.identified(birth_date=datetime.date(2000, 4, 11))
    asked = make.request(case, DESIGNATION)
    no = services.refuse_witness_status(
        witness_status=asked, decided_on=day(10), reasons="Nema osnova.", refused_by=cast.ana, today=TODAY
    )
    assert (no.status, no.reasons, no.age_at_decision) == ("refused", "Nema osnova.", 25)
    again = make.request(case, DESIGNATION, requested_on=day(11))
    back = services.withdraw_witness_status(
        witness_status=again, decided_on=day(12), withdrawn_by=cast.vesna, today=TODAY
    )
    assert back.status == "withdrawn"
    assert make.designation(case).status == "granted"
    assert "cannot be done now" in str(refusal(make.grant, no).sentence)


def test_days_that_cannot_be(make, cast):
    case = make.identified(since=day(5))
    assert refusal(make.request, case, DESIGNATION, requested_on=day(2, 6)).field == "requested_on"
    asked = make.request(case, DESIGNATION)
    for wrong, words in (
        (day(2, 6), "in the future"),
        (day(1), "requested on 2.4.2026."),
        (day(4), "officially identified on 5.4.2026."),
    ):
        refused = refusal(make.grant, asked, decided_on=wrong)
        assert refused.field == "decided_on"
        assert words in str(refused.sentence)
    make.grant(asked, decided_on=day(10))
    status = make.request(case, EVW)
    early = refusal(make.grant, status, decided_on=day(9))
    assert "designation is of 10.4.2026." in str(early.sentence)
    assert early.data["not_before"] == day(10)
    assert make.grant(status, decided_on=day(10)).status == "granted"


def test_a_closed_case_and_an_unknown_kind(make, cast):
    case = make.identified()
    assert refusal(make.request, case, "star-witness").field == "kind"
    asked = make.request(case, DESIGNATION)
    cases.close_case(case=case, reason="Gotovo.", closed_on=day(20), closed_by=cast.ana)
    assert "closed" in str(refusal(make.request, case, PROGRAMME).sentence)
    assert make.grant(asked).status == "granted"  # a decision that comes later is still recorded


@pytest.mark.parametrize("who", ["nada", "ivana", "jelena", "milan", "petar"])
def test_other_roles_do_nothing(make, cast, who):
    case, user = make.identified(), getattr(cast, who)
    asked = make.request(case, DESIGNATION)
    assert "Your role" in str(refusal(make.request, case, PROGRAMME, requested_by=user).sentence)
    assert "Your role" in str(refusal(make.grant, asked, granted_by=user).sentence)


def test_marking_a_designation_that_carries_a_status(make, cast):
    case = make.identified()
    designation = make.designation(case)
    status = make.request(case, PROTECTIVE)
    mark = services.mark_witness_status_in_error
    refused = refusal(mark, witness_status=designation, why="Druga osoba.", marked_by=cast.ana)
    assert "rests on this designation" in str(refused.sentence)
    assert refused.data["resting"] == status
    mark(witness_status=status, why="Druga osoba.", marked_by=cast.ana)
    mark(witness_status=designation, why="Druga osoba.", marked_by=cast.ana)
    assert refusal(make.request, case, PROTECTIVE).data["missing"] == "designation"
    assert "entered in error" in str(refusal(make.grant, status).sentence)


def test_ages_follow_the_birth_date(make, cast):
    from casework.people import services as people

    granted = make.designation(make.identified(birth_date=datetime.date(2000, 4, 10)))
    assert granted.age_at_decision == 26
    person = granted.person
    people.amend_person(
        person=person, version=person.version, amended_by=cast.ana, birth_date=datetime.date(2000, 4, 11)
    )
    granted.refresh_from_db()
    assert granted.age_at_decision == 25
