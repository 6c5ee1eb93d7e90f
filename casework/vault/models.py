"""Record keys. Destroying one erases everything that it sealed."""

import hashlib
import uuid
from typing import Any

import pgtrigger
from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.models import Q

from casework.vault import crypto
from casework.vault.fields import place

LARGEST_FILE = 25 * 1024 * 1024  # bytes; what a form takes, too
SEAL = len(crypto.VERSION) + crypto.NONCE + 16  # bytes that sealing adds; the last are AES-GCM's tag


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
    # The key that seals anew what this one sealed (a referral got its person): erased with it, for older dumps.
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced")

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, unless the key was destroyed: then nothing may be written as if it could be read again.

        Raises `crypto.Erased`. The key's row is held until the transaction ends, so that an erasure waits for what is
        being written and sees it.
        """
        refuse_erased(self.key_id)
        super().save(*args, **kwargs)

    @property
    def erased(self) -> bool:
        """Whether the key is gone: the row counts in figures and says nothing of anybody."""
        return self.key.wrapped is None and self.key.destroyed_at is not None


def refuse_erased(key_id: Any) -> None:
    """Raise `crypto.Erased` when this key is destroyed; hold it against destruction while the transaction lasts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT destroyed_at IS NOT NULL FROM vault_vaultkey WHERE id = %s FOR SHARE", [key_id])
        found = cursor.fetchone()
    if found is not None and found[0]:
        raise crypto.Erased(str(key_id))


class ErasedKey(models.Model):
    """One line of the erasure list (`vault.erasures`): a key that was destroyed on purpose, and when. Only added to."""

    id = models.BigAutoField(primary_key=True)
    key_id = models.UUIDField(unique=True)  # no foreign key: a restored database may not have it
    at = models.DateTimeField()
    opened_by = models.JSONField(default=list)  # names of the key-encryption keys that could open it until then

    class Meta:
        default_permissions = ()
        triggers = [pgtrigger.Protect(name="only_grows", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.key_id)

    def entry(self) -> Any:
        from casework.vault.erasures import Entry

        return Entry(self.key_id, self.at, tuple(self.opened_by))


class FileLost(crypto.Tampered):
    """The storage no longer has the bytes of a file, or other bytes in their place."""


class StorageAway(Exception):
    """The storage does not answer: the file may be there all the same."""


class StoredFile(Sealed):
    """A file in the storage, sealed with its record's key and bound to this row. Written by `vault.files` alone."""

    name = models.CharField(max_length=80, unique=True, editable=False)  # random: it says nothing of what it holds
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes, before sealing
    sha256 = models.BinaryField(max_length=32)  # of the sealed bytes
    stored_at = models.DateTimeField(auto_now_add=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="storedfile_fits", condition=Q(size__lte=LARGEST_FILE))]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def place(self) -> str:
        """Where the sealed bytes belong: moved to another row, they do not open."""
        return place(self._meta.db_table, self.pk, "content", self.key_id)

    def read(self) -> bytes:
        """The content. Raises `crypto.Erased` when it was forgotten or its key destroyed, `FileLost` when the storage
        has lost it or has other bytes, `StorageAway` when that cannot be known now, `crypto.Tampered` when they do not
        open here; never anything but the content.
        """
        if self.forgotten_at is not None:
            raise crypto.Erased(str(self.id))
        plain_key = self.key.plain
        try:
            with default_storage.open(self.name, "rb") as file:
                sealed = file.read(self.size + SEAL + 1)  # a byte more than there may be
        except FileNotFoundError:
            raise FileLost(f"the storage has no file for {self.id}") from None
        except Exception as problem:  # each kind of storage fails in its own words
            raise StorageAway(type(problem).__name__) from None
        if hashlib.sha256(sealed).digest() != bytes(self.sha256):
            raise FileLost(f"the storage holds other bytes for {self.id} than were stored")
        return crypto.open_sealed(sealed, key=plain_key, place=self.place)
