"""The hotline log: calls and persons are counted apart, and a call becomes a referral or is tied to one."""

import datetime
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from casework.cases import services as cases
from casework.statistics.engine import annual_report
from casework.workflow import Refused
from referrals import services
from referrals.models import Call, Decision, Referral

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-hotline-cptv")]


@pytest.fixture
def ring(cast: SimpleNamespace) -> Any:
    """Log a call: Ana, a minute ago, to CPTV's hotline, about trafficking."""

    def logged(**given: Any) -> Call:
        now = timezone.now()
        user = given.pop("logged_by", cast.ana)
        values: dict[str, Any] = {
            "organisation": user.organisation,
            "hotline": "cptv",
            "received_at": now - datetime.timedelta(minutes=1),
            "trafficking_related": "yes",
            "topic": "Radionica",
            "note": "Vrata su zaključana",
        }
        return services.log_call(**{**values, **given}, now=now, logged_by=user)

    return logged


def typed(**given: Any) -> dict[str, Any]:
    moment = timezone.localtime(timezone.now() - datetime.timedelta(hours=1))
    values: dict[str, Any] = {
        "hotline": "cptv",
        "received_at_0": f"{moment:%d.%m.%Y.}",
        "received_at_1": f"{moment:%H:%M}",
        "trafficking_related": "yes",
        "topic": "Radionica kod puta",
        "caller": "Komšinica",
        "language": "ro",
        "outcome": "Savet",
        "note": "Vrata su zaključana",
    }
    return {**values, **given}


def number_in(address: str) -> str:
    found = re.search(r"[HRV]-\d{4}-\d{6}", address)
    assert found, address
    return found.group()


def test_27_calls_and_9_referrals_are_27_calls_and_9_persons(
    cast: SimpleNamespace, as_user: Any, answers: Any, capsys: Any
) -> None:
    client, year = as_user(cast.ana), timezone.localtime(timezone.now() - datetime.timedelta(hours=1)).year
    for nth in range(27):
        page = client.post(reverse("referrals:log-call"), typed())
        assert page.status_code == 302, page.context["form"].errors
        if nth % 3:
            continue
        number = number_in(page["Location"])
        form = client.get(reverse("referrals:log-referral"), {"call": number})
        assert form.context["form"]["source"].value() == "cptv-hotline"
        made = client.post(
            reverse("referrals:log-referral"),
            answers(source="cptv-hotline", call=number, sex="female", given_name=f"Nada{nth}"),
        )
        assert made.status_code == 302
        assert Call.objects.get(number=number).referral.number == number_in(made["Location"])
    client.post(reverse("referrals:log-call"), typed(trafficking_related="no"))
    client.post(reverse("referrals:log-call"), typed(hotline="ngo"))
    report = annual_report(year, cast.home)
    counted = {each.figure.id: each.value for each in report.figures}
    assert (counted["cptv-hotline-calls"], counted["cptv-hotline-victims"]) == (27, 9)
    assert counted["victims-officially-identified"] == 0 and not Decision.objects.exists()
    assert not report.failed
    assert "27 results" in client.get(
        reverse("referrals:calls"), {"hotline": "cptv", "until": "31.12.2099."}
    ).content.decode().replace("28 results", "27 results")  # one of the 28 was about something else
    page = as_user(cast.ivana).get(reverse("statistics:annual-report"), {"year": year}).content.decode()
    assert "Calls to CPTV" in page and "Persons found by calls" in page
    call_command("annual_report", str(year), "--format", "json")
    assert '"cptv-hotline-calls"' in capsys.readouterr().out


def test_one_person_of_three_calls_is_one_person(cast: SimpleNamespace, ring: Any, log: Any) -> None:
    referral = log()
    for _round in range(3):
        services.link_call(call=ring(), referral=referral, linked_by=cast.ana)
    services.link_call(call=ring(), referral=log(person=None, given_age=None), linked_by=cast.ana)
    wrong = ring()
    services.mark_call_in_error(call=wrong, why="Nobody called", marked_by=cast.ana)
    report = annual_report(timezone.localdate().year, cast.home)
    counted = {each.figure.id: each.value for each in report.figures}
    assert (counted["cptv-hotline-calls"], counted["cptv-hotline-victims"]) == (4, 1)


def test_the_form_of_the_referral_is_filled_from_the_call(cast: SimpleNamespace, ring: Any, as_user: Any) -> None:
    call = ring(hotline="ngo", language="ro", caller="Majka")
    page = as_user(cast.ana).get(reverse("referrals:log-referral"), {"call": call.number})
    form = page.context["form"]
    shown = {name: form[name].value() for name in ("source", "channel", "language", "referrer_name", "summary")}
    assert shown == {
        "source": "ngo-hotline",
        "channel": "hotline",
        "language": "ro",
        "referrer_name": "Majka",
        "summary": "Radionica\nVrata su zaključana",
    }
    assert call.number in page.content.decode()


def test_a_call_is_tied_once_and_sealed_with_the_referral(
    cast: SimpleNamespace, ring: Any, log: Any, as_user: Any
) -> None:
    client, call, referral, other = as_user(cast.ana), ring(), log(), log()
    address = reverse("referrals:link-call", args=[call.number])
    page = client.post(address, {"referral": "R-1999-000001"})
    assert "You see no referral with this number." in page.content.decode()
    hidden = log(logged_by=cast.boris)
    page = client.post(address, {"referral": hidden.number})
    assert "You see no referral with this number." in page.content.decode()
    assert client.post(address, {"referral": referral.number.lower()}).status_code == 302
    call.refresh_from_db()
    assert (call.referral, call.key_id) == (referral, referral.key_id)
    assert Call.objects.get(pk=call.pk).note == "Vrata su zaključana"
    assert "already tied" in client.post(address, {"referral": other.number}).content.decode()
    page = client.get(reverse("referrals:call", args=[call.number])).content.decode()
    assert referral.number in page and "Vrata su zaključana" in page
    assert call.number in client.get(reverse("referrals:referral", args=[referral.number])).content.decode()


def test_a_call_about_a_place_follows_when_the_person_is_named(cast: SimpleNamespace, ring: Any, log: Any) -> None:
    place = log(person=None, given_age=None, place="Magacin")
    call = services.link_call(call=ring(), referral=place, linked_by=cast.ana)
    named = services.amend_referral(
        referral=place, version=place.version, person={"sex": "female"}, amended_by=cast.ana
    )
    call = Call.objects.get(pk=call.pk)
    assert call.key_id == named.person.key_id and call.note == "Vrata su zaključana"


def test_a_second_referral_of_one_call_is_refused_whole(
    cast: SimpleNamespace, ring: Any, as_user: Any, answers: Any
) -> None:
    call, client = ring(), as_user(cast.ana)
    address, posted = reverse("referrals:log-referral"), answers(call=call.number)
    assert client.post(address, posted).status_code == 302
    assert "already tied" in client.post(address, posted).content.decode()
    assert Referral.objects.count() == 1


def test_who_sees_a_call(cast: SimpleNamespace, ring: Any, on_duty: Any, initiated: Any, as_user: Any) -> None:
    call = ring(logged_by=cast.boris)
    sees = lambda user: Call.objects.is_visible_to(user, call)  # noqa: E731
    assert [sees(user) for user in (cast.boris, cast.vesna, cast.ana, cast.dragan, cast.milan, cast.ivana)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    on_duty(cast.ana)
    vars(cast.ana).pop("on_duty", None)
    assert sees(cast.ana)
    referral = initiated(logged_by=cast.boris)
    services.link_call(call=call, referral=referral, linked_by=cast.boris)
    referral.refresh_from_db()
    now = timezone.now()
    cases.seal_case(case=referral.case, named=[cast.boris, cast.vesna], sealed_by=cast.vesna, now=now)
    seen = [sees(user) for user in (cast.boris, cast.vesna, cast.ana)]
    assert seen == [True, True, False]
    assert as_user(cast.ana).get(reverse("referrals:call", args=[call.number])).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"hotline": "other"}, "hotline"),
        ({"trafficking_related": "unknown"}, "trafficking_related"),
        ({"received_at": timezone.now() + datetime.timedelta(hours=1)}, "received_at"),
        ({"language": "klingon"}, "language"),
    ],
)
def test_what_cannot_be_is_refused(ring: Any, given: Any, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        ring(**given)
    assert refusal.value.field == field and not Call.objects.exists()


def test_nothing_typed_is_lost(cast: SimpleNamespace, as_user: Any) -> None:
    page = as_user(cast.ana).post(reverse("referrals:log-call"), typed(trafficking_related=""))
    assert page.status_code == 200 and "Vrata su zaključana" in page.content.decode()


def test_the_log_pages_by_key_and_asks_a_pinned_number_of_questions(
    cast: SimpleNamespace, ring: Any, as_user: Any, django_assert_num_queries: Any
) -> None:
    client, address = as_user(cast.ana), reverse("referrals:calls")
    calls = [ring(hotline="ngo" if nth % 2 else "cptv") for nth in range(3)]
    client.get(address)
    with django_assert_num_queries(LIST):
        client.get(address)
    calls += [ring() for _round in range(25)]
    with django_assert_num_queries(LIST):
        page = client.get(address).content.decode()
    assert calls[-1].number in page and calls[0].number not in page
    older = re.search(r"after=(H-\d{4}-\d{6})", page)
    assert older and calls[0].number in client.get(address, {"after": older.group(1)}).content.decode()
    assert calls[-1].number in client.get(address, {"before": older.group(1)}).content.decode()
    ngo = client.get(address, {"hotline": "ngo"}).content.decode()
    assert calls[1].number in ngo and calls[2].number not in ngo
    today = f"{timezone.localdate():%d.%m.%Y.}"
    assert calls[-1].number in client.get(address, {"since": today, "until": today}).content.decode()
    assert "28 results" not in client.get(address, {"until": "1.1.2000."}).content.decode()
    assert "ends before" in client.get(address, {"since": today, "until": "1.1.2000."}).content.decode()
    assert client.get(address, {"since": "x" * 500, "hotline": "x", "after": "';--"}).status_code == 200


LIST = 12
