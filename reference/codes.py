"""Codes, countries and languages without a database: what is valid, what it is called, what it maps to.

The data files are the single truth; the rows that `load_reference` writes are for browsing and foreign keys.
Labels are lazy: they show in the language that is active when the page is rendered (English, Serbian Cyrillic,
Serbian Latin), so a form may be declared once at import.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import cyrtranslit
from babel import Locale
from babel.core import get_global
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import files

STATELESS = "XX"
KOSOVO = "XK"

SOURCE_GROUPS = {
    "law-enforcement": _("Law enforcement"),
    "social-welfare": _("Social welfare"),
    "other-government": _("Other government"),
    "ngo-io": _("Non-governmental and international organisations"),
    "self": _("Self-referred"),
    "other": _("Other"),
}
"""Where a referral came from, as the annual figures group it (EXCHANGE.md section 1), in the order of the reports."""

# Two-letter territories that Babel names and ISO 3166 does not assign: groupings, pseudo-locales, islands reserved
# for postal use. XK is user-assigned too and stays, because the European Union and EXCHANGE.md use it for Kosovo.
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])

# Codes of ISO 639 that say that a language is not known or not one language.
_NOT_LANGUAGES = frozenset({"und", "mul", "zxx", "mis", "root"})

_SERBIAN_LANGUAGE_NAMES = {"cnr": "црногорски", "prs": "дари"}
_ENGLISH_LANGUAGE_NAMES = {"cnr": "Montenegrin", "prs": "Dari"}


# Code lists ----------------------------------------------------------------------------------------------------------


@cache
def _lists() -> Mapping[str, Mapping[str, dict[str, Any]]]:
    return MappingProxyType(
        {
            name: MappingProxyType({entry["id"]: entry for entry in entries})
            for name, entries in files.read_code_lists().items()
        }
    )


def list_names() -> tuple[str, ...]:
    """The names of all code lists, in file order."""
    return tuple(_lists())


def is_code_list(list_name: str) -> bool:
    """Whether the files have a list of this name."""
    return list_name in _lists()


def ids(list_name: str) -> tuple[str, ...]:
    """The codes of one list, in file order. KeyError when there is no such list."""
    return tuple(_lists()[list_name])


def is_code(list_name: str, code: str | None) -> bool:
    """Whether `code` is, letter for letter, a code of the list."""
    return code in _lists()[list_name]


def entry(list_name: str, code: str) -> Mapping[str, Any]:
    """Everything the file says about one code (source, notes, hours, capacity ...). KeyError when unknown."""
    return MappingProxyType(_lists()[list_name][code])


def parent(list_name: str, code: str) -> str | None:
    """The code that this one is a kind of, such as labor-trafficking for forced-begging."""
    return _lists()[list_name][code].get("parent")


def english_label(raw: str) -> str:
    """A label of the files as a page shows it: first letter large, the documents' quotation marks left out."""
    text = raw.replace('"', "").strip()
    return text[:1].upper() + text[1:]


def label_in(language: str | None, list_name: str, code: str | None) -> str:
    """The label of a code in one language. A code that no list knows any more is shown as it is."""
    if not code:
        return ""
    found = _lists()[list_name].get(code)
    if found is None:
        return code
    if _is_serbian(language):
        cyrillic = files.serbian_labels().get(list_name, {}).get(code)
        if cyrillic:
            return _to_latin(cyrillic) if _is_latin(language) else cyrillic
    return english_label(found["label"])


def _label(list_name: str, code: str | None) -> str:
    return label_in(get_language(), list_name, code)


_lazy_label = lazy(_label, str)


def label(list_name: str, code: str | None) -> str:
    """The label of a code, in the language active when it is shown (a lazy string; `str()` it for JSON)."""
    _lists()[list_name]  # an unknown list is a mistake in the code: say so where it is made
    return _lazy_label(list_name, code)


def labels(list_name: str, codes: "list[str] | tuple[str, ...]") -> list[str]:
    """The labels of several codes, in the order given."""
    return [label(list_name, code) for code in codes]


def choices(list_name: str) -> list[tuple[str, str]]:
    """Code and lazy label of every code of a list, in file order: choices for a form field."""
    return [(code, label(list_name, code)) for code in ids(list_name)]


def unknown(list_name: str, codes: "list[str] | tuple[str, ...]") -> list[str]:
    """Those of the given codes that the list does not have."""
    return [code for code in codes if not is_code(list_name, code)]


# Mappings ------------------------------------------------------------------------------------------------------------


@cache
def _mappings() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return MappingProxyType(
        {
            name: MappingProxyType({key: tuple(values) for key, values in mapping.items()})
            for name, mapping in files.read_mappings().items()
        }
    )


def indicator_forms() -> Mapping[str, tuple[str, ...]]:
    """Form of exploitation -> indicators that point to it. A guide on the checklist, never a verdict."""
    return _mappings()["indicator_forms"]


def forms_of_indicator(indicator: str) -> tuple[str, ...]:
    """The forms of exploitation that an indicator points to; empty when it is a general one."""
    return tuple(form for form, indicators in indicator_forms().items() if indicator in indicators)


def exploitation_families() -> Mapping[str, tuple[str, ...]]:
    """Family (sexual, labour, other) -> forms of exploitation."""
    return _mappings()["exploitation_families"]


def family_of(form: str) -> str | None:
    """The family of a form of exploitation; None for multiple-forms, which belongs to none."""
    return next((family for family, forms in exploitation_families().items() if form in forms), None)


def source_group(source: str) -> str:
    """The group that the figures count a referral source under; whatever no group names is `other` (EXCHANGE.md)."""
    return next((group for group, sources in _mappings()["source_groups"].items() if source in sources), "other")


# Countries and languages ---------------------------------------------------------------------------------------------


@cache
def _locale(language: str) -> Locale:
    return Locale.parse({"sr": "sr_Cyrl", "sr-latn": "sr_Latn"}.get(language, "en"))


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes, with XK (Kosovo) and XX (stateless)."""
    territories = map(str, _locale("en").territories)
    iso = {code for code in territories if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES}
    return frozenset(iso | {KOSOVO, STATELESS})


def is_country(code: str | None) -> bool:
    """Whether `code` is, letter for letter, a country code of EXCHANGE.md."""
    return code in country_codes()


@cache
def language_codes() -> frozenset[str]:
    """ISO 639 codes of the languages offered in a form: two letters where there are two, else three."""
    names = map(str, _locale("en").languages)
    plain = {code for code in names if len(code) in (2, 3) and code.isalpha() and code not in _NOT_LANGUAGES}
    return frozenset(plain | set(_ENGLISH_LANGUAGE_NAMES))


@cache
def _language_aliases() -> Mapping[str, str]:
    # Three-letter twins of two-letter codes (srp, eng): valid ISO 639 too, though no form offers them. Twins only:
    # the same table also replaces retired codes and folds small languages into large ones (prs into fa).
    aliases = get_global("language_aliases")
    return MappingProxyType(
        {
            code: target
            for code, target in aliases.items()
            if len(code) == 3 and len(target) == 2 and target in language_codes() and code not in language_codes()
        }
    )


def canonical_language(code: str) -> str | None:
    """The code under which a language is kept: `sr` for `sr` and `srp`; None when it is no ISO 639 code we know."""
    return code if code in language_codes() else _language_aliases().get(code)


def is_language(code: str | None) -> bool:
    """Whether `code` is an ISO 639 code, of two or three letters, in lower case."""
    return code is not None and canonical_language(code) is not None


def country_label_in(language: str | None, code: str | None) -> str:
    """The name of a country in one language; a code that is none is shown as it is."""
    if not code:
        return ""
    if code == STATELESS:
        return {"sr": "Без држављанства", "sr-latn": "Bez državljanstva"}.get(_language(language), "Stateless")
    return str(_locale(_language(language)).territories.get(code) or _locale("en").territories.get(code, code))


def language_label_in(language: str | None, code: str | None) -> str:
    """The name of a language in one language, first letter large; a code that is none is shown as it is."""
    if not code:
        return ""
    known, shown_in = canonical_language(code) or code, _language(language)
    if shown_in != "en" and known in _SERBIAN_LANGUAGE_NAMES:
        name = _SERBIAN_LANGUAGE_NAMES[known]
        name = _to_latin(name) if shown_in == "sr-latn" else name
    else:
        english = _ENGLISH_LANGUAGE_NAMES.get(known) or _locale("en").languages.get(known, known)
        name = str(_locale(shown_in).languages.get(known) or english)
    return name[:1].upper() + name[1:]


_lazy_country = lazy(lambda code: country_label_in(get_language(), code), str)
_lazy_language = lazy(lambda code: language_label_in(get_language(), code), str)


def country_label(code: str | None) -> str:
    """The name of a country, in the language active when it is shown (lazy)."""
    return _lazy_country(code)


def language_label(code: str | None) -> str:
    """The name of a language, in the language active when it is shown (lazy)."""
    return _lazy_language(code)


def countries() -> list[tuple[str, str]]:
    """Code and name of every country, by name in the active language. Give the function itself as `choices`."""
    return list(_sorted_names("country", _language(get_language())))


def languages() -> list[tuple[str, str]]:
    """Code and name of every language, by name in the active language. Give the function itself as `choices`."""
    return list(_sorted_names("language", _language(get_language())))


@cache
def _sorted_names(kind: str, language: str) -> tuple[tuple[str, str], ...]:
    codes, name_in = {
        "country": (country_codes(), country_label_in),
        "language": (language_codes(), language_label_in),
    }[kind]
    named = ((code, name_in(language, code)) for code in codes)
    return tuple(sorted(named, key=lambda pair: (sort_key(pair[1], language), pair[0])))


# Languages of the pages ----------------------------------------------------------------------------------------------

# Code points do not sort Serbian: Ђ, Ј, Љ, Њ, Ћ and Џ stand before А, and Č, Ć, Đ, Š and Ž after Z.
_AZBUKA = "абвгдђежзијклљмнњопрстћуфхцчџш"
_ABECEDA = "abcčćdǆđefghijklǉmnǌoprsštuvzž"


def sort_key(text: str, language: str | None) -> tuple[Any, ...]:
    """The key that sorts names as the alphabet of the language does; letters of others follow."""
    folded = text.casefold()
    if not _is_serbian(language):
        plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
        return tuple(plain)
    alphabet = _AZBUKA
    if _is_latin(language):
        alphabet = _ABECEDA
        for digraph, letter in (("dž", "ǆ"), ("lj", "ǉ"), ("nj", "ǌ")):
            folded = folded.replace(digraph, letter)
    return tuple((alphabet.find(c) if c in alphabet else (-1 if not c.isalpha() else len(alphabet)), c) for c in folded)


def _language(language: str | None) -> str:
    if not _is_serbian(language):
        return "en"
    return "sr-latn" if _is_latin(language) else "sr"


def _is_serbian(language: str | None) -> bool:
    return (language or "").lower().split("-")[0] == "sr"


def _is_latin(language: str | None) -> bool:
    return "latn" in (language or "").lower()


@cache
def _to_latin(cyrillic: str) -> str:
    return cyrtranslit.to_latin(cyrillic, "sr")
