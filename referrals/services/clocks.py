"""The 24-hour clocks: met, stopped, and escalated exactly once."""

import datetime

from django.db import transaction

from casework.audit import services as audit
from casework.outbox.models import Subject
from casework.outbox.services import tell
from referrals.models import Deadline, Referral
from referrals.services.reach import page_of, supervisors_of


def meet(referral: Referral, kind: str, at: datetime.datetime) -> None:
    """A running clock is met. Call inside the act's transaction."""
    referral.deadlines.running().filter(kind=kind).update(met_at=at)


def stop(referral: Referral, at: datetime.datetime) -> None:
    """Running clocks stop: the referral was declined, linked or entered in error. Call inside the act's transaction."""
    referral.deadlines.running().update(stopped_at=at)


def escalate_overdue(*, now: datetime.datetime) -> int:
    """Tell the supervisors of each clock that has run out, each exactly once; returns how many were escalated.

    Every clock is a transaction of its own: the row lock, `escalated_at` and the messages commit together.
    """
    overdue = Deadline.objects.running().filter(escalated_at=None, due_at__lte=now).order_by("due_at")
    return sum(_escalate(key, now) for key in list(overdue.values_list("pk", flat=True)))


@transaction.atomic
def _escalate(key: int, now: datetime.datetime) -> bool:
    waiting = Deadline.objects.running().filter(pk=key, escalated_at=None)
    deadline = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("referral").first()
    if deadline is None:  # another worker has it, or it was met meanwhile
        return False
    deadline.escalated_at = now
    deadline.save(update_fields=["escalated_at"])
    referral = deadline.referral
    tell(supervisors_of(referral), Subject.CLOCK_OVERDUE, reference=referral.number, path=page_of(referral))
    audit.act("escalate_overdue", referral, by=None, note=deadline.kind)
    return True
