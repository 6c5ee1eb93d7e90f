"""How a referral came and what is feared: requests with their number, no contact, material, other violence."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.statistics.engine import annual_report
from casework.workflow import Refused
from referrals import services
from referrals.models import Referral
from referrals.services.attachments import Brought
from tests.support.pictures import picture as draw

pytestmark = pytest.mark.django_db


def referred(cast: SimpleNamespace) -> int:
    return annual_report(timezone.localdate().year, cast.home).figure("potential-victims-referred").value


def listed(client: Any, **narrowed: str) -> str:
    return client.get(reverse("referrals:referrals"), narrowed).content.decode()


@pytest.mark.requirement("s-outside-reports")
def test_reports_of_citizens_and_foreign_police_have_a_number_and_a_source(
    cast: SimpleNamespace, as_user: Any, answers: Any, log: Any
) -> None:
    client, other = as_user(cast.ana), log()
    numbers = {}
    for source, request in (("citizen-report", "PR 12/26"), ("international-police-request", "IP-2026-77")):
        page = client.post(
            reverse("referrals:log-referral"), answers(source=source, request_number=request), follow=True
        )
        assert request in page.content.decode()
        numbers[source] = page.context["referral"].number
    for source, number in numbers.items():
        page = listed(client, source=source)
        assert number in page and other.number not in page
        assert all(each not in page for name, each in numbers.items() if name != source)


@pytest.mark.requirement("s-hotline-astra", "s-first-responder-referral")
def test_the_hotline_of_an_ngo_stands_apart_from_cptvs(cast: SimpleNamespace, as_user: Any, log: Any) -> None:
    ngo, cptv = log(source="ngo-hotline"), log(source="cptv-hotline")
    page = listed(as_user(cast.ana), source="ngo-hotline")
    assert ngo.number in page and cptv.number not in page
    page = listed(as_user(cast.ana), source="cptv-hotline")
    assert cptv.number in page and ngo.number not in page


@pytest.mark.requirement("s-concealed-victims")
def test_a_place_without_a_reachable_person_is_listed_as_no_contact(
    cast: SimpleNamespace, as_user: Any, answers: Any, log: Any
) -> None:
    client, named = as_user(cast.ana), log()
    page = client.post(
        reverse("referrals:log-referral"), answers(place="Zatvoren klub", summary="Devojke su odvedene"), follow=True
    )
    place = page.context["referral"]
    assert place.person is None
    page = listed(client, contact="none")
    assert place.number in page and "No contact yet" in page and named.number not in page
    page = listed(client, contact="person")
    assert named.number in page and place.number not in page
    client.post(
        reverse("referrals:amend-referral", args=[place.number]),
        answers(place="Zatvoren klub", given_name="Iva", version=place.version),
    )
    listed(client)  # says once that it is amended
    assert place.number not in listed(client, contact="none")


@pytest.mark.requirement("s-material-identification")
def test_of_material_only_the_number_is_kept(cast: SimpleNamespace, as_user: Any, answers: Any, log: Any) -> None:
    client = as_user(cast.ana)
    page = client.post(
        reverse("referrals:log-referral"),
        answers(seen_in_material="yes", material_reference="NCMEC 4711", given_name="Una"),
        follow=True,
    )
    referral = page.context["referral"]
    assert "NCMEC 4711" in page.content.decode()
    with pytest.raises(Refused, match="seen in material"):
        services.attach_files(
            referral=referral, brought=[Brought("a.png", draw("PNG"))], now=timezone.now(), attached_by=cast.ana
        )
    assert not referral.attachments.exists()
    assert Referral.objects.get(pk=referral.pk).material_reference == "NCMEC 4711"
    with pytest.raises(Refused) as refusal:
        log(material_reference="NCMEC 4711")
    assert refusal.value.field == "seen_in_material"


@pytest.mark.requirement("s-material-identification")
def test_pictures_that_are_there_already_go_first(cast: SimpleNamespace, log: Any) -> None:
    referral = log()
    (picture,) = services.attach_files(
        referral=referral, brought=[Brought("a.png", draw("PNG"))], now=timezone.now(), attached_by=cast.ana
    )

    def seen() -> Referral:
        fresh = Referral.objects.get(pk=referral.pk)
        return services.amend_referral(
            referral=fresh, version=fresh.version, seen_in_material="yes", amended_by=cast.ana
        )

    with pytest.raises(Refused, match="Mark them as entered in error first"):
        seen()
    services.mark_attachment_in_error(attachment=picture, why="It shows her", marked_by=cast.ana)
    assert seen().seen_in_material == "yes"


@pytest.mark.requirement("s-gbv")
def test_who_suffered_other_violence_only_is_no_potential_victim(
    cast: SimpleNamespace, as_user: Any, answers: Any
) -> None:
    client, address = as_user(cast.ana), reverse("referrals:log-referral")
    only = {"concern": "violence-only", "related_violence": ["family-violence"]}
    page = client.post(address, answers(given_name="Mila", **only), follow=True)
    violence = page.context["referral"]
    assert "Other violence only" in page.content.decode() and referred(cast) == 0
    client.post(address, answers(given_name="Neda", related_violence=["gender-based-violence"], concern="trafficking"))
    client.post(address, answers(given_name="Olja"))  # not known counts, as every referral did before
    assert referred(cast) == 2
    assert annual_report(timezone.localdate().year, cast.home).figure("referrals-received").value == 3
    # it turns out to be trafficking after all
    page = client.post(
        reverse("referrals:amend-referral", args=[violence.number]),
        answers(
            given_name="Mila",
            concern="trafficking",
            related_violence=["family-violence"],
            suspected_forms=["domestic-servitude"],
            version=violence.version,
            person_version=violence.person.version,
        ),
    )
    assert page.status_code == 302 and referred(cast) == 3


@pytest.mark.requirement("s-gbv")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"concern": "violence-only"}, "related_violence"),
        (
            {
                "concern": "violence-only",
                "related_violence": ["family-violence"],
                "suspected_forms": ["forced-begging"],
            },
            "concern",
        ),
        ({"related_violence": ["quarrel"]}, "related_violence"),
        ({"concern": "perhaps"}, None),
    ],
)
def test_what_contradicts_itself_is_refused(log: Any, given: Any, field: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        log(**given)
    assert refusal.value.field == field and not Referral.objects.exists()


def test_the_database_refuses_it_too(log: Any) -> None:
    referral = log()
    for wrong in ({"concern": "violence-only"}, {"material_reference": "4711"}):
        fresh = Referral.objects.get(pk=referral.pk)
        for name, value in wrong.items():
            setattr(fresh, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            fresh.save()
