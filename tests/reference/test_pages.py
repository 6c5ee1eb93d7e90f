"""The pages on the published world: what each shows, who may read it, what it does with what it does not know."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from reference import codes
from reference.models import Entry, PublishedFigure
from reference.sections import LISTS, SECTIONS

pytestmark = pytest.mark.django_db

PAGES = [
    ("reference:index", []),
    ("reference:codes", []),
    ("reference:code-list", ["exploitation_forms"]),
    ("reference:section", ["laws.instruments"]),
    ("reference:published", []),
]


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize(("name", "args"), PAGES)
@pytest.mark.parametrize("person", ["ana", "milan", "ivana", "petar"])
def test_everybody_who_is_signed_in_reads_them(name, args, person, cast, as_user):
    assert as_user(getattr(cast, person)).get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_a_visitor_is_asked_to_sign_in(name, args, client):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_they_only_answer_to_reading(name, args, cast, as_user):
    assert as_user(cast.ana).post(reverse(name, args=args)).status_code == 405


def test_the_index_counts_what_there_is(cast, as_user):
    page = text_of(as_user(cast.ivana).get(reverse("reference:index")))
    for section in SECTIONS:
        assert reverse("reference:section", args=[section]) in page
    assert reverse("reference:published") in page
    assert reverse("reference:codes") in page


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_shows_every_entry_with_document_and_phrase(section, cast, as_user):
    page = text_of(as_user(cast.ana).get(reverse("reference:section", args=[section])))
    entries = list(Entry.objects.in_section(section))
    assert entries
    assert page.count("<tr") >= len(entries)
    for entry in entries:
        assert _escaped(entry.name) in page
        if entry.source_locator:
            assert _escaped(entry.source_locator) in page
            assert _escaped(entry.document_title) in page


@pytest.mark.parametrize("name", LISTS)
def test_a_code_list_shows_its_codes(name, cast, as_user):
    response = as_user(cast.ana).get(reverse("reference:code-list", args=[name]))
    page = text_of(response)
    for code in codes.ids(name):
        assert _escaped(codes.label_in("en", name, code)) in page
    title = page[page.index("<title>") : page.index("</title>")].lower()
    assert "victim" not in title
    assert "trafficking" not in title


def test_codes_are_shown_in_the_language_of_the_page(cast, as_user):
    client = as_user(cast.ana)
    client.cookies["django_language"] = "sr"
    assert "Потенцијална жртва" in text_of(client.get(reverse("reference:code-list", args=["victim_statuses"])))
    client.cookies["django_language"] = "sr-latn"
    assert "Potencijalna žrtva" in text_of(client.get(reverse("reference:code-list", args=["victim_statuses"])))


def test_what_does_not_exist_is_not_found(cast, as_user):
    client = as_user(cast.ana)
    assert client.get(reverse("reference:code-list", args=["no_such_list"])).status_code == 404
    assert client.get(reverse("reference:section", args=["laws.nothing"])).status_code == 404


def test_published_figures_stand_by_year_with_their_contradictions(cast, as_user):
    page = text_of(as_user(cast.ana).get(reverse("reference:published")))
    for figure in PublishedFigure.objects.active():
        assert _escaped(figure.label) in page
    assert "64 victims officially identified, then the breakdown begins" in page
    assert page.index(">2024<") < page.index(">2023<") < page.index(">2007<")


def test_targets_never_stand_among_results(cast, as_user):
    context = as_user(cast.ana).get(reverse("reference:published")).context
    for year in context["years"]:
        shown_as_results = {row[0]["hint"] for row in year["results"]}
        planned = set(
            PublishedFigure.objects.filter(kind__in=["target", "allocation", "capacity", "rating"])
            .exclude(indicator__in=PublishedFigure.objects.filter(kind__in=["actual", "event"]).values("indicator"))
            .values_list("indicator", flat=True)
        )
        assert not shown_as_results & planned


def test_published_figures_narrow_to_a_year_and_an_indicator(cast, as_user):
    client = as_user(cast.ana)
    asked = {"year": "2023", "indicator": "victims-officially-identified"}
    context = client.get(reverse("reference:published"), asked).context
    assert [year["heading"] for year in context["years"]] == ["2023"]
    assert {row[0]["hint"] for row in context["years"][0]["results"]} == {"victims-officially-identified"}


def test_a_year_nobody_published_is_answered_with_a_sentence(cast, as_user):
    response = as_user(cast.ana).get(reverse("reference:published"), {"year": "1850'--"})
    assert response.status_code == 200
    assert response.context["form"].errors["year"]


def _escaped(text):
    return escape(str(text))
