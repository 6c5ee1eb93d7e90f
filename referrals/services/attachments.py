"""Files come to a referral, are handed out, and are struck through when they should not be there."""

import datetime
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.models import User
from casework.access.record_services import mark_in_error, require
from casework.audit import services as audit
from casework.people.models import Answer
from casework.vault import content, files
from casework.vault.content import Kind
from casework.vault.crypto import Erased, Tampered
from casework.vault.models import FileLost, StorageAway, StoredFile, VaultKey
from casework.workflow import Refused, lock
from referrals.models import Attachment, Referral, ReferralStatus
from referrals.services.reach import must_be_valid, must_reach

LONGEST_NAME = 200


@dataclass(frozen=True)
class Brought:
    """A file as somebody brings it: the name that it has with them, and what it holds."""

    name: str
    content: bytes


@transaction.atomic
def attach_files(
    *, referral: Referral, brought: Sequence[Brought], now: datetime.datetime, attached_by: User
) -> list[Attachment]:
    """Keep files with a referral: all of them, or none when one cannot be kept.

    For those who work on the referral, and for who submitted it. What is there already, to the last dot, is not kept
    twice: the row that has it is returned. Raises `Refused` with a sentence that names the file by its place among
    those brought (its name stays out of every message).
    """
    outside = Referral.objects.submitted_by(attached_by).filter(pk=referral.pk).exists()
    if outside and not Referral.objects.is_visible_to(attached_by, referral):
        require(attached_by, "referrals.submit_referral")
        fresh = _still_open(referral)
    else:
        require(attached_by, "referrals.amend_referral")
        must_reach(referral, attached_by)
        fresh = lock(referral)
        must_be_valid(fresh)
    checked = [(file, _checked(file, place, len(brought))) for place, file in enumerate(brought, 1)]
    _refuse_pictures(fresh, [found for _file, found in checked])
    rows = list(Attachment.objects.filter(referral=fresh).select_related("key", "file"))
    last = max((row.position for row in rows), default=0)
    valid = [row for row in rows if not row.entered_in_error]
    held = {row.digest: row for row in valid if row.attached_by_id == attached_by.pk}
    count = len(held) if outside else len(valid)  # whoever is outside learns nothing of what colleagues add
    kept: list[Attachment] = []
    for file, found in checked:
        print_ = content_digest(found.content, fresh.key)
        row = held.get(print_)
        if row is None:
            last, count = last + 1, count + 1
            _refuse_too_many(count)
            row = Attachment(
                key=fresh.key,
                referral=fresh,
                file=_store(found, fresh.key),
                position=last,
                kind=found.kind,
                name=plain_name(file.name),
                digest=print_,
                attached_by=attached_by,
                attached_at=now,
            )
            row.save(force_insert=True)
            held[print_] = row
            audit.act("attach_file", fresh, row, *_others(fresh), by=attached_by, fields=["file", "name"])
        kept.append(row)
    return kept


@transaction.atomic
def receive_with_files(
    *, receive: Callable[[], Referral], brought: Sequence[Brought], now: datetime.datetime, attached_by: User
) -> Referral:
    """A referral and its files: both, or neither when a file cannot be kept. Raises `Refused`."""
    referral = receive()
    if brought:
        attach_files(referral=referral, brought=brought, now=now, attached_by=attached_by)
    return referral


@transaction.atomic
def mark_attachment_in_error(*, attachment: Attachment, why: str, marked_by: User) -> Attachment:
    """A file that should not be there: it stays, struck through, and can still be opened by who sees the referral."""
    require(marked_by, "cases.mark_in_error")
    must_reach(attachment.referral, marked_by)
    referral = attachment.referral
    return mark_in_error(record=attachment, why=why, marked_by=marked_by, about=[referral, *_others(referral)])


def download_attachment(*, attachment: Attachment) -> bytes:
    """The content. Write the read to the trail first. Raises `Refused` when it cannot be had."""
    try:
        return attachment.file.read()
    except StorageAway:
        raise Refused(_("The storage of files does not answer now. Try again in some minutes.")) from None
    except FileLost:
        raise Refused(
            _("The storage has lost this file. Tell who runs this installation; it may be in a backup.")
        ) from None
    except Erased:
        raise Refused(_("What this file held is erased for good.")) from None
    except Tampered:
        raise Refused(_("This file was changed outside this application, so it is not handed out.")) from None


def reseal_attachments(referral: Referral, key: VaultKey) -> None:
    """The referral got its person: its files are opened and sealed with the person's key; the old bytes are given up.

    Call it inside the transaction, while `referral.key` is still the old key. A file that the storage has lost stays as
    it is, sealed with the old key, which is erased with the person. Raises `Refused` when the storage does not answer.
    """
    for row in Attachment.objects.filter(referral=referral).select_related("key", "file__key").order_by("position"):
        for field in row._meta.concrete_fields:
            getattr(row, field.attname)  # opens what the old key sealed
        old = row.file
        try:
            opened = old.read()
        except StorageAway:
            raise Refused(_("The storage of files does not answer now. Try again in some minutes.")) from None
        except Tampered:
            opened = None
        row.key = key
        if opened is not None:
            row.file = files.store(opened, key=key, media_type=old.media_type)
            row.digest = content_digest(opened, key)
        row.save()
        if opened is not None:
            files.forget(old)


def content_digest(held: bytes, key: VaultKey) -> str:
    """A keyed hash of a content: who has not the record's key cannot find out what it is by trying."""
    return hmac.digest(key.plain, b"attachment|" + held, "sha256").hex()


def plain_name(given: str) -> str:
    """The sender's name for a file without folders and what cannot be shown; never empty."""
    last = PurePath(given.replace("\\", "/")).name
    shown = "".join(sign for sign in last if sign.isprintable()).strip()
    return shown[-LONGEST_NAME:] or "?"


def _still_open(referral: Referral) -> Referral:
    """The submitted referral, locked. Whoever is outside is told one sentence, whatever has become of it."""
    closed = _("No more files are taken for this referral. Please contact the organisation.")
    try:
        fresh = lock(referral)
    except Refused:  # erased
        raise Refused(closed) from None
    if fresh.entered_in_error or fresh.status == ReferralStatus.DECLINED:
        raise Refused(closed)
    return fresh


def _checked(file: Brought, place: int, count: int) -> content.Checked:
    try:
        return content.check(file.content)
    except content.NotTaken as reason:
        if count == 1:
            raise Refused(str(reason), field="files") from None
        sentence = _("File %(place)d of %(count)d: %(reason)s Nothing was kept.")
        raise Refused(sentence % {"place": place, "count": count, "reason": reason}, field="files") from None


def _refuse_pictures(referral: Referral, found: Sequence[content.Checked]) -> None:
    """Of material that shows the abuse of a child nothing is kept here but its reference number.

    A document may hold a picture too; so nothing but plain text is taken.
    """
    if referral.seen_in_material == Answer.YES and any(each.kind != Kind.TEXT for each in found):
        raise Refused(
            _(
                "The person was seen in material. No pictures, films, sound or documents are kept on such a referral: "
                "write down the reference number of the material. Only plain text can be attached."
            ),
            field="files",
        )


def _refuse_too_many(count: int) -> None:
    most = settings.ATTACHMENTS_PER_REFERRAL
    if count > most:
        raise Refused(
            ngettext(
                "A referral holds at most %(most)d file. Nothing was kept.",
                "A referral holds at most %(most)d files. Nothing was kept.",
                most,
            )
            % {"most": most},
            field="files",
        )


def _store(found: content.Checked, key: VaultKey) -> StoredFile:
    try:
        return files.store(found.content, key=key, media_type=found.media_type)
    except files.TooLarge as reason:
        raise Refused(str(reason), field="files") from None
    except (IntegrityError, Erased):
        raise
    except Exception:  # each kind of storage fails in its own words, and none of them is for a page
        raise Refused(
            _("The storage of files does not answer now. Send it without the files, and attach them later."),
            field="files",
        ) from None


def _others(referral: Referral) -> list[Any]:
    return [record for record in (referral.case, referral.person) if record is not None]
