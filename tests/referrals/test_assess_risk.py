"""Emergency first: risk on intake, urgent needs that wait for no decision, and a bed before one."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.shelter import services as shelters
from casework.workflow import Refused
from referrals import services
from referrals.models import NeedStatus, RiskAssessment, UrgentNeed
from tests.support.threads import all_at_once


def assess(referral, user, **given):
    answers = {"level": "high", "reasons": "Neko je traži.", "needs": ["medical"], "now": timezone.now()}
    return services.assess_risk(referral=referral, assessed_by=user, **(answers | given))


@pytest.mark.requirement("s-early-risk-assessment")
def test_a_presumed_victim_gets_a_bed_while_the_decision_is_open(cast, as_user, log):
    referral = log(immediate_danger="yes")
    ana, page = as_user(cast.ana), f"/referrals/{referral.number}/risk/"
    offered = ana.get(f"/referrals/{referral.number}/").context["acts"]
    assert offered[0]["url"] == page  # in danger, this comes first
    typed = {"level": "high", "reasons": "Neko je traži.", "needs": ["housing-meals-clothing", "interpretation"]}
    shown = ana.post(page, typed, follow=True).content.decode()
    assert "initiate the case" in shown
    assert "Neko je traži." in shown
    assert [row[2] for row in ana.get("/referrals/today/").context["needs"]][:1] == [
        "Safe temporary housing, meals, clothing"
    ]
    case = services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.ana)
    case.refresh_from_db()
    assert case.risk_level == "high"
    [offered] = [row for row in ana.get(page).context["needs"] if row["cells"][0].startswith("Safe temporary")]
    assert ana.get(offered["cells"][4][0]["url"]).status_code == 200  # “Find a bed”
    house = shelters.add_shelter(
        organisation=cast.home, name="Kuća", kind="ngo-shelter", keepers=[cast.nada], added_by=cast.vesna
    )
    shelters.add_bed(shelter=house, name="Krevet 1", added_by=cast.vesna)
    today = timezone.localdate()
    shelters.place_person(
        case=case, shelter=house, kind="ngo-shelter", starts_on=today, today=today, placed_by=cast.ana
    )
    assert referral.identification.status == "open"
    assert case.victim_status == "potential-victim"
    need = UrgentNeed.objects.get(kind="housing-meals-clothing")
    ana.post(f"/referrals/needs/{need.pk}/meet/", {"said": "Primljena u kuću."})
    need.refresh_from_db()
    assert (need.status, need.ended_by) == (NeedStatus.MET, cast.ana)
    assert "Primljena u kuću." in ana.get(page).content.decode()


def test_the_newest_assessment_is_the_risk_of_the_case(cast, initiated):
    referral = initiated()
    assess(referral, cast.ana)
    assess(referral, cast.ana, level="low", reasons="Smirilo se.", needs=[])
    referral.case.refresh_from_db()
    assert referral.case.risk_level == "low"
    assert RiskAssessment.objects.count() == 2


def test_without_a_level_or_a_reason_it_is_refused(cast, as_user, log):
    referral = log()
    answer = as_user(cast.ana).post(f"/referrals/{referral.number}/risk/", {"level": "", "reasons": "Zbog straha."})
    assert "This field is required" in answer.content.decode()
    assert "Zbog straha." in answer.content.decode()
    for given, sentence in (({"level": "unknown"}, "how high"), ({"reasons": " "}, "why"), ({"needs": ["x"]}, "list")):
        with pytest.raises(Refused, match=sentence):
            assess(referral, cast.ana, **given)
    assert not RiskAssessment.objects.exists()


def test_a_need_waits_once_and_ends_with_a_word(cast, as_user, log):
    referral = log()
    assess(referral, cast.ana)
    assess(referral, cast.ana)
    need = UrgentNeed.objects.get()
    ana, page = as_user(cast.ana), f"/referrals/needs/{need.pk}/withdraw/"
    assert "This field is required" in ana.post(page, {"said": " "}).content.decode()
    ana.post(page, {"said": "Već je bila kod lekara."})
    need.refresh_from_db()
    assert need.status == NeedStatus.WITHDRAWN
    assert "cannot be done now" in ana.post(page, {"said": "Opet."}).content.decode()
    assert ana.get("/referrals/today/").context["needs"] == []
    assess(referral, cast.ana)
    assert UrgentNeed.objects.filter(status=NeedStatus.OPEN).count() == 1


def test_the_database_keeps_a_need_open_once_and_a_level(cast, log):
    referral = log()
    row = {"key": referral.key, "referral": referral, "asked_by": cast.ana, "asked_at": timezone.now()}
    UrgentNeed.objects.create(kind="medical", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        UrgentNeed.objects.create(kind="medical", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        UrgentNeed.objects.create(kind="food", status=NeedStatus.MET, **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskAssessment.objects.create(
            key=referral.key, referral=referral, level="unknown", assessed_by=cast.ana, assessed_at=timezone.now()
        )


def test_two_who_assess_at_once_ask_for_a_doctor_once(committed_db, cast, log):
    referral = log()
    outcomes = all_at_once([lambda: assess(referral, cast.ana), lambda: assess(referral, cast.vesna)])
    assert [type(outcome) for outcome in outcomes] == [RiskAssessment, RiskAssessment]
    assert UrgentNeed.objects.count() == 1


def test_a_colleague_without_the_referral_sees_no_need(cast, as_user, log):
    referral = log()
    assess(referral, cast.ana)
    need, boris = UrgentNeed.objects.get(), as_user(cast.boris)
    assert boris.get(f"/referrals/{referral.number}/risk/").status_code == 404
    assert boris.post(f"/referrals/needs/{need.pk}/meet/", {"said": "Da."}).status_code == 404
    assert boris.get("/referrals/today/").context["needs"] == []


def test_the_page_asks_a_pinned_number_of_questions(cast, as_user, log, django_assert_max_num_queries):
    referral = log()
    for hours in range(3):
        assess(referral, cast.ana, now=timezone.now() - datetime.timedelta(hours=hours))
    ana = as_user(cast.ana)
    ana.get(f"/referrals/{referral.number}/risk/")
    with django_assert_max_num_queries(18):
        ana.get(f"/referrals/{referral.number}/risk/")
