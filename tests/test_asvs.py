"""The table of security items in README.md is the one that the tests' marks make."""

from tests.support import asvs


def test_marks_name_known_items():
    assert set(asvs.marked()) <= set(asvs.known())


def test_at_least_sixty_items_are_checked():
    assert len(asvs.marked()) >= 60


def test_the_readme_shows_the_table():
    """Run `python -m tests.support.asvs --write` when this fails."""
    assert asvs.README.read_text(encoding="utf-8") == asvs.page_with_table()
