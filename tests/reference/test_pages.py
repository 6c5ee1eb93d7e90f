"""The pages on the published world: what each shows, who may read it, what it does with what it does not know."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.html import escape

from reference import codes, services
from reference.models import Contradiction, Entry, PublishedFigure
from reference.relations import names_of
from reference.sections import BY_SLUG, SECTIONS
from reference.words import LISTS, label_of

pytestmark = pytest.mark.django_db

PAGES = [
    ("reference:index", []),
    ("reference:search", []),
    ("reference:codes", []),
    ("reference:section", ["codes-exploitation-forms"]),
    ("reference:section", ["laws"]),
    ("reference:entry", ["offences", "388"]),
    ("reference:entry", ["organisations", "cptv"]),
    ("reference:entry", ["figures", "tip-identified-2024"]),
    ("reference:published", []),
    ("reference:by-year", []),
    ("reference:doubts", []),
    ("reference:indicator", ["victims-officially-identified"]),
]


@pytest.fixture
def read(cast, as_user):
    """Text of a page as a caseworker reads it."""
    client = as_user(cast.ana)

    def read(name, *args, **query):
        response = client.get(reverse(name, args=args), query)
        assert response.status_code == 200
        return response.content.decode()

    read.client = client
    return read


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


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_no_page_takes_more_than_ten_queries(name, args, read, django_assert_max_num_queries):
    read(name, *args)  # the session and the content types are in the cache now
    with django_assert_max_num_queries(10):
        read(name, *args)


def test_the_index_counts_what_there_is(read):
    page = read("reference:index")
    for section in SECTIONS.values():
        if section.group != "codes":
            assert reverse("reference:section", args=[section.slug]) in page
    assert reverse("reference:published") in page
    lists = read("reference:codes")
    for section in SECTIONS.values():
        if section.group == "codes":
            assert reverse("reference:section", args=[section.slug]) in lists


@pytest.mark.requirement("s-laws", "s-offences", "s-special-measures", "s-legal-consequences", "s-databases-external")
@pytest.mark.parametrize(
    "section", [key for key in SECTIONS if not key.startswith(("code_lists.", "htcds", "glossary."))]
)
def test_a_section_shows_every_entry_with_document_and_phrase(section, read):
    entries = list(Entry.objects.in_section(section))
    page = read("reference:section", SECTIONS[section].slug)
    for number in range(2, 2 + (len(entries) - 1) // 50):
        page += read("reference:section", SECTIONS[section].slug, page=number)
    for entry in entries:
        assert _escaped(entry.title) in page
        assert entry.get_absolute_url() in page
        if entry.source_locator:
            assert _escaped(entry.source_locator) in page
            assert _escaped(entry.document_title) in page


def test_every_entry_has_a_page_with_its_source_and_is_no_empty_shell(read):
    for section in SECTIONS:
        entry = Entry.objects.in_section(section).first()
        if entry is None:
            continue
        page = read("reference:entry", SECTIONS[section].slug, entry.slug)
        assert _escaped(entry.title) in page
        assert _escaped(entry.source_locator or entry.title) in page
        linked = {str(label_of(field)) for field in names_of(section)}
        for field, value in entry.facts:
            assert _escaped(field) in page
            assert field in linked or _escaped(str(value))[:60] in page


@pytest.mark.parametrize("name", LISTS)
def test_a_code_list_shows_its_codes(name, read):
    slug = SECTIONS[f"code_lists.{name}"].slug
    page = read("reference:section", slug)
    for code in codes.ids(name):
        assert _escaped(codes.label_in("en", name, code)) in page


def test_titles_name_no_victim_and_no_crime(read):
    for section in SECTIONS.values():
        page = read("reference:section", section.slug)
        title = page[page.index("<title>") : page.index("</title>")].lower()
        assert "victim" not in title
        assert "trafficking" not in title


def test_codes_are_shown_in_the_language_of_the_page(read):
    read.client.cookies["django_language"] = "sr"
    assert "Потенцијална жртва" in read("reference:section", "codes-victim-statuses")
    read.client.cookies["django_language"] = "sr-latn"
    assert "Potencijalna žrtva" in read("reference:section", "codes-victim-statuses")


@pytest.mark.parametrize("path", ["no-such/", "laws/no-such-law/", "published/no-such-figure/", "offences/999/"])
def test_what_does_not_exist_is_not_found(path, read):
    assert read.client.get(reverse("reference:index") + path).status_code == 404


@pytest.mark.requirement("s-laws", "s-penalties")
def test_the_page_of_article_388_shows_its_penalties(read):
    page = read("reference:entry", "offences", "388")
    assert "24–144" in page
    assert "36–144" in page
    assert "2 years" in page
    assert "3 years" in page
    assert reverse("reference:entry", args=["laws", "criminal-code"]) in page
    assert "three to 12" in page


def test_an_offence_is_found_under_its_article_and_its_id_leads_there(read):
    response = read.client.get(reverse("reference:entry", args=["offences", "human-trafficking"]))
    assert (response.status_code, response["Location"]) == (301, reverse("reference:entry", args=["offences", "388"]))


@pytest.mark.requirement("s-offences")
def test_twelve_offences_and_an_article_that_is_not_stated_says_so(read):
    page = read("reference:section", "offences")
    assert Entry.objects.in_section("offences.offences").count() == 12
    assert "Article: Not stated" in page
    assert "Penalty: Not stated" in page


@pytest.mark.requirement("s-special-measures")
def test_five_special_measures():
    assert Entry.objects.in_section("measures.special_measures").count() == 5


@pytest.mark.requirement("s-legal-consequences")
def test_four_legal_consequences():
    assert Entry.objects.in_section("measures.legal_consequences_of_conviction").count() == 4


@pytest.mark.requirement("s-ecpat", "f-unassessed-as-no")
def test_not_yet_assessed_is_a_status_of_its_own(read):
    page = read("reference:section", "ecpat", status="Not Yet Assessed")
    assert page.count("Status: Not Yet Assessed") == 8
    assert "Status: No<" not in page
    page = read("reference:section", "ecpat")
    assert page.count("Status: Not Yet Assessed") == 8
    assert page.count("Status: text given") == 1


@pytest.mark.requirement("s-dating")
def test_the_date_of_a_document_and_what_an_entry_speaks_of_stand_apart(read):
    page = read("reference:entry", "ecpat", "extraterritoriality-extradition")
    assert "2006" in page
    assert "2019, 2017" in page
    assert "Loaded on" in page


@pytest.mark.requirement("s-draft-law")
def test_the_draft_law_is_in_drafting(read):
    assert "in drafting" in read("reference:entry", "laws", "draft-anti-trafficking-law")


@pytest.mark.requirement("s-seizure-proceeds")
def test_the_law_on_proceeds_is_shown_with_its_measure(read):
    page = read("reference:entry", "laws", "confiscation-of-proceeds-law")
    assert reverse("reference:entry", args=["property-measures", "confiscation"]) in page


@pytest.mark.requirement("s-operation")
def test_the_operation_with_the_persons_charged(read):
    assert "180" in read("reference:entry", "figures", "moi-armageddon-charges")
    assert "Armageddon" in read("reference:entry", "databases", "op-armageddon")


@pytest.mark.requirement("s-tier")
def test_ratings_stand_with_year_and_publisher_and_the_disputed_one_says_so(read):
    page = read("reference:section", "figures", q="tier")
    for figure in ("wiki-tier-2023", "tip-tier-2025", "irc-tier-2024"):
        assert reverse("reference:entry", args=["figures", figure]) in page
    assert "Tier 2 Watch List" in read("reference:entry", "figures", "wiki-tier-2023")
    assert reverse("reference:entry", args=["contradictions", "c09-tier-2024"]) in read(
        "reference:entry", "figures", "irc-tier-2024"
    )


@pytest.mark.requirement("s-published-figures", "s-allocations")
def test_published_figures_stand_by_year_with_their_contradictions(read):
    page = read("reference:by-year", indicator="")
    for figure in PublishedFigure.objects.active():
        assert _escaped(figure.title) in page
    assert "64 victims officially identified, then the breakdown begins" in page
    assert "50,500,000" in page
    assert page.index(">2024<") < page.index(">2023<") < page.index(">2007<")


@pytest.mark.requirement("s-published-figures")
def test_every_figure_has_a_line_with_its_newest_results_and_what_is_doubted(read):
    rows = read.client.get(reverse("reference:published")).context["rows"]
    assert {row[0]["url"] for row in rows} == {
        reverse("reference:indicator", args=[figure.indicator]) for figure in PublishedFigure.objects.all()
    }
    [identified] = [row for row in rows if row[0]["url"].endswith("/victims-officially-identified/")]
    assert {"2024: 51", "2024: 64"} <= set(identified[1])
    assert "Disputed (2024)" in [mark["label"] for mark in identified[3]]
    planned = [row for row in rows if row[1] == "–"]
    assert planned and all(row[2] != "–" for row in planned)


def test_every_contradiction_stands_with_its_readings(read):
    rows = {row[0]["url"]: row for row in read.client.get(reverse("reference:doubts")).context["contradictions"]}
    assert len(rows) == Contradiction.objects.count() == 53
    both = rows[reverse("reference:entry", args=["contradictions", "c01-64-or-51"])][1]
    assert {"2024: 51", "2024: 64"} <= {reading["text"] for reading in both}


@pytest.mark.requirement("s-published-figures", "f-own-sums")
def test_51_and_64_are_both_shown_with_the_note_and_the_sums_are_checked(read):
    page = read("reference:indicator", "victims-officially-identified")
    assert reverse("reference:entry", args=["figures", "tip-identified-2024-as-51"]) in page
    assert reverse("reference:entry", args=["figures", "tip-identified-2024"]) in page
    assert "Disputed" in page
    assert reverse("reference:entry", args=["contradictions", "c01-64-or-51"]) in page
    by_sex = read("reference:entry", "figures", "tip-identified-by-sex-age-2024")
    assert "25 + 11 + 20 + 9 = 65, not 51 (+14)" in by_sex
    assert "25 + 11 + 20 + 9 = 65, not 64 (+1)" in by_sex
    by_form = read("reference:entry", "figures", "tip-identified-by-exploitation-2024")
    assert "24 + 37 + 3 = 64, not 51 (+13)" in by_form
    assert "24 + 37 + 3 = 64<" in by_form


@pytest.mark.requirement("f-ambiguous-2023")
def test_what_is_ambiguous_says_so_with_the_note(read):
    page = read("reference:indicator", "temporary-residence-permits")
    assert "Ambiguous" in page
    assert _escaped("'(none in 2023)' may refer to the permits, the three-month stays or both") in page


@pytest.mark.requirement("f-targets-results")
def test_targets_never_stand_among_results_nor_in_a_chart(read):
    context = read.client.get(reverse("reference:by-year"), {"indicator": ""}).context
    planned = {figure.get_absolute_url() for figure in PublishedFigure.objects.active() if not figure.is_result}
    assert planned
    for year in context["years"]:
        assert not {row[0]["url"] for row in year["results"]} & planned
    for name in {figure.indicator for figure in PublishedFigure.objects.all()}:
        page = read.client.get(reverse("reference:indicator", args=[name])).context
        assert not {row[1]["url"] for row in page["results"]} & planned
        numbers = [
            int(f.number)
            for f in PublishedFigure.objects.for_page(indicator=name)
            if f.is_result and f.number is not None
        ]
        assert all(number in numbers for _label, number in page["chart"])


@pytest.mark.requirement("s-counting-rules")
def test_every_indicator_says_unit_counting_body_and_period(read):
    for name in {figure.indicator for figure in PublishedFigure.objects.all()}:
        definition = dict(read.client.get(reverse("reference:indicator", args=[name])).context["definition"])
        assert all(definition.values())


def test_all_twelve_sums_are_recomputed_and_hold(read):
    rows = read.client.get(reverse("reference:doubts")).context["sums"]
    assert len(rows) == 12
    assert {row[1]["status"] for row in rows} == {"ok"}


def test_published_figures_narrow_to_a_year_and_an_indicator(read):
    asked = {"year": "2023", "indicator": "victims-officially-identified"}
    context = read.client.get(reverse("reference:by-year"), asked).context
    assert [year["heading"] for year in context["years"]] == ["2023"]
    assert {row[0]["hint"] for row in context["years"][0]["results"]} == {"victims-officially-identified"}


def test_published_figures_narrow_to_those_in_doubt(read):
    context = read.client.get(reverse("reference:by-year"), {"disputed": "on"}).context
    rows = [row for year in context["years"] for row in (*year["results"], *year["others"])]
    assert rows
    assert all(row[-2] != "–" for row in rows)


def test_a_year_nobody_published_is_answered_with_a_sentence(read):
    response = read.client.get(reverse("reference:by-year"), {"year": "1850'--"})
    assert response.status_code == 200
    assert response.context["form"].errors["year"]


def test_a_day_that_is_none_is_answered_with_a_sentence(read):
    response = read.client.get(reverse("reference:section", args=["laws"]), {"on": "yesterday"})
    assert response.status_code == 200
    assert response.context["form"].errors["on"]


def test_a_section_narrows_to_what_was_in_force_on_a_day(read):
    before = read("reference:section", "laws", on="2017-05-31")
    after = read("reference:section", "laws", on="2017-06-01")
    url = reverse("reference:entry", args=["laws", "criminal-code-amendments-2017"])
    assert url not in before
    assert url in after


def test_the_page_of_an_entry_shows_how_it_changed(read):
    entry = Entry.objects.get(section="organisations.organisations", code="csw")
    services.write_entry(
        section=entry.section,
        code=entry.code,
        data={**entry.data, "role": "recognises children"},
        reason="The role in one sentence.",
        holds_from=date(2026, 1, 1),
    )
    page = read("reference:entry", "organisations", "csw")
    assert "The role in one sentence." in page
    assert "recognises children" in page
    assert _escaped(entry.data["role"]) in page


def test_every_section_has_an_address_of_its_own():
    assert len(BY_SLUG) == len(SECTIONS)


def _escaped(text):
    return escape(str(text))
