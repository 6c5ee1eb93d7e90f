"""Record keys. Destroying one erases everything that it sealed."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from casework.vault import crypto


class KeyClass(models.TextChoices):
    RECORD = "record"
    PROTECTED = "protected"  # shelter addresses and protected identities


class VaultKey(models.Model):
    """The key of one record root (a person, or a referral without one), wrapped by a key outside the database."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_class = models.CharField(max_length=16, choices=KeyClass, default=KeyClass.RECORD)
    wrapped = models.BinaryField(null=True)
    wrapped_by = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="vaultkey_destroyed_or_wrapped",
                condition=Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | Q(wrapped__isnull=True, destroyed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    def __getstate__(self) -> dict[str, Any]:
        """Never carry the plain key into a pickle (a cache, a task)."""
        state = super().__getstate__()
        state.pop("_plain", None)
        return state

    @classmethod
    def fresh(cls, key_class: str = KeyClass.RECORD) -> "VaultKey":
        """A new key, not yet saved, already usable for sealing."""
        plain = crypto.new_key()
        made = cls(key_class=key_class)
        made.wrapped_by, made.wrapped = crypto.wrap(plain, label=str(made.id))
        made._plain = plain
        return made

    @classmethod
    def make(cls, key_class: str = KeyClass.RECORD) -> "VaultKey":
        """A new key, saved."""
        made = cls.fresh(key_class)
        made.save(force_insert=True)
        return made

    _plain: bytes | None = None

    @property
    def plain(self) -> bytes:
        """The key itself, kept on this instance only. Raises `crypto.Erased` when it was destroyed."""
        if self._plain is None:
            if self.wrapped is None:
                raise crypto.Erased(str(self.id))
            self._plain = crypto.unwrap(bytes(self.wrapped), wrapped_by=self.wrapped_by, label=str(self.id))
        return self._plain


class Sealed(models.Model):
    """A row with encrypted fields: it names the key that seals it. Fetch lists with `select_related("key")`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.ForeignKey(VaultKey, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        abstract = True
