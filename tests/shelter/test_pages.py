"""Pages of shelters and placements, as the cast sees them."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.shelter.models import Bed, Placement, Shelter
from tests.shelter.builders import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def stay(make, today):
    """Gorica in the first of two beds since yesterday, with a day of leaving in five days."""
    case = make.case(given="Gorica", family="Skrivena", birth_date=datetime.date(1990, 1, 1))
    return make.placement(
        case=case,
        shelter=make.shelter("Kuća Lipa", beds=2),
        starts_on=today - datetime.timedelta(days=1),
        ends_on=today + datetime.timedelta(days=5),
        needs="Ne sme da je vidi brat.",
        today=today,
    )


def shown(day):
    return f"{day:%d.%m.%Y.}"


@pytest.mark.asvs("8.2.3", "15.3.1")
def test_keeper_sees_who_is_here_and_what_she_must_know(cast, as_user, stay):
    nada = as_user(cast.nada)
    board = nada.get(reverse("shelter:board")).content.decode()
    assert "Gorica Skrivena" in board
    assert "1 of 2" in board
    page = nada.get(reverse("shelter:placement", args=[stay.pk])).content.decode()
    assert "Ne sme da je vidi brat." in page
    assert "Gorica" not in page.split("</title>")[0]
    assert stay.case.number not in page
    seen = Event.objects.filter(kind="read").latest("id")
    assert seen.subjects == [str(stay.pk), str(stay.case_id), str(stay.person_id)]


def test_keeper_records_the_leaving(cast, as_user, stay, today):
    nada = as_user(cast.nada)
    url = reverse("shelter:end-placement", args=[stay.pk])
    assert nada.get(url).status_code == 200
    early = nada.post(url, {"ends_on": shown(today - datetime.timedelta(days=9)), "version": "1"})
    assert "is before the first day" in early.content.decode()
    assert nada.post(url, {"ends_on": shown(today), "version": "1"}).status_code == 302
    stay.refresh_from_db()
    assert stay.ends_on == today
    stale = nada.post(url, {"ends_on": shown(today + datetime.timedelta(days=1)), "version": "1"})
    assert stale.status_code == 200
    assert "Somebody else saved" in stale.content.decode()
    board = nada.get(reverse("shelter:board")).content.decode()
    assert "Coming and leaving today" in board and board.count("Leaving today") == 2  # the card, and her row
    assert "0 of 2" in board


def test_who_does_not_see_the_case_sees_only_that_the_bed_is_occupied(cast, as_user, stay):
    boris = as_user(cast.boris)
    board = boris.get(reverse("shelter:board")).content.decode()
    assert "Gorica" not in board
    assert str(stay.pk) not in board
    assert "Occupied" in board and "1 of 2" in board
    assert boris.get(reverse("shelter:placement", args=[stay.pk])).status_code == 404


@pytest.mark.parametrize("who", ["ivana", "jelena", "milan", "petar"])
@pytest.mark.parametrize("name", ["board", "shelters", "add-shelter"])
def test_other_roles_see_no_shelter(cast, as_user, who, name):
    assert as_user(getattr(cast, who)).get(reverse(f"shelter:{name}")).status_code == 403


@pytest.mark.parametrize("name", ["placement", "end-placement", "mark-placement-in-error"])
@pytest.mark.parametrize("who", ["boris", "dragan", "olga", "ivana", "jelena", "milan", "petar"])
def test_nobody_else_opens_a_stay(cast, as_user, stay, name, who):
    page = as_user(getattr(cast, who)).get(reverse(f"shelter:{name}", args=[stay.pk]))
    assert page.status_code in (403, 404)
    assert "Gorica" not in page.content.decode()


def test_another_organisation_sees_another_board(cast, as_user, stay):
    page = as_user(cast.dragan).get(reverse("shelter:board"), {"shelter": str(stay.shelter_id)})
    assert "Kuća Lipa" not in page.content.decode()
    assert as_user(cast.dragan).get(reverse("shelter:add-bed", args=[stay.shelter_id])).status_code == 404


def test_from_the_case_to_a_bed_in_one_click(cast, as_user, make, stay, today):
    case, ana = make.case(given="Mira", birth_date=datetime.date(1991, 1, 1)), as_user(cast.ana)
    tab = ana.get(reverse("shelter:placements", args=[case.number])).content.decode()
    assert f"?case={case.number}" in tab
    board = ana.get(reverse("shelter:board"), {"case": case.number})
    links = [
        cell["url"]
        for row in board.context["board"].rows[1:]
        for cell in row["cells"]
        if "/place/" in cell.get("url", "")
    ]
    assert len(links) == 2  # after Gorica has left, and the other bed
    form = ana.get(links[1])
    assert form.context["form"].initial["starts_on"] == today
    bed = Bed.objects.get(name="Krevet 2")
    done = ana.post(links[1], {"bed": str(bed.pk), "starts_on": shown(today), "ends_on": "", "needs": "Uspavanka."})
    assert done.status_code == 302
    placed = Placement.objects.get(case=case)
    assert (placed.bed, placed.kind, placed.needs) == (bed, "ngo-shelter", "Uspavanka.")
    assert "There now" in ana.get(reverse("shelter:placements", args=[case.number])).content.decode()


@pytest.mark.requirement("s-emergency-shelter")
@pytest.mark.requirement("f-shelter-capacity")
def test_the_full_shelter_answers_with_the_first_free_night(cast, as_user, make, today):
    shelter = make.shelter("Prihvatilište", beds=6, kind="cptv-emergency-shelter")
    until = today + datetime.timedelta(days=6)
    for _each in range(6):
        make.placement(shelter=shelter, starts_on=today, ends_on=until, today=today)
    case, ana = make.case(), as_user(cast.ana)
    assert "Full" in ana.get(reverse("shelter:board")).content.decode()
    url = f"{reverse('shelter:place-person', args=[case.number])}?shelter={shelter.pk}"
    answers = {"bed": "", "starts_on": shown(today), "ends_on": shown(until), "needs": "Ostaje otkucano."}
    refused = ana.post(url, answers).content.decode()
    assert "The shelter is full on" in refused and "the first free bed is on" in refused
    assert "Ostaje otkucano." in refused
    assert ana.post(url, answers | {"starts_on": shown(until), "ends_on": ""}).status_code == 302


@pytest.mark.requirement("s-foster")
def test_an_untrained_family_warns_and_needs_the_supervisor(cast, as_user, make, today):
    case = make.case(birth_date=datetime.date(1990, 1, 1))
    url = reverse("shelter:place-person", args=[case.number])
    page = as_user(cast.ana).get(url).content.decode()
    assert "not known to be trained" in page
    assert "override_reason" not in page
    answers = {"kind": "foster-family", "family_trained": "no", "starts_on": shown(today), "override_reason": "Hoću."}
    refused = as_user(cast.ana).post(url, answers).content.decode()
    assert "A supervisor can place the person all the same" in refused
    assert as_user(cast.vesna).post(url, answers).status_code == 302
    placed = Placement.objects.get(case=case)
    page = as_user(cast.ana).get(reverse("shelter:placement", args=[placed.pk])).content.decode()
    assert "Hoću." in page and "Vesna Probna" in page


def test_marked_in_error_is_struck_through(cast, as_user, stay):
    ana = as_user(cast.ana)
    url = reverse("shelter:mark-placement-in-error", args=[stay.pk])
    assert ana.get(url).status_code == 200
    assert ana.post(url, {"why": "Druga osoba."}).status_code == 302
    for name, key in (
        ("shelter:placement", stay.pk),
        ("shelter:placements", stay.case.number),
        ("cases:timeline", stay.case.number),
    ):
        assert "Druga osoba." in ana.get(reverse(name, args=[key])).content.decode()
    assert "Gorica" not in as_user(cast.nada).get(reverse("shelter:board")).content.decode()


def test_supervisor_adds_a_shelter_and_its_beds(cast, as_user):
    vesna = as_user(cast.vesna)
    done = vesna.post(
        reverse("shelter:add-shelter"),
        {"name": "Kuća Breza", "kind": "transition-housing", "keepers": [str(cast.nada.pk)]},
    )
    shelter = Shelter.objects.get()
    assert done.url == reverse("shelter:add-bed", args=[shelter.pk])
    assert list(shelter.keepers.all()) == [cast.nada]
    nada = as_user(cast.nada)
    assert nada.post(done.url, {"name": "Krevet A"}).status_code == 302
    assert "already" in nada.post(done.url, {"name": "Krevet A"}).content.decode()
    assert "Kuća Breza" in nada.get(reverse("shelter:shelters")).content.decode()
    assert nada.get(reverse("shelter:add-shelter")).status_code == 403


@pytest.mark.parametrize(
    "query", ["start=32.13.2026.", "nights=9999", "shelter=x", "shelter=", "start=1.1.2020.&nights=28"]
)
def test_a_board_asked_for_nonsense_still_shows(cast, as_user, stay, query):
    assert as_user(cast.ana).get(f"{reverse('shelter:board')}?{query}").status_code == 200


@pytest.mark.parametrize("query", ["shelter=x", "shelter="])
def test_a_place_asked_for_nonsense_is_not_there(cast, as_user, stay, query):
    url = reverse("shelter:place-person", args=[stay.case.number])
    assert as_user(cast.ana).get(f"{url}?{query}").status_code == 404


def test_nonsense_picked_is_left_out(cast, as_user, stay):
    url = reverse("shelter:place-person", args=[stay.case.number])
    page = as_user(cast.ana).get(f"{url}?shelter={stay.shelter_id}&bed=x&from=2026-13-40&until=soon")
    assert page.status_code == 200


def test_an_empty_house(cast, as_user, make):
    assert "no shelter here" in as_user(cast.nada).get(reverse("shelter:board")).content.decode()
    make.shelter(beds=0)
    assert "0 of 0" in as_user(cast.nada).get(reverse("shelter:board")).content.decode()


def test_the_case_page_has_the_tab_and_the_timeline(cast, as_user, stay):
    page = as_user(cast.ana).get(reverse("cases:timeline", args=[stay.case.number])).content.decode()
    assert reverse("shelter:placements", args=[stay.case.number]) in page
    assert "Placed: NGO-run shelter" in page and "Kuća Lipa" in page


@pytest.mark.parametrize("full", [2, 12])
def test_queries_do_not_grow_with_the_people_here(cast, as_user, make, django_assert_max_num_queries, full, today):
    shelter = make.shelter(beds=full)
    for _each in range(full):
        make.placement(shelter=shelter, starts_on=today, today=today)
    for user, most in ((cast.nada, 18), (cast.ana, 18), (cast.vesna, 18)):
        client = as_user(user)
        with django_assert_max_num_queries(most):
            client.get(reverse("shelter:board"))


def test_queries_of_the_tab(cast, as_user, make, django_assert_max_num_queries):
    case, shelter = make.case(), make.shelter()
    for number in range(8):
        start = TODAY + datetime.timedelta(days=number)
        make.placement(case=case, shelter=shelter, starts_on=start, ends_on=start + datetime.timedelta(days=1))
    client = as_user(cast.ana)
    with django_assert_max_num_queries(18):
        client.get(reverse("shelter:placements", args=[case.number]))
