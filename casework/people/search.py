"""Finding a person by name, or a case or referral by number: among what the user may see, and nothing else."""

import difflib
import re
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import reverse

from casework.access.models import User
from casework.people.models import Person
from casework.vault.index import fold

OPENED = 200  # names that are decrypted to rank one search
SHOWN = 25
_NUMBER = re.compile(r"([RC])-?(\d{4})-?(\d{1,6})", re.IGNORECASE)
# Records with a number, reached through the person's reverse accessors: their apps stand above this one.
_NUMBERED = {"C": ("cases", "cases:case"), "R": ("referrals", "referrals:referral")}


@dataclass(frozen=True)
class Found:
    """One hit: the person, and the newest case, else referral, of theirs that the user may see."""

    person: Person
    record: Any
    url: str


def _model(accessor: str) -> Any:
    relation = Person._meta.get_field(accessor)
    assert isinstance(relation, models.ManyToOneRel)  # noqa: S101  (a mistake in `_NUMBERED`)
    return relation.related_model


def by_number(text: str, user: User) -> str | None:
    """The address of the case or referral that the text names; "" if there is none for this user; None: no number."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    series, year, place = match.groups()
    number = f"{series.upper()}-{year}-{int(place):06}"
    accessor, url_name = _NUMBERED[series.upper()]
    found = _model(accessor).objects.visible_to(user).filter(number=number).exists()
    return reverse(url_name, args=[number]) if found else ""


def by_name(text: str, user: User) -> list[Found]:
    """The visible persons whose names are nearest to the text, the nearest first."""
    candidates = Person.objects.visible_to(user).named_like(text).select_related("key").order_by("-created_at")
    wanted = fold(text)
    ranked = sorted(candidates[:OPENED], key=lambda person: -_nearness(person, wanted))[:SHOWN]
    records = _newest(user, ranked)
    return [Found(person, *records.get(person.pk, (None, ""))) for person in ranked]


def _nearness(person: Person, wanted: str) -> float:
    names = (fold(f"{name.get('given') or ''} {name.get('family') or ''}") for name in person.names or [])
    # Order of words does not matter: people type the family name first as often as last.
    pairs = (("".join(sorted(wanted.split())), "".join(sorted(name.split()))) for name in names)
    return max((difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs), default=0.0)


def _newest(user: User, persons: list[Person]) -> dict[Any, tuple[Any, str]]:
    """Per person the newest visible case, else referral, with its address: one query each."""
    newest: dict[Any, tuple[Any, str]] = {}
    for accessor, url_name in reversed(_NUMBERED.values()):
        records = _model(accessor).objects.visible_to(user).filter(person__in=persons).order_by("number")
        newest |= {record.person_id: (record, reverse(url_name, args=[record.number])) for record in records}
    return newest
