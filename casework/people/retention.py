"""The retention schedule: what would go, by number and never by name; and runs that two people decide.

How long a class of record is kept is a setting (RETENTION_DAYS), because the documents leave it open: a class without a
number of days is never due. What hangs on a case (placements, notes, decisions, witness statuses) is sealed with the
person's key and goes with the last of the person's cases and referrals that is kept.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.access.models import Organisation, User
from casework.access.record_services import require
from casework.access.visibility import not_shut_out
from casework.audit import services as audit
from casework.outbox.models import Subject as Message
from casework.people import holdings
from casework.people.data_models import Erasure, ErasureGround, ErasureStatus, RetentionRun, RunStatus
from casework.people.erasure import new_erasure
from casework.people.holdings import Block, Kept, Subject
from casework.people.models import Person
from casework.people.requests import new_number, tell_auditors
from casework.workflow import Refused, advance

SHOWN = 200  # subjects that one preview, and one run, holds

CLASSES: dict[str, Any] = {
    "adult-case": _("Closed case of an adult"),
    "child-case": _("Closed case of a child"),
    "declined-referral": _("Declined referral, without a case"),
    "linked-referral": _("Referral that repeats another, about nobody in particular"),
}
RULES: dict[str, Any] = {
    "adult-case": _("from the day of closing"),
    "child-case": _("from the day of closing or the 18th birthday, whichever is later"),
    "declined-referral": _("from the day of declining"),
    "linked-referral": _("from the day of receipt"),
}


@dataclass(frozen=True)
class Due:
    """Somebody's records, or one referral about nobody, all of which need not be kept any longer."""

    subject: Subject
    number: str
    record_class: str
    ended_on: datetime.date
    due_on: datetime.date
    rows: dict[str, int]
    blocks: list[Block]


def schedule() -> list[tuple[str, Any, int, Any]]:
    """Each class with its label, its days (0: not decided) and from when they count."""
    return [(each, label, settings.RETENTION_DAYS.get(each, 0), RULES[each]) for each, label in CLASSES.items()]


def decided() -> bool:
    """Whether any class has a retention period at all."""
    return any(days for _class, _label, days, _rule in schedule())


def due(organisation: Organisation, *, today: datetime.date, user: User) -> list[Due]:
    """What is due, the longest due first, at most `SHOWN`; with what stands in the way of each.

    Only persons whom the user may see, or, for the auditor, in whom they have no conflict. A person is due when every
    record of theirs is.
    """
    if not decided():
        return []
    days = [days for _class, _label, days, _rule in schedule() if days]
    persons: dict[Any, Person] = {}
    alone: list[Kept] = []
    for kept in holdings.kept(organisation, ended_by=today - datetime.timedelta(days=min(days))):
        if kept.due_on is None or kept.due_on > today:
            continue
        if kept.person is None:
            alone.append(kept)
        else:
            persons[kept.person.pk] = kept.person
    gone = _already_asked(organisation)
    may_see = Person.objects.filter(not_shut_out(user, "pk"))
    if not user.has_perm("people.approve_erasure"):
        may_see = Person.objects.visible_to(user)
    seen = set(may_see.filter(pk__in=persons).values_list("pk", flat=True))
    persons = {pk: person for pk, person in persons.items() if pk in seen}
    found = [(last, Subject(organisation.pk, None, last.number)) for last in alone if last.number not in gone]
    for pk, person in persons.items():
        last = _last(organisation, person)
        if pk not in gone and last is not None and last.due_on is not None and last.due_on <= today:
            found.append((last, Subject(organisation.pk, person)))
    found.sort(key=lambda pair: (pair[0].due_on, pair[0].number))
    return _with_rows(found[:SHOWN])


def _already_asked(organisation: Organisation) -> set[Any]:
    """Persons, and numbers of referrals, whose erasure waits or is done."""
    live = Erasure.objects.filter(
        organisation=organisation, status__in=[ErasureStatus.ASKED, ErasureStatus.APPROVED, ErasureStatus.DONE]
    )
    return {person or number for person, number in live.values_list("person", "about")}


def _last(organisation: Organisation, person: Person) -> Kept | None:
    """The record of a person that must be kept longest; one that has no end decides."""
    records = list(holdings.kept(organisation, person=person))
    for kept in records:
        if kept.due_on is None:
            return kept
    return max(records, key=lambda kept: (kept.due_on, kept.number), default=None)


def _with_rows(found: list[tuple[Kept, Subject]]) -> list[Due]:
    persons = [subject.person.pk for _kept, subject in found if subject.person is not None]
    rows: dict[Any, dict[str, int]] = {}
    for label, held in holdings.HELD.items():
        grouped = held.model._base_manager.filter(**{f"{held.path}__in": persons}).order_by().values(held.path)
        for row in grouped.annotate(many=Count("pk")):
            rows.setdefault(row[held.path], {})[label] = row["many"]
    now = timezone.now()
    shown = []
    for kept, subject in found:
        counted = rows.get(subject.person.pk, {}) if subject.person is not None else holdings.counts_of(subject)
        blocks = holdings.in_the_way(subject, now)
        assert kept.due_on is not None  # noqa: S101  (due() keeps no other)
        shown.append(Due(subject, kept.number, kept.record_class, kept.ended_on, kept.due_on, counted, blocks))
    return shown


def rows_by_kind(found: Iterable[Due]) -> dict[str, int]:
    """How many rows of each table would go, by label of the table."""
    total: Counter[str] = Counter()
    for each in found:
        if not each.blocks:
            total.update(each.rows)
    return dict(total)


@transaction.atomic
def propose_retention_run(*, organisation: Organisation, proposed_by: User, today: datetime.date) -> RetentionRun:
    """Propose to erase what is due and not held. Nothing happens until somebody else has approved it."""
    require(proposed_by, "people.propose_retention_run")
    free = [each for each in due(organisation, today=today, user=proposed_by) if not each.blocks]
    if not free:
        raise Refused(_t("Nothing is due that could be erased."))
    run = RetentionRun.objects.create(
        number=new_number(), organisation=organisation, proposed_by=proposed_by, counts=rows_by_kind(free)
    )
    for each in free:
        new_erasure(
            each.subject,
            each.number,
            proposed_by,
            run=run,
            ground=ErasureGround.RETENTION,
            record_class=each.record_class,
            due_on=each.due_on,
        )
    audit.act("propose_retention_run", run, by=proposed_by, note=run.number)
    tell_auditors(run, Message.ERASURE_TO_APPROVE, "people:retention-run")
    return run


@transaction.atomic
def approve_retention_run(*, run: RetentionRun, approved_by: User, now: datetime.datetime) -> RetentionRun:
    """The second person's yes to all of them. What stands in the way by then is left, and said."""
    _refuse_own(run, approved_by)
    done = advance(run, "approve_retention_run", by=approved_by, decided_by=approved_by, decided_at=now)
    for erasure in run.erasures.filter(status=ErasureStatus.ASKED).select_related("person").order_by("number"):
        about = [erasure.person] if erasure.person else []
        advance(erasure, "approve_erasure", by=approved_by, about=about, decided_by=approved_by, decided_at=now)
    return done


@transaction.atomic
def refuse_retention_run(*, run: RetentionRun, refused_by: User, now: datetime.datetime) -> RetentionRun:
    _refuse_own(run, refused_by)
    done = advance(run, "refuse_retention_run", by=refused_by, decided_by=refused_by, decided_at=now)
    for erasure in run.erasures.filter(status=ErasureStatus.ASKED).select_related("person").order_by("number"):
        about = [erasure.person] if erasure.person else []
        advance(erasure, "refuse_erasure", by=refused_by, about=about, decided_by=refused_by, decided_at=now)
    return done


def _refuse_own(run: RetentionRun, user: User) -> None:
    if user.pk == run.proposed_by_id:
        raise Refused(_t("Somebody other than the one who proposed a run must decide on it."))


def progress(run: RetentionRun) -> tuple[int, int]:
    """How many erasures of a run are decided, of how many."""
    many = run.erasures.count()
    return many - run.erasures.filter(status__in=[ErasureStatus.ASKED, ErasureStatus.APPROVED]).count(), many


def finish_runs(*, now: datetime.datetime) -> int:
    """Close the runs of which nothing waits any more. Returns how many."""
    count = 0
    for run in RetentionRun.objects.filter(status=RunStatus.APPROVED).select_related("decided_by"):
        if not run.erasures.filter(status=ErasureStatus.APPROVED).exists():
            try:
                advance(run, "finish_retention_run", by=run.decided_by, done_at=now)
            except Refused:  # another worker was faster, or the approver's role is gone
                continue
            count += 1
    return count
