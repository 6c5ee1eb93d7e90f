"""Finding a person by name, or a case or referral by number: among what the user may see, and nothing else.

By name in two stages. First the persons one of whose names meets every word of the text, one wrong letter a word
forgiven. If nobody among them is near, those who share the text's rarest trigrams. Of either at most 200 are decrypted,
and only such as the user may see: what others may see neither takes a place nor shows in the order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, IntegerField, Q, Value
from django.urls import reverse
from rapidfuzz.distance import OSA

from casework.access.models import User
from casework.people.models import Person, PersonQuerySet
from casework.vault.index import search_grams
from casework.vault.models import KeyClass
from reference.folding import fold

OPENED = 200  # names that are decrypted to rank one stage of a search
SHOWN = 25
RAREST = 6  # trigrams of the text by which the second stage finds persons; all of them order what it finds
YEARS = 2  # by how much a year of birth may be off
NEAR = 0.8  # whoever is nearer than this makes the second stage needless
ROUGH = 0.65  # whoever is farther than this is not what the second stage looks for
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


def by_name(text: str, user: User, *, born: int | None = None) -> list[Found]:
    """The visible persons whose names are nearest to the text, the nearest first."""
    keys = [person.pk for person in likely(text, user, born=born)]
    known = Person.objects.visible_to(user).select_related("key").in_bulk(keys)
    persons = [known[key] for key in keys if key in known]
    records = _newest(user, persons)
    return [Found(person, *records.get(person.pk, (None, ""))) for person in persons]


# Who is likely meant ------------------------------------------------------------------------------------------------


def likely(text: str, user: User, *, born: int | None = None, size: int = SHOWN) -> list[Person]:
    """The visible persons who are likely the one of this name, the likeliest first: only their names and year of birth
    are loaded. `born` is the year of birth as far as it is known; persons without one are not left out."""
    wanted = fold(text).split()
    if not wanted:
        return []
    persons = Person.objects.all() if born is None else Person.objects.filter(_born_about(born))
    ranked = _ranked(_opened(persons.named_like(text), user, "-created_at"), wanted, born)
    if not ranked or ranked[0][0] < NEAR:
        met = {person.pk for _nearness, person in ranked}
        roughly = _ranked(_opened(_sharing_trigrams(persons, text), user, "-shared"), wanted, born)
        ranked += [(near, person) for near, person in roughly if near >= ROUGH and person.pk not in met]
        ranked.sort(key=_nearest_first)
    return [person for _nearness, person in ranked[:size]]


def _born_about(year: int) -> Q:
    return Q(birth_year=None) | Q(birth_year__range=(year - YEARS, year + YEARS))


def _opened(persons: PersonQuerySet, user: User, order: str) -> list[Person]:
    """At most 200 of them, with nothing but what ranks them."""
    # Whose name is hidden is found by number: a hit for a guessed name would say it, without a reveal.
    told = persons.filter(sealed=False).exclude(key__key_class=KeyClass.PROTECTED)
    opening = told.filter(key__wrapped__isnull=False).select_related("key")
    slim = opening.only("names", "birth_year", "created_at", "key__wrapped", "key__wrapped_by")
    return slim.page_visible_to(user, order_by=(order, "-id"), size=OPENED)


class _Shared(Func):
    """How many of some codes an array holds."""

    template = "(SELECT count(*) FROM unnest(%(expressions)s))"
    arg_joiner = ") AS held (code) WHERE code = ANY("
    output_field = IntegerField()


def _sharing_trigrams(persons: PersonQuerySet, text: str) -> PersonQuerySet:
    """Persons who have one of the rarest trigrams of the text, with the number of its trigrams that they share."""
    codes = search_grams(text)
    shares = _frequencies(codes)
    rare = sorted(codes, key=lambda code: shares[code])[:RAREST]
    shared = _Shared(F("name_grams"), Value(codes, ArrayField(IntegerField())))
    return persons.filter(name_grams__overlap=Value(rare, ArrayField(IntegerField()))).annotate(shared=shared)


def _frequencies(codes: Sequence[int]) -> dict[int, float]:
    """The share of persons that have each code, as the database's statistics know it; 0 for what is too rare."""
    known = dict.fromkeys(codes, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, share FROM pg_stats, ROWS FROM (unnest(most_common_elems::text::integer[]),"
            " unnest(most_common_elem_freqs)) AS element (code, share)"
            " WHERE schemaname = current_schema() AND tablename = %s AND attname = 'name_grams' AND code = ANY(%s)",
            [Person._meta.db_table, list(codes)],
        )
        return known | dict(cursor.fetchall())


def _ranked(persons: Iterable[Person], wanted: list[str], born: int | None) -> list[tuple[float, Person]]:
    """Persons with how near they are, the nearest first."""
    return sorted(((_nearness(person, wanted, born), person) for person in persons), key=_nearest_first)


def _nearest_first(pair: tuple[float, Person]) -> float:
    return -pair[0]


def _nearness(person: Person, wanted: list[str], born: int | None) -> float:
    """How near the nearest name of a person is, from 0 to 1 and a little more for the very year of birth."""
    names = (fold(f"{name.get('given') or ''} {name.get('family') or ''}").split() for name in person.names or [])
    nearest = max((_alike(wanted, name) for name in names if name), default=0.0)
    if born is None or person.birth_year is None:
        return nearest
    return nearest + 0.02 - 0.01 * abs(born - person.birth_year)


def _alike(wanted: Sequence[str], name: Sequence[str]) -> float:
    """Word by word, the mean of the best fits; order does not matter, a word too many hardly."""
    fits = [max(OSA.normalized_similarity(word, other) for other in name) for word in wanted]
    return sum(fits) / len(fits) - 0.01 * abs(len(name) - len(wanted))


def _newest(user: User, persons: list[Person]) -> dict[Any, tuple[Any, str]]:
    """Per person the newest visible case, else referral, with its address: one query each."""
    newest: dict[Any, tuple[Any, str]] = {}
    for accessor, url_name in reversed(_NUMBERED.values()):
        records = _model(accessor).objects.visible_to(user).filter(person__in=persons).order_by("number")
        newest |= {record.person_id: (record, reverse(url_name, args=[record.number])) for record in records}
    return newest
