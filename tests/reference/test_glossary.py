"""reference/glossary.yaml: the words of the field, and how the documents write them."""

import re

from reference import files
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
