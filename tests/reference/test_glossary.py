"""reference/glossary.yaml: the words of the field, and how the documents write them."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils.html import escape

from reference import codes, files
from tests.support.sources import citations, documents, fold, needs_sources, not_found

TERMS = files.read("glossary")["terms"]
IDS = {term["id"] for term in TERMS}


def test_there_is_one_section_of_about_sixty_words_or_more():
    assert list(files.read("glossary")) == ["terms"]
    assert len(TERMS) >= 60


def test_ids_and_english_words_are_unique():
    assert len(IDS) == len(TERMS)
    assert len({term["en"].casefold() for term in TERMS}) == len(TERMS)
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in IDS)


def test_every_word_has_one_plain_sentence():
    for term in TERMS:
        assert re.fullmatch(r"[A-Z][^.]*\.", term["definition"]), term["id"]


def test_every_definition_is_ours_or_has_its_source():
    for term in TERMS:
        assert bool(term.get("ours")) != bool(term.get("source")), term["id"]


def test_serbian_is_cyrillic_and_given_unless_it_is_an_official_name():
    for term in TERMS:
        assert bool(term.get("sr")) != bool(term.get("official_name")), term["id"]
        assert not re.search(r"[A-Za-z]", term.get("sr", "")), term["id"]


@needs_sources
def test_no_official_name_has_a_serbian_form_that_no_document_prints():
    printed = " ".join(documents().values())
    assert not [term["id"] for term in TERMS if term.get("official_name") and term.get("sr", printed) not in printed]


def test_see_also_names_other_words():
    for term in TERMS:
        assert set(term.get("see", ())) <= IDS - {term["id"]}, term["id"]


@needs_sources
def test_every_phrase_stands_in_its_document():
    assert len(list(citations(TERMS))) > 120
    assert not not_found(TERMS)


def test_every_form_stands_in_the_phrase_that_it_is_cited_with():
    for term in TERMS:
        assert term["written"], term["id"]
        for written in term["written"]:
            phrase = fold(written["source"]["locator"]).casefold()
            assert fold(written["form"]).strip('"').casefold() in phrase, (term["id"], written["form"])


def test_the_age_words_have_the_bounds_of_the_age_classes():
    classes = {found["term"]: found for found in files.read("age_classes")["age_classes"]}
    for term in TERMS:
        if term["id"] in classes:
            assert classes[term["id"]]["notation"] in term["definition"]
            assert classes[term["id"]]["source"]["locator"] in fold(term["source"]["locator"])
    assert set(classes) <= IDS


# The page ------------------------------------------------------------------------------------------------------------

GLOSSARY = reverse("reference:glossary")


def glossary_in(client, language, **query):
    client.cookies["django_language"] = language
    response = client.get(GLOSSARY, query)
    assert response.status_code == 200
    return response.content.decode()


def first_words(text):
    """The words of the first column, in the order of the page."""
    rows = text[text.index("<tbody") : text.index("</tbody>")].split("<tr")[1:]
    links = [re.search(r"<a [^>]*>(.*?)</a>", row) for row in rows]
    return [unescape(re.sub(r"<[^>]+>", "", link[1])) for link in links if link]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "before", "after"),
    [("en", "Child", "Survivor"), ("sr", "Дете", "Ниво"), ("sr-latn", "Dete", "Žalba na odluku o identifikaciji")],
)
def test_the_words_stand_in_the_alphabet_of_the_page(language, before, after, cast, as_user):
    found = first_words(glossary_in(as_user(cast.ana), language))
    assert len(found) == len(TERMS)
    assert found == sorted(found, key=lambda word: codes.sort_key(word, language))
    assert found.index(before) < found.index(after)


@pytest.mark.django_db
def test_three_scripts_stand_side_by_side_with_meaning_and_printed_forms(cast, as_user):
    text = glossary_in(as_user(cast.ana), "en")
    row = text[text.index("Forced begging") :]
    row = row[: row.index("</tr>")]
    for shown in (
        "Prinudno prosjačenje",
        "Принудно просјачење",
        "Begging that somebody",
        "forced street begging",
        "Wikipedia",
    ):
        assert shown in row
    for term in TERMS:
        assert escape(term["definition"]) in text
        for written in term["written"]:
            assert escape(f"“{written['form']}”") in text


@pytest.mark.django_db
def test_an_official_name_stands_as_printed_in_every_language(cast, as_user):
    text = glossary_in(as_user(cast.ana), "sr")
    row = text[text.index("Center for Protection of Trafficking Victims (CPTV)") :]
    row = row[: row.index("</tr>")]
    assert row.count("Center for Protection of Trafficking Victims (CPTV)") >= 3


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["potencijalna zrtva", "žrtva", "жртва", "potential"])
def test_a_word_is_found_in_every_script(asked, cast, as_user):
    assert "Potential victim" in first_words(glossary_in(as_user(cast.ana), "en", q=asked))


@pytest.mark.django_db
def test_nothing_found_is_said(cast, as_user):
    assert "No word of the glossary fits." in glossary_in(as_user(cast.ana), "en", q="xylophone")


@pytest.mark.django_db
@pytest.mark.requirement("f-age-words")
def test_the_page_of_a_word_shows_scripts_phrases_and_where_the_bounds_come_from(
    cast, as_user, django_assert_max_num_queries
):
    client = as_user(cast.ana)
    client.get(GLOSSARY)
    with django_assert_max_num_queries(10):
        text = client.get(reverse("reference:entry", args=["glossary", "minor"])).content.decode()
    assert "maloletnik" in text.lower()
    assert "малолетник" in text.lower()
    assert "60 victims in 2007, including 26 minors" in text
    assert text.count(reverse("reference:entry", args=["glossary", "juvenile"])) == 1
    assert "has not reached/completed 18 years of age (14-18)" in text


@pytest.mark.django_db
def test_the_glossary_needs_few_queries(cast, as_user, django_assert_max_num_queries):
    client = as_user(cast.ana)
    client.get(GLOSSARY)
    with django_assert_max_num_queries(10):
        client.get(GLOSSARY)
