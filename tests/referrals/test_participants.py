"""Who is told: proposed by rules and pathways, each told at a time by somebody, and the clock that follows the list."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.cases.consent import record_consent
from casework.workflow import Refused
from referrals import services
from referrals.models import ClockKind, Participant
from referrals.services.participants import proposals
from tests.support.threads import all_at_once


def when(at: datetime.datetime) -> dict[str, str]:
    at = timezone.localtime(at)
    return {"informed_at_0": f"{at:%d.%m.%Y.}", "informed_at_1": f"{at:%H:%M}"}


def all_told(referral, user):
    services.record_informed(referral=referral, informed_at=timezone.now(), now=timezone.now(), informed_by=user)


def clock(referral):
    return referral.deadlines.get(kind=ClockKind.INFORM)


@pytest.mark.requirement("s-clock-24h-inform")
def test_while_one_is_not_told_the_clock_is_overdue(cast, as_user, initiated):
    received = timezone.now() - datetime.timedelta(hours=25)
    referral = initiated(received_at=received)
    ana, page = as_user(cast.ana), f"/referrals/{referral.number}/participants/"
    shown = ana.get(page)
    assert [row["cells"][0]["text"] for row in shown.context["rows"]] == [
        "Center for Protection of Trafficking Victims"
    ]
    assert ana.post(page, {"bodies": [], "name": "Dom zdravlja Proba"}).status_code == 302
    first, second = referral.participants.order_by("created_at")
    told = ana.post(
        f"/referrals/participants/{first.pk}/inform/",
        {**when(received + datetime.timedelta(hours=3)), "how": "telephone", "spoke_with": "Dežurna"},
        follow=True,
    ).content.decode()
    assert "Dežurna" in told
    assert "By telephone" in told
    referral.refresh_from_db()
    assert (referral.informed_at, clock(referral).met_at) == (None, None)
    assert "Overdue" in ana.get(page).content.decode()
    assert services.escalate_overdue(now=timezone.now()) == 1  # the case was initiated; this clock alone has run out
    last = received + datetime.timedelta(hours=5)
    ana.post(f"/referrals/participants/{second.pk}/inform/", {**when(last), "how": "letter"})
    referral.refresh_from_db()
    assert referral.informed_at == clock(referral).met_at == last.replace(second=0, microsecond=0)
    assert "Overdue" not in ana.get(page).content.decode()


def test_somebody_added_later_starts_the_clock_again(cast, log):
    referral = log()
    all_told(referral, cast.ana)
    assert clock(referral).met_at is not None
    services.add_participants(referral=referral, bodies=[], name="Škola Proba", added_by=cast.ana)
    referral.refresh_from_db()
    assert (referral.informed_at, clock(referral).met_at) == (None, None)
    added = referral.participants.last()
    services.withdraw_participant(
        participant=added, why="Saglasnost je povučena.", now=timezone.now(), withdrawn_by=cast.ana
    )
    referral.refresh_from_db()
    assert referral.informed_at is not None
    assert referral.informed_at == clock(referral).met_at
    with pytest.raises(Refused, match="already recorded"):
        services.record_informed(
            referral=referral, informed_at=timezone.now(), now=timezone.now(), informed_by=cast.ana
        )


def test_who_was_taken_off_stays_to_be_read(cast, as_user, log):
    referral = log()
    ana, participant = as_user(cast.ana), referral.participants.get()
    address = f"/referrals/participants/{participant.pk}/withdraw/"
    assert "This field is required" in ana.post(address, {"why": ""}).content.decode()
    page = ana.post(address, {"why": "Drugi centar je nadležan."}, follow=True).content.decode()
    assert "Drugi centar je nadležan." in page
    assert Participant.objects.get().status == "withdrawn"
    assert clock(referral).met_at is None  # nobody was told
    with pytest.raises(Refused, match="Nobody is on the list"):
        services.record_informed(
            referral=referral, informed_at=timezone.now(), now=timezone.now(), informed_by=cast.ana
        )


def test_the_list_follows_the_route(cast, log):
    adult, child, unknown = log(given_age=20), log(given_age=12), log(given_age=None)
    assert [row.body for row in adult.participants.all()] == ["cptv"]
    assert [row.body for row in child.participants.all()] == ["csw"]
    assert not unknown.participants.exists()
    services.decide_route(
        identification=unknown.identification, route="csw", reason="Izgleda kao dete.", decided_by=cast.vesna
    )
    assert [row.body for row in unknown.participants.all()] == ["csw"]
    services.amend_referral(referral=adult, version=adult.version, given_age=15, amended_by=cast.ana)
    assert [row.body for row in adult.participants.all()] == ["csw"]


def test_rules_and_pathways_propose_and_say_why(cast, as_user, log):
    referral = log(suspected_forms=["grooming"], given_age=12)
    named = {proposal.body: proposal.why.code for proposal in proposals(referral)}
    assert named["moi-anti-cyber-crime-division"] == "route-cyber"
    assert "csw" not in named  # is on the list
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/participants/").content.decode()
    assert "Cyber-crime" in page
    with pytest.raises(Refused, match="offered"):
        services.add_participants(referral=referral, bodies=["csw"], added_by=cast.ana)
    services.add_participants(referral=referral, bodies=["belgrade-spp-cyber"], added_by=cast.ana)
    assert "belgrade-spp-cyber" not in {proposal.body for proposal in proposals(referral)}


def test_the_database_takes_a_body_once(cast, log):
    referral = log()
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.create(key=referral.key, referral=referral, body="cptv")
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.create(key=referral.key, referral=referral, body="csw", status="informed")


def test_nobody_is_told_before_the_referral_or_in_the_future(cast, as_user, log):
    referral = log()
    ana, participant = as_user(cast.ana), referral.participants.get()
    address = f"/referrals/participants/{participant.pk}/inform/"
    early = when(referral.received_at - datetime.timedelta(days=2))
    assert "before the referral" in ana.post(address, {**early, "how": "person"}).content.decode()
    late = {"informed_at_0": "1.1.2199.", "informed_at_1": "10:00"}
    assert "in the future" in ana.post(address, {**late, "how": "person"}).content.decode()
    assert Participant.objects.get().status == "waiting"


def test_what_a_referral_without_a_person_sealed_opens_with_the_person(cast, log):
    referral = log(person=None, given_age=None, place="Magacin Proba")
    services.add_participants(referral=referral, bodies=[], name="Inspekcija Proba", added_by=cast.ana)
    referral.refresh_from_db()
    services.amend_referral(
        referral=referral, version=referral.version, person={"sex": "female"}, given_age=30, amended_by=cast.ana
    )
    told = {(row.body, row.name) for row in referral.participants.select_related("key")}
    assert told == {("", "Inspekcija Proba"), ("cptv", "")}


def test_two_who_add_the_same_body_at_once_add_it_once(committed_db, cast, log):
    referral = log(suspected_forms=["grooming"])

    def add() -> list[Participant]:
        return services.add_participants(referral=referral, bodies=["belgrade-spp-cyber"], added_by=cast.ana)

    outcomes = all_at_once([add, add])
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert referral.participants.filter(body="belgrade-spp-cyber").count() == 1


def test_the_page_asks_a_pinned_number_of_questions(cast, as_user, log, django_assert_max_num_queries):
    referral = log(suspected_forms=["grooming"])
    ana = as_user(cast.ana)
    ana.get(f"/referrals/{referral.number}/participants/")
    with django_assert_max_num_queries(32):
        ana.get(f"/referrals/{referral.number}/participants/")


def answer(cast, case, said, day=None, **given):
    today = timezone.localdate()
    values = {"given_by": "person", "manner": "oral", "purpose": "identification", "recipient_kind": "cptv", **given}
    return record_consent(case=case, answer=said, answered_on=day or today, today=today, recorded_by=cast.ana, **values)


def test_consent_is_asked_first_and_a_no_holds_under_the_clock(cast, as_user, initiated):
    received = timezone.now() - datetime.timedelta(days=2)
    referral = initiated(received_at=received)
    ana, page = as_user(cast.ana), f"/referrals/{referral.number}/participants/"
    shown = ana.get(page).content.decode()
    assert "Nobody has answered yet" in shown and f"/cases/{referral.case.number}/consent" in shown
    services.add_participants(referral=referral, bodies=[], name="Dom zdravlja Proba", added_by=cast.ana)
    answer(cast, referral.case, "refused", purpose="services", recipient_kind="other-recipient")
    cptv, clinic = referral.participants.order_by("created_at")
    assert (cptv.status, clinic.status) == ("waiting", "withdrawn")
    assert "consent was refused" in clinic.withdrawn_why and "Dom zdravlja Proba" in clinic.withdrawn_why
    again = services.add_participants(referral=referral, bodies=[], name="Dom zdravlja Proba", added_by=cast.ana)[0]
    told = {**when(timezone.now()), "how": "telephone", "spoke_with": "Sestra"}
    refused = ana.post(f"/referrals/participants/{again.pk}/inform/", told).content.decode()
    assert "consent was refused" in refused and "Sestra" in refused
    with pytest.raises(Refused, match="consent was refused"):
        all_told(referral, cast.ana)
    again.refresh_from_db()
    assert again.status == "waiting"
    before = received + datetime.timedelta(hours=1)  # on that day nobody had said no yet
    assert ana.post(f"/referrals/participants/{again.pk}/inform/", told | when(before)).status_code == 302
    answer(cast, referral.case, "ground", given_by="", manner="", ground="danger-to-life", reason="Prete joj ubistvom.")
    assert "without consent" in ana.get(page).content.decode()
    assert ana.post(f"/referrals/participants/{cptv.pk}/inform/", told).status_code == 302
    assert clock(referral).met_at


def test_who_was_told_already_stays_told_when_consent_is_withdrawn(cast, initiated):
    referral = initiated()
    answer(cast, referral.case, "given")
    all_told(referral, cast.ana)
    answer(cast, referral.case, "withdrawn")
    assert referral.participants.get().status == "informed"
    referral.refresh_from_db()
    assert referral.informed_at is not None
