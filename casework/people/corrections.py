"""Requests for correction: recorded, decided with reasons, shown with the person."""

import datetime
import re

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.people.access_requests import refuse_strange
from casework.people.data_models import Correction, CorrectionStatus
from casework.people.models import Person
from casework.people.requests import about, new_number
from casework.people.search import by_number
from casework.workflow import Refused, advance, lock

_VERBS = {
    CorrectionStatus.ACCEPTED: "accept_correction",
    CorrectionStatus.REFUSED: "refuse_correction",
    CorrectionStatus.NOTED: "note_correction",
}
THE_PERSON = "person"  # what was amended is on the person's own page
_NUMBER = re.compile(r"[RC]-\d{4}-\d{6,9}")


@transaction.atomic
def record_correction(
    *, person: Person, received_on: datetime.date, asked_by: str, wrong: str, recorded_by: User
) -> Correction:
    """Write down that somebody says what is recorded is wrong; the clock runs from the day it was received."""
    require(recorded_by, "people.record_data_request")
    fresh = lock(person)
    refuse_strange(received_on, asked_by)
    if not wrong.strip():
        raise Refused(_("Say what is wrong and what it should say."), field="wrong")
    asked = Correction(
        key=fresh.key,
        number=new_number(),
        organisation_id=fresh.organisation_id,
        person=fresh,
        about=about(fresh),
        received_on=received_on,
        due_on=received_on + datetime.timedelta(days=settings.CORRECTION_DAYS),
        asked_by=asked_by,
        wrong=wrong.strip(),
        recorded_by=recorded_by,
    )
    asked.save(force_insert=True)
    audit.act("record_correction", asked, fresh, by=recorded_by)
    return asked


@transaction.atomic
def decide_correction(
    *, correction: Correction, outcome: str, amended: str, reasons: str, decided_by: User, now: datetime.datetime
) -> Correction:
    """Accept (pointing to the record that was amended), refuse with reasons, or note the person's word beside it.

    `amended` is the number of a case or referral that the decider sees; without one, the person's own page was amended.
    """
    if outcome not in _VERBS:
        raise Refused(_("Choose one of the answers that are offered."), field="outcome")
    if outcome != CorrectionStatus.ACCEPTED and not reasons.strip():
        raise Refused(_("Say why."), field="reasons")
    pointer = ""
    if outcome == CorrectionStatus.ACCEPTED:
        pointer = amended.strip().upper() or THE_PERSON
        if pointer != THE_PERSON and not (_NUMBER.fullmatch(pointer) and by_number(pointer, decided_by)):
            raise Refused(_("You see no record with this number."), field="amended")
    return advance(
        correction,
        _VERBS[CorrectionStatus(outcome)],
        by=decided_by,
        about=[correction.person],
        amended=pointer,
        reasons=reasons.strip(),
        decided_by=decided_by,
        decided_at=now,
    )
