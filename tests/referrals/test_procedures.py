"""Which standard operating procedures a referral came under: those in force on the day of receipt."""

import datetime
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from reference import services
from reference.models import Entry
from reference.procedures import procedures_on

LAWS = "laws.instruments"
NEW = "New SOPs for the identification, referral, and assistance of trafficking victims (CPTV)"
EARLIER = "Standard Operating Procedures (SOPs) developed/revised with IRC support"


def date_the_new_ones(day: date) -> None:
    entry = Entry.objects.get(section=LAWS, code="sops-cptv-new")
    dated = {**entry.data, "valid_from": day.isoformat()}
    services.write_entry(section=LAWS, code=entry.code, data=dated, reason="CPTV told us.")


def shown(client: Any, referral: Any) -> str:
    return client.get(reverse("referrals:referral", args=[referral.number])).content.decode()


@pytest.mark.requirement("s-sops")
def test_without_dates_the_newest_in_the_file_count(log, cast, as_user):
    referral = log()
    assert referral.sop_version == "sops-cptv-new"
    page = shown(as_user(cast.ana), referral)
    assert NEW in page and reverse("reference:entry", args=["laws", "sops-cptv-new"]) in page
    assert "Written down at receipt" not in page


@pytest.mark.requirement("s-sops")
def test_a_referral_from_before_the_new_ones_shows_the_earlier(log, cast, as_user):
    today = timezone.localdate()
    date_the_new_ones(today)
    before = log(received_at=timezone.now() - datetime.timedelta(days=2))
    after = log(received_at=timezone.now())
    assert (before.sop_version, after.sop_version) == ("sops-earlier", "sops-cptv-new")
    client = as_user(cast.ana)
    assert EARLIER in shown(client, before) and NEW not in shown(client, before)
    assert NEW in shown(client, after) and EARLIER not in shown(client, after)


def test_dating_them_later_changes_what_is_shown_and_keeps_what_was_written_down(log, cast, as_user):
    referral = log(received_at=timezone.now() - datetime.timedelta(days=2))
    date_the_new_ones(timezone.localdate())
    page = shown(as_user(cast.ana), referral)
    assert EARLIER in page and "Written down at receipt" in page and "sops-cptv-new" in page


@pytest.mark.requirement("s-sop-binding", "f-sop-recommended")
def test_recommended_is_shown_with_the_phrase_that_says_so_and_the_clocks_run(log, cast, as_user):
    referral = log()
    page = shown(as_user(cast.ana), referral)
    assert "Do they bind?" in page and "Recommended" in page
    assert "implementation remained &quot;recommended&quot; rather than required" in page
    assert referral.deadlines.running().count() == 2


@pytest.mark.django_db
def test_there_may_be_none():
    for entry in Entry.objects.in_section(LAWS).filter(data__kind="standard operating procedures"):
        services.end_entry(entry=entry, on=date(2025, 12, 31), reason="Withdrawn.")
    assert procedures_on(date(2025, 12, 31)).code == "sops-cptv-new"
    assert procedures_on(date(2026, 1, 1)) is None
