"""Search: among what the user may see and nothing else, and never with a name in an address."""

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.people import search as finder

SEARCH = "/people/search/"


def found(client, text: str) -> list[str]:
    page = client.post(SEARCH, {"text": text})
    assert page.status_code == 200
    return [row[1]["text"] for row in page.context["rows"]]


@pytest.mark.parametrize(
    "text", ["Đorđe Probić", "Ђорђе Пробић", "dorde probic", "Djordje", "Probić Đorđe", "Dorde Probc"]
)
def test_a_name_is_found_in_either_script_with_a_slip(cast, as_user, make, text):
    make.case(given="Đorđe", family="Probić")
    make.case(given="Gorica", family="Skrivena")
    assert found(as_user(cast.ana), text) == ["Đorđe Probić"]


def test_the_nearest_name_comes_first(cast, as_user, make):
    make.case(given="Milana", family="Probna")
    make.case(given="Milan", family="Probna")
    assert found(as_user(cast.ana), "Milana Probna")[0] == "Milana Probna"
    assert found(as_user(cast.ana), "Milan Probna")[0] == "Milan Probna"


@pytest.mark.requirement("s-limited-users")
@pytest.mark.parametrize(("who", "sees"), [("ana", 1), ("vesna", 1), ("boris", 0), ("dragan", 0), ("olga", 0)])
def test_only_the_visible_is_found(cast, as_user, make, who, sees):
    case = make.case(given="Gorica", family="Skrivena")
    client = as_user(getattr(cast, who))
    assert len(found(client, "Gorica")) == sees
    jumped = client.post(SEARCH, {"text": case.number.lower()})
    if sees:
        assert jumped.url == reverse("cases:case", args=[case.number])
    else:
        assert "There is no record of this number" in jumped.content.decode()
        assert "Skrivena" not in jumped.content.decode()


@pytest.mark.parametrize("who", ["ivana", "milan", "nada", "petar"])
def test_roles_without_records_do_not_search(cast, as_user, who):
    assert as_user(getattr(cast, who)).get(SEARCH).status_code == 403


def test_a_search_is_in_the_trail_with_whom_it_showed(cast, as_user, make):
    case = make.case(given="Gorica")
    found(as_user(cast.ana), "Gorica")
    event = Event.objects.filter(verb="search").latest("id")
    assert (event.actor, event.subjects, event.note) == (cast.ana, [str(case.person_id)], "")


@pytest.mark.parametrize("text", ["", "   ", "a\u202eb", "x" * 201, "%", "'; DROP TABLE", "C-2026-", "R-2026-999999"])
def test_odd_text_is_answered(cast, as_user, make, text):
    make.case(given="Gorica")
    page = as_user(cast.ana).post(SEARCH, {"text": text})
    assert page.status_code == 200 and not page.context["rows"]


@pytest.mark.asvs("14.2.1")
def test_a_name_in_the_address_is_not_searched_for(cast, as_user, make):
    make.case(given="Gorica")
    assert b"Found" not in as_user(cast.ana).get(SEARCH, {"text": "Gorica"}).content


def test_at_most_a_page_of_hits_is_shown(cast, as_user, make, django_assert_max_num_queries):
    for _ in range(finder.SHOWN + 2):
        make.case(given="Gorica")
    ana = as_user(cast.ana)
    found(ana, "Gorica")
    with django_assert_max_num_queries(15):
        assert len(found(ana, "Gorica")) == finder.SHOWN


@pytest.mark.parametrize("text", ["Aleksadnrovna Stefanovci", "Alexandrovna Stevanovič", "Стефaновић Александрвна"])
def test_words_with_several_slips_are_found_by_what_is_left_of_them(cast, as_user, make, text):
    make.case(given="Aleksandrovna", family="Stefanović")
    make.case(given="Gorica", family="Skrivena")
    assert found(as_user(cast.ana), text) == ["Aleksandrovna Stefanović"]


@pytest.mark.requirement("s-limited-users")
def test_neither_stage_decrypts_what_the_user_may_not_see(cast, make, monkeypatch):
    make.case(given="Aleksandrovna", family="Stefanović")
    opened = []
    monkeypatch.setattr(finder, "_nearness", lambda person, *rest: opened.append(person) or 0.0)
    assert not finder.by_name("Aleksandrovna Stefanović", cast.boris) and not opened
    finder.by_name("Aleksandrovna Stefanović", cast.ana)
    assert len(opened) == 2  # by both stages


def test_a_year_of_birth_narrows_by_two_years_and_leaves_out_nobody_without_one(cast, make):
    for year in (1990, 1992, 1993, None):
        person = make.case(given="Gorica", family="Skrivena").person
        person.birth_year = year
        person.save(update_fields=["birth_year"])
    years = [hit.person.birth_year for hit in finder.by_name("Gorica Skrivena", cast.ana, born=1990)]
    assert years[0] == 1990 and set(years) == {1990, 1992, None}


@pytest.mark.parametrize("born", ["abc", "99999999999999999999", "-5", "1990\x00"])
def test_a_year_that_is_none_gets_a_sentence(cast, as_user, born):
    page = as_user(cast.ana).post(SEARCH, {"text": "Gorica", "born": born})
    assert page.status_code == 200 and page.context["form"].errors["born"]


def test_an_erased_person_is_not_opened(cast, make):
    case = make.case(given="Gorica", family="Skrivena")
    case.person.key.wrapped, case.person.key.destroyed_at = None, timezone.now()
    case.person.key.save()
    assert not finder.by_name("Gorica Skrivena", cast.ana)
