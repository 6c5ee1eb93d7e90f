"""An onward referral from consent to its result, to a body outside: through services and pages."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message
from casework.workflow import Refused, Stale
from referrals import services
from referrals.models import Onward, OnwardReminder, OnwardStatus

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
pytestmark = pytest.mark.requirement("s-referral-to-services")


@pytest.mark.django_db
def test_nothing_is_chosen_or_sent_before_consent_also_under_the_clock(cast: Any, passing: Any) -> None:
    onward = passing.prepare()
    assert onward.number.startswith("O-") and onward.shared == ["sex", "language"]
    with pytest.raises(Refused) as refusal:
        passing.choose(onward, ["name"])
    assert "Ask the person" in refusal.value.sentence
    with pytest.raises(Refused) as refusal:
        services.send_onward(onward=onward, channel="letter", now=timezone.now(), sent_by=cast.ana)
    assert "Ask the person" in refusal.value.sentence
    onward.refresh_from_db()
    assert onward.status == OnwardStatus.DRAFT and onward.snapshot is None


@pytest.mark.django_db
def test_what_was_shared_is_frozen_and_nothing_else_goes(cast: Any, passing: Any) -> None:
    onward = passing.sent(
        ["name", "birth_date", "sex", "indicators", "summary", "opinion"], summary="Kratko", opinion="Mi"
    )
    assert onward.snapshot == {
        "name": "Đurđina Ђурић-Čvorović",
        "birth_date": "1995-02-03",
        "sex": "female",
        "indicators": ["passport-confiscation"],
        "summary": "Kratko",
        "opinion": "Mi",
    }
    person = onward.case.person
    person.set_names([{"given": "Drugo", "family": "Ime", "kind": "used"}])
    person.save()
    onward.refresh_from_db()
    assert onward.snapshot["name"] == "Đurđina Ђурић-Čvorović"
    assert onward.consent is not None and onward.consent.answer == "given"
    with pytest.raises(Refused):
        passing.choose(onward, ["sex"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(o)::text FROM referrals_onward o")
        stored = cursor.fetchone()[0]
    assert "Kratko" not in stored and "urđina" not in stored


@pytest.mark.django_db
def test_consent_withdrawn_before_sending_stops_it(cast: Any, passing: Any) -> None:
    onward = passing.ready()
    passing.consent("withdrawn")
    with pytest.raises(Refused) as refusal:
        services.send_onward(onward=onward, channel="letter", now=timezone.now(), sent_by=cast.ana)
    assert "withdrawn" in refusal.value.sentence
    passing.consent("ground", ground="duty-to-report", reason="A crime was reported to us.")
    assert services.send_onward(onward=onward, channel="letter", now=timezone.now(), sent_by=cast.ana).sent_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shared", "texts", "field"),
    [
        ([], {}, "shared"),
        (["contacts"], {}, "shared"),
        (["identifiers", "name"], {}, "shared"),
        (["summary"], {}, "summary"),
        (["needs"], {"needs": "  "}, "needs"),
        (["opinion"], {"summary": "x"}, "opinion"),
    ],
)
def test_only_what_the_list_allows_can_be_chosen(passing: Any, shared: Any, texts: Any, field: str) -> None:
    onward = passing.prepare()
    passing.consent()
    with pytest.raises(Refused) as refusal:
        passing.choose(onward, shared, **texts)
    assert refusal.value.field == field


@pytest.mark.django_db
def test_the_name_of_a_protected_identity_stays(cast: Any, passing: Any) -> None:
    from casework.people.masking import protect_identity

    onward = passing.prepare()
    passing.consent()
    protect_identity(onward.case.person)
    onward = Onward.objects.get(pk=onward.pk)
    with pytest.raises(Refused) as refusal:
        passing.choose(onward, ["name"])
    assert "protected" in refusal.value.sentence


@pytest.mark.django_db
def test_two_who_choose_at_once_lose_nothing(passing: Any) -> None:
    onward = passing.prepare()
    passing.consent()
    version = onward.version
    passing.choose(onward, ["name"], version=version)
    with pytest.raises(Stale):
        passing.choose(onward, ["sex"], version=version)


@pytest.mark.django_db
def test_acknowledged_with_their_number_accepted_and_a_result(cast: Any, passing: Any) -> None:
    onward = passing.sent()
    now = timezone.now()
    onward = services.acknowledge_onward(
        onward=onward, at=now, now=now, their_number="551-12/26", acknowledged_by=cast.ana
    )
    assert (onward.status, onward.their_number) == ("acknowledged", "551-12/26")
    onward = services.accept_onward(onward=onward, at=now, now=now, accepted_by=cast.ana)
    assert onward.became is None and onward.their_number == "551-12/26"
    today = timezone.localdate()
    onward = services.record_result(onward=onward, result_on=today, result="Bed", today=today, recorded_by=cast.ana)
    assert onward.status == "concluded"
    with pytest.raises(Refused):
        services.refuse_onward(onward=onward, why="Too late", at=now, now=now, refused_by=cast.ana)


@pytest.mark.django_db
def test_refused_because_and_then_nothing_more(cast: Any, passing: Any) -> None:
    onward, now = passing.sent(), timezone.now()
    with pytest.raises(Refused) as refusal:
        services.refuse_onward(onward=onward, why=" ", at=now, now=now, refused_by=cast.ana)
    assert refusal.value.field == "why"
    for at in (now + HOUR, now - 90 * DAY):
        with pytest.raises(Refused) as refusal:
            services.refuse_onward(onward=onward, why="Full", at=at, now=now, refused_by=cast.ana)
        assert refusal.value.field == "at"
    onward = services.refuse_onward(onward=onward, why="No bed", at=now, now=now, refused_by=cast.ana)
    assert onward.status == "refused" and not OnwardReminder.objects.running().exists()
    with pytest.raises(Refused):
        services.withdraw_onward(onward=onward, why="It does not matter", now=now, withdrawn_by=cast.ana)


@pytest.mark.django_db
def test_withdrawn_stops_the_reminder(cast: Any, passing: Any) -> None:
    onward = passing.sent()
    services.withdraw_onward(
        onward=onward, why="She does not want it any more", now=timezone.now(), withdrawn_by=cast.ana
    )
    assert not OnwardReminder.objects.running().exists()
    assert services.remind_of_onward(now=timezone.now() + 30 * DAY) == 0


@pytest.mark.django_db
def test_whoever_does_not_see_the_case_does_nothing(cast: Any, passing: Any) -> None:
    onward = passing.ready()
    for user in (cast.boris, cast.dragan, cast.olga, cast.milan, cast.ivana):
        with pytest.raises(Refused):
            services.send_onward(onward=onward, channel="letter", now=timezone.now(), sent_by=user)
        with pytest.raises(Refused):
            services.prepare_onward(
                case=onward.case, purpose="services", recipient_kind="cptv", now=timezone.now(), prepared_by=user
            )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"purpose": "gossip"}, "purpose"),
        ({"recipient_kind": "neighbour"}, "recipient_kind"),
        ({"recipient_kind": "ngo", "recipient": " "}, "recipient"),
    ],
)
def test_what_cannot_be_is_refused(passing: Any, given: Any, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        passing.prepare(**given)
    assert refusal.value.field == field


@pytest.mark.django_db
def test_the_database_refuses_halves(passing: Any) -> None:
    onward = passing.sent()
    halves: list[dict[str, Any]] = [
        {"consent": None},
        {"sent_at": None},
        {"status": "acknowledged"},
        {"status": "accepted"},
        {"status": "refused", "answered_at": timezone.now()},
        {"status": "concluded"},
        {"status": "withdrawn"},
        {"recipient_organisation": onward.organisation},
    ]
    for half in halves:
        with pytest.raises(IntegrityError), transaction.atomic():
            Onward.objects.filter(pk=onward.pk).update(**half)


# Reminders ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_caseworker_is_told_once_of_each_wait(cast: Any, passing: Any, settings: Any) -> None:
    settings.ONWARD_ACKNOWLEDGE_DAYS, settings.ONWARD_ANSWER_DAYS = 2, 5
    onward, now = passing.sent(), timezone.now()
    told = Message.objects.filter(subject="onward-waiting")
    assert services.remind_of_onward(now=now + DAY) == 0
    assert [services.remind_of_onward(now=now + 3 * DAY) for _again in range(3)] == [1, 0, 0]
    message = told.get()
    assert message.recipient == cast.ana and message.reference == onward.number
    at = now + 4 * DAY
    services.acknowledge_onward(onward=onward, at=at, now=at, acknowledged_by=cast.ana)
    assert services.remind_of_onward(now=at + 4 * DAY) == 0
    assert services.remind_of_onward(now=at + 6 * DAY) == 1
    assert told.count() == 2


def test_of_several_workers_one_tells(committed_db: str, cast: Any, passing: Any) -> None:
    passing.sent()
    later = timezone.now() + 30 * DAY

    def work(_number: int) -> int:
        try:
            return services.remind_of_onward(now=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(8))) == 1
    assert Message.objects.filter(subject="onward-waiting").count() == 1


# Pages ----------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_from_the_tab_to_the_result_by_clicking(cast: SimpleNamespace, passing: Any, as_user: Any) -> None:
    client, case = as_user(cast.ana), passing.case()

    def go(name: str, *args: Any, **posted: Any) -> str:
        url = reverse(f"referrals:{name}", args=args)
        response = client.post(url, posted, follow=True) if posted else client.get(url)
        assert response.status_code == 200, name
        return response.content.decode()

    assert "has not been passed on" in go("case-onward", case.number)
    form = go("prepare-onward", case.number)
    assert "Druga Proba" in form and "Kuća Proba" not in form.partition("<form")[2] and "ECPAT Serbia" in form
    assert "Say which one" in go("prepare-onward", case.number, purpose="services", recipient_kind="shelter")
    page = go("prepare-onward", case.number, purpose="services", recipient_kind="shelter", recipient="Kuća Nada")
    onward = Onward.objects.get()
    number = onward.number
    assert "Nobody has answered yet whether Kuća Nada may be told" in page and "Cannot start yet" in page
    assert "Call after five" in page
    assert "Nobody has answered yet" in go("send-onward", number, channel="letter")
    passing.consent(purpose="services", recipient_kind="shelter")
    page = go("onward", number)
    assert "Cannot start yet" not in page
    form = go("choose-shared", number)
    assert form.count("checked") == 2
    chosen = {"shared": ["name", "sex", "needs"], "version": onward.version}
    assert "You chose to share this" in go("choose-shared", number, **chosen)
    page = go("choose-shared", number, **chosen, needs="Soba sa <b>bravom</b>")
    assert "Soba sa &lt;b&gt;bravom&lt;/b&gt;" in page and "Đurđina Ђурић-Čvorović" in page
    assert "There is a problem" in go("send-onward", number, channel="")
    page = go("send-onward", number, channel="letter")
    assert "is sent" in page and "Acknowledgement awaited" in page and "Record that they have it" in page
    waiting = go("waiting-onward")
    assert number in waiting and "waiting for 0 days" in waiting
    moment = timezone.localtime()
    at = {"at_0": f"{moment:%d.%m.%Y.}", "at_1": f"{moment:%H:%M}"}
    assert "44/26" in go("acknowledge-onward", number, **at, their_number="44/26")
    assert "Record the result" in go("accept-onward", number, **at)
    assert number not in go("waiting-onward")
    page = go("record-result", number, result_on=f"{moment:%d.%m.%Y.}", result="Ima krevet")
    assert "Ima krevet" in page and "Result known" in page
    timeline = client.get(reverse("cases:timeline", args=[case.number])).content.decode()
    assert number in timeline and "Kuća Nada" in timeline
    page = go("mark-onward-in-error", number, why="Of somebody else")
    assert "Of somebody else" in page
    for event in Event.objects.filter(subjects__contains=[str(onward.pk)]):
        assert "Nada" not in f"{event.note}{event.fields}" and "bravom" not in f"{event.note}{event.fields}"


@pytest.mark.django_db
def test_the_longest_waiting_comes_first_and_pages_go_on(
    cast: Any, passing: Any, as_user: Any, monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("referrals.views.onward_sent.PAGE", 3)
    numbers = []
    for ago in (1, 9, 5, 7, 3):
        with time_machine.travel(timezone.now() - ago * DAY, tick=False):
            numbers.append((ago, passing.sent().number))
    oldest_first = [number for _ago, number in sorted(numbers, reverse=True)]
    client, url = as_user(cast.ana), reverse("referrals:waiting-onward")
    with django_assert_num_queries(11):
        first = client.get(url).content.decode()
    assert [number for number in oldest_first if number in first] == oldest_first[:3]
    assert first.index(oldest_first[0]) < first.index(oldest_first[1]) < first.index(oldest_first[2])
    second = client.get(url, {"after": oldest_first[2]}).content.decode()
    assert all(number in second for number in oldest_first[3:]) and oldest_first[0] not in second
    assert oldest_first[0] in client.get(url, {"after": "O-1999-000001"}).content.decode()
    assert oldest_first[0] in as_user(cast.vesna).get(url).content.decode()
    assert oldest_first[0] not in as_user(cast.boris).get(url).content.decode()
