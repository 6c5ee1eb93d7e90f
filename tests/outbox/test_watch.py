"""The alarm is on the oldest unsent row, and rings once per standstill."""

import datetime
import logging

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.outbox.models import Message, Notification, Standstill, Subject
from casework.outbox.services import deliver, oldest_unsent, tell
from casework.outbox.watch import watch
from tests.support.threads import all_at_once

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def old(cast):
    """Write a message that has waited longer than the limit."""

    def written(age=None):
        with transaction.atomic():
            tell([cast.ana], Subject.CASE_ASSIGNED, reference="C-2026-000001", path="/cases/")
        age = age or datetime.timedelta(seconds=settings.OUTBOX_LATE_SECONDS) + MINUTE
        message = Message.objects.order_by("-created_at").first()
        Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - age)
        return message

    return written


def test_the_oldest_is_the_oldest(cast, old):
    now = timezone.now()
    assert oldest_unsent(now) is None
    first = old(5 * MINUTE)
    old(MINUTE)
    first.refresh_from_db()
    assert oldest_unsent(now) == first.created_at
    deliver(str(first.pk))
    assert now - oldest_unsent(now) < 2 * MINUTE


def test_admins_are_told_once_per_standstill_and_nobody_else(cast, old, caplog, as_user):
    now = timezone.now()
    assert not watch(now=now)
    stuck = old()
    with caplog.at_level(logging.WARNING, "casework.outbox"):
        assert [watch(now=now + n * MINUTE) for n in range(4)] == [True, False, False, False]
        assert caplog.text.count("Messages are not being delivered: the oldest waits since") == 1
        assert "C-2026-000001" not in caplog.text
        told = Notification.objects.filter(message__subject=Subject.OUTBOX_STUCK)
        assert [notice.recipient for notice in told] == [cast.ivana]  # without worker, relay or mail
        assert "Messages are not being delivered." in as_user(cast.ivana).get("/notifications/").content.decode()
        deliver(str(stuck.pk))
        assert not watch(now=now + 5 * MINUTE)
        assert "Messages are delivered again." in caplog.text
    old()
    assert watch(now=now + 6 * MINUTE)
    assert told.all().count() == 2
    assert Standstill.objects.count() == 2


def test_several_that_notice_at_once_tell_once(committed_db, cast, old):
    old()
    now = timezone.now()
    assert sum(all_at_once([lambda: watch(now=now)] * 6)) == 1
    assert Notification.objects.filter(message__subject=Subject.OUTBOX_STUCK).count() == 1


def test_the_database_allows_one_standstill_at_a_time(db):
    Standstill.objects.create(began_at=timezone.now())
    with pytest.raises(IntegrityError, match="standstill_one_at_a_time"), transaction.atomic():
        Standstill.objects.create(began_at=timezone.now())
