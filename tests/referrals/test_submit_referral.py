"""A responder submits from outside and learns a number and a state, never whether the person is known."""

import pytest
from django.utils import timezone

from casework.access.models import Draft
from casework.vault.models import VaultKey
from casework.workflow import Refused
from referrals import services
from referrals.models import Referral


def submit(cast, **given):
    values = {"organisation": cast.home, "source": "social-welfare-center", "person": {"sex": "male"}, "given_age": 15}
    return services.submit_referral(**{**values, **given}, now=timezone.now(), submitted_by=cast.milan)


def test_it_belongs_to_the_organisation_that_receives_it(cast):
    referral = submit(cast)
    assert referral.organisation == cast.home
    assert referral.person.organisation == cast.home
    assert referral.referrer_body == "CSR Proba"
    assert referral.source_group == "social-welfare"
    assert Referral.objects.visible_to(cast.vesna).filter(pk=referral.pk).exists()
    assert not Referral.objects.visible_to(cast.milan).exists()


def test_an_organisation_that_receives_nothing_is_refused(cast):
    with pytest.raises(Refused, match="does not receive"):
        submit(cast, organisation=cast.csw)


def test_milan_submits_and_follows_his_number(cast, as_user):
    milan = as_user(cast.milan)
    assert milan.get("/referrals/submit/").status_code == 200
    typed = {
        "organisation": str(cast.home.pk),
        "source": "social-welfare-center",
        "immediate_danger": "yes",
        "sex": "female",
        "given_age": "16",
        "summary": "Nešto Probno",
        "given_name": "Probica",
        "channel": "web-form",
    }
    page = milan.post("/referrals/submit/", typed, follow=True).content.decode()
    number = Referral.objects.get().number
    assert f"{number} is received" in page
    assert "Probica" not in page
    assert milan.get(f"/referrals/{number}/").status_code == 403
    assert milan.get("/referrals/").status_code == 403
    assert milan.get("/referrals/log/").status_code == 403
    assert as_user(cast.ana).get("/referrals/submit/").status_code == 403


def test_bad_input_keeps_what_was_typed(cast, as_user):
    page = as_user(cast.milan).post("/referrals/submit/", {"summary": "Dugo pisano", "given_age": "x"}).content.decode()
    assert "Dugo pisano" in page
    assert "Enter a whole number" in page
    assert not Referral.objects.exists()


@pytest.mark.asvs("8.2.3", "15.3.1")
def test_the_three_states_tell_nothing_of_the_person(cast, as_user):
    milan, now = as_user(cast.milan), timezone.now()

    def state():
        return str(milan.get("/referrals/submissions/").context["rows"][0][2]["text"])

    earlier, referral = submit(cast), submit(cast)
    assert state() == "Received"
    services.link_referral(referral=referral, earlier=earlier, now=now, linked_by=cast.vesna)
    linked = milan.get("/referrals/submissions/").content
    assert state() == "In hand"
    initiated = submit(cast)
    services.initiate_case(referral=initiated, now=now, initiated_by=cast.vesna)
    assert state() == "In hand"
    assert b"inked" not in linked
    declined = submit(cast)
    services.decline_referral(referral=declined, reason="Ne.", now=now, declined_by=cast.vesna)
    assert state() == "Please contact us"


def test_other_responders_submissions_are_not_listed(cast, as_user, log):
    log()
    assert as_user(cast.milan).get("/referrals/submissions/").context["rows"] == []


@pytest.mark.requirement("s-mobile-app")
def test_a_second_press_of_the_button_sends_nothing_twice(cast, as_user):
    milan = as_user(cast.milan)
    mark = milan.get("/referrals/submit/").context["form"]["mark"].value()
    typed = {
        "organisation": str(cast.home.pk),
        "source": "social-welfare-center",
        "immediate_danger": "yes",
        "sex": "female",
        "summary": "Jednom",
        "mark": str(mark),
    }
    for _press in range(3):
        page = milan.post("/referrals/submit/", typed, follow=True).content.decode()
        assert f"{Referral.objects.get().number} is received" in page
    page = milan.post("/referrals/submit/", typed | {"summary": "Nešto drugo"}).content.decode()
    assert "with other answers" in page and "Nešto drugo" in page and Referral.objects.count() == 1
    assert "is received" in milan.post("/referrals/submit/", typed | {"mark": ""}, follow=True).content.decode()
    assert Referral.objects.count() == 2
    assert milan.post("/referrals/submit/", typed | {"mark": "x"}).status_code == 200
    assert Referral.objects.count() == 2


@pytest.mark.requirement("s-mobile-app")
def test_what_is_being_typed_is_kept_encrypted_until_it_is_sent(cast, as_user):
    milan = as_user(cast.milan)
    for text in ("Kanarinka prva", "Kanarinka druga"):
        assert milan.post("/referrals/submit/keep/", {"summary": text, "csrfmiddlewaretoken": "x"}).status_code == 204
    draft = Draft.objects.get()
    assert draft.data == {"summary": ["Kanarinka druga"]} and "Kanarinka" not in str(Draft.objects.values())
    page = milan.get("/referrals/submit/").content.decode()
    assert "Kanarinka druga" in page and "have not sent it" in page
    assert "Kanarinka" not in as_user(cast.ana).get("/referrals/log/").content.decode()
    assert as_user(cast.ana).post("/referrals/submit/keep/", {"summary": "x"}).status_code == 403
    milan.post("/referrals/submit/discard/")
    assert not Draft.objects.exists()
    assert VaultKey.objects.get(pk=draft.key_id).destroyed_at is not None
    assert "Kanarinka" not in milan.get("/referrals/submit/").content.decode()
    milan.post("/referrals/submit/keep/", {"summary": "Treća"})
    typed = {
        "organisation": str(cast.home.pk),
        "source": "social-welfare-center",
        "immediate_danger": "yes",
        "sex": "female",
    }
    milan.post("/referrals/submit/", typed)
    assert Referral.objects.exists() and not Draft.objects.exists()
