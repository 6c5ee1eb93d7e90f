"""Persons: written down with or without a name, amended by two at once, found by name in either script."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services as cases
from casework.people import ages, services
from casework.people.models import Person
from casework.workflow import Refused, Stale


def typed_for(person: Person, **changes) -> dict:
    from casework.people.forms import saved_person

    shown = {name: value for name, value in saved_person(person).items() if value is not None}
    for name in ("birth_date", "given_age_on"):
        if shown.get(name):
            shown[name] = f"{shown[name]:%d.%m.%Y.}"
    return shown | changes


def test_an_unnamed_person_has_a_description_instead(cast, make):
    person = make.person(sex="female", given_age=20, given_age_on=timezone.localdate())
    assert person.name == "Unknown woman, about 20"
    assert Person.objects.get(pk=person.pk).name_codes == []


def test_the_page_shows_safe_contact_before_contacts(cast, as_user, make):
    case = make.case(given="Gorica", family="Skrivena", contacts="060 000", safe_contact="Only in the morning")
    page = as_user(cast.ana).get(reverse("people:person", args=[case.person_id]))
    text = page.content.decode()
    assert text.index("Only in the morning") < text.index("060 000")
    assert case.number in text and "Gorica" not in text.split("</title>")[0]
    assert Event.objects.filter(kind="read", verb="person", subjects=[str(case.person_id)]).count() == 1
    without = make.case(contacts="060 000")
    text = as_user(cast.ana).get(reverse("people:person", args=[without.person_id])).content.decode()
    assert "Do not call or write" in text


def test_the_person_page_lists_only_the_cases_that_the_user_may_see(cast, as_user, make):
    old = make.case()
    cases.close_case(case=old, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    new = make.case(person=old.person, caseworker=cast.boris)
    text = as_user(cast.boris).get(reverse("people:person", args=[new.person_id])).content.decode()
    assert new.number in text and old.number not in text


@pytest.mark.requirement("s-limited-users")
@pytest.mark.parametrize("name", ["person", "amend-person"])
@pytest.mark.parametrize("who", ["boris", "dragan", "olga", "ivana", "jelena", "milan", "nada", "petar"])
def test_nobody_else_opens_the_person(cast, as_user, make, name, who):
    case = make.case(given="Gorica")
    page = as_user(getattr(cast, who)).get(reverse(f"people:{name}", args=[case.person_id]))
    assert page.status_code in (403, 404) and b"Gorica" not in page.content


def test_amending_keeps_what_the_form_does_not_show(cast, as_user, make):
    case = make.case(given="Gorica")
    names = [
        {"given": "Gorica", "family": "Skrivena", "kind": "used"},
        {"given": "Goca", "family": "", "kind": "nickname"},
        {"given": "Gordana", "family": "Druga", "kind": "used"},
    ]
    person = services.amend_person(
        person=case.person, version=1, amended_by=cast.ana, names=names, citizenships=["RS", "BA", "ME"]
    )
    address = reverse("people:amend-person", args=[person.pk])
    done = as_user(cast.ana).post(address, typed_for(person, used_family="Nova", citizenship_2="HR"))
    assert done.status_code == 302, done.context["form"].errors
    person.refresh_from_db()
    assert [name["family"] for name in person.names] == ["Nova", "", "Druga"]
    assert person.citizenships == ["RS", "HR", "ME"]
    assert Event.objects.filter(verb="amend_person").latest("id").fields == ["citizenships", "names"]


def test_a_form_saved_by_two_people_shows_what_differs(cast, as_user, make):
    person = make.case(given="Gorica").person
    address = reverse("people:amend-person", args=[person.pk])
    typed = typed_for(person)
    assert as_user(cast.ana).post(address, typed | {"safe_contact": "061"}).status_code == 302
    page = as_user(cast.vesna).post(address, typed | {"safe_contact": "062"})
    text = page.content.decode()
    assert "What is saved now" in text and "061" in text and "062" in text
    assert Person.objects.get(pk=person.pk).safe_contact == "061"
    with pytest.raises(Stale):
        services.amend_person(person=person, version=1, amended_by=cast.ana, contacts="063")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"birth_date": "31.2.2001."}, "Write the date"),
        ({"birth_date": "1.1.2099."}, "in the future"),
        ({"given_age": "20"}, "An age needs the day"),
        ({"given_age": "-1"}, "greater than or equal to 0"),
        ({"sex": "robot"}, "Select a valid choice"),
        ({"citizenship_1": "QQ"}, "Select a valid choice"),
        ({"used_given": "a\u202eb"}, "change the direction of writing"),
        ({"used_given": "a\x00b"}, "Null characters"),
        ({"description": "x" * 20_001}, "at most 20000"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(cast, as_user, make, wrong, sentence):
    person = make.case(given="Gorica").person
    address = reverse("people:amend-person", args=[person.pk])
    page = as_user(cast.ana).post(address, typed_for(person, contacts="typed by Ana", **wrong))
    text = page.content.decode()
    assert page.status_code == 200 and sentence in text and "typed by Ana" in text
    assert Person.objects.get(pk=person.pk).version == 1


def test_a_birth_date_recomputes_the_ages_beside_events(cast, make, monkeypatch):
    seen = []
    monkeypatch.setattr(ages, "EVENTS", [lambda person: seen.append(person.birth_date)])
    person = make.person(given="Gorica")
    day = datetime.date(2010, 5, 1)
    person = services.amend_person(person=person, version=1, amended_by=cast.ana, birth_date=day)
    assert (seen, person.birth_year) == ([day], 2010)
    services.amend_person(person=person, version=2, amended_by=cast.ana, contacts="061")
    assert seen == [day]


def test_the_newest_stated_age_is_kept(cast, make):
    person = make.person()
    march, april = datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)
    services.note_given_age(person=person, age=17, on=april, noted_by=cast.ana)
    services.note_given_age(person=person, age=25, on=march, noted_by=cast.ana)
    person.refresh_from_db()
    assert (person.given_age, person.given_age_on) == (17, april)
    services.note_given_age(person=person, age=0, on=april, noted_by=cast.ana)
    person.refresh_from_db()
    assert person.given_age == 0


def test_if_the_trail_cannot_be_written_nothing_is_done(cast, as_user, make, monkeypatch):
    person = make.case(given="Gorica").person
    client = as_user(cast.ana)
    client.raise_request_exception = False

    def broken(*args, **kwargs):
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(Event, "save", broken)
    with pytest.raises(RuntimeError):
        services.amend_person(person=person, version=1, amended_by=cast.ana, contacts="061")
    with pytest.raises(RuntimeError):
        services.create_person(organisation=cast.home, created_by=cast.ana)
    assert Person.objects.get().contacts == ""
    page = client.get(reverse("people:person", args=[person.pk]))
    assert page.status_code == 500 and b"Gorica" not in page.content
    page = client.post(reverse("people:search"), {"text": "Gorica"})
    assert page.status_code == 500 and b"people/" + str(person.pk).encode() not in page.content


def test_codes_are_checked(cast, make):
    with pytest.raises(Refused, match="not the code of a country"):
        make.person(citizenships=["QQ"])
    with pytest.raises(Refused, match="not the code of a language"):
        make.person(languages=["klingon"])
    assert make.person(languages=["srp"]).languages == ["sr"]
