"""Writing the trail. If it cannot be written, nothing is shown and nothing is done."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest

from casework.audit.models import Event, Kind

_REFERENCE = re.compile(r"[RCDPOWAS]-\d{4}-\d{1,9}|[0-9a-f-]{36}")


def _event(
    kind: str, verb: str, actor: Any, subjects: Iterable[models.Model], fields: Iterable[str], note: str
) -> Event:
    held = list(subjects)
    signed_in = actor is not None and actor.is_authenticated
    return Event(
        kind=kind,
        verb=verb,
        actor=actor if signed_in else None,
        organisation_id=actor.organisation_id if signed_in else None,
        subjects=[str(subject.pk) for subject in held],
        labels=[subject._meta.label_lower for subject in held],
        fields=sorted(fields),
        note=note,
    )


def act(verb: str, *subjects: models.Model, by: Any, fields: Iterable[str] = (), note: str = "") -> None:
    """Record an act in the transaction of the service that does it.

    `subjects` are the records concerned (name the case and the person among them, so that their own trail shows it).
    Raises RuntimeError outside a transaction: an act and its trace stand or fall together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"audit.act({verb!r}) must be called inside the act's transaction")
    _event(Kind.ACT, verb, by, subjects, fields, note).save()


def read(request: HttpRequest, verb: str, *subjects: models.Model, note: str = "") -> None:
    """Record that a page shows these records: committed before the page is rendered, one row per page."""
    with transaction.atomic(durable=not _in_test_transaction()):
        _event(Kind.READ, verb, request.user, subjects, (), note).save()


def refuse(user: Any, verb: str, *subjects: models.Model, note: str = "") -> None:
    """Record a refusal in a transaction of its own, so that rolling the act back keeps its trace."""
    with transaction.atomic(durable=not _in_test_transaction()):
        _event(Kind.REFUSAL, verb, user, subjects, (), note).save()


def trace_refusal(request: HttpRequest) -> None:
    """Record that the view of this request refused: its name, and the number or key in its address."""
    match = request.resolver_match
    if match is None:
        refuse(request.user, "page")
        return
    key = str(next(iter(match.kwargs.values()), ""))
    note = key if _REFERENCE.fullmatch(key) else ""  # an address may hold anything that somebody typed
    refuse(request.user, (match.url_name or "page").replace("-", "_")[:60], note=note)


def _in_test_transaction() -> bool:
    """Whether the only open transaction is the one a test wraps around itself (Django marks it)."""
    blocks = transaction.get_connection().atomic_blocks
    return bool(blocks) and all(getattr(block, "_from_testcase", False) for block in blocks)
