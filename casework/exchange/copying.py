"""Writing many rows at once: PostgreSQL's COPY, with the values that Django's fields would save, sealed ones sealed."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import sql

from casework.vault.fields import EncryptedField

AT_ONCE = 2_000
_SERIAL = ("AutoField", "BigAutoField", "SmallAutoField")
# Fields whose attribute psycopg writes as it is: a field's own preparation would only hand it through, cell by cell.
_AS_IT_IS = (
    models.BooleanField,
    models.CharField,
    models.DateField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
    models.UUIDField,
)


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
    cells = [_cell(field, connection) for field in fields]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for instance in instances:
            copy.write_row([cell(instance) for cell in cells])


def _cell(field: Any, connection: Any) -> Callable[[models.Model], Any]:
    """What gives a field's cell of an instance."""
    timed = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if isinstance(field, EncryptedField) or timed:
        return lambda instance: field.pre_save(instance, True)  # sealed, or the moment of writing
    items = field.base_field if isinstance(field, ArrayField) else field
    if isinstance(items, _AS_IT_IS):
        return attrgetter(field.attname)

    def prepared(instance: models.Model) -> Any:
        return field.get_db_prep_save(field.pre_save(instance, add=True), connection=connection)

    return prepared
