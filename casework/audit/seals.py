"""The sealer: what happened is hashed in batches, signed, and told to the outside.

Events are inserted unchained; nobody who works waits for a lock. A trigger lists every new event in `audit_waiting`, in
the event's transaction; the sealer takes what it sees there, whatever the order of ids and commits. One sealer works at
a time (an advisory lock that ends with its transaction): killed in mid-batch, it leaves the list as it was.

What restores a backup into migrated tables loads `audit_waiting` as it was dumped, after emptying it.
"""

import datetime
import os
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from casework.audit import chain
from casework.audit.models import Event
from casework.audit.seal_models import Seal, Sealer, Verification, Waiting
from casework.audit.services import act

BATCH = 5_000
_LOCK = 7_265_616_5  # any number that no other advisory lock of this database uses

TROUBLES = {
    "no-anchor-file": gettext_lazy("No file is named for the heads of the trail (CASEWORK_AUDIT_ANCHOR)."),
    "anchor-unwritable": gettext_lazy("The file to which the head of the trail is written cannot be written."),
    "mail-failed": gettext_lazy("The head of the trail could not be mailed to the auditors."),
    "nobody-to-mail": gettext_lazy("No auditor has an e-mail address: the head of the trail is mailed to nobody."),
}


def _alone(cursor: Any) -> bool:
    """Whether this transaction is the only one that seals; the lock ends with it."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    return bool(cursor.fetchone()[0])


@transaction.atomic
def seal_batch(*, now: datetime.datetime) -> int:
    """Seal up to 5,000 waiting events as one batch; returns how many. 0 when none wait or another sealer is at work."""
    with connection.cursor() as cursor:
        if not _alone(cursor):
            return 0
        ids = list(Waiting.objects.order_by("event_id").values_list("event_id", flat=True)[:BATCH])
        if not ids:
            return 0
        head = Seal.objects.order_by("-position").only("position", "head").first()
        found = chain.digests_of(cursor, ids)
        made = Seal(
            position=head.position + 1 if head else 1,
            form=chain.FORM,
            made_at=now,
            first=ids[0],
            last=ids[-1],
            count=len(ids),
            event_ids=ids,
            digests=b"".join(found.get(each, chain.GONE) for each in ids),
            previous=bytes(head.head) if head else chain.NOTHING_BEFORE,
            key_id=chain.own_key_id(),
        )
        made.head = chain.head_of(made)
        made.key_id, made.signature = chain.sign(bytes(made.head))
        made.save(force_insert=True)
        cursor.execute("DELETE FROM audit_waiting WHERE event_id = ANY(%s)", [ids])
        if cursor.rowcount != len(ids):
            raise RuntimeError("somebody else takes rows from audit_waiting")
    return len(ids)


def seal_waiting(*, now: datetime.datetime) -> int:
    """Seal everything that waits, batch by batch, and write the new head to the anchor file; returns how many."""
    sealed = 0
    while count := seal_batch(now=now):
        sealed += count
        if count < BATCH:
            break
    anchor(now=now)
    return sealed


def _append(path: str, line: str) -> None:
    """Add a line for good: on the disk when this returns. A torn line before it stays a line of its own."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, f"{chr(10) if torn else ''}{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


@transaction.atomic
def anchor(*, now: datetime.datetime) -> None:
    """Write the head to the anchor file if it is not there yet. What goes wrong is noted for the health page."""
    with connection.cursor() as cursor:
        if not _alone(cursor):
            return
    sealer, _made = Sealer.objects.get_or_create(pk=1)
    sealer.ran_at = now
    head = Seal.objects.order_by("-position").defer("event_ids", "digests").first()
    if not settings.CASEWORK_AUDIT_ANCHOR:
        sealer.trouble = "no-anchor-file"
    elif head is not None and (head.position != sealer.anchored_position or sealer.trouble == "anchor-unwritable"):
        try:
            _append(settings.CASEWORK_AUDIT_ANCHOR, chain.anchor_of(head).line())
        except OSError:
            sealer.trouble = "anchor-unwritable"
        else:
            sealer.anchored_at, sealer.anchored_position = now, head.position
            if sealer.trouble in ("anchor-unwritable", "no-anchor-file"):
                sealer.trouble = ""
    sealer.save()


def mail_anchor(*, now: datetime.datetime) -> int:
    """Mail the head to every auditor with an address, once in AUDIT_MAIL_HOURS; returns to how many.

    The mail holds position, time, head and signature, and nothing about anybody. A mail that fails is tried again with
    the next run.
    """
    sealer, _made = Sealer.objects.get_or_create(pk=1)
    pause = datetime.timedelta(hours=settings.AUDIT_MAIL_HOURS) - datetime.timedelta(minutes=5)  # the clock may jitter
    head = Seal.objects.order_by("-position").defer("event_ids", "digests").first()
    if head is None or (sealer.mailed_at is not None and now - sealer.mailed_at < pause):
        return 0
    auditors = list(
        get_user_model()
        ._default_manager.filter(
            is_active=True,
            groups__permissions__codename="read_trail",
            groups__permissions__content_type__app_label="audit",
        )
        .exclude(email="")
        .distinct()
    )
    if not auditors:
        Sealer.objects.filter(pk=1).update(trouble="nobody-to-mail")
        return 0
    with override(settings.LANGUAGE_CODE):
        subject = _("Audit trail: position %(position)d") % {"position": head.position}
        words = _(
            "Keep this mail. The line below is the state of the audit trail. If somebody changes or cuts the trail "
            "later, it no longer fits. To check, save the lines of these mails in a file and give it to "
            "verify_audit --anchor."
        )
    try:
        for auditor in auditors:
            send_mail(subject, f"{words}\n\n{chain.anchor_of(head).line()}\n", None, [auditor.email])
    except OSError:  # smtplib's errors are OSErrors
        Sealer.objects.filter(pk=1).update(trouble="mail-failed")
        return 0
    with transaction.atomic():
        act("mail_anchor", *auditors, by=None, note=str(head.position))
        sealer = Sealer.objects.select_for_update().get(pk=1)
        sealer.mailed_at, sealer.mailed_position = now, head.position
        if sealer.trouble in ("mail-failed", "nobody-to-mail"):
            sealer.trouble = ""
        sealer.save(update_fields=["mailed_at", "mailed_position", "trouble"])
    return len(auditors)


@dataclass(frozen=True)
class State:
    """What the health page and the auditors see of the seal. Times are None when it never happened."""

    position: int
    sealed_at: datetime.datetime | None
    ran_at: datetime.datetime | None
    unsealed: int
    oldest_unsealed: datetime.datetime | None
    anchored_at: datetime.datetime | None
    anchored_position: int
    mailed_at: datetime.datetime | None
    mailed_position: int
    verified_at: datetime.datetime | None
    finding: str  # the code of what the last verification found; empty when it found nothing
    trouble: str  # a code of TROUBLES, or empty
    unsealed_for: datetime.timedelta  # how long the oldest unsealed event waits

    @property
    def sound(self) -> bool:
        """Whether the last verification found nothing."""
        return self.verified_at is not None and not self.finding


def state(now: datetime.datetime) -> State:
    """The seal as it stands: cheap, whatever the length of the trail."""
    head = Seal.objects.order_by("-position").only("position", "made_at").first()
    sealer = Sealer.objects.filter(pk=1).first() or Sealer()
    waiting = Waiting.objects.all()
    oldest = waiting.order_by("event_id").values_list("event_id", flat=True).first()
    since = Event.objects.filter(pk=oldest).values_list("at", flat=True).first() if oldest else None
    last = Verification.objects.order_by("-id").first()
    return State(
        position=head.position if head else 0,
        sealed_at=head.made_at if head else None,
        ran_at=sealer.ran_at,
        unsealed=waiting.count(),
        oldest_unsealed=since,
        anchored_at=sealer.anchored_at,
        anchored_position=sealer.anchored_position,
        mailed_at=sealer.mailed_at,
        mailed_position=sealer.mailed_position,
        verified_at=last.at if last else None,
        finding=last.finding if last else "",
        trouble=sealer.trouble,
        unsealed_for=max(now - since, datetime.timedelta(0)) if since else datetime.timedelta(0),
    )
