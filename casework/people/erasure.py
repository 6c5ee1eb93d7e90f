"""Erasure: one person asks, another approves, the worker destroys the key. No row is deleted; figures stay."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Draft, User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.outbox.models import Subject as Message
from casework.people import holdings
from casework.people.data_models import Erasure, ErasureGround, ErasureStatus
from casework.people.holdings import Subject
from casework.people.models import Person
from casework.people.requests import about, new_number, tell_auditors, tell_one, yield_to_people
from casework.vault import erasures
from casework.vault.models import VaultKey
from casework.vault.services import destroy_key
from casework.workflow import Refused, advance, lock

AT_ONCE = 50  # erasures that one run of the worker carries out


def subject_of(erasure: Erasure) -> Subject:
    """Whose records an erasure is about."""
    return Subject(erasure.organisation_id, erasure.person, "" if erasure.person_id else erasure.about)


def refuse_blocked(subject: Subject, now: datetime.datetime) -> None:
    """Raise `Refused` with everything that stands in the way, a sentence each."""
    found = holdings.in_the_way(subject, now)
    if found:
        raise Refused(" ".join(str(block.sentence) for block in found), blocks=[block.code for block in found])


@transaction.atomic
def ask_erasure(*, person: Person, ground: str, reason: str, asked_by: User, now: datetime.datetime) -> Erasure:
    """Ask that everything held on a person be erased. Raises `Refused` when something stands in the way.

    The reason is read by the auditor who decides, and stays: it must not hold the person's name, and one that does is
    refused.
    """
    require(asked_by, "people.ask_erasure")
    fresh = lock(person)
    if ground not in ErasureGround.values or ground == ErasureGround.RETENTION:
        raise Refused(_("Choose one of the grounds that are offered."), field="ground")
    if not reason.strip():
        raise Refused(_("Say why this is to be erased."), field="reason")
    _refuse_names(fresh, reason)
    refuse_blocked(Subject(fresh.organisation_id, fresh), now)
    erasure = new_erasure(Subject(fresh.organisation_id, fresh), about(fresh), asked_by, ground=ground, reason=reason)
    tell_auditors(erasure, Message.ERASURE_TO_APPROVE, "people:erasure")
    return erasure


def new_erasure(subject: Subject, number: str, asked_by: User, **fields: Any) -> Erasure:
    """Write an erasure down, waiting for approval. Raises `Refused` when one waits already or is done."""
    erasure = Erasure(
        key=VaultKey.make(),
        number=new_number(),
        organisation_id=subject.organisation_id,
        person=subject.person,
        about=number,
        asked_by=asked_by,
        **fields,
    )
    try:
        with transaction.atomic():
            erasure.save(force_insert=True)
    except IntegrityError as problem:
        if "erasure_one_per" not in str(problem):
            raise
        raise Refused(_("The erasure of these records is already asked for.")) from None
    audit.act("ask_erasure", erasure, *_persons(erasure), by=asked_by, note=erasure.ground)
    return erasure


def _persons(erasure: Erasure) -> list[Person]:
    return [erasure.person] if erasure.person is not None else []


def _refuse_names(person: Person, reason: str) -> None:
    """The reason outlives the person's key: a name in it would stay readable."""
    words = {word.casefold() for word in reason.replace(",", " ").replace(".", " ").split()}
    for name in person.names or []:
        for part in (name.get("given") or "", name.get("family") or ""):
            if any(len(word) > 2 and word.casefold() in words for word in part.split()):
                raise Refused(
                    _("The reason holds a name of this person. It stays when everything else is gone: leave it out."),
                    field="reason",
                )


@transaction.atomic
def approve_erasure(*, erasure: Erasure, approved_by: User, now: datetime.datetime) -> Erasure:
    """The second person's yes. The worker erases within a minute, unless something stands in the way by then."""
    fresh = lock(erasure)
    if approved_by.pk == fresh.asked_by_id:
        raise Refused(_("Somebody other than the one who asked must approve an erasure."))
    if fresh.person is not None:
        lock(fresh.person)
    if fresh.status == ErasureStatus.ASKED:
        refuse_blocked(subject_of(fresh), now)
    return advance(
        erasure, "approve_erasure", by=approved_by, about=_persons(fresh), decided_by=approved_by, decided_at=now
    )


@transaction.atomic
def refuse_erasure(*, erasure: Erasure, refused_by: User, now: datetime.datetime) -> Erasure:
    """The second person's no; also a change of mind before the worker has begun."""
    if refused_by.pk == erasure.asked_by_id:
        raise Refused(_("Somebody other than the one who asked must decide on an erasure."))
    done = advance(
        erasure, "refuse_erasure", by=refused_by, about=_persons(erasure), decided_by=refused_by, decided_at=now
    )
    tell_one(done.asked_by, done, Message.ERASURE_DECIDED, "people:erasure")
    return done


# The worker -----------------------------------------------------------------------------------------------------------
def carry_out_approved(*, now: datetime.datetime) -> int:
    """Carry out what is approved, each erasure in a transaction of its own. Returns how many are decided.

    May run twice and beside itself. An erasure that would have to wait for somebody's work is left for the next time.
    """
    waiting = Erasure.objects.filter(status=ErasureStatus.APPROVED).order_by("decided_at", "number")
    count = 0
    for pk in list(waiting.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            count += carry_out(erasure_id=pk, now=now)
        except (OperationalError, Refused):  # somebody is writing there, or the approver's role is gone
            continue
    return count


@transaction.atomic
def carry_out(*, erasure_id: Any, now: datetime.datetime) -> bool:
    """Erase, or stop where something stands in the way by now. False when another worker was faster.

    Locks first the erasure, then the person, then the keys: whoever writes a record holds its key until the commit, so
    what they wrote is seen here, and what they begin later finds the key destroyed.
    """
    yield_to_people()
    erasure = Erasure.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=erasure_id).first()
    if erasure is None or erasure.status != ErasureStatus.APPROVED:
        return False
    subject = subject_of(erasure)
    if subject.person is not None:
        lock(subject.person)
    keys = _lock_keys(subject)
    by, concerned = erasure.decided_by, _persons(erasure)
    found = holdings.in_the_way(subject, now)
    if found:
        advance(erasure, "stop_erasure", by=by, about=concerned, stopped_by=found[0].code)
        tell_one(erasure.asked_by, erasure, Message.ERASURE_HELD, "people:erasure")
        return True
    counts = holdings.counts_of(subject)
    _destroy_drafts(subject)
    erasures.erase(keys, at=now)
    advance(erasure, "erase_person", by=by, about=concerned, counts=counts, done_at=now)
    tell_one(erasure.asked_by, erasure, Message.ERASURE_DECIDED, "people:erasure")
    return True


def _lock_keys(subject: Subject) -> list[VaultKey]:
    """The subject's keys, locked. A key that seals somebody else's record too is a mistake that must not be made."""
    known: set[Any] = set()
    while known != (found := holdings.keys_of(subject)):  # somebody may have added a record meanwhile
        known = found
        keys = list(VaultKey.objects.select_for_update().filter(pk__in=known).order_by("pk"))
    others = Person._base_manager.filter(key__in=known)
    if subject.person is not None:
        others = others.exclude(pk=subject.person.pk)
    if others.exists():
        raise RuntimeError("a key of this subject belongs to another person: nothing is erased")
    return keys


def _destroy_drafts(subject: Subject) -> None:
    """What a colleague typed about this person when a session expired goes too."""
    places = set(_addresses(subject))
    for draft in Draft.objects.select_related("key"):
        if any(place in draft.path.split("/") for place in places):
            key = draft.key
            draft.delete()
            destroy_key(key)


def _addresses(subject: Subject) -> Iterable[str]:
    """Everything by which an address names these records: keys and numbers."""
    for held in holdings.HELD.values():
        rows = held.rows(subject)
        yield from map(str, rows.values_list("pk", flat=True))
        if any(field.name == "number" for field in held.model._meta.concrete_fields):
            yield from rows.values_list("number", flat=True)


def sync_list() -> int:
    """Append to the list outside the database what a full disk kept out of it. Returns the number of lines added."""
    return erasures.write_file()


def erased_on(person: Person) -> datetime.date | None:
    """The day on which a person was erased, or None."""
    moment = person.key.destroyed_at
    return timezone.localdate(moment) if moment else None
