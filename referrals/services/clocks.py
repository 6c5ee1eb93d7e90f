"""The 24-hour clocks: met, stopped, and each step of their escalation taken exactly once."""

import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from casework.audit import services as audit
from casework.outbox.models import Subject
from casework.outbox.services import tell
from referrals.models import Deadline, Escalation, Referral
from referrals.services.reach import page_of, supervisors_of


def meet(referral: Referral, kind: str, at: datetime.datetime) -> None:
    """A running clock is met. Call inside the act's transaction."""
    referral.deadlines.running().filter(kind=kind).update(met_at=at)


def run_again(referral: Referral, kind: str) -> None:
    """A met clock runs again, from the same receipt: what met it no longer holds. Call inside the act's transaction."""
    referral.deadlines.filter(kind=kind, stopped_at=None).update(met_at=None)


def stop(referral: Referral, at: datetime.datetime) -> None:
    """Running clocks stop: the referral was declined, linked or entered in error. Call inside the act's transaction."""
    referral.deadlines.running().update(stopped_at=at)


def escalate_overdue(*, now: datetime.datetime) -> int:
    """Tell the supervisors of each clock that has run out, at each step once; returns how many steps were taken.

    The steps are the hours of ESCALATE_AFTER_HOURS after the clock ran out. Every step of every clock is a transaction
    of its own: its row, which the database takes once, and the messages commit together. Any number of workers may
    run this at once.
    """
    taken = 0
    for step, hours in enumerate(settings.ESCALATE_AFTER_HOURS, start=1):
        due_by = now - datetime.timedelta(hours=hours)
        overdue = Deadline.objects.running().filter(due_at__lte=due_by).exclude(escalations__step=step)
        taken += sum(_escalate(key, step, now) for key in list(overdue.order_by("due_at").values_list("pk", flat=True)))
    return taken


@transaction.atomic
def _escalate(key: int, step: int, now: datetime.datetime) -> bool:
    waiting = Deadline.objects.running().filter(pk=key)
    deadline = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("referral").first()
    if deadline is None:  # another worker has it, or it was met meanwhile
        return False
    try:
        with transaction.atomic():
            Escalation.objects.create(deadline=deadline, step=step, at=now)
    except IntegrityError:  # another worker was faster
        return False
    if deadline.escalated_at is None:
        deadline.escalated_at = now
        deadline.save(update_fields=["escalated_at"])
    referral = deadline.referral
    tell(supervisors_of(referral), Subject.CLOCK_OVERDUE, reference=referral.number, path=page_of(referral))
    audit.act("escalate_overdue", referral, by=None, note=deadline.kind)
    return True
