"""Encrypted model fields: a descriptor that opens on access, sealed again in `pre_save`.

The model must derive from `vault.models.Sealed`. Reading opens the seal with the row's key; `save()` and
`bulk_create()` seal. Once the key is destroyed, text reads *Erased* and everything else None. `.update()`,
`bulk_update()` and every lookup but `isnull` are refused, because they would put plain text into SQL.
"""

import datetime
import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext

from casework.vault import crypto


class Ciphertext(bytes):
    """Sealed bytes on their way to or from the database."""


def place(table: str, row: Any, column: str, key_id: Any) -> str:
    """The associated data of a field: where the ciphertext belongs."""
    return f"{table}|{row}|{column}|{key_id}"


def seal_value(value: Any, *, key: Any, table: str, row: Any, column: str) -> Ciphertext:
    """Seal one value (anything JSON can hold, or a date) for one place. `key` is a `VaultKey`."""
    if isinstance(value, datetime.date):
        value = value.isoformat()
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Ciphertext(crypto.seal(plain, key=key.plain, place=place(table, row, column, key.id)))


class _Opened:
    """What a descriptor keeps on the instance: the value and the ciphertext it came from, if any."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Descriptor(DeferredAttribute):
    field: "EncryptedField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        held = super().__get__(instance, cls)
        if isinstance(held, Ciphertext):
            try:
                key = instance.key.plain
            except crypto.Erased:
                return self.field.erased()  # what is sealed stays as it is, also when the row is saved
            opened = crypto.open_sealed(held, key=key, place=self.field.place_of(instance))
            value = self.field.from_json(json.loads(opened))
            instance.__dict__[self.field.attname] = _Opened(value)
            return value
        return held.value if isinstance(held, _Opened) else held

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value if isinstance(value, Ciphertext) else _Opened(value)


if TYPE_CHECKING:
    _BinaryField = models.Field[Any, Any]  # what is read and written is the value, not the bytes
else:
    _BinaryField = models.BinaryField


class EncryptedField(_BinaryField):
    """Base of the encrypted fields; the column holds ciphertext, empty text is kept as NULL."""

    descriptor_class = _Descriptor
    empty_values = [None, "", b"", [], {}]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["null"] = True
        kwargs.setdefault("blank", True)
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        for implied in ("null", "blank", "editable"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs

    def place_of(self, instance: Any) -> str:
        return place(self.model._meta.db_table, instance.pk, str(self.column), instance.key_id)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def from_json(self, value: Any) -> Any:
        return value

    def empty(self) -> Any:
        return ""

    def erased(self) -> Any:
        """What a page is given once the key is destroyed; whoever asks the key itself gets `crypto.Erased`."""
        return None

    def pre_save(self, instance: Any, add: bool) -> Ciphertext | None:
        held = instance.__dict__.get(self.attname)
        if isinstance(held, Ciphertext):
            return held
        value = held.value if isinstance(held, _Opened) else held
        if value in self.empty_values:
            return None
        return seal_value(
            value, key=instance.key, table=self.model._meta.db_table, row=instance.pk, column=str(self.column)
        )

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Ciphertext):
            raise FieldError(f"{self.name} is encrypted: save the record instead of updating it in SQL.")
        return super().get_db_prep_value(None if value is None else bytes(value), connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched; use the blind index.")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: Any) -> str:
        raise FieldError(f"{self.name} is encrypted and is not serialised.")

    def formfield(self, **kwargs: Any) -> Any:
        raise FieldError(f"{self.name} is encrypted: declare its form field by hand.")


class _TextDescriptor(_Descriptor):
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return "" if value is None else value


class EncryptedTextField(EncryptedField):
    """Text; not known is the empty string, and what was erased says so."""

    descriptor_class = _TextDescriptor

    def erased(self) -> str:
        return gettext("Erased")


class EncryptedDateField(EncryptedField):
    """A date, or None."""

    def from_json(self, value: Any) -> datetime.date | None:
        return None if value is None else datetime.date.fromisoformat(value)


class EncryptedJSONField(EncryptedField):
    """Lists and dictionaries of JSON values, or None. Assign a new value to change it: it is not watched in place."""
