"""What is a valid code, what it is called in three scripts, and what it maps to."""

import re

import pytest
from django.utils.translation import override

from reference import codes, files

EVERY_CODE = [(name, code) for name in codes.list_names() for code in codes.ids(name)]
LATIN_ADDRESS = re.compile(r"\S+@\S+")


def test_every_list_of_the_files_is_there():
    stems = (*files.CODE_LIST_FILES, files.OUR_CODE_LISTS)
    in_files = [name for stem in stems for name in files.read(stem) if name not in files.MAPPINGS]
    assert set(codes.list_names()) == set(in_files)
    assert len(EVERY_CODE) == sum(
        len(entries) for stem in stems for name, entries in files.read(stem).items() if name in in_files
    )


def test_a_list_holds_the_codes_of_the_documents_first_and_ours_after_them():
    forms = codes.ids("exploitation_forms")
    assert forms[0] == "sex-trafficking"
    assert forms.index("grooming") < forms.index("forced-marriage")
    assert len(forms) == len(set(forms)) == 17


@pytest.mark.parametrize("name", codes.list_names())
def test_no_code_stands_twice_in_a_list(name):
    raw = [entry["id"] for entry in files.read_code_lists()[name]]
    assert len(raw) == len(set(raw))


def test_every_code_has_a_label_in_three_scripts():
    lacking = [
        (name, code, language)
        for name, code in EVERY_CODE
        for language in ("en", "sr", "sr-latn")
        if not codes.label_in(language, name, code) or codes.label_in(language, name, code) == code
    ]
    assert not lacking


def test_serbian_labels_are_written_in_their_own_script():
    for name, code in EVERY_CODE:
        cyrillic = LATIN_ADDRESS.sub("", codes.label_in("sr", name, code))
        latin = codes.label_in("sr-latn", name, code)
        assert not re.search("[A-Za-zČĆĐŠŽčćđšž]", cyrillic), (name, code, cyrillic)
        assert not re.search("[Ѐ-ӿ]", latin), (name, code, latin)
        assert re.search("[Ѐ-ӿ]", cyrillic) or cyrillic.isdigit(), (name, code, cyrillic)


def test_no_serbian_label_is_left_over():
    written = {(name, code) for name, labels in files.serbian_labels().items() for code in labels}
    assert written == set(EVERY_CODE)


def test_a_label_follows_the_active_language():
    label = codes.label("victim_statuses", "potential-victim")
    shown = {}
    for language in ("en", "sr", "sr-latn"):
        with override(language):
            shown[language] = str(label)
    assert shown == {"en": "Potential victim", "sr": "Потенцијална жртва", "sr-latn": "Potencijalna žrtva"}


def test_english_labels_begin_large_and_carry_no_quotation_marks():
    with override("en"):
        assert str(codes.label("witness_statuses", "protective-witness")) == "Protective witness"
        assert all('"' not in str(label) for name in codes.list_names() for _, label in codes.choices(name))


def test_an_unknown_code_is_shown_as_it_is_and_an_unknown_list_is_an_error():
    assert str(codes.label("exploitation_forms", "of-an-older-version")) == "of-an-older-version"
    assert str(codes.label("exploitation_forms", "")) == ""
    assert not codes.is_code("exploitation_forms", "Sex-Trafficking")
    assert not codes.is_code("exploitation_forms", None)
    with pytest.raises(KeyError):
        codes.label("no_such_list", "x")


def test_begging_and_criminality_are_kinds_of_labour_trafficking():
    assert codes.parent("exploitation_forms", "forced-begging") == "labor-trafficking"
    assert codes.parent("exploitation_forms", "forced-criminality") == "labor-trafficking"
    assert codes.parent("exploitation_forms", "sex-trafficking") is None


@pytest.mark.parametrize("name", files.MAPPINGS)
def test_mappings_name_known_codes_only(name):
    of = {
        "indicator_forms": "trafficking_indicators",
        "exploitation_families": "exploitation_forms",
        "source_groups": "referral_sources",
    }[name]
    for members in files.read_mappings()[name].values():
        assert codes.unknown(of, members) == []


def test_families_follow_exchange_md():
    # Written out from EXCHANGE.md section 2, not read from the file under test.
    assert dict(codes.exploitation_families()) == {
        "sexual": (
            "sex-trafficking", "prostitution", "pornography", "other-sexual-exploitation", "self-generated-content",
            "grooming",
        ),
        "labour": ("labor-trafficking", "domestic-servitude", "forced-begging", "forced-criminality"),
        "other": (
            "forced-marriage", "organ-removal", "forced-adoption", "surrogacy", "forced-military", "other-exploitation",
        ),
    }  # fmt: skip
    with_family = {form for form in codes.ids("exploitation_forms") if codes.family_of(form)}
    assert set(codes.ids("exploitation_forms")) - with_family == {"multiple-forms"}


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("police", "law-enforcement"),
        ("international-police-request", "law-enforcement"),
        ("social-welfare-center", "social-welfare"),
        ("commissariat-refugees", "other-government"),
        ("labor-inspectorate", "other-government"),
        ("municipal-team", "other-government"),
        ("cptv-hotline", "other-government"),
        ("ngo-hotline", "ngo-io"),
        ("mobile-team", "ngo-io"),
        ("asylum-screening", "ngo-io"),
        ("ngo-media-report", "ngo-io"),
        ("prosecutor-or-court", "law-enforcement"),
        ("school", "other-government"),
        ("ngo", "ngo-io"),
        ("self", "self"),
        ("first-responder", "other"),
        ("worksite-screening", "other"),
        ("citizen-report", "other"),
        ("national-help-line", "other"),
        ("sos-email", "other"),
        ("employer", "other"),
        ("no-source-at-all", "other"),
    ],
)
def test_source_groups_follow_exchange_md(source, group):
    assert codes.source_group(source) == group


def test_every_source_has_a_group_that_has_a_label():
    groups = {codes.source_group(source) for source in codes.ids("referral_sources")}
    assert groups == set(codes.SOURCE_GROUPS)


def test_an_indicator_points_to_its_forms():
    assert codes.forms_of_indicator("takes-earnings") == ("sex-trafficking", "forced-begging")
    assert codes.forms_of_indicator("threats") == ()


def test_countries_are_those_of_iso_3166_with_kosovo_and_stateless():
    # ISO 3166-1 assigns 249 two-letter codes.
    assert len(codes.country_codes() - {"XK", "XX"}) == 249
    for code in ("RS", "XK", "XX", "TR", "VN", "PS", "TW"):
        assert codes.is_country(code)
    for code in ("EU", "UN", "ZZ", "QO", "EZ", "XA", "XB", "AC", "IC", "rs", "SRB", "YU", "", None):
        assert not codes.is_country(code)


def test_languages_have_two_or_three_letters():
    for code in ("sr", "en", "rom", "sq", "fa", "prs", "cnr", "ps", "vi", "srp", "eng"):
        assert codes.is_language(code)
    for code in ("xx", "SR", "und", "mul", "sr-Latn", "en_GB", "serbian", "", None):
        assert not codes.is_language(code)
    assert codes.canonical_language("srp") == "sr"
    assert codes.canonical_language("rom") == "rom"
    assert codes.canonical_language("xx") is None


@pytest.mark.parametrize(
    ("language", "country", "stateless", "tongue"),
    [
        ("en", "North Macedonia", "Stateless", "Romany"),
        ("sr", "Северна Македонија", "Без држављанства", "Ромски"),
        ("sr-latn", "Severna Makedonija", "Bez državljanstva", "Romski"),
    ],
)
def test_countries_and_languages_are_named_in_three_scripts(language, country, stateless, tongue):
    with override(language):
        assert str(codes.country_label("MK")) == country
        assert str(codes.country_label("XX")) == stateless
        assert str(codes.language_label("rom")) == tongue
        assert dict(codes.countries())["MK"] == country
        assert dict(codes.languages())["rom"] == tongue


def test_every_country_has_a_serbian_name():
    for code in codes.country_codes():
        assert re.search("[Ѐ-ӿ]", codes.country_label_in("sr", code)), code
        assert not re.search("[Ѐ-ӿ]", codes.country_label_in("sr-latn", code)), code


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("sr", ["Алжир", "Ђоковићево", "Ерић", "Јапан", "Казахстан", "Љубљана", "Мали", "Њујорк", "Џибути", "Шпанија"]),
        ("sr-latn", ["Alžir", "Čad", "Ćuprija", "Džibuti", "Đerdap", "Lihtenštajn", "Ljubljana", "Švedska", "Zambija"]),
        ("en", ["Åland Islands", "Albania", "Côte d’Ivoire", "Croatia"]),
    ],
)  # fmt: skip
def test_names_sort_as_the_alphabet_of_the_language_does(language, order):
    assert sorted(set(order), key=lambda name: codes.sort_key(name, language)) == order
