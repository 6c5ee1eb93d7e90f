"""Declined, linked, everyone told, entered in error: each through its page and its service."""

import datetime

import pytest
from django.utils import timezone

from casework.workflow import Refused
from referrals import services
from referrals.models import ReferralStatus


def test_declining_says_why_and_stops_the_clocks(cast, as_user, log):
    referral = log()
    ana = as_user(cast.ana)
    url = f"/referrals/{referral.number}/decline/"
    assert "This field is required" in ana.post(url, {"reason": "", "signposted_to": "Linija Proba"}).content.decode()
    page = ana.post(url, {"reason": "Nije za nas.", "signposted_to": "Linija Proba"}, follow=True).content.decode()
    assert "Nije za nas." in page
    assert "Linija Proba" in page
    referral.refresh_from_db()
    assert (referral.status, referral.declined_on) == (ReferralStatus.DECLINED, timezone.localdate())
    assert not referral.deadlines.running().exists()
    with pytest.raises(Refused, match="Say why"):
        services.decline_referral(referral=log(), reason=" ", now=timezone.now(), declined_by=cast.ana)


def test_linking_to_an_earlier_referral(cast, as_user, log):
    earlier, referral, later = log(), log(), log()
    ana = as_user(cast.ana)
    url = f"/referrals/{referral.number}/link/"
    assert "received later" in ana.post(url, {"earlier": later.number}).content.decode()
    assert "linked to itself" in ana.post(url, {"earlier": referral.number}).content.decode()
    assert ana.post(url, {"earlier": f" {earlier.number.lower()} "}).status_code == 302
    referral.refresh_from_db()
    assert (referral.status, referral.linked_to) == (ReferralStatus.LINKED, earlier)
    assert not referral.deadlines.running().exists()
    with pytest.raises(Refused, match="itself linked"):
        services.link_referral(referral=later, earlier=referral, now=timezone.now(), linked_by=cast.ana)


def test_linking_is_no_oracle(cast, as_user, log):
    hidden, mine = log(logged_by=cast.boris), log()
    ana, url = as_user(cast.ana), f"/referrals/{mine.number}/link/"
    answers = [
        str(ana.post(url, {"earlier": number}).context["form"].errors["earlier"])
        for number in (hidden.number, "R-1999-000001")
    ]
    assert "You see no earlier referral" in answers[0]
    assert answers[0] == answers[1]


def test_everyone_concerned_was_told(cast, as_user, initiated):
    referral = initiated(received_at=timezone.now() - datetime.timedelta(hours=5))
    ana, url = as_user(cast.ana), f"/referrals/{referral.number}/informed/"
    early = timezone.localtime(referral.received_at - datetime.timedelta(hours=1))
    before = {"informed_at_0": f"{early:%d.%m.%Y.}", "informed_at_1": f"{early:%H:%M}", "how": "telephone"}
    page = ana.post(url, before).content.decode()
    assert "before the referral was received" in page
    late = {"informed_at_0": "1.1.2199.", "informed_at_1": "10:00", "how": "telephone"}
    assert "in the future" in ana.post(url, late).content.decode()
    told = timezone.localtime(timezone.now() - datetime.timedelta(hours=1))
    typed = {"informed_at_0": f"{told:%d.%m.%Y.}", "informed_at_1": f"{told:%H:%M}", "how": "telephone"}
    assert ana.post(url, typed).status_code == 302
    clock = referral.deadlines.get(kind="24h-inform")
    assert clock.met_at == told.replace(second=0, microsecond=0)
    assert "already recorded" in ana.post(url, typed).content.decode()


def test_a_referral_entered_in_error_is_struck_through_and_left_alone(cast, as_user, log):
    referral = log()
    ana = as_user(cast.ana)
    ana.post(f"/referrals/{referral.number}/mark-in-error/", {"why": "Dvaput upisano."})
    referral.refresh_from_db()
    assert referral.entered_in_error
    assert not referral.deadlines.running().exists()
    assert "Dvaput upisano." in ana.get(f"/referrals/{referral.number}/").content.decode()
    assert ana.get("/referrals/").context["rows"][0]["struck"]
    assert referral.number not in ana.get("/referrals/today/").content.decode()
    with pytest.raises(Refused, match="entered in error"):
        services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.ana)


def test_with_an_unknown_age_the_caseworker_reads_who_decides_the_route(cast, as_user, log):
    referral = log(given_age=None)
    services.initiate_case(referral=referral, initiated_by=cast.ana, now=timezone.now())
    address = f"/referrals/{referral.number}/"
    assert "A supervisor decides the route first." in as_user(cast.ana).get(address).content.decode()
    vesna = as_user(cast.vesna).get(address).content.decode()
    assert "Decide the route" in vesna and "A supervisor decides the route first." not in vesna
