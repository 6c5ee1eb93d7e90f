"""What a case holds about its person, how long it is kept, and when it must not be erased."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.cases.models import (
    Assignment,
    Case,
    CaseGrant,
    CaseStatus,
    Conflict,
    Consent,
    Note,
    Opening,
    Sealing,
    VictimStatus,
)
from casework.people import holdings
from casework.people.ages import majority_of
from casework.people.holdings import BOOKKEEPING, Block, Held, Kept, Subject
from reference import codes

holdings.declare(
    Held(
        Case,
        _("Cases"),
        "person",
        shown={
            "number": _("Number"),
            "organisation": _("Kept by"),
            "status": _("Status"),
            "opened_on": _("Opened"),
            "closed_on": _("Closed"),
            "closing_reason": _("Reason for closing"),
            "victim_status": (
                _("Victim status"),
                lambda row: str(row.victim_status_label),
            ),
            "risk_level": _("Risk"),
            "safety_plan": _("Safety plan"),
            "safety_review_on": _("Safety plan to be reviewed on"),
            "error_why": _("Entered in error because"),
        },
        withheld={"caseworker": "staff"},
        apart=BOOKKEEPING | {"person", "sealed"},
    )
)
holdings.declare(
    Held(
        Note,
        _("Notes"),
        "case__person",
        shown={
            "case": _("Case"),
            "kind": _("Kind"),
            "happened_at": _("When"),
            "body": _("What happened"),
            "error_why": _("Entered in error because"),
        },
        withheld={"written_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        Consent,
        _("Consent"),
        "case__person",
        shown={
            "case": _("Case"),
            "purpose": (_("What for"), lambda row: str(codes.label("consent_purposes", row.purpose))),
            "recipient_kind": (
                _("Kind of recipient"),
                lambda row: str(codes.label("recipient_kinds", row.recipient_kind)),
            ),
            "recipient": _("Recipient"),
            "answer": _("Answer"),
            "answered_on": _("Day of the answer"),
            "given_by": _("Who answered"),
            "giver": _("Parent, guardian or representative"),
            "manner": _("How"),
            "language": (_("Language"), lambda row: codes.language_label(row.language) if row.language else ""),
            "interpreter": _("Interpreter"),
            "ground": (
                _("Legal ground"),
                lambda row: str(codes.label("consent_grounds", row.ground)) if row.ground else "",
            ),
            "reason": _("Reason"),
            "error_why": _("Entered in error because"),
        },
        withheld={"recorded_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        VictimStatus,
        _("Victim status over time"),
        "case__person",
        shown={
            "case": _("Case"),
            "status": (_("Victim status"), lambda row: str(codes.label("victim_statuses", row.status))),
            "since": _("Since"),
            "recorded_at": _("Recorded"),
        },
        apart=frozenset({"id", "decision_id"}),
    )
)
holdings.declare(
    Held(
        Assignment,
        _("Who had the case"),
        "case__person",
        shown={"case": _("Case"), "status": _("Status"), "assigned_at": _("From"), "ended_at": _("Until")},
        withheld={"caseworker": "staff", "assigned_by": "staff", "reviewed_by": "staff"},
        apart=frozenset({"id", "reviewed_at"}),
    )
)
holdings.declare(
    Held(
        Opening,
        _("Emergency access and reveals"),
        "person",
        shown={
            "case": _("Case"),
            "kind": _("Kind"),
            "what": _("What was opened"),
            "opened_at": _("When"),
            "verdict": _("Result of the review"),
        },
        withheld={"reason": "reasons", "review_reason": "reasons", "user": "staff", "reviewed_by": "staff"},
        apart=frozenset({"id", "key", "organisation", "person", "place_id", "reason_kind", "expires_at"})
        | {"review_due_at", "escalated_at", "reviewed_at"},
    )
)
holdings.declare(
    Held(
        Conflict,
        _("Colleagues who may not see the records"),
        "person",
        shown={"case": _("Case"), "declared_at": _("Since"), "lifted_at": _("Until")},
        withheld={"kind": "others", "reason": "others", "lifted_why": "others", "user": "staff"}
        | {"declared_by": "staff", "lifted_by": "staff"},
        apart=frozenset({"id", "key", "person"}),
    )
)
holdings.declare(
    Held(
        Sealing,
        _("Sealing and unsealing"),
        "person",
        shown={
            "case": _("Case"),
            "kind": _("Kind"),
            "asked_at": _("Asked"),
            "decided_at": _("Decided"),
            "outcome": _("Decision"),
        },
        withheld={"why": "reasons", "asked_by": "staff", "decided_by": "staff"},
        apart=frozenset({"id", "key", "person", "due_at", "escalated_at"}),
    )
)
holdings.exempt(CaseGrant, "which colleague may see the case: nothing about the person")


@holdings.blocks
def open_cases(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    if subject.person is None:
        return
    for case in Case.objects.filter(person=subject.person, status=CaseStatus.OPEN, error_at=None):
        yield Block("open-case", _t("The case %(number)s is open. Close it first.") % {"number": case.number})


@holdings.blocks
def what_waits_for_a_second_person(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    """Reviews and sealings that wait write under the person's key: they come first."""
    if subject.person is None:
        return
    if Opening.objects.filter(person=subject.person, reviewed_at=None).exists():
        yield Block("opening", _t("Emergency access or a reveal still waits for review."))
    if Sealing.objects.filter(person=subject.person, decided_at=None).exists():
        yield Block("sealing", _t("A sealing still waits for a second person."))


@holdings.schedule
def closed_cases(*, organisation_id: Any, person: Any = None, ended_by: Any = None) -> Iterator[Kept]:
    """Cases, with the day from which they need not be kept: never for one that is open.

    A child's case counts from the later of closing and the 18th birthday; somebody of unknown age is a child who was
    born on the day the case was opened.
    """
    found = Case.objects.filter(organisation=organisation_id).select_related("person__key")
    if person is not None:
        found = found.filter(person=person)
    if ended_by is not None:
        found = found.filter(Q(closed_on__lte=ended_by), person__key__destroyed_at=None)
    for case in found.order_by("number").iterator(chunk_size=500):
        child = case.person.protected_as_child_on(case.opened_on)
        record_class = "child-case" if child else "adult-case"
        ended = case.closed_on
        if ended is None:
            ended_on = timezone.localdate() if case.error_at is None else case.opened_on
            yield Kept(case.person, case.number, record_class, ended_on, None if case.error_at is None else ended_on)
            continue
        if child:
            ended = max(ended, majority_of(case.person, born_at_latest=case.opened_on))
        days = settings.RETENTION_DAYS[record_class]
        yield Kept(
            case.person, case.number, record_class, ended, ended + datetime.timedelta(days=days) if days else None
        )


@holdings.ends
def grants(keys: list[Any]) -> None:
    """Nobody stays named on a case that is erased."""
    now = timezone.now()
    CaseGrant.objects.filter(content_object__key__in=keys, expires_at__gt=now).update(expires_at=now)
