"""Finding a person by a mistyped name: against pg_trgm on plain names in a table beside."""

import random
import statistics
from collections.abc import Iterator
from typing import Any

from django.db import connection

from casework.config.bench.names import Invented, mistyped
from casework.config.bench.results import Result, Target
from casework.config.bench.timing import milliseconds
from casework.config.bench.world import World
from casework.people.models import Person
from casework.people.search import YEARS, likely
from reference.folding import fold

MEDIAN = Target(
    "search-median",
    "search for a mistyped name against pg_trgm on plain names, median",
    50,
    "× faster",
    True,
    1_000_000,
)
P95 = Target("search-p95", "the same, 95th percentile", 0.3, "×", False, 1_000_000)
RECALL = Target("search-recall", "the person meant is among the first ten", 0.97, "", True)
QUESTIONS = 300

# The rival gets the folded names, the year of birth and no encryption.
FOIL = """
SELECT person_id FROM bench_name WHERE name %% %(text)s AND (born IS NULL OR %(born)s::int IS NULL
    OR born BETWEEN %(born)s - %(years)s AND %(born)s + %(years)s)
ORDER BY similarity(name, %(text)s) DESC LIMIT 10
"""


def foil(text: str, born: int | None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(FOIL, {"text": fold(text), "born": born, "years": YEARS})
        return [row[0] for row in cursor.fetchall()]


def questions(world: World, count: int) -> list[tuple[Any, str, int | None]]:
    """Persons of the world with how somebody might type them, and the year of birth that they give."""
    chance = random.Random(4)  # noqa: S311
    keys = list(Person.objects.order_by("pk").values_list("pk", flat=True)[: 50 * count])
    asked = []
    for person in Person.objects.select_related("key").filter(pk__in=chance.sample(keys, min(count, len(keys)))):
        who = Invented(chance)
        who.given, who.family = (str(person.names[0][part]) for part in ("given", "family"))
        born = None if person.birth_year is None else person.birth_year + chance.choice([-1, 0, 0, 0, 1])
        asked.append((person.pk, mistyped(who, chance), born))
    return asked


def measure(world: World, rounds: int) -> Iterator[Result]:
    """The median, the slow end, and how often the person is found, of some hundred questions asked in turns."""
    world.grow(world.rows)
    asked = questions(world, QUESTIONS if rounds > 5 else 40)
    user = world.supervisor
    likely(asked[0][1], user), foil(asked[0][1], None)
    ours, theirs, hits, their_hits = [], [], 0, 0
    for key, text, born in asked:
        found: list[Any] = []
        ours.append(milliseconds(lambda: found.extend(likely(text, user, born=born, size=10))))  # noqa: B023
        hits += any(person.pk == key for person in found)
        found.clear()
        theirs.append(milliseconds(lambda: found.extend(foil(text, born))))  # noqa: B023
        their_hits += key in found
    middle, their_middle = statistics.median(ours), statistics.median(theirs)
    slow, their_slow = (statistics.quantiles(times, n=20)[-1] for times in (ours, theirs))
    detail = {"ms": middle, "pg_trgm_ms": their_middle, "questions": len(asked)}
    yield Result(MEDIAN, their_middle / middle, world.rows, detail)
    yield Result(P95, slow / their_slow, world.rows, {"ms": slow, "pg_trgm_ms": their_slow})
    yield Result(RECALL, hits / len(asked), world.rows, {"pg_trgm": their_hits / len(asked)})
    world.curve({"search by name": middle, "pg_trgm on plain names": their_middle})
