"""More is known later: the person appears, ages and route follow, a stale form loses nothing."""

import datetime

import pytest
from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message, Subject
from casework.people.services import amend_person
from casework.workflow import Refused, Stale
from referrals import services
from referrals.models import Route, Seen


def amend(cast, referral, **given):
    by = given.pop("amended_by", cast.ana)
    return services.amend_referral(referral=referral, version=referral.version, amended_by=by, **given)


def born(years):
    today = timezone.localdate()
    return datetime.date(today.year - years, 1, 1)


def test_a_place_becomes_a_referral_on_a_person(cast, log):
    referral = log(person=None, given_age=None, place="Uz reku", summary="Vatra")
    amended = amend(cast, referral, person={"sex": "male"}, given_age=30)
    assert amended.person.name == "Unknown man, about 30"
    assert amended.key_id == amended.person.key_id
    assert (amended.place, amended.summary) == ("Uz reku", "Vatra")  # sealed with the person's key now
    assert amended.identification.route == Route.CPTV
    assert amended.version == referral.version + 1


def test_a_birth_date_changes_the_route(cast, log):
    referral = log(given_age=None)
    assert referral.identification.route == Route.UNDECIDED
    amended = amend(cast, referral, person={"birth_date": born(15)})
    assert amended.age_at_referral == 15
    assert amended.identification.route == Route.CSW
    services.amend_referral(
        referral=amended, version=amended.version, amended_by=cast.ana, person={"birth_date": born(25)}
    )
    amended.identification.refresh_from_db()
    assert amended.identification.route == Route.CPTV


def test_a_birth_date_amended_on_the_person_changes_the_route_too(cast, log):
    referral = log(given_age=30)
    amend_person(person=referral.person, version=1, amended_by=cast.ana, birth_date=born(12))
    referral.refresh_from_db()
    assert referral.age_at_referral == 12
    assert referral.identification.__class__.objects.get().route == Route.CSW


def test_a_route_that_a_supervisor_decided_stays(cast, log):
    referral = log(given_age=None)
    services.decide_route(
        identification=referral.identification, route=Route.CSW, reason="Izgleda mlado.", decided_by=cast.vesna
    )
    amended = amend(cast, referral, given_age=30)
    assert amended.age_at_referral == 30
    assert amended.identification.route == Route.CSW


def test_an_age_taken_back_asks_the_supervisor(cast, log):
    referral = log(given_age=20)
    amended = amend(cast, referral, given_age=None)
    assert amended.age_at_referral is None
    assert amended.person.given_age is None
    assert amended.identification.route == Route.UNDECIDED
    assert Message.objects.filter(subject=Subject.ROUTE_UNDECIDED, recipient=cast.vesna).count() == 1


def test_a_sign_taken_back_is_not_asked(cast, log):
    referral = log(indicators=[("debt-bondage", "seen"), ("surveillance", "seen")])
    amended = amend(cast, referral, indicators=[("debt-bondage", "said"), ("concealment", "seen")])
    assert {row.code: row.how for row in amended.indicators.all()} == {
        "debt-bondage": Seen.SAID,
        "surveillance": Seen.NOT_ASKED,
        "concealment": Seen.SEEN,
    }


def test_the_trail_names_what_changed(cast, log):
    amend(cast, log(), summary="Drugo", source="ngo")
    event = Event.objects.get(verb="amend_referral")
    assert event.fields == ["source", "summary"]


def test_somebody_elses_referral_is_refused(cast, log):
    with pytest.raises(Refused, match="no longer yours"):
        amend(cast, log(), summary="Moje", amended_by=cast.boris)


def test_a_stale_version_is_refused(cast, log):
    referral = log()
    amend(cast, referral, summary="Prvo")
    with pytest.raises(Stale):
        services.amend_referral(referral=referral, version=1, amended_by=cast.vesna, summary="Drugo")


def form_of(client, number):
    """What the amend page would post if nothing were touched."""
    form = client.get(f"/referrals/{number}/amend/").context["form"]
    typed = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in typed.items() if value not in (None, [])}


def test_an_untouched_form_changes_nothing(cast, as_user, log):
    referral = log(
        person={
            "names": [
                {"given": "Proba", "family": "Probić", "kind": "birth"},
                {"given": "P.", "family": "Q", "kind": "used"},
            ],
            "citizenships": ["NP", "IN", "RS"],
            "birth_date": born(25),
        },
        indicators=[("debt-bondage", "said")],
        summary="Isto",
    )
    ana = as_user(cast.ana)
    typed = form_of(ana, referral.number)
    typed["birth_date"] = f"{born(25):%d.%m.%Y.}"
    assert ana.post(f"/referrals/{referral.number}/amend/", typed).status_code == 302
    event = Event.objects.get(verb="amend_referral")
    assert event.fields == []
    assert not Event.objects.filter(verb="amend_person").exists()


@pytest.mark.requirement("s-first-responder-referral")
def test_two_people_save_the_same_form(cast, as_user, log):
    referral = log(summary="Staro")
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    hers, his = form_of(ana, referral.number), form_of(vesna, referral.number)
    url = f"/referrals/{referral.number}/amend/"
    assert ana.post(url, {**hers, "summary": "Anino", "given_name": "Proba"}).status_code == 302
    response = vesna.post(url, {**his, "summary": "Vesnino"})
    page = response.content.decode()
    assert "What you typed and what is saved now" in page
    assert "Vesnino" in page
    assert "Anino" in page
    labels = [label for label, _typed, _saved in response.context["form"].conflicts]
    assert labels == ["Given name", "What happened, in short"]
    again = response.context["form"].data.dict() | {"given_name": "Proba"}
    assert vesna.post(url, again).status_code == 302
    referral.refresh_from_db()
    assert referral.summary == "Vesnino"


def test_the_person_saved_meanwhile_is_a_conflict_too(cast, as_user, log):
    referral = log()
    ana = as_user(cast.ana)
    typed = form_of(ana, referral.number)
    amend_person(person=referral.person, version=1, amended_by=cast.vesna, sex="male")
    response = ana.post(f"/referrals/{referral.number}/amend/", typed)
    assert [label for label, _typed, _saved in response.context["form"].conflicts] == ["Sex"]
    typed |= {"version": response.context["form"].data["version"]}
    typed |= {"person_version": response.context["form"].data["person_version"]}
    assert ana.post(f"/referrals/{referral.number}/amend/", typed).status_code == 302
