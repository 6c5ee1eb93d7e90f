"""Status changes: a table of moves per record, and `advance()`, the only thing that changes a status.

    MOVES = [
        Move("initiate_case", ("received",), "initiated", "referrals.initiate_case"),
        Move("decline_referral", ("received",), "declined", "referrals.decline_referral"),
    ]
    register(Referral, MOVES)
    advance(referral, "initiate_case", by=user)

`manage.py workflows` draws every registered table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from casework.audit import services as audit
from casework.vault import crypto
from casework.vault.models import Sealed, refuse_erased


class Refused(Exception):
    """A refusal that a person can act on. `sentence` is shown as it is; `data` carries what the sentence is about.

    `field` names the form field the sentence belongs to, if there is one.
    """

    def __init__(self, sentence: str | Promise, *, field: str | None = None, **data: Any) -> None:
        super().__init__(str(sentence))
        self.sentence, self.field, self.data = str(sentence), field, data


class Stale(Refused):
    """Somebody saved this record since the form was opened. `record` is what is saved now."""

    def __init__(self, record: models.Model) -> None:
        super().__init__(_("Somebody else saved this record while you were writing. Nothing of yours is lost."))
        self.record = record


def erased_sentence() -> str:
    """What everybody is told who writes into a record that was erased meanwhile."""
    return _("What this record held is erased for good. Nothing can be written into it. Copy your text if you need it.")


@dataclass(frozen=True)
class Move:
    """One permitted change of status. A `guard` raises `Refused` when the record's state forbids the move."""

    verb: str
    sources: tuple[str, ...]
    target: str
    permission: str
    guard: Callable[[Any], None] | None = None


TABLES: dict[type[models.Model], dict[str, Move]] = {}
Record = TypeVar("Record", bound=models.Model)


def register(model: type[models.Model], moves: Sequence[Move]) -> None:
    """Declare a model's table of moves. A verb stands once in a table."""
    table = {move.verb: move for move in moves}
    if len(table) != len(moves):
        raise ValueError(f"{model.__name__}: a verb stands twice")
    TABLES[model] = table


def may(record: models.Model, verb: str, user: Any) -> bool:
    """Whether the page should offer this move: status fits and the role may. The guard still has its say."""
    move = TABLES[type(record)][verb]
    return record.status in move.sources and user.has_perm(move.permission)  # type: ignore[attr-defined]


def lock(record: Record, *, version: int | None = None) -> Record:
    """The record, locked for update and read afresh. With `version`, raises `Stale` if it was saved since.

    Raises `Refused` when what the record held is erased: nothing can be written into it.
    """
    # no_key: lets rows that point at this one be inserted meanwhile; of=self: joined rows stay free
    fresh = type(record)._base_manager.select_for_update(no_key=True, of=("self",)).get(pk=record.pk)
    if isinstance(fresh, Sealed):
        try:
            refuse_erased(fresh.key_id)
        except crypto.Erased:
            raise Refused(erased_sentence()) from None
    if version is not None and fresh.version != version:  # type: ignore[attr-defined]
        raise Stale(fresh)
    return fresh


@transaction.atomic
def advance(record: Record, verb: str, *, by: Any, about: Sequence[models.Model] = (), **changes: Any) -> Record:
    """Move a record to another status: lock, check permission, source status and guard, set `changes`, save, audit.

    `about` names further records for the trail (the case, the person). Returns the locked, saved record; the instance
    passed in gets the same values. Raises `Refused`.
    """
    move = TABLES[type(record)][verb]
    fresh = lock(record)
    if not by.has_perm(move.permission):
        raise Refused(_("Your role may not do this."), verb=verb)
    if fresh.status not in move.sources:  # type: ignore[attr-defined]
        raise Refused(
            _("This cannot be done now: the record is “%(status)s”. Open it again to see what happened meanwhile.")
            % {"status": fresh.get_status_display()},  # type: ignore[attr-defined]
            verb=verb,
            status=fresh.status,  # type: ignore[attr-defined]
        )
    for name, value in changes.items():
        setattr(fresh, name, value)
    if move.guard is not None:
        move.guard(fresh)
    fresh.status = move.target  # type: ignore[attr-defined]
    if hasattr(fresh, "version"):
        fresh.version += 1
    fresh.save()
    audit.act(verb, fresh, *about, by=by, fields=["status", *changes])
    for field in fresh._meta.concrete_fields:
        setattr(record, field.attname, getattr(fresh, field.attname))
    return fresh
