"""Kills at random moments while referrals come in: none is lost, nobody is told twice or not at all.

In full: 10,000 referrals, 50 kill -9 each of web server, worker, relay, PostgreSQL and broker, and the broker's data
wiped once. CASEWORK_SOAK=ci does a tenth of it. The moments come from a fixed seed; what runs then does not.
"""

import contextlib
import datetime
import email
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller

from casework import embedded
from tests.soak.clients import Client, Crowd
from tests.soak.programs import ROOT, Program, connect, ours, servers, table
from tests.support.passable import passable_directory

CI = os.environ.get("CASEWORK_SOAK") == "ci"
KILLS, REFERRALS = (5, 1_000) if CI else (50, 10_000)
CLIENTS = 4
SEED = 20_260_103
DRAINED_SECONDS = 180 if CI else 900
BELGRADE = ZoneInfo("Europe/Belgrade")


class Sink:
    """A mail server that takes everything and remembers it."""

    def __init__(self) -> None:
        self.letters: dict[str, list[bytes]] = defaultdict(list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        content = bytes(envelope.original_content)
        letter = email.message_from_bytes(content)
        self.letters[str(letter["Message-ID"])].append(content)
        return "250 taken"


@pytest.fixture
def state() -> Iterator[Path]:
    with passable_directory() as base:
        yield base / "state"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    taken = Sink()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, port
    controller.stop()


def environment_of(state: Path, mail_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CASEWORK", "DJANGO"))}
    return kept | {
        "CASEWORK_STATE_DIR": str(state),
        "DJANGO_SETTINGS_MODULE": "casework.config.settings",
        "CASEWORK_DEMO": "1",
        "CASEWORK_SITE_URL": "https://site.example",
        "CASEWORK_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "CASEWORK_EMAIL_HOST": "127.0.0.1",
        "CASEWORK_EMAIL_PORT": str(mail_port),
        "CASEWORK_MAIL_RETRY_SECONDS": "1",
        "CASEWORK_OUTBOX_CLAIM_SECONDS": "8",
        "CASEWORK_RELAY_SECONDS": "0.3",
        "CASEWORK_INITIATE_WITHIN_HOURS": "1",
        "CASEWORK_INFORM_WITHIN_HOURS": "1",
    }


def run_once(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, timeout=300)


def programs_of(state: Path, environment: dict[str, str], listening: socket.socket) -> dict[str, Program]:
    handle = listening.fileno()
    celery = ["-m", "celery", "-A", "casework.config.celery"]

    def log(name: str) -> Path:
        return state / f"soak-{name}.log"

    return {
        "web": ours(
            "web",
            [
                *("-m", "gunicorn", "casework.config.wsgi:application", "--bind", f"fd://{handle}", "--preload"),
                *("--workers", "2", "--threads", "4", "--log-level", "warning", "--no-control-socket"),
            ],
            log("web"),
            environment,
            pass_fds=[handle],
        ),
        "worker": ours(
            "worker",
            [
                *(*celery, "worker", "--pool", "threads", "--concurrency", "2"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
            log("worker"),
            environment,
        ),
        "relay": ours("relay", ["-m", "django", "relay"], log("relay"), environment),
        # two of them: what beats ask for may be asked for twice
        **{
            name: ours(
                name,
                [*celery, "beat", "--schedule", str(state / name), "--loglevel", "WARNING", "--pidfile="],
                log(name),
                environment,
            )
            for name in ("beat 1", "beat 2")
        },
    }


@pytest.mark.soak
def test_nothing_is_lost(state: Path, sink: tuple[Sink, int], capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    taken, mail_port = sink
    chance = random.Random(SEED)
    environment = environment_of(state, mail_port)
    with contextlib.ExitStack() as stack:
        ends = stack.enter_context(embedded.services(state))
        # the first start has fsync: that is how an installation is made
        run_once(environment, "-m", "django", "migrate", "--verbosity", "0")
        run_once(environment, "-m", "django", "load_reference", "--verbosity", "0")
        run_once(environment, "-m", "tests.soak.accounts", str(CLIENTS))
        database, broker = servers(ends, state / "soak-servers.log")
        stack.callback(broker.stop)
        stack.callback(database.stop)
        listening = stack.enter_context(contextlib.closing(socket.socket()))
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        programs = programs_of(state, environment, listening)
        victims = [programs["web"], programs["worker"], programs["relay"], database, broker]
        for program in programs.values():
            stack.callback(program.stop)
            program.start()
        clients = [Client(address, f"client{number}") for number in range(CLIENTS)]
        for client in clients:
            client.sign_in()
        now = datetime.datetime.now(BELGRADE)
        fresh, late = (f"{moment:%-d.%-m.%Y. %H:%M}" for moment in (now, now - datetime.timedelta(hours=2)))
        crowd = Crowd(clients, REFERRALS // CLIENTS, [late] + [fresh] * 9)
        crowd.start()
        try:
            kill_while_they_work(crowd, victims, broker, ends, chance)
            every = [*programs.values(), database, broker]
            run_together(environment)
            wait_until_drained(ends, every)
        except BaseException:
            with capsys.disabled():
                print("\n".join(program.last_words() for program in [*programs.values(), database]))
            raise
        found = look_at_everything(ends, crowd, taken)
        assert {name: program.stop() for name, program in programs.items() if name == "relay"} == {"relay": 0}
        with capsys.disabled():
            print(f"\n{table([*victims, programs['beat 1'], programs['beat 2']], found)}")
            print(f"{time.monotonic() - began:8.0f}  seconds in all, {cpu_seconds():.0f} of a processor")
        assert [program.kills for program in victims] == [KILLS] * len(victims)


def kill_while_they_work(
    crowd: Crowd, victims: list[Program], broker: Program, ends: embedded.Endpoints, chance: random.Random
) -> None:
    """Every victim KILLS times, spread over the work; in the middle the broker comes back with nothing."""
    order = victims * KILLS
    chance.shuffle(order)
    marks = sorted(chance.uniform(0.01, 0.95) * REFERRALS for _ in order)
    wiped = [number for number, victim in enumerate(order) if victim is broker][KILLS // 2]
    for number, (victim, mark) in enumerate(zip(order, marks, strict=True)):
        while crowd.done < mark:
            assert crowd.at_work(), "the clients were done before everything was killed"
            for each in victims:
                each.look()
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        victim.kill(lambda: wipe(ends) if number == wiped else None)  # noqa: B023  (called at once)
    while crowd.at_work():
        for each in victims:
            each.look()
        time.sleep(0.1)


def wipe(ends: embedded.Endpoints) -> None:
    kept = list((ends.state / "valkey").iterdir())
    assert kept, "the broker keeps nothing that could be wiped"
    for path in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def cpu_seconds() -> float:
    """What this process and those that it waited for have used."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run_together(environment: dict[str, str]) -> None:
    """The escalation of what is late, by two processes at once, while the beats may ask for it too."""
    work = "import django; django.setup(); from referrals.tasks import escalate_overdue; escalate_overdue()"
    both = [subprocess.Popen([sys.executable, "-c", work], cwd=ROOT, env=environment) for _ in range(2)]
    assert [one.wait(300) for one in both] == [0, 0]


def wait_until_drained(ends: embedded.Endpoints, programs: list[Program]) -> None:
    end = time.monotonic() + DRAINED_SECONDS
    while True:
        with connect(ends) as connection:
            waiting = connection.execute(
                "SELECT (SELECT count(*) FROM outbox_message WHERE done_at IS NULL),"
                " (SELECT count(*) FROM outbox_mail WHERE closed_at IS NULL)"
            ).fetchone()
        if waiting == (0, 0):
            return
        assert time.monotonic() < end, f"{waiting} messages and mails still wait"
        for program in programs:
            program.look()
        time.sleep(0.5)


def look_at_everything(ends: embedded.Endpoints, crowd: Crowd, sink: Sink) -> Counter[str]:
    """Every promise, asked of the tables with SQL of its own; returns what was found, for the table."""
    acknowledged = [number for client in crowd.clients for number in client.known]
    with connect(ends) as connection:

        def rows(query: str) -> list[Any]:
            return connection.execute(query).fetchall()

        def one(query: str) -> int:
            return int(rows(query)[0][0])

        there = [number for (number,) in rows("SELECT number FROM referrals_referral")]
        messages = one("SELECT count(*) FROM outbox_message")
        mails = {str(key): attempts for key, attempts in rows("SELECT id, attempts FROM outbox_mail")}
        escalated = one("SELECT count(*) FROM referrals_escalation")
        late = one("SELECT count(*) FROM referrals_deadline WHERE due_at < now() - interval '30 minutes'")
        wrong = {
            "acknowledged referrals that are lost": len(set(acknowledged) - set(there)),
            "referrals that nobody knows of": len(set(there) - set(acknowledged)),
            "referrals acknowledged twice": len(acknowledged) - len(set(acknowledged)),
            "referrals missing": REFERRALS - len(there),
            "referrals without both clocks": one(
                "SELECT count(*) FROM referrals_referral r WHERE"
                " (SELECT count(DISTINCT kind) FROM referrals_deadline d WHERE d.referral_id = r.id) <> 2"
            ),
            "referrals without one act in the trail": one(
                "SELECT count(*) FROM referrals_referral r LEFT JOIN ("
                " SELECT subjects->>0 AS key, count(*) AS many FROM audit_event"
                " WHERE kind = 'act' AND verb = 'log_referral' GROUP BY 1) e ON e.key = r.id::text"
                " WHERE e.many IS DISTINCT FROM 1"
            ),
            "referrals of which nobody, or somebody twice, was told": one(
                "SELECT count(*) FROM referrals_referral r WHERE (SELECT count(*) FROM outbox_message m"
                " WHERE m.reference = r.number AND m.subject = 'referral-received') <> 1"
            ),
            "messages not done": one("SELECT count(*) FROM outbox_message WHERE done_at IS NULL"),
            "messages without exactly one notification": one(
                "SELECT count(*) FROM outbox_message m WHERE"
                " (SELECT count(*) FROM outbox_notification n WHERE n.message_id = m.id) <> 1"
            ),
            "notifications too many": one("SELECT count(*) FROM outbox_notification") - messages,
            "messages without a mail": one(
                "SELECT count(*) FROM outbox_message m WHERE NOT EXISTS"
                " (SELECT FROM outbox_mail WHERE message_id = m.id AND sent_at IS NOT NULL)"
            ),
            "mails that never arrived": len({f"<{key}@localhost>" for key in mails} - sink.letters.keys()),
            "mails that nobody wrote": len(sink.letters.keys() - {f"<{key}@localhost>" for key in mails}),
            "mails that differ though the id is the same": sum(
                len(set(letters)) != 1 for letters in sink.letters.values()
            ),
            "mails whose key is not their id": sum(
                str(email.message_from_bytes(letter)["Idempotency-Key"]) not in key
                for key, letters in sink.letters.items()
                for letter in letters
            ),
            "clocks that ran out and were not escalated, or twice": late - escalated,
            "escalations without exactly one message": escalated
            - one("SELECT count(*) FROM outbox_message WHERE subject = 'clock-overdue'"),
            "escalations without exactly one act": escalated
            - one("SELECT count(*) FROM audit_event WHERE verb = 'escalate_overdue'"),
        }
    assert {what: count for what, count in wrong.items() if count} == {}
    return Counter(
        {
            "referrals acknowledged, all there once": len(acknowledged),
            "answers that never came": sum(client.uncertain for client in crowd.clients),
            "of these, saved all the same": sum(client.committed_unseen for client in crowd.clients),
            "messages, each with one notification": messages,
            "clocks escalated, each once": escalated,
            "mails, each arrived": len(sink.letters),
            "mails that arrived more than once, unchanged": sum(len(letters) > 1 for letters in sink.letters.values()),
        }
    )
