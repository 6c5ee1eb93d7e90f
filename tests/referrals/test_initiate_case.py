"""Whoever is on duty opens the case within 24 hours; two at once open one."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from casework.cases.models import Assignment, Case
from casework.cases.services import close_case, reopen_case, seal_case
from casework.outbox.models import Message, Subject
from casework.workflow import Refused
from referrals import services
from referrals.models import Referral, ReferralStatus
from referrals.tasks import escalate_overdue
from tests.support.threads import all_at_once


def test_the_one_who_initiates_has_the_case_until_it_is_reviewed(cast, log):
    referral, now = log(), timezone.now()
    case = services.initiate_case(referral=referral, now=now, initiated_by=cast.ana)
    assert (case.caseworker, case.person, case.opened_on) == (cast.ana, referral.person, timezone.localdate(now))
    assert Assignment.objects.get().status == "provisional"
    referral.refresh_from_db()
    assert (referral.status, referral.case, referral.initiated_by) == (ReferralStatus.INITIATED, case, cast.ana)
    assert referral.deadlines.get(kind="24h-initiate").met_at == now
    assert referral.deadlines.get(kind="24h-inform").met_at is None
    asked = Message.objects.filter(subject=Subject.ASSIGNMENT_TO_REVIEW)
    assert [message.recipient for message in asked] == [cast.vesna]


def test_a_second_referral_joins_the_open_case(cast, log):
    first = log()
    case = services.initiate_case(referral=first, now=timezone.now(), initiated_by=cast.ana)
    again = log(existing_person=first.person, person=None, given_age=None)
    assert services.initiate_case(referral=again, now=timezone.now(), initiated_by=cast.vesna) == case
    assert Case.objects.get().caseworker == cast.ana
    assert case.referrals.count() == 2


def test_a_referral_joins_a_sealed_case_and_is_sealed(cast, log, as_user, on_duty):
    first = log()
    case = services.initiate_case(referral=first, now=timezone.now(), initiated_by=cast.ana)
    again = log(existing_person=first.person, person=None, given_age=None)
    seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    services.initiate_case(referral=again, now=timezone.now(), initiated_by=cast.ana)
    again.refresh_from_db()
    assert again.sealed
    on_duty(cast.boris)
    assert not Referral.objects.visible_to(cast.boris).exists()


@pytest.mark.asvs("2.3.1")
def test_without_a_person_the_sentence_says_what_comes_first(cast, log, as_user):
    referral = log(person=None, given_age=None)
    with pytest.raises(Refused, match="Amend it with anything that is known"):
        services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.ana)
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/initiate/").content.decode()
    assert "Amend the referral" in page


@pytest.mark.asvs("8.3.1")
def test_boris_who_does_not_see_it_is_refused(cast, log):
    with pytest.raises(Refused, match="no longer yours"):
        services.initiate_case(referral=log(), now=timezone.now(), initiated_by=cast.boris)


def test_a_declined_referral_is_refused(cast, log):
    referral = log()
    services.decline_referral(referral=referral, reason="Ne.", now=timezone.now(), declined_by=cast.ana)
    with pytest.raises(Refused, match="Declined"):
        services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.ana)


def test_closing_and_reopening_the_case_takes_the_referral_along(cast, initiated):
    referral = initiated()
    case = Case.objects.get()
    close_case(case=case, reason="Kraj.", closed_on=timezone.localdate(), closed_by=cast.ana)
    referral.refresh_from_db()
    assert referral.status == ReferralStatus.CLOSED
    reopen_case(case=case, reopened_by=cast.vesna, now=timezone.now())
    referral.refresh_from_db()
    assert referral.status == ReferralStatus.INITIATED


def test_initiating_through_the_page(cast, as_user, log, on_duty):
    referral = log()
    assert as_user(cast.boris).get(f"/referrals/{referral.number}/initiate/").status_code == 404
    on_duty(cast.boris)
    boris = as_user(cast.boris)
    assert "Initiate the case" in boris.get(f"/referrals/{referral.number}/").content.decode()
    page = boris.post(f"/referrals/{referral.number}/initiate/", follow=True).content.decode()
    assert Case.objects.get().number in page
    assert "Initiate the case" not in page
    again = boris.post(f"/referrals/{referral.number}/initiate/").content.decode()
    assert "already initiated" in again


@pytest.mark.asvs("15.4.2")
def test_two_people_initiate_at_once(committed_db, cast, log):
    for _round in range(5):
        referral = log()
        outcomes = all_at_once(
            [
                lambda user=user, referral=referral: services.initiate_case(
                    referral=Referral.objects.get(pk=referral.pk), now=timezone.now(), initiated_by=user
                )
                for user in (cast.ana, cast.vesna)
            ]
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Case", "Refused"]
        assert Case.objects.filter(person=referral.person).count() == 1


def test_two_referrals_on_one_person_are_initiated_at_once(committed_db, cast, log):
    first = log()
    second = log(existing_person=first.person, person=None, given_age=None)
    cases = all_at_once(
        [
            lambda referral=referral: services.initiate_case(
                referral=Referral.objects.get(pk=referral.pk), now=timezone.now(), initiated_by=cast.vesna
            )
            for referral in (first, second)
        ]
    )
    assert cases[0] == cases[1]
    assert Case.objects.count() == 1


def test_numbers_have_no_gap_and_no_twin_when_many_log_at_once(committed_db, cast, log):
    logged = all_at_once([log] * 8)
    year = timezone.localdate().year
    assert sorted(referral.number for referral in logged) == [f"R-{year}-{n:06}" for n in range(1, 9)]


@pytest.mark.requirement("s-clock-24h-initiate")
def test_the_24_hour_clock_is_due_then_overdue_and_escalated_once(cast, as_user):
    received = datetime.datetime(2026, 3, 27, 22, 0, tzinfo=datetime.UTC)  # a Friday night: clocks do not pause
    with time_machine.travel(received, tick=False):
        referral = services.log_referral(
            organisation=cast.home,
            received_at=received,
            source="police",
            person={"sex": "female"},
            now=received,
            logged_by=cast.ana,
        )
    overdue = Message.objects.filter(subject=Subject.CLOCK_OVERDUE)
    with time_machine.travel(received + datetime.timedelta(hours=23, minutes=59), tick=False):
        page = as_user(cast.vesna).get("/referrals/today/")
        assert "Due in 1 minute" in page.content.decode()
        assert page.context["overdue_count"] == 0
        escalate_overdue()
        assert overdue.count() == 0
    with time_machine.travel(received + datetime.timedelta(hours=24, minutes=1), tick=False):
        page = as_user(cast.vesna).get("/referrals/today/")
        assert "Overdue by 1 minute" in page.content.decode()
        assert page.context["overdue_count"] == 2
        escalate_overdue()
        escalate_overdue()
        assert [message.recipient for message in overdue] == [cast.vesna, cast.vesna]  # one a clock
        services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.ana)
        done = as_user(cast.ana).get(f"/referrals/{referral.number}/").content.decode()
        assert "Done, late by 1 minute" in done
