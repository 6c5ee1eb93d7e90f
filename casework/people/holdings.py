"""What the product holds about a person: each app declares its tables in a module of its own named `held`.

From these declarations the answer to an access request is compiled, erasure finds what it must erase and what stands in
its way, and the retention schedule finds what is due. A test walks every model and fails on one that nobody declared.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from casework.access.models import Organisation
from casework.people.models import Person
from casework.vault import erasures

# Why something is not shown to the person: a word each.
GROUNDS: dict[str, Any] = {
    "others": _("Withheld: data of another person"),
    "staff": _("Withheld: names of staff"),
    "reasons": _("Withheld: reasons given in confidence for oversight"),
    "protection": _("Withheld: the safety of somebody would be at risk"),
    "proceedings": _("Withheld: a court procedure would be at risk"),
}
Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Subject:
    """Whose records: a person's, or those of one referral that is about nobody in particular (`number`)."""

    organisation_id: Any
    person: Person | None = None
    number: str = ""


@dataclass(frozen=True)
class Held:
    """One table with data of a person.

    `path` leads from a row to its person (`case__person`; `pk` of the person itself), `lone` to the number of a
    referral without a person. `shown` maps what the person is told to a label, or to a label and how the value is said;
    `withheld` maps a field to a word of `GROUNDS`; `apart` names columns that say nothing (keys, versions). Together
    they name every column. `also` finds further rows by the person's key: of somebody who was linked to them without
    being written down again.
    """

    model: type[models.Model]
    title: Any
    path: str
    shown: Mapping[str, Any]
    withheld: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    lone: str = ""
    also: Callable[[Any], models.Q] | None = None

    def rows(self, subject: Subject) -> models.QuerySet[Any]:
        """This subject's rows. For the vault and the worker: what a user may see goes through `visible_to`."""
        every = self.model._base_manager.all()
        if subject.person is not None:
            wanted = models.Q(**{self.path: subject.person.pk})
            return every.filter(wanted | self.also(subject.person.pk) if self.also else wanted)
        return every.filter(**{self.lone: subject.number}) if self.lone else every.none()


@dataclass(frozen=True)
class Block:
    """Something that stands in the way of an erasure: a code for the trail, a sentence for the page."""

    code: str
    sentence: Any


@dataclass(frozen=True)
class Kept:
    """One record of the retention schedule: its class and the day from which it need not be kept; None is never."""

    person: Person | None
    number: str
    record_class: str
    ended_on: datetime.date
    due_on: datetime.date | None


HELD: dict[str, Held] = {}
EXEMPT: dict[str, str] = {}
BLOCKS: list[Callable[[Subject, datetime.datetime], Iterable[Block]]] = []
SCHEDULES: list[Callable[..., Iterator[Kept]]] = []
ENDINGS: list[Callable[[list[Any]], object]] = []

# What every record has and nobody is told.
BOOKKEEPING = frozenset(
    {"id", "key", "version", "created_at", "imported", "external_key", "external_print", "error_at", "error_by"}
)


def declare(held: Held) -> None:
    """Say what a table holds about a person. A table is declared once."""
    HELD[held.model._meta.label] = held


def exempt(model: type[models.Model], why: str) -> None:
    """Say why a table that leads to a person is not part of an answer."""
    EXEMPT[model._meta.label] = why


def blocks(found: Callable[[Subject, datetime.datetime], Iterable[Block]]) -> Any:
    """Register what stands in the way of an erasure: called under lock, at every step."""
    BLOCKS.append(found)
    return found


def schedule(found: Callable[..., Iterator[Kept]]) -> Any:
    """Register records of the retention schedule: `found(organisation_id=, person=None, ended_by=None)`."""
    SCHEDULES.append(found)
    return found


def ends(act: Callable[[list[Any]], object]) -> Any:
    """Register what ends with a key beside the fields it sealed (grants). Called with the ids of destroyed keys."""
    ENDINGS.append(act)
    return act


def end(keys: Sequence[Any]) -> None:
    """Everything that ends with these keys; the vault calls it while it destroys them."""
    for act in ENDINGS:
        act(list(keys))


erasures.ON_ERASE.append(end)


def in_the_way(subject: Subject, now: datetime.datetime) -> list[Block]:
    """Everything that forbids erasing this subject now."""
    return [block for found in BLOCKS for block in found(subject, now)]


def kept(organisation: Organisation | Any, **narrowed: Any) -> Iterator[Kept]:
    """The records of the schedule, of an organisation or of one person."""
    for found in SCHEDULES:
        yield from found(organisation_id=getattr(organisation, "pk", organisation), **narrowed)


def keys_of(subject: Subject) -> set[Any]:
    """The ids of every key that seals something of this subject and of nobody else."""
    found: set[Any] = set()
    for held in HELD.values():
        if any(each.name == "key" for each in held.model._meta.concrete_fields):
            found |= set(held.rows(subject).values_list("key", flat=True))
    return found


def counts_of(subject: Subject) -> dict[str, int]:
    """How many rows of each table there are, by label; tables without any are left out."""
    counted = {label: held.rows(subject).count() for label, held in HELD.items()}
    return {label: count for label, count in counted.items() if count}
