"""What a real installation begins with: keys, a look at what it stands on, an organisation, two accounts."""

import base64
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from django.utils.text import slugify

from casework.access import account_services, services
from casework.access.grants import Role
from casework.access.models import Organisation, OrganisationKind, User
from casework.audit import services as audit
from casework.config.backups import manifest
from casework.config.backups.programs import server_version
from casework.workflow import Refused

LOCK = 0x73657475  # the advisory lock under which the first accounts are made
LARGEST_SKEW_SECONDS = 5.0


class SetUpProblem(Exception):
    """The message is a sentence for the person at the terminal."""


# --- Keys -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Secret:
    """A setting that must be secret, the name of its file among docker secrets, and a value for it."""

    setting: str
    file: str
    value: str


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def missing_secrets() -> list[Secret]:
    """Fresh values for the keys that are not set; none when all are."""
    try:
        signs = bool(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django refuses to hand out an empty one
        signs = False
    wanted = (
        (signs, "CASEWORK_SECRET_KEY", "secret_key", lambda: secrets.token_urlsafe(50)),
        (settings.CASEWORK_KEYS, "CASEWORK_KEYS", "keys", lambda: f"k1:{_key()}"),
        (settings.CASEWORK_INDEX_KEY, "CASEWORK_INDEX_KEY", "index_key", _key),
        (settings.CASEWORK_AUDIT_KEY, "CASEWORK_AUDIT_KEY", "audit_key", _key),
    )
    return [Secret(setting, file, make()) for there, setting, file, make in wanted if not there]


def write_secrets(made: list[Secret], folder: Path) -> None:
    """One file for each, as docker-compose.yml and systemd credentials want them. Raises SetUpProblem."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for secret in made:
            path = folder / secret.file
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secret.value + "\n")
                file.flush()
                os.fsync(file.fileno())
    except FileExistsError as problem:
        raise SetUpProblem(f"{problem.filename} is there already, and no key is ever overwritten.") from None
    except OSError as problem:
        raise SetUpProblem(f"{problem.filename}: {problem.strerror}.") from None


# --- What it stands on ------------------------------------------------------------------------------------------------


def refuse_unfit() -> None:
    """Raise SetUpProblem with the first thing that is not fit for a real installation."""
    for sentence in _unfit():
        raise SetUpProblem(sentence)


def _unfit() -> Iterator[str]:
    app, owner = connections["default"], connections["owner"]
    for connection, name in ((app, "DATABASE_URL"), (owner, "DATABASE_OWNER_URL")):
        try:
            connection.ensure_connection()
        except (DatabaseError, psycopg.Error) as problem:
            said = str(problem).strip().splitlines()[-1][:200]
            yield f"The database that {name} names does not let us in: {said}"
    with app.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), rolsuper, rolcreaterole, rolbypassrls, rolreplication"
                       " FROM pg_roles WHERE rolname = current_user")  # fmt: skip
        role, database, *powers = cursor.fetchone()
        if any(powers):
            yield (
                f"The role {role} of DATABASE_URL is a superuser or may make roles, so it could rewrite the trail: "
                f"ALTER ROLE {role} NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
            )
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND pg_get_userbyid(c.relowner) = current_user)"
            " + (SELECT count(*) FROM pg_database WHERE datname = current_database()"
            " AND pg_has_role(current_user, datdba, 'USAGE'))"
        )
        if cursor.fetchone()[0]:
            yield (
                f"The role {role} of DATABASE_URL owns the database {database} or tables in it, so it could "
                "switch off what keeps the audit trail. Use a second role as owner, and name it in DATABASE_OWNER_URL."
            )
        cursor.execute("SELECT clock_timestamp()")
        skew = abs((timezone.now() - cursor.fetchone()[0]).total_seconds())
        if skew > LARGEST_SKEW_SECONDS:
            yield (
                f"The clocks of this machine and of the database differ by {skew:.0f} seconds. Deadlines need one "
                "time: switch on time synchronisation on both."
            )
    if owner.settings_dict["USER"] == app.settings_dict["USER"]:
        yield "DATABASE_OWNER_URL names the same role as DATABASE_URL. Two roles are needed: one owns, one works."
    version = server_version() // 10_000
    if version < 15:
        yield f"PostgreSQL 15 or newer is needed; this is {version}."
    try:
        redis.Redis.from_url(settings.CACHE, socket_timeout=3, socket_connect_timeout=3).ping()
    except (redis.RedisError, OSError):
        yield "Redis does not answer at REDIS_URL. Start it, or correct the address."


def bring_up_to_date() -> bool:
    """Migrate and load the reference data if that was not done; whether there was something to do."""
    behind = manifest.unapplied()
    if behind:
        call_command("migrate", verbosity=0)
        call_command("load_reference", verbosity=0)
    return behind


# --- The first organisation and its two accounts ----------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody who gets an account."""

    username: str
    full_name: str
    email: str = ""


@dataclass(frozen=True)
class FirstAccount:
    """An account, and the code with which its owner sets a password: shown once, kept nowhere."""

    user: User
    code: str


def refuse_filled() -> None:
    """Raise SetUpProblem when somebody works here already."""
    if User.objects.exists() or Organisation.objects.exists():
        raise SetUpProblem(
            "This installation has accounts already, so nothing was changed. New colleagues get their accounts from an "
            "admin, under “People and roles”."
        )


@transaction.atomic
def set_up(
    *, organisation: str, short_name: str, kind: str, admin: Person, second: Person
) -> tuple[FirstAccount, FirstAccount]:
    """Make the first organisation and two admins: every role that opens records takes two people, this one too.

    Both get a one-time code for a password of their own; the first sign-in asks for a second factor. Raises
    SetUpProblem when the installation is not empty, Refused for a name that cannot be.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    refuse_filled()
    _refuse_the_impossible(organisation, short_name, kind, admin, second)
    place = Organisation.objects.create(name=organisation.strip(), short_name=short_name, kind=kind)
    group = Group.objects.get(name=Role.ADMIN)
    made = []
    for person in (admin, second):
        user = services.create_user(
            username=person.username,
            full_name=person.full_name.strip(),
            email=person.email,
            organisation=place,
            created_by=None,
        )
        user.groups.add(group)
        audit.act("grant_first_role", user, by=None, note=Role.ADMIN)
        made.append(FirstAccount(user, account_services.invite(user=user, invited_by=None)))
    return made[0], made[1]


def short_name_of(organisation: str) -> str:
    """A short name for an organisation: small Latin letters, digits and dashes."""
    import cyrtranslit

    return slugify(cyrtranslit.to_latin(organisation, "sr").replace("đ", "dj").replace("Đ", "Dj"))[:40]


def _refuse_the_impossible(organisation: str, short_name: str, kind: str, admin: Person, second: Person) -> None:
    if not organisation.strip() or len(organisation) > 200:
        raise SetUpProblem("The organisation needs a name of at most 200 letters.")
    if not short_name or slugify(short_name) != short_name or len(short_name) > 40:
        raise SetUpProblem("The short name may have small Latin letters, digits and dashes, at most 40.")
    if kind not in OrganisationKind.values:
        raise SetUpProblem(f"The kind must be one of: {', '.join(OrganisationKind.values)}.")
    if admin.username.casefold() == second.username.casefold():
        raise SetUpProblem("The two accounts need two people: choose another second user name.")
    for person in (admin, second):
        if not person.full_name.strip() or len(person.full_name) > 150:
            raise SetUpProblem(f"{person.username or 'An account'} needs a full name of at most 150 letters.")
        try:
            User.username_validator(person.username)
            if not person.username or len(person.username) > 150:
                raise ValueError
        except (ValidationError, ValueError):
            raise SetUpProblem(
                f"“{person.username}” is no user name: letters, digits and @ . + - _ without blanks."
            ) from None


__all__ = ["FirstAccount", "Person", "Refused", "Secret", "SetUpProblem", "set_up"]
