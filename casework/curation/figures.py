"""The organisation's own counts of its trainings. Nothing published is ever added to them."""

from collections import defaultdict
from collections.abc import Iterable

from casework.curation.models import Training
from reference import codes


def by_year(trainings: Iterable[Training]) -> list[list[int | str]]:
    """Year, trainings, people trained; newest first. Somebody who came twice counts twice."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for training in trainings:
        found[training.held_on.year][0] += 1
        found[training.held_on.year][1] += training.head_count
    return [[str(year), *found[year]] for year in sorted(found, reverse=True)]


def by_year_and_group(trainings: Iterable[Training]) -> list[list[int | str]]:
    """Year, group, trainings with this group, people in them. A training of several groups stands with each."""
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for training in trainings:
        for group in training.groups:
            found[training.held_on.year, group][0] += 1
            found[training.held_on.year, group][1] += training.head_count
    order = sorted(found, key=lambda key: (-key[0], key[1]))
    return [[str(year), str(codes.label("trained_groups", group)), *found[year, group]] for year, group in order]
