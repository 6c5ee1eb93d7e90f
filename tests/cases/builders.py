"""Persons and cases as tests need them, made through the services."""

import datetime
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from casework.cases import services as cases
from casework.cases.models import Case
from casework.people import services as people
from casework.people.models import Person

OPENED = datetime.date(2026, 3, 2)


def builders(cast: SimpleNamespace) -> SimpleNamespace:
    """`make.person(given=…)` and `make.case(caseworker=…)`: of Ana, at home, unless told otherwise."""

    def person(*, given: str = "", family: str = "", by: Any = None, **known: Any) -> Person:
        by = by or cast.ana
        names = [{"given": given, "family": family, "kind": "used"}]
        return people.create_person(organisation=by.organisation, names=names, created_by=by, **known)

    def case(*, caseworker: Any = None, by: Any = None, opened_on: datetime.date = OPENED, **known: Any) -> Case:
        caseworker = caseworker or cast.ana
        who = known.pop("person", None) or person(by=caseworker, **known)
        return cases.open_case(
            person=who,
            organisation=caseworker.organisation,
            opened_on=opened_on,
            caseworker=caseworker,
            opened_by=by or caseworker,
            now=timezone.now(),
        )

    return SimpleNamespace(person=person, case=case)
