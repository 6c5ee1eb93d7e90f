"""Every clock that has run out is escalated, and once."""

import datetime

from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message, Subject
from referrals import services
from referrals.models import Deadline
from tests.support.threads import all_at_once

LONG_AGO = datetime.timedelta(days=3)


def test_a_place_is_escalated_too(cast, log):
    log(person=None, given_age=None, received_at=timezone.now() - LONG_AGO)
    assert services.escalate_overdue(now=timezone.now()) == 2
    assert services.escalate_overdue(now=timezone.now()) == 0
    assert Event.objects.filter(verb="escalate_overdue").count() == 2


def test_what_is_met_or_stopped_is_left_alone(cast, log, initiated):
    now = timezone.now()
    initiated(received_at=now - LONG_AGO)
    declined, linked = log(received_at=now - LONG_AGO), log(received_at=now - LONG_AGO)
    wrong = log(received_at=now - LONG_AGO)
    services.decline_referral(referral=declined, reason="Ne.", now=now, declined_by=cast.ana)
    services.link_referral(referral=linked, earlier=declined, now=now, linked_by=cast.ana)
    services.mark_referral_in_error(referral=wrong, why="Dvaput.", now=now, marked_by=cast.ana)
    assert services.escalate_overdue(now=now) == 1  # everyone concerned of the first is still to be told
    assert Message.objects.filter(subject=Subject.CLOCK_OVERDUE).count() == 1


def test_several_workers_escalate_each_clock_once(committed_db, cast, log):
    for _ in range(4):
        log(received_at=timezone.now() - LONG_AGO)
    now = timezone.now()
    counts = all_at_once([lambda: services.escalate_overdue(now=now)] * 4)
    assert sum(counts) == 8
    assert Message.objects.filter(subject=Subject.CLOCK_OVERDUE).count() == 8
    assert Deadline.objects.filter(escalated_at=None).count() == 0
