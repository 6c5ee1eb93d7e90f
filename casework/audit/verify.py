"""Checking the trail: against its seals, against the key, against what the outside keeps.

Everything is read in one snapshot, in the order of the batches, a few thousand events at a time: memory stays flat
however long the trail is. The first thing that is wrong ends it.
"""

import datetime
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain as joined
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connections, transaction
from django.utils.translation import gettext_lazy as _

from casework.audit import chain
from casework.audit.chain import Anchor
from casework.audit.seal_models import Seal, Verification

AT_ONCE = 20_000  # events held in memory

FINDINGS = {
    "seal-missing": _("Batch %(position)s is missing."),
    "seal-twice": _("Batch %(position)s stands there twice."),
    "seal-changed": _("Batch %(position)s was changed after it was sealed."),
    "seal-forged": _("The signature of batch %(position)s is not good: it was changed, or written without the key."),
    "seal-other-key": _("Batch %(position)s is signed with a key that is not this installation's."),
    "seal-unlinked": _("Batch %(position)s does not follow from the batch before: one was replaced or left out."),
    "event-gone": _("Event %(event_id)s of batch %(position)s was removed."),
    "event-changed": _("Event %(event_id)s of batch %(position)s was changed after it was sealed."),
    "event-unlisted": _("Event %(event_id)s is neither sealed nor waiting: it was put in past the product."),
    "event-twice": _("Event %(event_id)s is sealed or waiting more than once."),
    "waiting-gone": _("Event %(event_id)s was waiting to be sealed and was removed."),
    "anchor-differs": _("Batch %(position)s is not the one that the anchor holds: the trail was written anew."),
    "anchor-ahead": _(
        "The anchor holds batch %(position)s and the trail ends before it: it was cut, or an old copy put back."
    ),
    "anchor-disordered": _(
        "The lines of the anchor go back at batch %(position)s: it was changed, or an old copy put back."
    ),
}


@dataclass(frozen=True)
class Finding:
    """The first thing that is wrong: a code of FINDINGS, and where."""

    code: str
    position: int | None = None
    event_id: int | None = None

    def __str__(self) -> str:
        return str(FINDINGS[self.code]) % {"position": self.position, "event_id": self.event_id}


class _Broken(Exception):
    def __init__(self, code: str, position: int | None = None, event_id: int | None = None) -> None:
        self.finding = Finding(code, position, event_id)


@dataclass
class Report:
    """What a verification read, and what it found: None when the trail is sound."""

    finding: Finding | None = None
    seals: int = 0
    events: int = 0  # sealed ones that were read and fit
    waiting: int = 0
    anchors: int = 0  # lines that fit
    unreadable: int = 0  # lines that are none, such as one that a crash tore
    seconds: float = 0.0


class _Anchors:
    """The anchors in the order of their file, met by the batches as these go by."""

    def __init__(self, lines: Iterator[tuple[int, Anchor | None]], report: Report) -> None:
        self.lines, self.report, self.before = lines, report, 0
        self.next = self._read()

    def _read(self) -> Anchor | None:
        for _number, anchor in self.lines:
            if anchor is None:
                self.report.unreadable += 1
                continue
            if anchor.position < self.before:
                raise _Broken("anchor-disordered", anchor.position)
            self.before = anchor.position
            return anchor
        return None

    def meet(self, seal: Seal) -> None:
        while self.next is not None and self.next.position <= seal.position:
            held = chain.anchor_of(seal)
            if self.next.position < seal.position or (self.next.head, self.next.signature, self.next.made_at) != (
                held.head,
                held.signature,
                held.made_at,
            ):
                raise _Broken("anchor-differs", self.next.position)
            self.report.anchors += 1
            self.next = self._read()

    def end(self) -> None:
        if self.next is not None:
            raise _Broken("anchor-ahead", self.next.position)


def _chunks(cursor: Any) -> Iterator[list[Seal]]:
    """The batches in order, as many at once as hold AT_ONCE events."""
    columns = [field.attname for field in Seal._meta.concrete_fields]
    after: Any = 0
    while True:
        cursor.execute(
            "SELECT position, count FROM audit_seal WHERE position > %s ORDER BY position LIMIT 2000",
            [after],
        )
        events, last, seals = 0, None, 0
        for position, count in cursor.fetchall():
            if last is not None and events + count > AT_ONCE:
                break
            events, last, seals = events + count, position, seals + 1
        if last is None:
            return
        names = ", ".join(columns)
        cursor.execute(
            f"SELECT {names} FROM audit_seal WHERE position > %s AND position <= %s ORDER BY position",  # noqa: S608
            [after, last],
        )
        yield [Seal(**dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
        after = last


def _check_seal(seal: Seal, before: Seal | None, keys: Mapping[str, Ed25519PublicKey]) -> None:
    expected = before.position + 1 if before else 1
    if seal.position != expected:
        raise _Broken("seal-twice" if seal.position < expected else "seal-missing", min(expected, seal.position))
    ids = seal.event_ids
    told = (seal.count, seal.first, seal.last, len(seal.digests)) if ids else None
    if told != (len(ids), min(ids), max(ids), len(ids) * chain.DIGEST) or chain.head_of(seal) != bytes(seal.head):
        raise _Broken("seal-changed", seal.position)
    if seal.key_id not in keys:
        raise _Broken("seal-other-key", seal.position)
    if not chain.signed(bytes(seal.head), seal.key_id, bytes(seal.signature), keys):
        raise _Broken("seal-forged", seal.position)
    if bytes(seal.previous) != (bytes(before.head) if before else chain.NOTHING_BEFORE):
        raise _Broken("seal-unlinked", seal.position)


def _check_events(seal: Seal, found: dict[int, bytes]) -> None:
    digests = bytes(seal.digests)
    for place, event_id in enumerate(seal.event_ids):
        sealed = digests[place * chain.DIGEST : (place + 1) * chain.DIGEST]
        digest = found.get(event_id)
        if digest is None or sealed == chain.GONE:
            raise _Broken("event-gone", seal.position, event_id)
        if digest != sealed:
            raise _Broken("event-changed", seal.position, event_id)


# Every event is listed once, in a batch or among those that wait; and what is listed is there.
_LISTED = """
    SELECT coalesce(event.id, listed.id), event.id IS NULL, coalesce(listed.times, 0)
    FROM (
        SELECT id, count(*) AS times FROM (
            SELECT unnest(event_ids) AS id FROM audit_seal UNION ALL SELECT event_id FROM audit_waiting
        ) AS each_one GROUP BY id
    ) AS listed FULL JOIN audit_event AS event ON event.id = listed.id
    WHERE event.id IS NULL OR listed.times IS NULL OR listed.times > 1
    ORDER BY 1 LIMIT 1
"""


def _check_lists(cursor: Any) -> None:
    cursor.execute(_LISTED)
    for event_id, gone, times in cursor.fetchall():
        if gone:
            raise _Broken("waiting-gone", None, event_id)
        raise _Broken("event-twice" if times > 1 else "event-unlisted", None, event_id)


def verify(
    *,
    keys: Mapping[str, Ed25519PublicKey],
    anchor_files: tuple[str, ...] = (),
    using: str = "default",
) -> Report:
    """Read the whole trail in one snapshot and report the first thing that is wrong.

    `keys` are the public keys that count (`chain.trusted()`); a file that is named in `anchor_files` must exist.
    """
    began = time.monotonic()
    # What the files hold now was committed before they were written: the snapshot, taken later, has it.
    files = [(path, os.stat(path).st_size) for path in anchor_files]
    report = Report()
    with transaction.atomic(using=using, durable=True), connections[using].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT count(*) FROM audit_waiting")
        (report.waiting,) = cursor.fetchone()
        try:
            _check(cursor, keys, files, report)
        except _Broken as broken:
            report.finding = broken.finding
    report.seconds = time.monotonic() - began
    return report


def _check(cursor: Any, keys: Mapping[str, Ed25519PublicKey], files: list[tuple[str, int]], report: Report) -> None:
    anchors = [_Anchors(chain.anchors_in(path, size), report) for path, size in files]
    before: Seal | None = None
    for seals in _chunks(cursor):
        found = chain.digests_of(cursor, list(joined.from_iterable(seal.event_ids for seal in seals)))
        for seal in seals:
            _check_seal(seal, before, keys)
            _check_events(seal, found)
            for one in anchors:
                one.meet(seal)
            report.seals += 1
            report.events += len(seal.event_ids)
            before = seal
    for one in anchors:
        one.end()
    _check_lists(cursor)


@transaction.atomic
def keep(report: Report, *, now: datetime.datetime) -> Verification:
    """Keep what a verification found, for the auditors and the health page."""
    finding = report.finding
    return Verification.objects.create(
        at=now,
        finding=finding.code if finding else "",
        position=finding.position if finding else None,
        event_id=finding.event_id if finding else None,
        seals=report.seals,
        events=report.events,
        waiting=report.waiting,
        anchors=report.anchors,
        seconds=report.seconds,
    )
