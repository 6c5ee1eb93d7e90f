"""Verbs that hold for every record: asking for a permission, marking what was entered in error."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record import Record
from casework.audit import services as audit
from casework.workflow import Refused, lock

RecordT = TypeVar("RecordT", bound=Record)


def require(user: User, permission: str) -> None:
    """Raise `Refused` unless the user's role may do this. (A status change asks by itself, in `advance`.)"""
    if not user.has_perm(permission):
        raise Refused(_("Your role may not do this."), permission=permission)


def require_visible(record: Any, user: User) -> None:
    """Raise `Refused` for a record that the user does not see, also when a page forgot to ask.

    In the words of `require`: whoever guesses a number learns nothing from them.
    """
    if not type(record).objects.is_visible_to(user, record):
        raise Refused(_("Your role may not do this."))


@transaction.atomic
def mark_in_error(*, record: RecordT, why: str, marked_by: User, about: Sequence[models.Model] = ()) -> RecordT:
    """Mark a record as entered in error: it stays, struck through, and leaves every figure.

    `about` names further records for the trail (the case, the person). Returns the locked, saved record. Raises
    `Refused` when there is no reason, or when somebody has marked it before.
    """
    require(marked_by, "cases.mark_in_error")
    if not why.strip():
        raise Refused(_("Say why this was entered in error."), field="why")
    fresh = lock(record)
    if fresh.entered_in_error:
        raise Refused(_("This is already marked as entered in error."))
    fresh.error_at, fresh.error_by, fresh.error_why = timezone.now(), marked_by, why.strip()
    fresh.version += 1
    fresh.save()
    audit.act("mark_in_error", fresh, *about, by=marked_by, fields=["error_at", "error_by", "error_why"])
    return fresh
