"""The benchmarks: the verdict, the drawing, the names, and one short run from end to end."""

import json
import random
import xml.etree.ElementTree as ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from casework.cases.models import Case
from casework.config.bench import chart, runs, world
from casework.config.bench.names import Invented, cyrillic, mistyped
from casework.config.bench.results import Result, Target
from casework.config.bench.timing import explained
from reference.folding import fold
from tests.support.databases import TEMPLATE

AT_MOST = Target("at-most", "a cost", 1.5)
AT_LEAST = Target("at-least", "a gain", 10, "× faster", True, 100_000)


@pytest.mark.parametrize(
    ("target", "value", "rows", "verdict"),
    [
        (AT_MOST, 1.5, 10, "met"),
        (AT_MOST, 1.51, 10, "MISSED"),
        (AT_LEAST, 10.0, 1_000, "met"),
        (AT_LEAST, 9.9, 100_000, "MISSED"),
        (AT_LEAST, 9.9, 99_999, "not judged"),
    ],
)
def test_the_verdict_holds_a_value_against_its_limit(target, value, rows, verdict):
    result = Result(target, value, rows)
    assert result.verdict == result.as_dict()["verdict"] == verdict
    assert result.line().startswith(verdict)


def test_the_drawing_stands_by_itself():
    drawn = chart.drawn({10_000: {"a <b> & c": 1.5, "d": 20.0}, 100_000: {"a <b> & c": 2.5}})
    root = ElementTree.fromstring(drawn)  # noqa: S314  (our own)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a <b> & c", "d", "10,000", "100,000", "10"} <= set(words)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert "style" not in drawn and "href" not in drawn
    ElementTree.fromstring(chart.drawn({}))  # noqa: S314


def test_invented_names_are_in_both_scripts_and_their_slips_are_small():
    chance = random.Random(1)
    people = [Invented(chance) for _ in range(300)]
    assert {person.given[0] > "А" for person in people} == {True, False}
    assert fold(cyrillic("Đorđe Ljubić")) == fold("Đorđe Ljubić")
    for person in people:
        typed = fold(mistyped(person, chance))
        assert abs(len(typed) - len(person.folded)) <= 3


@pytest.mark.parametrize(
    "arguments", [["--rows", "999"], ["--rows", "many"], ["--only", "nothing"], ["--chart", "/nowhere/at/all.svg"]]
)
def test_what_cannot_be_run_is_refused_with_a_sentence(arguments):
    with pytest.raises(CommandError, match=r"choose|number|choice|folder"):
        call_command("bench", *arguments)


@pytest.fixture
def short(monkeypatch):
    """From the tests' template, so that nothing is migrated anew."""
    whole = runs.run
    monkeypatch.setattr(
        "casework.config.management.commands.bench.run",
        lambda *given, **named: whole(*given, template=TEMPLATE, **named),
    )


def test_a_short_run_from_end_to_end(committed_db, short, tmp_path, capsys):
    drawing = tmp_path / "cost.svg"
    only = [word for name in ("lists", "search", "clocks", "report", "import") for word in ("--only", name)]
    call_command("bench", "--rows", "1000", "--json", "--chart", str(drawing), *only)
    printed, progress = capsys.readouterr()
    found = json.loads(printed)
    assert found.keys() == {"rows", "results", "curves"} and found["rows"] == 1_000
    results = {each["id"]: each for each in found["results"]}
    assert {"list-page", "list-query-growth", "list-query-guardian", "page-1000", "search-median"} <= results.keys()
    assert {"search-recall", "clocks-memory", "annual-report", "import", "import-memory"} <= results.keys()
    for each in results.values():
        assert each.keys() == {
            *("id", "what", "limit", "unit", "at_least", "stated_for", "value", "rows", "verdict", "detail")
        }
        assert each["value"] > 0 and each["verdict"] in {"met", "MISSED", "not judged"}
    assert progress.count("\n") >= len(results)
    # what does not depend on the hour
    assert results["list-page"]["detail"]["same_rows"] == 1
    assert results["search-recall"]["verdict"] == "met"
    assert results["annual-report-queries"]["value"] <= 3
    assert [each["rows"] for each in found["curves"]] == [250, 500, 1_000]
    ElementTree.parse(drawing)  # noqa: S314


@pytest.fixture(scope="module")
def grown(django_db_setup, django_db_blocker):
    """What every page reads with 2,000 rows and with 8,000, by user and page: shared buffers and statements."""
    with django_db_blocker.unblock(), world.database(TEMPLATE):
        made, read = world.World(8_000), {}
        for rows in (2_000, 8_000):
            made.grow(rows)
            read[rows] = {page: _read(made, *page) for page in PAGES}
    return read


# Reading statements of each page, those around every page among them.
PAGES = {
    ("few", "cases:cases"): 9,
    ("supervisor", "cases:cases"): 9,
    ("supervisor", "referrals:referrals"): 9,
    ("few", "cases:case"): 20,
    ("supervisor", "shelter:board"): 12,
}


def _read(made, who, name):
    user = getattr(made, who)
    case = Case.objects.filter(caseworker=made.few).latest("number")
    client = Client()
    client.force_login(user)
    arguments = [case.number] if name == "cases:case" else []
    answered = []
    found = explained(lambda: answered.append(client.get(reverse(name, args=arguments)).status_code), rounds=1)[1:]
    assert answered == [200]
    return found


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_four_times_the_rows_are_not_more_to_read(grown, page):
    (few, queries), (many, queries_of_many) = grown[2_000][page], grown[8_000][page]
    assert queries == queries_of_many <= PAGES[page]
    # Among so few rows the planner still changes its mind; what reads every row would need four times as much.
    assert many < 3 * few, f"{few} buffers became {many}"
