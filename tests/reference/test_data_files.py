"""The data files themselves: our copies, and the phrases they cite."""

import pytest

from reference import files
from tests.support.sources import SHARED, citations, needs_sources, not_found


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the files we copied from are not on this machine")
def test_our_copies_equal_the_files_they_were_copied_from():
    originals = sorted(path.name for path in (SHARED / "data").iterdir())
    assert originals == sorted(path.name for path in files.DATA.iterdir() if path.name != "README.md")
    for name in originals:
        assert (files.DATA / name).read_bytes() == (SHARED / "data" / name).read_bytes(), name


@needs_sources
def test_every_cited_phrase_stands_in_its_document():
    contents = [files.read(stem) for stem in (*files.ENTRY_FILES, *files.CODE_LIST_FILES)]
    assert len(list(citations(contents))) > 900
    assert not not_found(contents)


def test_every_file_is_listed_in_the_readme_with_its_licence():
    readme = (files.DATA / "README.md").read_text(encoding="utf-8")
    for path in files.DATA.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in readme
    assert "CC BY 4.0" in readme


def test_every_file_is_loaded_by_somebody():
    stems = {path.stem for path in files.DATA.iterdir() if path.name != "README.md"}
    assert stems == {*files.ENTRY_FILES, *files.CODE_LIST_FILES, files.STANDARD_FILE}
