"""Cases of imported persons: one for each person with any record beyond a referral, without a caseworker yet."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from casework.access.record import next_number
from casework.cases.models import Case, CaseStatus, VictimStatus
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import Step, register_steps
from casework.people.records import Known, Persons

POTENTIAL = "potential-victim"


def needs_case(person: Known, days: Iterable[datetime.date | None]) -> None:
    """A record beyond a referral, dated by these days as far as they are known: the person gets a case."""
    known = [day for day in days if day is not None]
    earliest = min(known, default=datetime.date.max)
    if person.opened_on is None or earliest < person.opened_on:
        person.opened_on = earliest


def _find_cases(persons: Iterable[Known]) -> None:
    """Bring in the cases of persons already in the records: the open one, or the newest."""
    wanted = {person.person_id: person for person in persons if person.existing is not None and person.case_id is None}
    cases = Case.objects.valid().filter(person_id__in=list(wanted))
    # False sorts before True: the open one comes last and stays
    for case in sorted(cases, key=lambda case: (case.status == CaseStatus.OPEN, case.number)):
        wanted[case.person_id].case_id = case.pk


def write_cases(run: Import) -> None:
    """Open the cases that are needed. One that is there is opened earlier if an earlier record arrives."""
    needing = [person for person in run.of(Persons).known.values() if person.opened_on is not None]
    for person in needing:
        assert person.opened_on is not None  # noqa: S101
        person.opened_on = min(person.opened_on, run.today)
    _find_cases(needing)
    for person in needing:
        if person.case_id is not None:
            Case.objects.filter(pk=person.case_id, imported=True, opened_on__gt=person.opened_on).update(
                opened_on=person.opened_on
            )
    fresh = [person for person in needing if person.case_id is None]
    numbers = Numbers("C", (person.opened_on for person in fresh))
    for person in fresh:
        person.case_id, person.case_new = uuid.uuid4(), True
    copy_in(Case, (_case(run, person, numbers) for person in fresh))
    copy_in(VictimStatus, (_potential(person) for person in fresh))


class Numbers:
    """Reference numbers for many records at once: each year's are reserved together."""

    def __init__(self, series: str, days: Iterable[datetime.date | None]) -> None:
        wanted = Counter(day.year for day in days if day is not None)
        self._left = {year: _count_up(next_number(series, year, count=count)) for year, count in sorted(wanted.items())}

    def next(self, year: int) -> str:
        return next(self._left[year])


def _count_up(first: str) -> Iterator[str]:
    head, _dash, number = first.rpartition("-")
    at = int(number)
    while True:
        yield f"{head}-{at:06}"
        at += 1


def _case(run: Import, person: Known, numbers: Numbers) -> Case:
    assert person.opened_on is not None  # noqa: S101
    return Case(
        id=person.case_id,
        key=person.key(),
        number=numbers.next(person.opened_on.year),
        organisation_id=run.organisation.pk,
        person_id=person.person_id,
        opened_on=person.opened_on,
        victim_status=person.decided[-1] if person.decided else POTENTIAL,
        sealed=person.sealed,
        imported=True,
    )


def _potential(person: Known) -> VictimStatus:
    assert person.opened_on is not None  # noqa: S101
    return VictimStatus(case_id=person.case_id, status=POTENTIAL, since=person.opened_on)


def decided(person: Known, order: tuple[Any, ...], status: str) -> None:
    """A decision dated and ordered by `order`; the newest of them sets the victim status of a new case."""
    if person.decided is None or order > person.decided[:-1]:
        person.decided = (*order, status)


register_steps(before=[Step(20, write_cases)])
