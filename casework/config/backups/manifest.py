"""What a backup must bring back: row counts, migrations, the head of the audit trail, and sealed samples.

Everything is read in one snapshot of the database, the one that pg_dump copies.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from casework.audit.models import Event
from casework.config.backups.programs import server_version
from casework.config.backups.stream import Damaged
from casework.vault import crypto
from casework.vault.fields import EncryptedField
from casework.vault.models import Sealed

# Tables whose rows stay behind: a restored installation asks everybody to sign in again.
LEFT_BEHIND = ("django_session", "access_session")
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What `making` writes and `restoring` compares."""

    made_at: str
    version: str  # of the product
    postgres: int  # major version of the server
    migrations: list[str]  # app.name
    counts: dict[str, int]  # rows of every table
    audit_head: list[Any]  # newest event: id and time; empty without any
    keys: dict[str, str]  # fingerprints of the keys at hand
    samples: list[dict[str, str]] = field(default_factory=list)
    format: int = FORMAT

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> "Manifest":
        try:
            read = dict(json.loads(raw))
            return cls(**{each.name: read[each.name] for each in fields(cls)})
        except (ValueError, KeyError, TypeError):
            raise Damaged("The list of contents of this backup cannot be read. Take another copy of it.") from None


def left_behind() -> set[str]:
    """Tables whose rows stay behind: a restored installation asks everybody to sign in again."""
    in_use = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    return {"django_session", in_use._meta.db_table}


def counts(using: str = "owner") -> dict[str, int]:
    """The exact number of rows of every table."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL row_security = off")  # an error rather than fewer rows
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  (a table's name)
            found[table] = 0 if table in left_behind() else cursor.fetchone()[0]
    return found


def applied(using: str = "owner") -> list[str]:
    """The migrations that the database has."""
    loader = MigrationLoader(connections[using])
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations)


def unapplied(using: str = "owner") -> bool:
    """Whether this version brings migrations that the database has not had."""
    executor = MigrationExecutor(connections[using])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def known_to_the_code() -> set[str]:
    """The migrations that this version of the product brings."""
    loader = MigrationLoader(None)
    names = {f"{app}.{name}" for app, name in loader.disk_migrations}
    return names | {f"{app}.{old}" for (app, _), made in loader.disk_migrations.items() for _, old in made.replaces}


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"casework key fingerprint|" + key).hexdigest()[:16]


def fingerprints() -> dict[str, str]:
    """A short hash of every key-encryption key at hand, by name: tells keys apart without telling the keys."""
    return {name: _fingerprint(key) for name, key in crypto.parse_keys(settings.CASEWORK_KEYS).items()}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()


def samples(using: str = "owner") -> list[dict[str, str]]:
    """Of every encrypted column one value that opens today, as a hash of what it says."""
    found = []
    for model in apps.get_models():
        if not issubclass(model, Sealed):
            continue
        for column in model._meta.concrete_fields:
            if not isinstance(column, EncryptedField):
                continue
            living = model._default_manager.using(using).filter(
                key__destroyed_at=None, **{f"{column.name}__isnull": False}
            )
            row = living.select_related("key").order_by("pk").first()
            if row is not None:
                value = getattr(row, column.name)
                found.append(
                    {"model": model._meta.label, "pk": str(row.pk), "field": column.name, "says": _digest(value)}
                )
    return found


def wrong_samples(expected: list[dict[str, str]], using: str = "owner") -> list[str]:
    """The samples that do not say what they said: `Model.field` of each."""
    wrong = []
    for sample in expected:
        try:
            model: Any = apps.get_model(sample["model"])
            row = model._default_manager.using(using).select_related("key").get(pk=sample["pk"])
            same = _digest(getattr(row, sample["field"])) == sample["says"]
        except (LookupError, AttributeError):  # a model or a field that a later version has no more
            continue
        except (crypto.Tampered, crypto.Erased, Sealed.DoesNotExist, ValueError):
            same = False
        if not same:
            wrong.append(f"{sample['model']}.{sample['field']}")
    return wrong


def read_now(*, now: Any, using: str = "owner") -> Manifest:
    """The manifest of the database as the open transaction of `using` sees it."""
    head = Event.objects.using(using).order_by("-id").values_list("id", "at").first()
    return Manifest(
        made_at=now.isoformat(),
        version=settings.VERSION,
        postgres=server_version(using) // 10_000,
        migrations=applied(using),
        counts=counts(using),
        audit_head=[head[0], head[1].isoformat()] if head else [],
        keys=fingerprints(),
        samples=samples(using),
    )
