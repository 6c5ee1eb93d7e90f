"""`.visible_to(user)` and `.page_visible_to(user)`: the one way to read a record, in a shape that stays fast.

A model's QuerySet says who may see a row as a list of *principals*: filters that each use one index (the organisation
of a supervisor, the caseworker of a case, guardian's named exceptions). They are never joined by OR: page one is the
top N of each principal, merged; existence and counts go through a UNION ALL of keys. No
principal means nothing is visible.

From every principal is taken away what is *shut out*: somebody with a declared conflict of interest sees nothing of
that person, whatever role, duty or name would let them in. `SHUT_OUT` holds the one rule for it, and each QuerySet
says by which paths its rows belong to a person.
"""

import uuid
from collections.abc import Callable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

COUNT_LIMIT = 1_000

# Functions from a user to a subquery of keys of persons (`casework.cases` appends the conflicts of interest).
SHUT_OUT: list[Callable[[Any], Any]] = []


class _Open(models.Func):
    """That a path leads to nobody from whom this user is shut out, nor need it lead to anybody.

    An uncorrelated subquery: PostgreSQL reads the few keys of one user once, from a partial index, into a hash, and
    tests each row against it. The plan of the principal, its index and its order, stays what it was. Its text is made
    once: it stands in every statement about records, several times in most.
    """

    output_field = models.BooleanField()

    def __init__(self, path: str, persons: Callable[[Any], Any], user: Any) -> None:
        super().__init__(path)
        self.subquery, self.user = _statement(persons), user.pk

    def as_sql(self, compiler: SQLCompiler, *args: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        found, params = compiler.compile(self.source_expressions[0])
        return f"({found} IN ({self.subquery})) IS NOT TRUE", (*params, self.user)


@cache
def _statement(persons: Callable[[Any], Any]) -> str:
    """The subquery's SQL, with one placeholder: the user's key."""
    nobody = SimpleNamespace(pk=uuid.UUID(int=0))
    sql, params = persons(nobody).order_by().query.sql_with_params()
    if params != (nobody.pk,):
        raise ImproperlyConfigured("what shuts a user out is asked with the key of the user and nothing else")
    return str(sql)


def not_shut_out(user: Any, *paths: str) -> Q:
    """Rows that are not closed to this user: none of the paths leads to a person with whom they have a conflict."""
    return Q(*(_Open(path, persons, user) for persons in SHUT_OUT for path in paths))


class VisibleQuerySet(models.QuerySet[Any]):
    """Base of every QuerySet of a model with case data. Subclasses implement `principals`."""

    PERSON_PATHS: tuple[str, ...] = ("person",)  # lookups from a row to the persons it is about; all are asked

    def principals(self, user: Any) -> list[Q]:
        """Filters, each indexed by itself, whose union is what the user may see. Empty: nothing."""
        raise NotImplementedError

    def _live_principals(self, user: Any) -> list[Q]:
        if not (user.is_authenticated and user.is_active):
            return []
        return [principal & self.not_shut_out(user) for principal in self.principals(user)]

    def not_shut_out(self, user: Any) -> Q:
        """What a QuerySet that writes a `visible_to` of its own adds to it."""
        return not_shut_out(user, *self.PERSON_PATHS)

    def visible_to(self, user: Any) -> Self:
        """The rows that this user may see: for related lookups and exports."""
        match self._live_principals(user):
            case []:
                return self.none()
            case [only]:
                return self.filter(only)
            case several:
                keys = [self.model._base_manager.filter(principal).order_by().values("pk") for principal in several]
                return self.filter(pk__in=keys[0].union(*keys[1:], all=True))

    def one_visible_to(self, user: Any, **lookup: Any) -> Any | None:
        """The one record of this lookup, or None: principal by principal, until one of them lets the user in."""
        found = (self.filter(principal, **lookup).first() for principal in self._live_principals(user))
        return next((record for record in found if record is not None), None)

    def is_visible_to(self, user: Any, record: Any) -> bool:
        """Whether the user may see this one record, asked in the same way."""
        return any(self.filter(principal, pk=record.pk).exists() for principal in self._live_principals(user))

    def page_visible_to(
        self, user: Any, *, order_by: Sequence[str], size: int, after: tuple[Any, ...] | None = None
    ) -> list[Any]:
        """The first `size` visible rows in this order, or those that follow the key `after`: N per principal, merged.

        `order_by` names plain columns, all ascending or all descending, the last one unique; `after` holds the values
        of those columns in the last row of the page before.
        """
        names = [name.lstrip("-") for name in order_by]
        descending = order_by[0].startswith("-")
        beyond = self if after is None else self.filter(_follows(names, after, descending))
        principals = self._live_principals(user)
        if len(principals) < 2:
            return [row for only in principals for row in beyond.filter(only).order_by(*order_by)[:size]]
        # One statement: each principal reads at most `size` keys along its own index. The columns and the joins of
        # `select_related` stand in it once, for those few.
        keys = beyond.select_related(None).order_by(*order_by).values("pk")
        first, *others = [keys.filter(principal)[:size] for principal in principals]
        return list(self.filter(pk__in=first.union(*others, all=True)).order_by(*order_by)[:size])

    def count_visible_to(self, user: Any) -> int:
        """How many rows the user may see, at most 1,001: a list says “1,000+” beyond."""
        most = COUNT_LIMIT + 1
        keys = [self.filter(principal).order_by().values("pk")[:most] for principal in self._live_principals(user)]
        if len(keys) < 2:
            return sum(found.count() for found in keys)
        # Each principal reads no more than is counted; a row that two of them reach is counted once.
        return min(keys[0].union(*keys[1:]).count(), most)


def _follows(names: list[str], after: tuple[Any, ...], descending: bool) -> Q:
    """Rows after a key. The redundant range on the first column lets the index start there."""
    comparison = "lt" if descending else "gt"
    condition = Q()
    for depth in range(len(names)):
        equal = Q(**dict(zip(names[:depth], after[:depth], strict=True)))
        condition |= equal & Q(**{f"{names[depth]}__{comparison}": after[depth]})
    return Q(**{f"{names[0]}__{comparison}e": after[0]}) & condition


def named(relation: str, user: Any, permission: str, now: Any = None) -> Q:
    """The principal of guardian's named exceptions: a live (unexpired) row of a direct-foreign-key table.

    `relation` is the reverse accessor of the table (`grants`), `permission` a codename.
    """
    return Q(
        **{
            f"{relation}__user": user,
            f"{relation}__permission__codename": permission,
            f"{relation}__expires_at__gt": now or timezone.now(),
        }
    )
