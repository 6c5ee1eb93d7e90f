"""A clock is a row: each step of its escalation is taken once, by however many beats and workers."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message, Subject
from referrals import services
from referrals.models import Deadline, Escalation
from tests.support.threads import all_at_once

HOUR = datetime.timedelta(hours=1)


def log(cast, ago):
    now = timezone.now()
    return services.log_referral(
        organisation=cast.home, received_at=now - ago, source="police", now=now, logged_by=cast.ana
    )


def told():
    return Message.objects.filter(subject=Subject.CLOCK_OVERDUE)


def test_each_step_is_taken_once_at_its_time(cast, settings):
    settings.ESCALATE_AFTER_HOURS = [0, 24]
    log(cast, 25 * HOUR)  # two clocks, an hour late
    now = timezone.now()
    assert [services.escalate_overdue(now=now + hours * HOUR) for hours in (0, 1, 23, 24, 48)] == [2, 0, 2, 0, 0]
    assert told().count() == 4
    assert sorted(Escalation.objects.values_list("step", flat=True)) == [1, 1, 2, 2]
    assert {deadline.escalated_at for deadline in Deadline.objects.all()} == {now}


def test_the_database_refuses_the_same_step_twice(cast):
    log(cast, 25 * HOUR)
    now = timezone.now()
    services.escalate_overdue(now=now)
    with pytest.raises(IntegrityError, match="escalation_once_per_step"), transaction.atomic():
        Escalation.objects.create(deadline=Deadline.objects.first(), step=1, at=now)


def test_without_any_lock_the_constraint_alone_keeps_it_at_once(committed_db, cast, monkeypatch):
    """Twelve beats at the same moment, and no row lock: still one message per clock."""
    from referrals.models import DeadlineQuerySet

    monkeypatch.setattr(DeadlineQuerySet, "select_for_update", lambda self, **how: self)
    for _ in range(3):
        log(cast, 25 * HOUR)
    now = timezone.now()
    assert sum(all_at_once([lambda: services.escalate_overdue(now=now)] * 12)) == 6
    assert told().count() == 6
    assert Event.objects.filter(verb="escalate_overdue").count() == 6
