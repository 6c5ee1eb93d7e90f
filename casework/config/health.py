"""How the installation is: what the technician looks at, on the page and with `manage.py health`.

Every check answers green, amber or red, in a sentence, and says what to do. None of them names a person or a record.
"""

import datetime
import platform
import shutil
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from casework.audit import seals
from casework.config import checks, rotation, seen
from casework.config.backups import manifest
from casework.config.backups.programs import server_version
from casework.config.models import Chore, Run
from casework.outbox import services as outbox
from casework.vault import erasures

GIGABYTE = 10**9
HOUR = datetime.timedelta(hours=1)


class State(IntEnum):
    """The worse, the higher."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def word(self) -> str:
        return {State.GREEN: _("In order"), State.AMBER: _("Look at it"), State.RED: _("Act now")}[self]

    @property
    def colour(self) -> str:
        return {State.GREEN: "green", State.AMBER: "yellow", State.RED: "red"}[self]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    title: str
    state: State
    says: str
    todo: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    checks: list[Check]


def green(title: str, says: str) -> Check:
    return Check(title, State.GREEN, says)


def amber(title: str, says: str, todo: str) -> Check:
    return Check(title, State.AMBER, says, todo)


def red(title: str, says: str, todo: str) -> Check:
    return Check(title, State.RED, says, todo)


def _when(at: datetime.datetime) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT")


def _ago(at: datetime.datetime, now: datetime.datetime) -> str:
    if now - at < datetime.timedelta(minutes=1):
        return _when(at)
    return _("%(time)s, %(age)s ago") % {"time": _when(at), "age": timesince(at, now, depth=1)}


# --- Running now -------------------------------------------------------------------------------------------------


def disks(now: datetime.datetime) -> Iterable[Check]:
    """The disks on which files and the product's state lie. (The database's own disk is on its server.)"""
    wanted = (
        (_("Disk of the files"), getattr(settings, "CASEWORK_FILES_DIR", "")),
        (_("Disk of the audit anchor"), settings.CASEWORK_AUDIT_ANCHOR),
    )
    known: set[int] = set()
    for title, name in wanted:
        path = next((each for each in (Path(name), *Path(name).parents) if each.exists()), None) if name else None
        if path is None or path.stat().st_dev in known:
            continue
        known.add(path.stat().st_dev)
        found = shutil.disk_usage(path)
        share = 100 * found.free / found.total
        says = _("%(free)s GB of %(total)s GB are free (%(share)s %%).") % {
            "free": f"{found.free / GIGABYTE:.1f}",
            "total": f"{found.total / GIGABYTE:.1f}",
            "share": f"{share:.0f}",
        }
        todo = _("Move old backups away, or give the server a larger disk. A full disk stops all work.")
        if share < 5 or found.free < GIGABYTE:
            yield red(title, says, todo)
        elif share < 15:
            yield amber(title, says, todo)
        else:
            yield green(title, says)


def messages(now: datetime.datetime) -> Iterable[Check]:
    title, found = _("Messages waiting"), outbox.state(now)
    if found.oldest is None:
        yield green(title, _("None: everything was delivered."))
    else:
        says = ngettext(
            "%(count)s is waiting, the oldest since %(since)s.",
            "%(count)s are waiting, the oldest since %(since)s.",
            found.messages + found.mails,
        ) % {"count": found.messages + found.mails, "since": _ago(found.oldest, now)}
        if outbox.is_late(found.oldest, now):
            yield red(title, says, _("See whether relay, worker and Redis run, and restart them. Nothing is lost."))
        else:
            yield green(title, says)
    title = _("Mail")
    if not outbox.mail_is_set_up():
        yield amber(
            title, _("No mail server is set up."), _("Set CASEWORK_EMAIL_HOST, or nobody is told outside the product.")
        )
    elif found.refused:
        says = ngettext("%(count)s mail was refused for good.", "%(count)s mails were refused for good.", found.refused)
        yield amber(title, says % {"count": found.refused}, _("Run manage.py outbox, and correct the addresses."))
    else:
        yield green(title, _("No mail was refused."))


def processes(now: datetime.datetime) -> Iterable[Check]:
    titles = {"worker": _("Worker"), "beat": _("Beat"), "relay": _("Relay")}
    for name in seen.PROCESSES:
        at = seen.last_seen(name)
        todo = _("Start or restart the service “%(name)s”, and look into its log.") % {"name": name}
        if at is None:
            yield red(titles[name], _("Never seen, or not within a week."), todo)
        elif now - at > datetime.timedelta(minutes=2):
            yield red(titles[name], _("Last seen %(at)s.") % {"at": _ago(at, now)}, todo)
        else:
            yield green(titles[name], _("Last seen %(at)s.") % {"at": _when(at)})


def clocks(now: datetime.datetime) -> Iterable[Check]:
    with connections["default"].cursor() as cursor:
        began = datetime.datetime.now(datetime.UTC)
        cursor.execute("SELECT clock_timestamp()")
        ended = datetime.datetime.now(datetime.UTC)
        skew = (cursor.fetchone()[0] - (began + (ended - began) / 2)).total_seconds()
    title, says = _("Clocks"), _("Database and web server differ by %(seconds)s s.") % {"seconds": f"{abs(skew):.1f}"}
    todo = _("Switch on time synchronisation on both: deadlines and codes for signing in need the right time.")
    if abs(skew) > 5:
        yield red(title, says, todo)
    elif abs(skew) > 1:
        yield amber(title, says, todo)
    else:
        yield green(title, says)


# --- When something goes wrong ----------------------------------------------------------------------------------------


def backups(now: datetime.datetime) -> Iterable[Check]:
    limit = datetime.timedelta(hours=settings.BACKUP_WITHIN_HOURS)
    yield _chore(
        _("Last backup"), Chore.BACKUP, now, limit, _("Run manage.py backup FILE, and see that it runs every night.")
    )
    limit = datetime.timedelta(days=settings.RESTORE_CHECK_WITHIN_DAYS)
    yield _chore(
        _("Last backup that was tried out"),
        Chore.RESTORE_CHECK,
        now,
        limit,
        _("Run manage.py restore --check FILE: a backup that nobody tried is a hope."),
    )
    limit = datetime.timedelta(days=settings.ESCROW_DRILL_WITHIN_DAYS)
    yield _chore(
        _("Last drill with the key shares"),
        Chore.ESCROW_DRILL,
        now,
        limit,
        _("Call the people who keep the shares together and run manage.py escrow drill."),
        never=State.AMBER,
    )


def _chore(
    title: str, chore: str, now: datetime.datetime, limit: datetime.timedelta, todo: str, never: State = State.RED
) -> Check:
    good, bad = Run.objects.newest(chore), Run.objects.newest(chore, ok=False)
    if bad is not None and (good is None or bad.at > good.at):
        return red(title, _("The last attempt failed, %(at)s.") % {"at": _ago(bad.at, now)}, todo)
    if good is None:
        return Check(title, never, _("Never."), todo)
    says = _ago(good.at, now)
    if good.size is not None:
        says += _("; %(size)s MB in %(seconds)s s") % {
            "size": f"{good.size / 1e6:,.1f}",
            "seconds": f"{good.seconds:.0f}",
        }
    if good.note and chore == Chore.BACKUP:
        return amber(title, f"{says}. {good.note}.", _("Files are missing in the storage: look for them in backups."))
    if now - good.at > 2 * limit:
        return Check(title, max(never, State.AMBER), says, todo)
    if now - good.at > limit:
        return amber(title, says, todo)
    return green(title, says)


# --- Trust ---------------------------------------------------------------------------------------------------------


def trail(now: datetime.datetime) -> Iterable[Check]:
    found = seals.state(now)
    title = _("Audit trail sealed")
    says = _("%(batches)s batches; %(waiting)s events are not sealed yet.") % {
        "batches": f"{found.position:,}",
        "waiting": f"{found.unsealed:,}",
    }
    if found.unsealed_for > HOUR:
        yield red(title, says, _("The sealer stands still: see whether worker and beat run."))
    elif found.unsealed_for > HOUR / 12:
        yield amber(title, says, _("The sealer is late: see whether worker and beat run."))
    else:
        yield green(title, says)
    title = _("Audit trail told outside")
    if found.trouble:
        yield amber(
            title, str(seals.TROUBLES.get(found.trouble, found.trouble)), _("Correct that, so that a cut is noticed.")
        )
    elif found.anchored_at is None:
        yield amber(title, _("Never."), _("Set CASEWORK_AUDIT_ANCHOR to a file away from the database server."))
    else:
        says = _("Batch %(position)s, %(at)s.")
        yield green(title, says % {"position": found.anchored_position, "at": _ago(found.anchored_at, now)})
    title = _("Audit trail checked")
    if found.verified_at is None:
        yield amber(title, _("Never."), _("Run manage.py verify_audit."))
    elif found.finding:
        yield red(title, _("It is not sound."), _("Tell the auditor at once, keep a copy of the database."))
    elif now - found.verified_at > datetime.timedelta(days=2):
        yield amber(
            title, _ago(found.verified_at, now), _("Run manage.py verify_audit, and see whether the beat runs.")
        )
    else:
        yield green(title, _("Sound, %(at)s.") % {"at": _ago(found.verified_at, now)})


def keys(now: datetime.datetime) -> Iterable[Check]:
    title, used = _("Keys"), rotation.uses()
    missing = [use.name for use in used if not use.at_hand]
    old = [use.name for use in used if use.at_hand and not use.newest]
    if missing:
        yield red(
            title,
            _("Records are sealed with keys that are not at hand: %(names)s.") % {"names": ", ".join(missing)},
            _("Put them into CASEWORK_KEYS, for example from the shares (manage.py escrow combine)."),
        )
    elif old:
        yield amber(
            title,
            _("Old keys are still listed: %(names)s.") % {"names": ", ".join(old)},
            _("Run manage.py rotate_keys, then --check: it says which keys may be destroyed."),
        )
    else:
        yield green(title, _("Everything is sealed with the newest key."))
    title, waiting, unwritten = _("Erasures"), erasures.pending_rotation(), erasures.unwritten()
    if unwritten < 0:
        yield red(
            title,
            _("The list of erasures outside the database is not what was written."),
            _("Put back the copy that is kept apart: after a restore, erased persons would come back."),
        )
    elif unwritten:
        yield red(
            title,
            _("%(count)s erasures are not in the list outside the database.") % {"count": unwritten},
            _("See whether the file that CASEWORK_ERASURE_LIST names can be written."),
        )
    elif waiting:
        yield amber(
            title,
            _("%(count)s erased keys still open from older dumps.") % {"count": waiting},
            _("Run manage.py rotate_keys --new, then rotate_keys, then destroy the old key."),
        )
    else:
        yield green(title, _("Nothing that was erased opens any more."))


def certificate(now: datetime.datetime) -> Iterable[Check]:
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https" or not parts.hostname:
        if not settings.EMBEDDED:
            yield amber(
                _("Certificate"),
                _("The address of the site is not known."),
                _("Set CASEWORK_SITE_URL, such as https://cases.example.rs."),
            )
        return
    title, todo = _("Certificate"), _("See why the proxy does not renew it.")
    ends = cache.get("certificate-ends")
    if ends is None:
        try:
            ends = _certificate_ends(parts.hostname, parts.port or 443)
        except ssl.SSLCertVerificationError as problem:
            why = getattr(problem, "verify_message", "") or str(problem)
            yield red(title, _("It is not good: %(why)s.") % {"why": why}, todo)
            return
        except OSError as problem:
            why = problem.strerror or type(problem).__name__
            yield amber(title, _("The site does not answer: %(why)s.") % {"why": why}, _("See whether the proxy runs."))
            return
        cache.set("certificate-ends", ends, 600)
    left = ends - now
    says = _("Good until %(at)s.") % {"at": _when(ends)}
    if left < datetime.timedelta(days=7):
        yield red(title, says, todo)
    elif left < datetime.timedelta(days=21):
        yield amber(title, says, todo)
    else:
        yield green(title, says)


def _certificate_ends(host: str, port: int) -> datetime.datetime:
    """When the certificate of our own site ends. Raises OSError."""
    with (
        socket.create_connection((host, port), timeout=3) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
    ):
        found: Any = secure.getpeercert()
    return datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), datetime.UTC)


# --- Versions ------------------------------------------------------------------------------------------------------


def versions(now: datetime.datetime) -> Iterable[Check]:
    postgres = server_version("default")
    yield green(_("Product"), settings.VERSION)
    yield green(_("Python"), platform.python_version())
    title, says = "PostgreSQL", f"{postgres // 10_000}.{postgres % 10_000}"
    if postgres < 150_000:
        yield red(title, says, _("Use PostgreSQL 15 or newer."))
    else:
        yield green(title, says)
    with redis.Redis.from_url(settings.CACHE, socket_timeout=3, socket_connect_timeout=3) as client:
        info: Any = client.info("server")
    yield green("Redis", str(info.get("valkey_version") or info.get("redis_version")))


def installed(now: datetime.datetime) -> Iterable[Check]:
    title = _("Tables")
    if manifest.unapplied("default"):
        yield red(title, _("The database is older than the product."), _("Run manage.py migrate."))
    else:
        yield green(title, _("The database is as this version needs it."))
    title, wrong = _("Settings"), checks.unsafe()
    if wrong:
        yield red(title, " ".join(str(message.msg) for message in wrong), _("Correct them, and restart everything."))
    elif settings.EMBEDDED:
        yield amber(
            title,
            _("The embedded servers are in use."),
            _("They are for trying the product out. An installation has servers of its own: DATABASE_URL."),
        )
    else:
        yield green(title, _("Safe."))


GROUPS: tuple[tuple[Any, tuple[Callable[[datetime.datetime], Iterable[Check]], ...]], ...] = (
    (gettext_lazy("Running now"), (messages, processes, disks, clocks)),
    (gettext_lazy("When something goes wrong"), (backups,)),
    (gettext_lazy("Trust"), (trail, keys, certificate)),
    (gettext_lazy("This installation"), (installed, versions)),
)


def examine(now: datetime.datetime) -> list[Group]:
    """Look at everything. What cannot be asked is red, and the others are asked all the same."""
    return [Group(str(title), [check for ask in asks for check in _asked(ask, now)]) for title, asks in GROUPS]


def _asked(ask: Callable[[datetime.datetime], Iterable[Check]], now: datetime.datetime) -> list[Check]:
    try:
        return list(ask(now))
    except (DatabaseError, redis.RedisError, OSError) as problem:
        return [
            red(
                ask.__name__.replace("_", " ").capitalize(),
                _("It cannot be asked (%(why)s).") % {"why": type(problem).__name__},
                _("See whether database and Redis run, and whether the disk is full."),
            )
        ]


def worst(groups: list[Group]) -> State:
    return max((check.state for group in groups for check in group.checks), default=State.GREEN)


def waiting(groups: list[Group]) -> list[Check]:
    """What is not green, the worst first."""
    return sorted((check for group in groups for check in group.checks if check.state), key=lambda check: -check.state)


def counts(groups: list[Group]) -> dict[State, int]:
    """How many checks are in each state."""
    found = dict.fromkeys(State, 0)
    for group in groups:
        for check in group.checks:
            found[check.state] += 1
    return found
