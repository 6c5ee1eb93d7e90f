"""Sixteen people place at once: no bed and no person is ever taken twice. Real commits, real threads."""

import datetime
import os
import random
from functools import partial

import pytest

from casework.shelter import services
from casework.shelter.models import Placement, Shelter
from casework.workflow import Refused
from tests.shelter.builders import TODAY, day
from tests.shelter.nights import nights_taken_twice
from tests.support.threads import all_at_once

THREADS = 16

SOAK_ATTEMPTS = 1_500 if os.environ.get("CASEWORK_SOAK") == "ci" else 10_000
STAY = {"starts_on": day(1), "ends_on": day(5)}


@pytest.mark.requirement("s-emergency-shelter")
@pytest.mark.parametrize("capacity", [1, 6, 7])
@pytest.mark.asvs("2.3.4")
def test_sixteen_people_for_the_last_beds(committed_db, cast, make, capacity):
    shelter = make.shelter(beds=capacity)
    acts = [partial(make.placement, case=make.case(), shelter=shelter, **STAY) for _each in range(THREADS)]
    results = all_at_once(acts)
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == THREADS - capacity
    assert Placement.objects.count() == capacity
    assert {refusal.data["first_free_on"] for refusal in refused} == {day(5)}
    assert {str(refusal.sentence) for refusal in refused} == {
        "The shelter is full on 1 June; the first free bed is on 5 June."
    }
    assert not nights_taken_twice()


@pytest.mark.parametrize("capacity", [1, 6, 7])
def test_the_constraint_has_the_last_word(committed_db, cast, make, capacity, monkeypatch):
    """Without the lock on the shelter, everybody finds the same bed free: the database refuses, the sentence stays."""
    locked = services.lock
    monkeypatch.setattr(
        services, "lock", lambda record, **kwargs: record if isinstance(record, Shelter) else locked(record, **kwargs)
    )
    shelter = make.shelter(beds=capacity)
    bed = shelter.beds.first()
    acts = [partial(make.placement, case=make.case(), shelter=shelter, bed=bed, **STAY) for _each in range(THREADS)]
    results = all_at_once(acts)
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == THREADS - 1
    words = "“Krevet 2” is free for the whole stay." if capacity > 1 else "The shelter is full on 1 June"
    told = [str(refusal.sentence) for refusal in refused]
    assert all(words in sentence or "Try again" in sentence for sentence in told)
    assert any(words in sentence for sentence in told)
    assert not nights_taken_twice()


def test_one_person_into_sixteen_beds(committed_db, cast, make):
    case, shelter = make.case(), make.shelter(beds=THREADS)
    acts = [partial(make.placement, case=case, shelter=shelter, bed=bed, **STAY) for bed in shelter.beds.all()]
    refused = [result for result in all_at_once(acts) if isinstance(result, Refused)]
    assert len(refused) == THREADS - 1
    assert all("already placed from 1 June to 5 June" in str(refusal.sentence) for refusal in refused)
    assert not nights_taken_twice()


@pytest.mark.soak
@pytest.mark.requirement("f-shelter-capacity")
def test_ten_thousand_attempts_leave_no_overlap(committed_db, cast, make):
    """Placing, leaving, staying longer and mistakes, at random, by sixteen people at once."""
    shelters = [make.shelter(f"Kuća {beds}", beds=beds) for beds in (1, 6, 7)]
    cases = [make.case() for _each in range(60)]

    def work(seed: int) -> dict[str, int]:
        chance, done = random.Random(seed), {"placed": 0, "refused": 0, "changed": 0, "again": 0}
        mine: list[Placement] = []
        for _attempt in range(SOAK_ATTEMPTS // THREADS):
            start = TODAY + datetime.timedelta(days=chance.randrange(120))
            length = chance.choice([None, 0, 1, 2, 3, 5, 8, 13])
            end = None if length is None else start + datetime.timedelta(days=length)
            shelter = chance.choice(shelters)
            bed = chance.choice([None, *shelter.beds.all()])
            try:
                mine.append(
                    make.placement(case=chance.choice(cases), shelter=shelter, bed=bed, starts_on=start, ends_on=end)
                )
                done["placed"] += 1
            except Refused as refusal:
                done["again" if refusal.data.get("again") else "refused"] += 1
            if mine and chance.random() < 0.5:
                placed = chance.choice(mine)
                try:
                    if chance.random() < 0.5:
                        later = placed.starts_on + datetime.timedelta(days=chance.randrange(12))
                        services.end_placement(placement=placed, ends_on=later, ended_by=cast.ana)
                    else:
                        services.mark_placement_in_error(placement=placed, why="Vežba.", marked_by=cast.ana)
                    done["changed"] += 1
                except Refused:
                    pass
        return done

    results = all_at_once([partial(work, seed) for seed in range(THREADS)])
    assert sum(result["placed"] + result["refused"] for result in results) == SOAK_ATTEMPTS // THREADS * THREADS
    assert not any(result["again"] for result in results)
    for outcome in ("placed", "refused", "changed"):
        assert sum(result[outcome] for result in results) > SOAK_ATTEMPTS // 50
    assert not nights_taken_twice()
