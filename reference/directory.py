"""What the directory says about a body beyond its own entry."""

from typing import Any

from .models import Entry


def about(entry: Entry) -> list[tuple[str, list[str], list[list[Any]]]]:
    """Heading, headers and rows of each table on a body's page; empty for what is no body."""
    return []
