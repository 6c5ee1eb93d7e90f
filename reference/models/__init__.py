"""The published world as rows: entries with their versions, and the published figures among them."""

from .entries import CODE_LISTS, Entry, Version, as_text
from .published import Contradiction, PublishedFigure

__all__ = ["CODE_LISTS", "Contradiction", "Entry", "PublishedFigure", "Version", "as_text"]
