"""Several people at once, each with a connection and real commits."""

import pytest
from django.utils import timezone

from casework.cases import services
from casework.cases.models import Assignment, Case
from casework.workflow import Refused
from tests.cases.builders import OPENED, builders
from tests.support.threads import all_at_once


@pytest.mark.asvs("15.4.2")
def test_one_of_two_supervisors_wins(committed_db, cast):
    case = builders(cast).case()
    assignment = case.assignments.get()
    seen, now = services.state_of(assignment), timezone.now()

    def confirm():
        return services.confirm_assignment(
            assignment=Assignment.objects.get(pk=assignment.pk), confirmed_by=cast.vesna, now=now
        )

    def reassign():
        fresh = Case.objects.get(pk=case.pk)
        return services.reassign_case(case=fresh, caseworker=cast.boris, reassigned_by=cast.vesna, now=now, seen=seen)

    results = all_at_once([confirm, reassign] * 4)
    refusals = [each for each in results if isinstance(each, Refused)]
    assert len(refusals) == 7
    current = case.assignments.current().get()
    assert Case.objects.get(pk=case.pk).caseworker == current.caseworker


def test_a_person_gets_one_open_case(committed_db, cast):
    person = builders(cast).person(given="Gorica")

    def open_case():
        return services.open_case(
            person=person,
            organisation=cast.home,
            opened_on=OPENED,
            caseworker=cast.ana,
            opened_by=cast.ana,
            now=timezone.now(),
        )

    results = all_at_once([open_case] * 6)
    refusals = [each for each in results if isinstance(each, Refused)]
    assert len(refusals) == 5
    opened = Case.objects.get()
    assert all(opened.number in str(each.sentence) for each in refusals)


def test_numbers_have_no_gap_and_no_double(committed_db, cast):
    make = builders(cast)
    results = all_at_once([make.case] * 12)
    numbers = sorted(case.number for case in results)
    assert numbers == [f"C-2026-{place:06}" for place in range(1, 13)]
