"""Verbs on witness status: requested, then granted, refused or withdrawn. The chain they follow is in `chain`."""

import datetime

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from casework.access import record_services
from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.models import Case, CaseStatus
from casework.justice.chain import AFTER_DESIGNATION, DESIGNATION, designation_of, refuse_shut_gate
from casework.justice.models import WitnessOutcome, WitnessStatus
from casework.people.masking import review_protection
from casework.people.models import Person
from casework.workflow import Refused, advance, lock
from reference import codes

LIVE = (WitnessOutcome.PENDING, WitnessOutcome.GRANTED)


@transaction.atomic
def request_witness_status(
    *,
    case: Case,
    kind: str,
    requested_on: datetime.date,
    decided_by_body: str = "",
    requested_by: User,
    today: datetime.date,
) -> WitnessStatus:
    """Record that a designation or a status was asked for, of which prosecutor's office or court.

    The designation needs the name of the prosecutor's office. Raises `Refused` out of order (see `chain`), for a day in
    the future, and when the same is pending or granted already.
    """
    require(requested_by, "justice.request_witness_status")
    fresh = lock(case)
    if fresh.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    if not codes.is_code("witness_statuses", kind):
        raise Refused(_("“%(kind)s” is not a witness status.") % {"kind": kind}, field="kind")
    _refuse_future(requested_on, "requested_on", today)
    refuse_shut_gate(fresh, kind)
    if kind == DESIGNATION and not decided_by_body.strip():
        raise Refused(_("Say which prosecutor's office is asked for the designation."), field="decided_by_body")
    person = Person._base_manager.select_related("key").get(pk=fresh.person_id)
    asked = WitnessStatus(
        key=person.key,
        case=fresh,
        person=person,
        kind=kind,
        requested_on=requested_on,
        decided_by_body=decided_by_body.strip(),
        requested_by=requested_by,
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as problem:
        if "witnessstatus_one_live" not in str(problem):
            raise
        raise Refused(_("This is requested or granted already on this case."), field="kind") from None
    audit.act("request_witness_status", asked, fresh, person, by=requested_by)
    return asked


def _refuse_future(day: datetime.date, field: str, today: datetime.date) -> None:
    if day > today:
        raise Refused(_("This day is in the future."), field=field)


@transaction.atomic
def grant_witness_status(
    *,
    witness_status: WitnessStatus,
    decided_on: datetime.date,
    decided_by_body: str = "",
    reasons: str = "",
    granted_by: User,
    today: datetime.date,
) -> WitnessStatus:
    """Record that it was granted. The chain is checked again, under a lock on the case: the step before may be gone."""
    return _decide(
        witness_status, "grant_witness_status", decided_on, decided_by_body, reasons, by=granted_by, today=today
    )


@transaction.atomic
def refuse_witness_status(
    *,
    witness_status: WitnessStatus,
    decided_on: datetime.date,
    decided_by_body: str = "",
    reasons: str = "",
    refused_by: User,
    today: datetime.date,
) -> WitnessStatus:
    """Record that the prosecutor's office or the court refused. It can be requested again."""
    return _decide(
        witness_status, "refuse_witness_status", decided_on, decided_by_body, reasons, by=refused_by, today=today
    )


@transaction.atomic
def withdraw_witness_status(
    *,
    witness_status: WitnessStatus,
    decided_on: datetime.date,
    reasons: str = "",
    withdrawn_by: User,
    today: datetime.date,
) -> WitnessStatus:
    """Take back a request that nobody has decided on; `decided_on` is the day of taking back."""
    return _decide(witness_status, "withdraw_witness_status", decided_on, "", reasons, by=withdrawn_by, today=today)


def _decide(
    record: WitnessStatus,
    verb: str,
    decided_on: datetime.date,
    body: str,
    reasons: str,
    *,
    by: User,
    today: datetime.date,
) -> WitnessStatus:
    case = lock(record.case)
    if lock(record).entered_in_error:
        raise Refused(_("This was entered in error. Nothing of it can be changed."))
    _refuse_future(decided_on, "decided_on", today)
    if record.requested_on is not None and decided_on < record.requested_on:
        raise Refused(
            _("It was requested on %(day)s: the decision cannot be before that.")
            % {"day": date_format(record.requested_on, "j.n.Y.")},
            field="decided_on",
            requested_on=record.requested_on,
        )
    person = Person._base_manager.select_related("key").get(pk=case.person_id)
    changes = {"decided_on": decided_on, "reasons": reasons.strip(), "age_at_decision": person.age_on(decided_on)}
    if body.strip():
        changes["decided_by_body"] = body.strip()
    done = advance(record, verb, by=by, about=[case, person], **changes)
    review_protection(person)  # the name of a protective witness is hidden from now on
    return done


@transaction.atomic
def mark_witness_status_in_error(*, witness_status: WitnessStatus, why: str, marked_by: User) -> WitnessStatus:
    """Mark as entered in error. Refused for the designation that a pending or granted status still rests on."""
    case = lock(witness_status.case)
    if witness_status.kind == DESIGNATION and designation_of(case, without=witness_status) is None:
        resting = WitnessStatus._base_manager.filter(
            case=case, kind__in=AFTER_DESIGNATION, status__in=LIVE, error_at=None, imported=False
        ).first()
        if resting is not None and witness_status.status == WitnessOutcome.GRANTED:
            raise Refused(
                _("“%(status)s” rests on this designation. Mark that as entered in error first.")
                % {"status": codes.label("witness_statuses", resting.kind)},
                resting=resting,
            )
    marked = record_services.mark_in_error(
        record=witness_status, why=why, marked_by=marked_by, about=[case, case.person]
    )
    review_protection(case.person)
    return marked
