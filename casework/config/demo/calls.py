"""Invented calls to a hotline and visits of the mobile team, so that those pages and figures are not empty."""

import datetime
import random
from functools import partial

from casework.access.models import User
from casework.config.demo.history import History
from casework.config.demo.stories import DAY, HOUR
from referrals import services
from referrals.models import Referral

TOPICS = (
    "Oglas za posao u inostranstvu (izmišljeno)",
    "Devojka zaključana u stanu (izmišljeno)",
    "Dete prosi pred prodavnicom (izmišljeno)",
    "Pitanje o pravima (izmišljeno)",
    "Radnici bez pasoša (izmišljeno)",
)
CALLERS = ("Komšinica", "Majka", "Ona sama", "Radnik", "Nije rekao")


def add_calls(history: History, ana: User, boris: User, now: datetime.datetime) -> None:
    """Some calls a month in the last year, two of them followed by a referral; two visits."""
    chance = random.Random("calls")  # noqa: S311  (reproducible, not secret)
    for nth in range(30):
        history.at(now - chance.uniform(1, 360) * DAY, partial(_call, chance, ana, nth))
    for days, worker in ((20, ana), (2, boris)):
        history.at(now - days * DAY, partial(_visit, worker))


def _call(chance: random.Random, worker: User, nth: int, now: datetime.datetime) -> None:
    call = services.log_call(
        organisation=worker.organisation,
        hotline="ngo" if nth % 3 else "cptv",
        received_at=now - HOUR / 4,
        trafficking_related="no" if nth % 5 == 4 else "yes",
        topic=TOPICS[nth % len(TOPICS)],
        caller=chance.choice(CALLERS),
        language=chance.choice(["sr", "sr", "ro", "en"]),
        outcome="Savet (izmišljeno)",
        now=now,
        logged_by=worker,
    )
    if nth in (0, 3):
        referral = services.log_referral(
            organisation=worker.organisation,
            received_at=call.received_at,
            source="ngo-hotline" if nth % 3 else "cptv-hotline",
            channel="hotline",
            municipality="Niš",
            place="Klub na obodu grada (izmišljeno)",
            summary=TOPICS[nth % len(TOPICS)],
            call=call,
            person={"sex": "female"},
            given_age=24,
            now=now,
            logged_by=worker,
        )
        _work_on(referral, worker, now)


def _work_on(referral: Referral, worker: User, now: datetime.datetime) -> None:
    services.initiate_case(referral=referral, now=now, initiated_by=worker)
    services.record_informed(referral=referral, informed_at=now, now=now, informed_by=worker)


def _visit(worker: User, now: datetime.datetime) -> None:
    visit = services.log_visit(
        organisation=worker.organisation,
        visited_at=now - HOUR,
        municipality="Subotica",
        place="Stara ciglana (izmišljeno)",
        members=[worker.full_name, "Prevodilac Primer"],
        note="Tri osobe, voda i ćebad (izmišljeno).",
        now=now,
        logged_by=worker,
    )
    referral = services.log_referral(
        organisation=worker.organisation,
        received_at=visit.visited_at,
        source="mobile-team",
        municipality=visit.municipality,
        place=visit.place,
        visit=visit,
        person={"sex": "male"},
        given_age=31,
        now=now,
        logged_by=worker,
    )
    _work_on(referral, worker, now)
