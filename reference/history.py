"""The wordings an entry had, and what changed from one to the next."""

from dataclasses import dataclass

from .models import Entry, Version, as_text
from .words import label_of


@dataclass(frozen=True)
class Change:
    """One version with what it changed: field in words, before, after. The first version changed nothing."""

    version: Version
    rows: list[tuple[str, str, str]]


def changes(entry: Entry) -> list[Change]:
    """Every version of an entry, newest first, each with its differences from the one before it (one query)."""
    versions = list(entry.versions.order_by("recorded_at", "pk"))
    found = [
        Change(version, differences(before.data, version.data) if before else [])
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    return found[::-1]


def differences(before: dict[str, object], after: dict[str, object]) -> list[tuple[str, str, str]]:
    """Field in words, value before, value after, of every field that differs."""
    return [
        (str(label_of(field)), as_text(before.get(field)), as_text(after.get(field)))
        for field in dict.fromkeys([*before, *after])
        if before.get(field) != after.get(field)
    ]
