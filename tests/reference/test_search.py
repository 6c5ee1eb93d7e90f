"""Searching everything that is published: scripts, diacritics, look-alikes, abbreviations, and what is found first."""

import pytest
from django.urls import reverse

from reference import folding
from reference.models import Entry

pytestmark = pytest.mark.django_db


def first(query):
    found = Entry.objects.search(query).first()
    return found and (found.section, found.code)


def found(query):
    return {(entry.section, entry.code) for entry in Entry.objects.search(query)}


ARTICLE = ("offences.offences", "human-trafficking")
CPTV = ("organisations.organisations", "cptv")


@pytest.mark.requirement("s-homoglyph-search")
@pytest.mark.parametrize("query", ["nis", "Niš", "NIŠ", "Ниш", "ниш"])
def test_a_town_is_found_in_every_script(query):
    assert first(query) == ("code_lists.places", "nis")
    assert ("directory.contacts", "mods-address") in found(query)


@pytest.mark.requirement("s-homoglyph-search")
@pytest.mark.parametrize("query", ["ICAC COPS", "IСАС COPS", "ІСАС СОРЅ", "icac cops"])
def test_look_alike_letters_do_not_hide_an_entry(query):
    assert {
        ("organisations.organisations", "icac-cops"),
        ("organisations.named_databases_and_operations", "db-icac-cops"),
    } <= found(query)


@pytest.mark.parametrize(
    "query", ["cl. 388", "čl. 388", "чл. 388", "član 388", "članu 388", "art. 388", "Article 388", "388"]
)
def test_an_article_is_found_however_it_is_cited(query):
    assert ARTICLE in found(query)
    assert ("laws.provisions", "cc-388") in found(query)


@pytest.mark.parametrize("query", ["trgovina ljudima", "трговина људима", "Trafficking human"])
def test_serbian_words_find_what_the_documents_say_in_english(query):
    assert ("glossary.terms", "human-trafficking") in found(query)


@pytest.mark.requirement("s-organisations", "s-aliases")
@pytest.mark.parametrize("query", ["CPTV", "Centre for Protection", "Center for Protection of Trafficking Victims"])
def test_a_body_is_found_by_abbreviation_and_by_alias(query):
    assert CPTV in found(query)


@pytest.mark.requirement("s-organisations")
def test_centre_finds_cptv_by_alias():
    assert CPTV in found("Centre")


def test_what_is_called_so_stands_before_what_mentions_it():
    assert first("CPTV")[1] == "cptv"
    assert first("grooming") in {ARTICLE, ("offences.offences", "grooming"), ("glossary.terms", "grooming")}
    assert first("protective witness") in {
        ("code_lists.witness_statuses", "protective-witness"),
        ("glossary.terms", "protective-witness"),
    }


@pytest.mark.parametrize("query", ["", "   ", "%", "_", "' OR 1=1 --", "…", "388" * 60])
def test_odd_questions_find_nothing_or_something_but_never_break(query, cast, as_user):
    response = as_user(cast.ana).get(reverse("reference:search"), {"q": query})
    assert response.status_code == 200


def test_a_percent_sign_is_no_wild_card():
    assert not Entry.objects.search("%zz%").exists()
    assert Entry.objects.search("388%").count() == Entry.objects.search("388").count()


def test_what_is_not_active_is_not_found():
    Entry.objects.filter(section="organisations.organisations", code="cptv").update(active=False)
    assert CPTV not in found("CPTV")


def test_a_result_shows_kind_title_and_source(cast, as_user):
    page = as_user(cast.ana).get(reverse("reference:search"), {"q": "cl. 388"}).content.decode()
    assert "Offences and penalties" in page
    assert "Human Trafficking" in page
    assert "United States Department of State, 2025 report on Serbia" in page
    assert reverse("reference:entry", args=["offences", "388"]) in page


def test_nothing_found_is_a_sentence(cast, as_user):
    page = as_user(cast.ana).get(reverse("reference:search"), {"q": "xyzzy"}).content.decode()
    assert "Nothing has all of these words." in page


def test_words_are_read_in_every_way_they_may_be_meant():
    assert folding.words("IСАС") == [frozenset({"icac"})]
    assert folding.words("Ђорђе") == [frozenset({"dord" + "e"})]
    assert folding.words("čl. centre") == [frozenset({"art"}), frozenset({"center"})]
