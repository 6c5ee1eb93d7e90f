"""Every encrypted field of every model, found and not listed: what was moved, changed or sealed with another key is an
error and never a value."""

import contextlib
import datetime
import uuid

import pytest
from django.apps import apps
from django.db import connections, transaction

from casework.vault import crypto
from casework.vault.fields import Ciphertext, EncryptedDateField, EncryptedField, EncryptedJSONField
from casework.vault.models import Sealed, VaultKey
from tests.support.world import make_world

pytestmark = pytest.mark.django_db

FIELDS = [
    (model, field)
    for model in apps.get_models()
    if not model._meta.proxy  # the same columns
    for field in model._meta.concrete_fields
    if isinstance(field, EncryptedField)
]
MODELS = sorted({model for model, _field in FIELDS}, key=lambda model: model._meta.label)
NAMES = [f"{model._meta.label}.{field.name}" for model, field in FIELDS]


def sample(field):
    if isinstance(field, EncryptedDateField):
        return datetime.date(2004, 2, 29)
    if isinstance(field, EncryptedJSONField):
        return [{"given": "Živka", "family": "Канаринац"}]
    return "Живка из Užica"


def sealed(model, field, *, pk, key, value=None):
    row = model(pk=pk, key=key)
    setattr(row, field.name, sample(field) if value is None else value)
    return bytes(field.pre_save(row, add=True))


def read(model, field, ciphertext, *, pk, key):
    row = model(pk=pk, key=key)
    row.__dict__[field.attname] = Ciphertext(ciphertext)
    return getattr(row, field.name)


@pytest.fixture
def keys():
    return VaultKey.make(), VaultKey.make()


def test_the_fields_are_found():
    assert {"people.Person.names", "people.Person.birth_date", "cases.Note.body"} <= set(NAMES)
    assert all(issubclass(model, Sealed) for model in MODELS)
    assert len(FIELDS) >= 40


@pytest.mark.asvs("11.3.3")
@pytest.mark.parametrize(("model", "field"), FIELDS, ids=NAMES)
def test_only_its_own_place_and_key_open_it(model, field, keys):
    key, other = keys
    pk, another = uuid.uuid4(), uuid.uuid4()
    held = sealed(model, field, pk=pk, key=key)
    assert read(model, field, held, pk=pk, key=key) == sample(field)
    assert "Живка".encode() not in held and "Канаринац".encode() not in held

    with pytest.raises(crypto.Tampered):  # another row
        read(model, field, held, pk=another, key=key)
    with pytest.raises(crypto.Tampered):  # another record's key
        read(model, field, held, pk=pk, key=other)
    for at in range(len(held)):  # every byte
        changed = bytearray(held)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(crypto.Tampered):
            read(model, field, bytes(changed), pk=pk, key=key)
    for cut in (held[:-1], held[1:], held + b"\0", held[:13], b"\x01"):
        with pytest.raises(crypto.Tampered):
            read(model, field, cut, pk=pk, key=key)
    for plain in (b"", b"plain", b'"plain"', b"2004-02-29", b"[]"):
        with pytest.raises(crypto.Tampered):
            read(model, field, plain, pk=pk, key=key)


def test_no_column_opens_in_another_of_any_model(keys):
    """The same row number and the same key in every table: each ciphertext in each other column."""
    key, _other = keys
    pk = uuid.uuid4()
    held = [(model, field, sealed(model, field, pk=pk, key=key)) for model, field in FIELDS]
    for model, field, own in held:
        for _model, _field, foreign in held:
            if foreign is own:
                continue
            with pytest.raises(crypto.Tampered):
                read(model, field, foreign, pk=pk, key=key)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_wrapped_key_opens_under_its_own_name_and_row_only(model, keys, settings):
    key, other = keys
    field = next(field for each, field in FIELDS if each is model)
    pk = uuid.uuid4()
    held = sealed(model, field, pk=pk, key=key)
    VaultKey.objects.filter(pk=key.pk).update(wrapped=bytes(other.wrapped))  # another record's wrapped key
    with pytest.raises(crypto.Tampered):
        read(model, field, held, pk=pk, key=VaultKey.objects.get(pk=key.pk))
    VaultKey.objects.filter(pk=key.pk).update(wrapped=bytes(key.wrapped), wrapped_by="nobody")
    with pytest.raises(crypto.Tampered):
        read(model, field, held, pk=pk, key=VaultKey.objects.get(pk=key.pk))
    VaultKey.objects.filter(pk=key.pk).update(wrapped_by=key.wrapped_by)
    assert read(model, field, held, pk=pk, key=VaultKey.objects.get(pk=key.pk)) == sample(field)


def test_columns_and_rows_exchanged_in_the_tables_themselves(cast):
    """A world of records: in each table, the sealed columns of a row, and those of two rows, are exchanged in SQL."""
    make_world(cast)
    exchanged, opened = 0, []
    for model in MODELS:
        fields = [field for each, field in FIELDS if each is model]
        rows = list(model._default_manager.order_by("pk")[:20])
        for field in fields if updatable(model) else ():
            held = [row for row in rows if isinstance(row.__dict__[field.attname], Ciphertext)]
            for row in held[:1]:
                others = [
                    each for each in fields if each is not field and isinstance(row.__dict__[each.attname], Ciphertext)
                ]
                sources = [(each.column, row.pk) for each in others]
                sources += [(field.column, another.pk) for another in held[1:2]]
                for source in sources:
                    exchanged += 1
                    with contextlib.suppress(crypto.Tampered):
                        opened.append((model, field.name, source, read_exchanged(model, field, row.pk, source)))
    assert opened == []
    assert exchanged > 30


@transaction.atomic
def read_exchanged(model, field, pk, source):
    column, source_pk = source
    table = model._meta.db_table
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET "{field.column}" = (SELECT "{column}" FROM "{table}" WHERE id = %s) WHERE id = %s',
            [source_pk, pk],
        )
        assert cursor.rowcount == 1
    return getattr(model._default_manager.select_related("key").get(pk=pk), field.name)


def updatable(model):
    """Whether the app's role may change rows here at all: append-only tables refuse already."""
    table = model._meta.db_table
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, 'UPDATE') AND NOT EXISTS (SELECT FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND NOT tgisinternal AND (tgtype & 16) <> 0)",
            [table, table],
        )
        return cursor.fetchone()[0]
