"""Clocks that ran out all at once: how much memory the job that escalates them takes, and that it takes each once."""

import datetime
import time
import tracemalloc
from collections.abc import Iterator

from django.conf import settings
from django.db import connections
from django.utils import timezone

from casework.config.bench.results import Result, Target
from casework.config.bench.world import World
from referrals.models import ClockKind
from referrals.services import escalate_overdue

MEMORY = Target("clocks-memory", "memory of the clock job, ten times as many due clocks", 2, "×", stated_for=10_000)
DUE, FEW_DUE = 10_000, 200


def _run_out(kind: ClockKind, count: int, due_at: datetime.datetime) -> None:
    """Give so many referrals a clock that is due then."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO referrals_deadline (referral_id, kind, due_at)"
            " SELECT id, %s, %s FROM referrals_referral LIMIT %s",
            [kind, due_at, count],
        )


def _escalated(now: datetime.datetime, expected: int) -> tuple[int, float]:
    """The peak of memory in bytes, and the seconds, of one run of the job."""
    begun = time.perf_counter()
    tracemalloc.start()
    try:
        taken = escalate_overdue(now=now)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if taken != expected:
        raise RuntimeError(f"{expected} clocks had run out, and {taken} steps were taken")
    return peak, time.perf_counter() - begun


def measure(world: World, rounds: int) -> Iterator[Result]:
    """The peak of a run with all the clocks beside that of a run with a tenth of them; a third run takes none."""
    world.grow(world.rows)
    many = DUE if rounds > 5 else FEW_DUE
    now = timezone.now()
    due_at = now - datetime.timedelta(hours=min(settings.ESCALATE_AFTER_HOURS), minutes=1)  # past the first step only
    _run_out(ClockKind.INITIATE, many // 10, due_at)
    few_peak, _seconds = _escalated(now, many // 10)
    _run_out(ClockKind.INFORM, many, due_at)
    peak, seconds = _escalated(now, many)
    _escalated(now, 0)
    detail = {"clocks": many, "peak_MiB": peak / 2**20, "ms_a_clock": seconds / many * 1000}
    yield Result(MEMORY, peak / few_peak, many, detail)
