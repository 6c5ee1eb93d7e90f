"""The data files under reference/data: read once, in their own order, never written."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
SERBIAN_LABELS = Path(__file__).parent / "data_labels_sr.yaml"

CODE_LIST_FILES = ("code_lists", "code_lists_ours")
"""In loading order: ours adds to the lists of the documents."""

MAPPINGS = ("indicator_forms", "exploitation_families", "source_groups")
"""Keys of code_lists_ours.yaml that map one code to several others instead of listing codes."""

ENTRY_FILES = (
    "age_classes",
    "authorities",
    "ecpat_indicators",
    "laws",
    "measures",
    "offences",
    "organisations",
    "published_figures",
)
STANDARD_FILE = "htcds_fields_v2"
OUR_FILES = ("directory", "glossary", "offence_facts")
"""Beside the data folder: what we drew from the documents for daily work, and our own words."""

OUR_CODE_LISTS = "code_lists_product"
"""There too: codes that only this product needs."""


def read(stem: str, directory: Path = DATA) -> dict[str, Any]:
    """The sections of one YAML file, such as `read("laws")["instruments"]`."""
    if stem == OUR_CODE_LISTS:  # part of the program, wherever the data lie
        directory = DATA
    beside = stem in OUR_FILES or stem == OUR_CODE_LISTS
    return _parse((directory.parent if beside else directory) / f"{stem}.yaml")


def our_files(directory: Path = DATA) -> tuple[str, ...]:
    """Those of our own files of entries that lie beside a data folder."""
    return tuple(stem for stem in OUR_FILES if (directory.parent / f"{stem}.yaml").exists())


def _parse(path: Path) -> dict[str, Any]:
    # The C loader is several times faster; the pure one is the fallback where libyaml was not compiled in.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return dict(yaml.load(file, Loader=loader))  # noqa: S506 (both loaders are safe ones)


def read_standard(directory: Path = DATA) -> list[dict[str, Any]]:
    """The fields of the Human Trafficking Case Data Standard 2.0, in the order of the standard."""
    return list(json.loads((directory / f"{STANDARD_FILE}.json").read_text(encoding="utf-8")))


def read_code_lists(directory: Path = DATA) -> dict[str, list[dict[str, Any]]]:
    """Every code list by name; the codes that daily work and HTCDS add follow those of the documents."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for stem in (*CODE_LIST_FILES, OUR_CODE_LISTS):
        for name, entries in read(stem, directory).items():
            if name not in MAPPINGS:
                lists.setdefault(name, []).extend(entries)
    return lists


def read_mappings(directory: Path = DATA) -> dict[str, dict[str, list[str]]]:
    """The three mappings between codes that close code_lists_ours.yaml."""
    ours = read("code_lists_ours", directory)
    return {name: ours[name] for name in MAPPINGS}


@cache
def serbian_labels() -> dict[str, dict[str, str]]:
    """Our own Serbian (Cyrillic) label of every code: list -> code -> label."""
    return _parse(SERBIAN_LABELS)
