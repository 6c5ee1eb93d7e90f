"""Writing many rows at once: PostgreSQL's COPY, with the values that Django's fields would save, sealed ones sealed."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import sql

AT_ONCE = 2_000
_SERIAL = ("AutoField", "BigAutoField", "SmallAutoField")


def copy_in(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Insert unsaved instances of one model. Keys that the database gives are left to it and not fetched back."""
    instances = iter(rows)
    while chunk := list(islice(instances, AT_ONCE)):
        _copy(model, chunk)


def _copy(model: type[models.Model], instances: Sequence[models.Model]) -> None:
    fields = [field for field in model._meta.concrete_fields if field.get_internal_type() not in _SERIAL]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields]),
    )
    connection = connections[DEFAULT_DB_ALIAS]  # itself: the usual proxy costs a look-up for every cell
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for instance in instances:
            copy.write_row([_prepared(field, instance, connection) for field in fields])


def _prepared(field: Any, instance: models.Model, connection: Any) -> Any:
    return field.get_db_prep_save(field.pre_save(instance, add=True), connection=connection)
