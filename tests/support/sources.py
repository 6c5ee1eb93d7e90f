"""The documents that the data files cite. They are not committed: their folder is named or lies beside the checkout."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
SOURCES = Path(os.environ.get("CASEWORK_SOURCES") or SHARED / "sources")

needs_sources = pytest.mark.skipif(
    not SOURCES.is_dir(), reason=f"the source documents are not on this machine (CASEWORK_SOURCES, or {SOURCES})"
)

_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})


def fold(text: str) -> str:
    """As the header of each data file says: whitespace folded, curly quotes straightened, \\$ read as $."""
    return re.sub(r"\s+", " ", text.translate(_STRAIGHT).replace("\\$", "$")).strip()


@cache
def documents() -> dict[str, str]:
    """Every source document, folded: file name -> text."""
    return {path.name: fold(path.read_text(encoding="utf-8")) for path in SOURCES.iterdir() if path.is_file()}


def citations(node: Any) -> Iterator[dict[str, Any]]:
    """Every {document, locator} within a data file, however deep."""
    if isinstance(node, dict):
        if {"document", "locator"} <= node.keys():
            yield node
        for value in node.values():
            yield from citations(value)
    elif isinstance(node, list):
        for value in node:
            yield from citations(value)


def not_found(node: Any) -> list[dict[str, Any]]:
    """The citations within a data file whose phrase does not stand in the document they name."""
    return [cited for cited in citations(node) if fold(cited["locator"]) not in documents().get(cited["document"], "")]
