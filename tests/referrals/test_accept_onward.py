"""An onward referral to an organisation of this installation: its inbox, its answer, one person counted once."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.outbox.models import Message
from casework.people.models import Person, PersonLink
from casework.statistics.engine import annual_report
from casework.workflow import Refused
from referrals import services
from referrals.models import Onward, Received, Referral

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-referral-to-services")]
INSIDE = ["name", "birth_date", "sex", "citizenship", "language", "indicators", "forms", "summary"]


@pytest.fixture
def handed(cast: SimpleNamespace, passing: Any) -> Onward:
    """A case that Vesna asks the other organisation to take over."""
    given = {"purpose": "take-over", "recipient_kind": "ngo", "recipient_organisation": cast.other}
    return passing.sent(INSIDE, given=given, summary="Treba joj kuća")  # type: ignore[no-any-return]


def accepted(onward: Onward, user: Any) -> Onward:
    now = timezone.now()
    return services.accept_onward(onward=onward, at=now, now=now, accepted_by=user)


def test_handing_a_case_over_takes_a_supervisor(cast: SimpleNamespace, passing: Any) -> None:
    onward = passing.ready(purpose="take-over", recipient_kind="ngo", recipient_organisation=cast.other)
    with pytest.raises(Refused) as refusal:
        services.send_onward(onward=onward, channel="", now=timezone.now(), sent_by=cast.ana)
    assert "supervisor" in refusal.value.sentence
    assert services.send_onward(onward=onward, channel="", now=timezone.now(), sent_by=cast.vesna).sent_at


def test_the_inbox_shows_what_was_shared_and_nothing_else(
    cast: SimpleNamespace, passing: Any, handed: Onward, as_user: Any
) -> None:
    hidden = ("Call after five", "+381 60 000", "Pasoš 77", handed.case.number)
    assert Message.objects.filter(subject="onward-received", recipient=cast.dragan, reference=handed.number).exists()
    client = as_user(cast.dragan)
    inbox = client.get(reverse("referrals:onward-inbox")).content.decode()
    assert handed.number in inbox and "Đurđina" not in inbox
    page = client.get(reverse("referrals:received-onward", args=[handed.number])).content.decode()
    assert "Đurđina Ђурић-Čvorović" in page and "Treba joj kuća" in page and "Passport" in page
    assert not [text for text in hidden if text in page]
    assert "Ask the sender before you call or write" in page
    for url in (
        reverse("referrals:onward", args=[handed.number]),
        reverse("referrals:print-onward", args=[handed.number, "en"]),
        reverse("cases:case", args=[handed.case.number]),
        reverse("people:person", args=[handed.case.person_id]),
    ):
        assert client.get(url).status_code == 404
    for user in (cast.olga, cast.boris, cast.ana, cast.vesna):  # not on duty there, or not of that organisation
        assert as_user(user).get(reverse("referrals:received-onward", args=[handed.number])).status_code == 404


def test_a_draft_is_in_nobodys_inbox(cast: SimpleNamespace, passing: Any, on_duty: Any) -> None:
    passing.ready(purpose="take-over", recipient_kind="ngo", recipient_organisation=cast.other)
    on_duty(cast.olga)
    assert not Received.objects.visible_to(cast.dragan).exists()
    assert not Received.objects.visible_to(cast.olga).exists()


def test_the_sender_does_not_answer_for_an_organisation_that_works_here(cast: SimpleNamespace, handed: Onward) -> None:
    with pytest.raises(Refused) as refusal:
        accepted(handed, cast.ana)
    assert "Druga Proba" in refusal.value.sentence


def test_accepting_makes_a_referral_of_their_own_and_one_person_of_two(
    cast: SimpleNamespace, handed: Onward, as_user: Any
) -> None:
    client, moment = as_user(cast.dragan), timezone.localtime()
    posted = {"at_0": f"{moment:%d.%m.%Y.}", "at_1": f"{moment:%H:%M}"}
    url = reverse("referrals:accept-onward", args=[handed.number])
    assert "referral of your own" in client.get(url).content.decode()
    page = client.post(url, posted, follow=True).content.decode()
    theirs = Referral.objects.get(organisation=cast.other)
    assert theirs.number in page and theirs.person.organisation == cast.other
    assert theirs.person.name == "Đurđina Ђурић-Čvorović" and theirs.person.birth_date == datetime.date(1995, 2, 3)
    assert theirs.suspected_forms == ["sex-trafficking"] and "Treba joj kuća" in theirs.summary
    assert theirs.person.safe_contact == "" and theirs.deadlines.count() == 2
    handed.refresh_from_db()
    assert (handed.status, handed.became, handed.their_number) == ("accepted", theirs, theirs.number)
    assert Message.objects.filter(subject="onward-answered", recipient=cast.ana).exists()
    sent = as_user(cast.vesna).get(reverse("referrals:onward", args=[handed.number])).content.decode()
    assert "Both sides have agreed" in sent
    second = client.post(url, posted)
    assert second.status_code == 200 and "cannot be done now" in second.content.decode()
    assert Referral.objects.filter(organisation=cast.other).count() == 1


def referred(organisation: Any = None) -> int:
    return annual_report(timezone.localdate().year, organisation).figure("potential-victims-referred").value


def test_a_person_of_two_organisations_is_counted_once(cast: SimpleNamespace, handed: Onward, log: Any) -> None:
    log(logged_by=cast.dragan)
    assert (referred(), referred(cast.home), referred(cast.other)) == (2, 1, 1)
    accepted(handed, cast.dragan)
    assert (referred(), referred(cast.home), referred(cast.other)) == (2, 1, 2)
    counted = annual_report(timezone.localdate().year)
    assert counted.figure("referrals-received").value == 3 and not counted.failed
    handed.refresh_from_db()
    services.mark_onward_in_error(onward=handed, why="Another woman", now=timezone.now(), marked_by=cast.vesna)
    assert referred() == 3
    assert PersonLink.objects.get().ended_at is not None
    assert not Person.objects.exclude(counted_as=None).exists()


def test_back_and_forth_is_still_one_person(cast: SimpleNamespace, passing: Any, handed: Onward) -> None:
    """Three records of one woman in two organisations, linked in a chain; and a break in the middle."""
    accepted(handed, cast.dragan)
    theirs = Referral.objects.get(organisation=cast.other)
    back = passing.__class__(cast, lambda **given: theirs, by=cast.dragan)
    services.initiate_case(referral=theirs, now=timezone.now(), initiated_by=cast.dragan)
    returned = back.ready(INSIDE[:4], purpose="services", recipient_kind="ngo", recipient_organisation=cast.home)
    returned = services.send_onward(onward=returned, channel="", now=timezone.now(), sent_by=cast.dragan)
    accepted(returned, cast.vesna)
    keys = set(Person.objects.values_list("counted_as", flat=True))
    assert Person.objects.count() == 3 and len(keys) == 1 and None not in keys
    assert referred() == 1
    handed.refresh_from_db()
    services.mark_onward_in_error(onward=handed, why="Another woman", now=timezone.now(), marked_by=cast.vesna)
    assert referred() == 2
    assert Person.objects.filter(counted_as=None).count() == 1


def test_refused_by_the_organisation_itself(cast: SimpleNamespace, handed: Onward, as_user: Any) -> None:
    client, moment = as_user(cast.dragan), timezone.localtime()
    url = reverse("referrals:refuse-onward", args=[handed.number])
    posted = {"at_0": f"{moment:%d.%m.%Y.}", "at_1": f"{moment:%H:%M}", "why": ""}
    assert "This field is required" in client.post(url, posted).content.decode()
    assert client.post(url, posted | {"why": "Nemamo mesta"}).status_code == 302
    handed.refresh_from_db()
    assert (handed.status, handed.answer_why) == ("refused", "Nemamo mesta")
    assert Person.objects.filter(organisation=cast.other).count() == 0
