"""Witness statuses as tests need them, made through the services."""

import datetime
import uuid
from types import SimpleNamespace
from typing import Any

from casework.cases import services as cases
from casework.cases.models import Case
from casework.justice import proceedings, services
from casework.justice.chain import DESIGNATION
from casework.justice.models import Proceeding, WitnessStatus
from tests.cases.builders import builders as case_builders

TODAY = datetime.date(2026, 6, 1)
OFFICE = "Više tužilaštvo u Novom Sadu"


def day(number: int, month: int = 4) -> datetime.date:
    """A day of April 2026, or of another month of that year."""
    return datetime.date(2026, month, number)


IDENTIFIED = day(1)


def builders(cast: SimpleNamespace) -> SimpleNamespace:
    """`make.identified()` is a case of Ana with an official victim, `make.designation(case)` its designation."""
    make = case_builders(cast)

    def identified(status: str = "officially-identified", since: datetime.date = IDENTIFIED, **known: Any) -> Case:
        case = make.case(**known)
        cases.set_victim_status(case=case, status=status, since=since, decision_id=uuid.uuid4(), set_by=cast.ana)
        return case

    def request(case: Case, kind: str, **given: Any) -> WitnessStatus:
        values = {"requested_on": day(2), "decided_by_body": OFFICE, "requested_by": cast.ana, "today": TODAY}
        return services.request_witness_status(case=case, kind=kind, **{**values, **given})

    def grant(status: WitnessStatus, **given: Any) -> WitnessStatus:
        values = {"decided_on": day(10), "granted_by": cast.ana, "today": TODAY}
        return services.grant_witness_status(witness_status=status, **{**values, **given})

    def designation(case: Case, **given: Any) -> WitnessStatus:
        return grant(request(case, DESIGNATION), **given)

    def proceeding(case: Case, **given: Any) -> Proceeding:
        values = {"opened_on": day(2), "specialised_prosecutor": "yes", "opened_by": cast.ana, "today": TODAY}
        return proceedings.open_proceeding(case=case, **{**values, **given})

    def amend(proceeding: Proceeding, **changes: Any) -> Proceeding:
        values = {"version": proceeding.version, "amended_by": cast.ana, "today": TODAY}
        return proceedings.amend_proceeding(proceeding=proceeding, **{**values, **changes})

    return SimpleNamespace(
        **vars(make),
        identified=identified,
        request=request,
        grant=grant,
        designation=designation,
        proceeding=proceeding,
        amend=amend,
    )
