"""Searching the reference: every entry of the data files and ten times as many beside them, asked in two scripts."""

import random
import statistics
from collections.abc import Iterator

from django.db import connections

from casework.config.bench.names import cyrillic
from casework.config.bench.results import Result, Target
from casework.config.bench.timing import milliseconds
from casework.config.bench.world import World
from reference.folding import index_text, line
from reference.models import Entry
from reference.services import load_reference

P95 = Target("reference-search-p95", "search of the reference, its first page, 95th percentile", 50, "ms")
TIMES = 10  # synthetic entries for each real one
FIRST_PAGE = 25
QUESTIONS = 300


def _multiply(chance: random.Random) -> int:
    """Beside each entry ten whose words are other entries' words, shuffled; returns how many entries there are."""
    real = list(Entry.objects.active())
    pool = sorted({word for entry in real for word in entry.search.split()})
    made = []
    for copy in range(TIMES):
        for entry in real:
            words = chance.sample(pool, min(len(pool), len(entry.search.split())))
            name = " ".join(words[:5])
            made.append(
                Entry(
                    section=entry.section,
                    code=f"bench-{copy}-{entry.code}"[:250],
                    slug=f"bench-{copy}-{entry.slug}"[:250],
                    name=name,
                    position=entry.position,
                    weight=entry.weight,
                    data={"id": "bench", "name": name},
                    search=index_text(*words),
                    search_name=f"\n{line(name)}\n",
                    ours=True,
                )
            )
    Entry.objects.bulk_create(made, batch_size=2_000)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reference_entry")
    return len(real) + len(made)


def _questions(chance: random.Random, count: int) -> list[str]:
    """One to three words of real names, some only begun, some in Cyrillic, as people type them."""
    asked = []
    for entry in chance.choices(list(Entry.objects.exclude(file="")), k=count):
        words = entry.name.split()
        at = chance.randrange(len(words))
        question = " ".join(words[at : at + chance.randint(1, 3)])
        question = question[: max(3, len(question) - chance.choice([0, 0, 1, 2]))]
        asked.append(cyrillic(question) if chance.random() < 0.3 else question)
    return asked


def measure(world: World, rounds: int) -> Iterator[Result]:
    """The slow end of some hundred questions, each the first page with its count, as the page asks it."""
    chance = random.Random(388)  # noqa: S311
    load_reference()
    entries = _multiply(chance)
    taken = []
    for question in _questions(chance, QUESTIONS if rounds > 5 else 40):
        found = Entry.objects.search(question).with_text()
        taken.append(milliseconds(lambda: (list(found[:FIRST_PAGE]), found.count())))  # noqa: B023
    slow = statistics.quantiles(taken, n=20)[-1]
    yield Result(P95, slow, world.rows, {"entries": entries, "median_ms": statistics.median(taken)})
