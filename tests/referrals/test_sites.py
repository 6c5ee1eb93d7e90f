"""Sites: a screening state for each person, who sees what, and the referral that follows."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.access.models import Team
from casework.people.holdings import HELD, Subject, keys_of
from casework.workflow import Refused, Stale
from referrals import services
from referrals.models import Referral, SitePerson, Worksite
from tests.support.threads import all_at_once
from tests.test_canary import canaries_in_tables

TODAY = timezone.localdate


def posted_day(days_ago=0):
    return f"{TODAY() - datetime.timedelta(days=days_ago):%d.%m.%Y.}"


def site_of(user, **given):
    values = {"name": "Fabrika guma Proba", "sector": "tire-manufacturing", "municipality": "Zrenjanin"}
    return services.log_site(now=timezone.now(), logged_by=user, **{**values, **given})


def fill(site, user, count, **given):
    return services.add_site_persons(worksite=site, count=count, citizenship="IN", added_by=user, **given)


def screen(person, user, **given):
    values = {
        "version": person.version,
        "status": "screened",
        "happened_on": TODAY(),
        "screener": "Ana",
        "citizenship": person.citizenship,
        "today": TODAY(),
        "screened_by": user,
    }
    return services.screen_site_person(site_person=person, **{**values, **given})


def cells(rows):
    return [row["cells"] if isinstance(row, dict) else row for row in rows]


@pytest.mark.requirement("s-worksite-referral")
def test_fourteen_persons_three_unscreened_is_eleven_of_fourteen(cast, as_user):
    """Everything through the pages: the site, fourteen persons in one form, eleven screenings, one refusal."""
    ana = as_user(cast.ana)
    logged = ana.post(
        "/referrals/screening/sites/log/",
        {"name": "Fabrika guma Proba", "sector": "tire-manufacturing", "employer": "Agencija Proba"},
        follow=True,
    )
    site = Worksite.objects.get()
    assert site.number.startswith(f"W-{TODAY().year}-")
    assert logged.redirect_chain[-1][0] == f"/referrals/screening/sites/{site.number}/"
    assert "Nobody is on the site yet" in logged.content.decode()
    page = f"/referrals/screening/sites/{site.number}/"
    added = ana.post(f"{page}persons/", {"count": "14", "citizenship": "IN"}, follow=True).content.decode()
    assert "Person 14, India" in added
    assert "0 of 14 screened" in added
    persons = list(SitePerson.objects.order_by("position"))
    for person in persons[:11]:
        answer = ana.post(
            f"/referrals/screening/persons/{person.pk}/",
            {
                "version": person.version,
                "status": "screened",
                "happened_on": posted_day(1),
                "screener": "Ana",
                "language": "hi",
                "citizenship": "IN",
            },
        )
        assert answer.status_code == 302
    ana.post(
        f"/referrals/screening/persons/{persons[11].pk}/",
        {"version": 1, "status": "refused-screening", "happened_on": posted_day(), "citizenship": "IN"},
    )
    shown = ana.get(page)
    text = shown.content.decode()
    assert "11 of 14 screened" in text
    assert "3 are not" in text
    assert 'value="11" max="14"' in text
    assert [row[0]["text"] for row in cells(shown.context["waiting"])] == [
        f"Person {place}, India" for place in (12, 13, 14)
    ]
    assert [row[1]["status"] for row in cells(shown.context["waiting"])] == [
        "refused-screening",
        "not-screened",
        "not-screened",
    ]
    listed = ana.get("/referrals/screening/")
    assert cells(listed.context["rows"])[0][4] == "11 of 14"


@pytest.mark.requirement("s-denied-repatriation")
def test_a_denied_request_to_go_home_offers_repatriation(cast, as_user):
    """On the site's page, on the form of the referral that follows, and on that referral."""
    ana, site = as_user(cast.ana), site_of(cast.ana)
    person, other = fill(site, cast.ana, 2)
    page = f"/referrals/screening/sites/{site.number}/"
    ana.post(
        f"/referrals/screening/persons/{other.pk}/",
        {
            "version": 1,
            "status": "screened",
            "happened_on": posted_day(),
            "screener": "Ana",
            "indicators": ["unpaid-wages"],
        },
    )
    assert ana.get(page).context["needs"] == []
    ana.post(
        f"/referrals/screening/persons/{person.pk}/",
        {
            "version": 1,
            "status": "screened",
            "happened_on": posted_day(),
            "screener": "Ana",
            "citizenship": "IN",
            "indicators": ["denied-repatriation", "passport-confiscation"],
        },
    )
    shown = ana.get(page)
    assert [str(need) for need in shown.context["needs"]] == ["Repatriation"]
    assert "<strong>Repatriation</strong>" in shown.content.decode()
    form = ana.get(f"/referrals/screening/persons/{person.pk}/refer/")
    assert [str(need) for need in form.context["needs"]] == ["Repatriation"]
    referral = refer(ana, person)
    assert "<strong>Repatriation</strong>" in ana.get(f"/referrals/{referral.number}/").content.decode()
    without = refer(ana, other)
    assert "<strong>Repatriation</strong>" not in ana.get(f"/referrals/{without.number}/").content.decode()


def refer(client, person):
    """Take the prefilled form as it comes and post it."""
    address = f"/referrals/screening/persons/{person.pk}/refer/"
    form = client.get(address).context["form"]
    typed = {name: value for name, value in form.initial.items() if value not in (None, "", [])}
    moment = timezone.localtime(typed.pop("received_at"))
    typed |= {"received_at_0": f"{moment:%d.%m.%Y.}", "received_at_1": f"{moment:%H:%M}"}
    typed |= dict.fromkeys(("immediate_danger", "sex", "unaccompanied", "needs_interpreter"), "unknown")
    answer = client.post(address, {"leaflet_given": "unknown", **typed})
    assert answer.status_code == 302, answer.context["form"].errors
    return Referral.objects.get(site_persons=person)


@pytest.mark.requirement("s-worksite-referral")
def test_the_referral_begins_with_what_the_site_knows(cast, as_user):
    site = site_of(cast.ana, address="Put Proba 7")
    (person,) = fill(site, cast.ana, 1, language="hi")
    screen(person, cast.ana, indicators=["debt-bondage"], language="hi", description="Tetovaža lava", note="Duguje.")
    ana = as_user(cast.ana)
    referral = refer(ana, person)
    assert (referral.source, referral.municipality, referral.language) == ("worksite-screening", "Zrenjanin", "hi")
    assert referral.place == "Fabrika guma Proba, Put Proba 7"
    assert [(row.code, row.how) for row in referral.indicators.all()] == [("debt-bondage", "said")]
    assert (referral.person.citizenships, referral.person.description) == (["IN"], "Tetovaža lava")
    shown = ana.get(f"/referrals/screening/sites/{site.number}/").content.decode()
    assert referral.number in shown
    again = ana.post(f"/referrals/screening/persons/{person.pk}/refer/", {**whole_form(), "citizenship": "IN"})
    assert "already logged" in again.content.decode()
    assert Referral.objects.count() == 1


def whole_form():
    moment = timezone.localtime()
    return {
        "received_at_0": f"{moment:%d.%m.%Y.}",
        "received_at_1": "00:00",
        "source": "worksite-screening",
        **dict.fromkeys(("immediate_danger", "sex", "unaccompanied", "needs_interpreter", "leaflet_given"), "unknown"),
    }


def test_what_is_written_of_a_person_goes_with_the_referral(cast, as_user):
    """Sealed with the site's key, then with the referral's, then with the person's: an access request finds it."""
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    screen(person, cast.ana, description="Opeklina na ruci", citizenship="")
    fresh = SitePerson.objects.get()
    assert fresh.key_id == site.key_id
    referral = services.refer_site_person(
        site_person=fresh,
        referred_by=cast.ana,
        organisation=cast.ana.organisation,
        received_at=timezone.now(),
        now=timezone.now(),
        source="worksite-screening",
    )
    fresh = SitePerson.objects.select_related("key").get()
    assert fresh.key_id == referral.key_id != site.key_id
    assert fresh.description == "Opeklina na ruci"
    services.amend_referral(
        referral=referral, version=referral.version, person={"sex": "male"}, given_age=30, amended_by=cast.ana
    )
    referral.refresh_from_db()
    fresh = SitePerson.objects.select_related("key").get()
    assert fresh.key_id == referral.person.key_id
    assert fresh.description == "Opeklina na ruci"
    subject = Subject(referral.organisation_id, referral.person)
    assert list(HELD["referrals.SitePerson"].rows(subject)) == [fresh]
    assert site.key_id not in keys_of(subject)


@pytest.mark.requirement("s-limited-users")
def test_persons_are_seen_by_the_team_on_duty_and_supervisors(cast, as_user, on_duty):
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    screen(person, cast.ana, description="Tetovaža lava")
    page = f"/referrals/screening/sites/{site.number}/"
    assert "Tetovaža lava" in as_user(cast.vesna).get(page).content.decode()
    boris = as_user(cast.boris)
    text = boris.get(page).content.decode()
    assert "1 of 1 screened" in text and "Tetovaža lava" not in text and "You see how many" in text
    assert boris.get(f"/referrals/screening/persons/{person.pk}/").status_code == 404
    with pytest.raises(Refused, match="no longer yours"):
        screen(SitePerson.objects.get(), cast.boris)
    team = Team.objects.create(organisation=cast.home, name="Terenski tim")
    for user in (cast.ana, cast.boris):
        user.team = team
        user.save()
    assert "Tetovaža lava" in boris.get(page).content.decode()
    cast.boris.team = None
    cast.boris.save()
    assert "Tetovaža lava" not in boris.get(page).content.decode()
    on_duty(cast.boris)
    assert "Tetovaža lava" in boris.get(page).content.decode()
    for stranger in (cast.dragan, cast.olga):
        assert as_user(stranger).get(page).status_code == 404
    for role in (cast.jelena, cast.milan, cast.nada, cast.ivana, cast.petar):
        assert as_user(role).get(page).status_code == 403


def test_somebody_whose_case_is_sealed_is_seen_on_the_site_by_nobody(cast, as_user):
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    screen(person, cast.ana, description="Tetovaža lava")
    referral = refer(as_user(cast.ana), person)
    Referral.objects.filter(pk=referral.pk).update(sealed=True)
    page = f"/referrals/screening/sites/{site.number}/"
    for user in (cast.ana, cast.vesna):
        text = as_user(user).get(page).content.decode()
        assert "Tetovaža lava" not in text and referral.number not in text
        assert "1 of 1 screened" in text


def test_no_table_holds_a_site_in_plain(cast):
    site = site_of(
        cast.ana,
        name="Kanarinka",
        address="Kanarinka 1",
        employer="Kanarinka doo",
        note="Kanarinka",
        municipality="Bor",
    )
    (person,) = fill(site, cast.ana, 1)
    screen(person, cast.ana, description="Kanarinka", note="Kanarinka", screener="Kanarinka")
    services.mark_site_person_in_error(site_person=SitePerson.objects.get(), why="Kanarinka", marked_by=cast.ana)
    allegation = services.log_allegation(
        received_on=TODAY(),
        source="ngo",
        content="Kanarinka",
        received_from="Kanarinka",
        place="Kanarinka",
        now=timezone.now(),
        logged_by=cast.ana,
    )
    services.dismiss_allegation(
        allegation=allegation,
        dismissed_on=TODAY(),
        body="Kanarinka",
        why="Kanarinka",
        today=TODAY(),
        dismissed_by=cast.ana,
    )
    services.record_screening(
        population="migrants",
        held_on=TODAY(),
        screened=1,
        place="Kanarinka",
        screener="Kanarinka",
        note="Kanarinka",
        now=timezone.now(),
        recorded_by=cast.ana,
    )
    assert canaries_in_tables() == []


def test_an_address_is_no_name_of_a_town(cast, as_user):
    answer = as_user(cast.ana).post(
        "/referrals/screening/sites/log/",
        {"name": "Magacin", "sector": "construction", "municipality": "Ulica Proba 7"},
    )
    assert "An address belongs in its own field" in answer.content.decode()
    assert "Ulica Proba 7" in answer.content.decode()
    for name in ("Bačka Palanka", "Бор", "Novi Beograd (Blok)", "Sremska Mitrovica", ""):
        assert site_of(cast.ana, municipality=name).municipality == name
    with pytest.raises(Refused, match="name of the town"):
        site_of(cast.ana, municipality="Bor 19210")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"count": "0"}, "greater than or equal to 1"),
        ({"count": "201"}, "less than or equal to 200"),
        ({"count": "pet"}, "whole number"),
        ({"count": "2", "citizenship": "ZZ"}, "not one of the available choices"),
        ({}, "required"),
    ],
)
def test_adding_persons_asks_for_a_number_that_can_be(cast, as_user, typed, sentence):
    site = site_of(cast.ana)
    answer = as_user(cast.ana).post(f"/referrals/screening/sites/{site.number}/persons/", typed)
    assert sentence in answer.content.decode()
    assert not SitePerson.objects.exists()


def test_a_screening_needs_a_day_and_somebody_who_screened(cast, as_user):
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    ana, address = as_user(cast.ana), f"/referrals/screening/persons/{person.pk}/"
    text = ana.post(address, {"version": 1, "status": "screened", "note": "Zapisano"}).content.decode()
    assert "Say on which day" in text and "Say who screened" in text and "Zapisano" in text
    late = {"version": 1, "status": "left-unscreened", "happened_on": "1.1.2199."}
    assert "in the future" in ana.post(address, late).content.decode()
    found = {"version": 1, "status": "refused-screening", "happened_on": posted_day(), "indicators": ["debt-bondage"]}
    assert "Signs are found at a screening" in ana.post(address, found).content.decode()
    assert SitePerson.objects.get().status == "not-screened"
    with pytest.raises(IntegrityError), transaction.atomic():
        SitePerson.objects.filter(pk=person.pk).update(status="screened")


def test_a_screening_can_be_taken_back_and_saves_do_not_overtake(cast, as_user):
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    screen(person, cast.ana)
    with pytest.raises(Stale):
        screen(person, cast.ana)
    conflict = as_user(cast.ana).post(
        f"/referrals/screening/persons/{person.pk}/",
        {"version": 1, "status": "left-unscreened", "happened_on": posted_day(), "note": "Otišao"},
    )
    assert "Otišao" in conflict.content.decode() and conflict.context["form"].conflicts
    back = screen(SitePerson.objects.get(), cast.ana, status="not-screened")
    assert (back.status, back.happened_on, back.screener) == ("not-screened", None, "")


def test_somebody_in_error_is_no_longer_counted(cast, as_user):
    site = site_of(cast.ana)
    first, second = fill(site, cast.ana, 2)
    ana = as_user(cast.ana)
    ana.post(f"/referrals/screening/persons/{first.pk}/mark-in-error/", {"why": "Dvaput upisan"})
    assert "0 of 1 screened" in ana.get(f"/referrals/screening/sites/{site.number}/").content.decode()
    with pytest.raises(Refused, match="entered in error"):
        screen(SitePerson.objects.get(pk=first.pk), cast.ana)
    assert fill(site, cast.ana, 1)[0].position == 3  # a place is never given twice
    assert screen(second, cast.ana).status == "screened"


def test_two_who_add_at_once_give_every_place_once(committed_db, cast):
    site = site_of(cast.ana)
    all_at_once([lambda: fill(site, cast.ana, 7), lambda: fill(site, cast.boris, 7)])
    assert list(SitePerson.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 15))


def test_two_who_refer_the_same_person_at_once_make_one_referral(committed_db, cast):
    site = site_of(cast.ana)
    (person,) = fill(site, cast.ana, 1)
    told = {
        "organisation": cast.ana.organisation,
        "received_at": timezone.now(),
        "now": timezone.now(),
        "source": "worksite-screening",
    }

    def once():
        return services.refer_site_person(site_person=person, referred_by=cast.ana, **told)

    outcomes = all_at_once([once, once])
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert Referral.objects.count() == 1


def test_long_sites_and_long_lists_page_by_key(cast, as_user):
    site = site_of(cast.ana)
    fill(site, cast.ana, 120)
    ana, page = as_user(cast.ana), f"/referrals/screening/sites/{site.number}/"
    seen, address = [], page
    while address:
        shown = ana.get(address)
        seen += [row[0]["text"] for row in cells(shown.context["waiting"])]
        address = shown.context["more_waiting"]
    assert seen == [f"Person {place}, India" for place in range(1, 121)]
    assert len(cells(ana.get(f"{page}?after=x").context["waiting"])) == 50
    numbers = [*[site_of(cast.ana).number for _n in range(26)][::-1], site.number]
    first = ana.get("/referrals/screening/")
    listed = [row[0]["text"] for row in cells(first.context["rows"])]
    listed += [row[0]["text"] for row in cells(ana.get(first.context["next_url"]).context["rows"])]
    assert listed == numbers


SITES, SITE, PERSON = 10, 20, 12


@pytest.mark.parametrize("more", [0, 20])
def test_query_counts_do_not_grow(cast, as_user, more, django_assert_max_num_queries):
    for _n in range(1 + more // 10):
        site = site_of(cast.ana)
        for person in fill(site, cast.ana, 2 + more):
            screen(person, cast.ana, indicators=["debt-bondage"])
        fill(site, cast.ana, 2 + more)
    ana = as_user(cast.ana)
    ana.get("/referrals/screening/")
    with django_assert_max_num_queries(SITES):
        ana.get("/referrals/screening/")
    with django_assert_max_num_queries(SITE):
        ana.get(f"/referrals/screening/sites/{site.number}/")
    with django_assert_max_num_queries(PERSON):
        ana.get(f"/referrals/screening/persons/{person.pk}/")


def test_the_menu_leads_there_and_the_parts_to_each_other(cast, as_user):
    ana = as_user(cast.ana)
    for name in ("sites", "allegations", "screenings", "coverage"):
        shown = ana.get(reverse(f"referrals:{name}"))
        active = [item["label"] for item in shown.context["nav"] if item["active"]]
        assert active == ["Screening"]
        assert [part["active"] for part in shown.context["parts"]].count(True) == 1
