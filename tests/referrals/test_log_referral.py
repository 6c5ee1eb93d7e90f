"""Somebody tells us of a person or a place: number, clocks, route, who is told, who sees it."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message, Subject
from casework.people.models import Person
from casework.workflow import Refused
from referrals import services
from referrals.models import Referral, Route, Seen

BELGRADE = ZoneInfo("Europe/Belgrade")


def told(subject):
    return sorted(Message.objects.filter(subject=subject).values_list("recipient__username", flat=True))


def test_ana_logs_a_referral_on_an_unnamed_woman(cast, log):
    referral = log(indicators=[("debt-bondage", "seen"), ("surveillance", "said")])
    assert referral.number == f"R-{timezone.localdate().year}-000001"
    assert referral.source_group == "law-enforcement"
    assert referral.age_at_referral == 20
    assert referral.person.name == "Unknown woman, about 20"
    assert {row.code: row.how for row in referral.indicators.all()} == {
        "debt-bondage": Seen.SEEN,
        "surveillance": Seen.SAID,
    }
    assert {clock.due_at - referral.received_at for clock in referral.deadlines.all()} == {datetime.timedelta(hours=24)}
    assert {clock.kind for clock in referral.deadlines.all()} == {"24h-initiate", "24h-inform"}
    event = Event.objects.get(verb="log_referral")
    assert str(referral.pk) in event.subjects
    assert str(referral.person_id) in event.subjects


def test_the_year_of_the_number_is_that_of_belgrade(cast, log):
    new_year = datetime.datetime(2025, 12, 31, 23, 30, tzinfo=datetime.UTC)  # half past midnight in Belgrade
    assert log(received_at=new_year).number == "R-2026-000001"


def test_a_place_has_no_person_and_no_identification(cast, log):
    referral = log(person=None, given_age=None, place="A site by the river")
    assert referral.person is None
    assert not hasattr(referral, "identification")
    assert referral.deadlines.count() == 2
    assert told(Subject.ROUTE_UNDECIDED) == []


@pytest.mark.parametrize(
    ("person", "age", "made"),
    [
        ({"names": [{"given": "Proba", "family": ""}]}, None, True),
        ({"names": [{"given": " ", "family": ""}], "sex": "unknown", "birth_date": None}, None, False),
        ({"sex": "male"}, None, True),
        ({"citizenships": ["NP"]}, None, True),
        ({"description": "red coat"}, None, True),
        ({}, 0, True),
        ({}, None, False),
    ],
)
def test_what_makes_a_person(cast, log, person, age, made):
    assert (log(person=person, given_age=age).person is not None) is made


@pytest.mark.parametrize(("age", "route"), [(18, Route.CPTV), (17, Route.CSW), (0, Route.CSW), (None, Route.UNDECIDED)])
def test_age_decides_the_route(cast, log, age, route):
    referral = log(given_age=age)
    assert referral.identification.route == route
    assert told(Subject.ROUTE_UNDECIDED) == (["vesna"] if route == Route.UNDECIDED else [])


def test_supervisors_are_told_when_nobody_is_on_duty(cast, log):
    log()
    assert told(Subject.REFERRAL_RECEIVED) == ["vesna"]


def test_those_on_duty_are_told(cast, log, on_duty):
    on_duty(cast.boris)
    log()
    assert told(Subject.REFERRAL_RECEIVED) == ["boris"]


def test_only_those_concerned_see_it(cast, log, on_duty):
    referral = log()

    def sees(user):
        return Referral.objects.visible_to(type(user).objects.get(pk=user.pk)).filter(pk=referral.pk).exists()

    assert [name for name, user in vars(cast).items() if hasattr(user, "username") and sees(user)] == ["ana", "vesna"]
    on_duty(cast.boris)
    assert sees(cast.boris)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"source": "nonsense"}, "source"),
        ({"channel": "pigeon"}, "channel"),
        ({"language": "qq"}, "language"),
        ({"suspected_forms": ["nonsense"]}, "suspected_forms"),
        ({"indicators": [("nonsense", "seen")]}, "indicators_seen"),
        ({"indicators": [("debt-bondage", "guessed")]}, "indicators_seen"),
        ({"immediate_danger": "perhaps"}, "immediate_danger"),
        ({"given_age": 121}, "given_age"),
        ({"received_at": timezone.now() + datetime.timedelta(hours=2)}, "received_at"),
        ({"person": {"birth_date": datetime.date(2999, 1, 1)}}, "birth_date"),
        ({"person": {"citizenships": ["QQ"]}}, "citizenships"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(cast, log, given, field):
    with pytest.raises(Refused) as refusal:
        log(**given)
    assert refusal.value.field == field
    assert str(refusal.value).endswith(".")


def test_a_birth_after_the_receipt_is_refused(cast, log):
    received = timezone.now() - datetime.timedelta(days=10)
    with pytest.raises(Refused, match="after the day of receipt"):
        log(received_at=received, person={"birth_date": timezone.localdate() - datetime.timedelta(days=5)})


def test_a_person_heard_of_again_keeps_one_record_and_the_newest_age(cast, log):
    now = timezone.now()
    first = log(received_at=now - datetime.timedelta(days=800), given_age=16)
    again = log(existing_person=first.person, person=None, given_age=19)
    assert again.person == first.person
    assert again.age_at_referral == 19
    first.refresh_from_db()
    assert first.age_at_referral == 16  # the age of its own referral holds


def test_a_person_whom_one_does_not_see_cannot_be_chosen(cast, log):
    hers = log(logged_by=cast.olga)
    with pytest.raises(Refused, match="do not see this person"):
        log(existing_person=hers.person)


def test_nobody_logs_for_another_organisation(cast, log):
    with pytest.raises(Refused, match="own organisation"):
        log(organisation=cast.other)


def test_a_role_without_the_permission_is_refused(cast, log):
    with pytest.raises(Refused, match="Your role"):
        log(logged_by=cast.ivana)


@pytest.mark.asvs("2.3.3", "16.5.3")
def test_when_the_trail_cannot_be_written_nothing_is_logged(cast, log, monkeypatch):
    def broken(self, *args, **kwargs):
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(Event, "save", broken)
    with pytest.raises(RuntimeError):
        log()
    assert not Referral.objects.exists()
    assert not Person.objects.exists()


@pytest.mark.requirement("s-first-responder-referral")
def test_logging_through_the_page_gives_a_number_and_reaches_the_supervisor(cast, as_user, answers):
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    assert ana.get("/referrals/log/").status_code == 200
    typed = answers(
        sex="female",
        given_age="19",
        language="ne",
        referrer_body="Stanica Proba",
        indicators_seen=["passport-confiscation"],
        indicators_said=["debt-bondage", "passport-confiscation"],
        summary="Nešto se desilo.",
    )
    response = ana.post("/referrals/log/", typed)
    number = f"R-{timezone.localdate().year}-000001"
    assert response.headers["Location"] == f"/referrals/{number}/"
    page = ana.get(f"/referrals/{number}/").content.decode()
    for text in ("Unknown woman, about 19", "Stanica Proba", "Nešto se desilo.", "Nepali", "Police"):
        assert text in page
    assert number in vesna.get("/referrals/today/").content.decode()
    assert number in vesna.get("/referrals/").content.decode()
    assert Event.objects.filter(kind="read", verb="referral").count() == 1


@pytest.mark.requirement("s-age-unknown")
def test_unknown_age_waits_in_the_supervisors_queue(cast, as_user, answers):
    as_user(cast.ana).post("/referrals/log/", answers(sex="female"))
    referral = Referral.objects.get()
    assert referral.identification.route == Route.UNDECIDED
    today = as_user(cast.vesna).get("/referrals/today/").content.decode()
    assert "Route to be decided" in today
    assert "Route not decided" in as_user(cast.ana).get(f"/referrals/{referral.number}/").content.decode()


@pytest.mark.requirement("s-uasc")
def test_an_unaccompanied_child_without_a_birth_date_goes_to_the_supervisor_as_a_child(cast, as_user, answers):
    as_user(cast.ana).post("/referrals/log/", answers(sex="male", unaccompanied="yes"))
    referral, vesna = Referral.objects.get(), as_user(cast.vesna)
    assert referral.identification.route == Route.UNDECIDED
    [waiting] = [row for row in vesna.get("/referrals/today/").context["routes"] if row[0]["text"] == referral.number]
    assert "protected as a child" in waiting[1]["hint"]
    page = f"/referrals/{referral.number}/route/"
    assert "Reported as a child without parents or guardian" in vesna.get(page).content.decode()
    vesna.post(page, {"route": "csw", "reason": "Izgleda kao dete."})
    referral.identification.refresh_from_db()
    assert referral.identification.route == Route.CSW


@pytest.mark.requirement("s-availability-24h")
def test_what_comes_on_a_saturday_night_is_due_on_sunday_night(cast, as_user, answers):
    saturday = datetime.datetime(2026, 3, 28, 23, 30, tzinfo=timezone.get_default_timezone())
    with time_machine.travel(saturday + datetime.timedelta(minutes=5), tick=False):  # summer time begins that night
        ana = as_user(cast.ana)
        ana.post("/referrals/log/", answers(received_at_0="28.03.2026.", received_at_1="23:30"))
        referral = Referral.objects.get()
        assert referral.received_at == saturday
        for clock in referral.deadlines.all():
            assert clock.due_at - referral.received_at == datetime.timedelta(hours=24)
        assert "Due in" in ana.get(f"/referrals/{referral.number}/").content.decode()
    october = datetime.datetime(2026, 10, 17, 23, 30, tzinfo=timezone.get_default_timezone())  # a Saturday like others
    with time_machine.travel(october, tick=False):
        as_user(cast.ana).post("/referrals/log/", answers(received_at_0="17.10.2026.", received_at_1="23:30"))
        due = Referral.objects.order_by("received_at").last().deadlines.first().due_at
        assert timezone.localtime(due).strftime("%A %H:%M") == "Sunday 23:30"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"received_at_0": "32.13.2026."}, "Write the date as day, month, year"),
        ({"received_at_0": "01.01.2199."}, "in the future"),
        ({"received_at_0": "01.01.0001."}, "Check the year"),
        ({"birth_date": "01.01.2199."}, "in the future"),
        ({"birth_date": "01.01.1901."}, "Check the year of birth"),
        ({"given_age": "many"}, "Enter a whole number"),
        ({"source": "nonsense"}, "Select a valid choice"),
        ({"indicators_seen": ["nonsense"]}, "Select a valid choice"),
        ({"citizenship": "QQ"}, "Select a valid choice"),
        ({"summary": "a" * 10_000_000}, "at most 20"),
        ({"given_name": "Pro\x00ba"}, "Null characters are not allowed"),
        ({"given_name": "Pro\u202eba"}, "direction of writing"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing_typed(cast, as_user, answers, wrong, sentence):
    response = as_user(cast.ana).post("/referrals/log/", answers(referrer_body="Telo Proba", **wrong))
    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert "Telo Proba" in page
    assert not Referral.objects.exists()


def test_what_was_typed_survives_an_expired_session(cast, as_user, answers):
    client = as_user(cast.ana)
    token = client.get("/referrals/log/").context["form"].draft_token
    typed = answers(summary="Dugo kucano", indicators_seen=["debt-bondage"], draft_token=token)
    back = Client().post("/referrals/log/", typed).headers["Location"]
    assert back.startswith("/account/login/?next=")
    from urllib.parse import parse_qs, urlsplit

    restored = as_user(cast.ana).get(parse_qs(urlsplit(back).query)["next"][0])
    page = restored.content.decode()
    assert "Dugo kucano" in page
    assert restored.context["form"]["indicators_seen"].value() == ["debt-bondage"]
    assert not Referral.objects.exists()


def test_logging_about_somebody_whom_one_sees(cast, as_user, answers, log):
    first = log()
    client = as_user(cast.ana)
    page = client.get(f"/referrals/log/?person={first.person_id}").content.decode()
    assert "Unknown woman, about 20" in page
    client.post("/referrals/log/", answers(person=str(first.person_id)))
    assert Referral.objects.filter(person=first.person).count() == 2
    hidden = as_user(cast.boris).get(f"/referrals/log/?person={first.person_id}")
    assert hidden.status_code == 404
    assert client.get("/referrals/log/?person=nonsense").status_code == 404


@pytest.mark.asvs("8.3.1")
def test_the_rules_hold_without_the_page(cast):
    with pytest.raises(Refused):
        services.log_referral(
            organisation=cast.home,
            received_at=timezone.now(),
            source="police",
            now=timezone.now(),
            logged_by=cast.milan,
        )
