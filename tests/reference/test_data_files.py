"""The data files themselves: our copies, and the phrases they cite."""

import re
from pathlib import Path

import pytest

from reference import files

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOLDED = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})


def fold(text):
    """As the header of each data file says: whitespace folded, curly quotes straightened, \\$ read as $."""
    return re.sub(r"\s+", " ", text.translate(FOLDED).replace("\\$", "$")).strip()


def citations(node):
    if isinstance(node, dict):
        if {"document", "locator"} <= node.keys():
            yield node
        for value in node.values():
            yield from citations(value)
    elif isinstance(node, list):
        for value in node:
            yield from citations(value)


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the files we copied from are not on this machine")
def test_our_copies_equal_the_files_they_were_copied_from():
    originals = sorted(path.name for path in (SHARED / "data").iterdir())
    assert originals == sorted(path.name for path in files.DATA.iterdir() if path.name != "README.md")
    for name in originals:
        assert (files.DATA / name).read_bytes() == (SHARED / "data" / name).read_bytes(), name


@pytest.mark.skipif(not (SHARED / "sources").is_dir(), reason="the source documents are not on this machine")
def test_every_cited_phrase_stands_in_its_document():
    documents = {path.name: fold(path.read_text(encoding="utf-8")) for path in (SHARED / "sources").iterdir()}
    cited = [
        citation for stem in (*files.ENTRY_FILES, *files.CODE_LIST_FILES) for citation in citations(files.read(stem))
    ]
    assert len(cited) > 900
    missing = [c for c in cited if fold(c["locator"]) not in documents.get(c["document"], "")]
    assert not missing


def test_every_file_is_listed_in_the_readme_with_its_licence():
    readme = (files.DATA / "README.md").read_text(encoding="utf-8")
    for path in files.DATA.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in readme
    assert "CC BY 4.0" in readme


def test_every_file_is_loaded_by_somebody():
    stems = {path.stem for path in files.DATA.iterdir() if path.name != "README.md"}
    assert stems == {*files.ENTRY_FILES, *files.CODE_LIST_FILES, files.STANDARD_FILE}
