"""What the technician sees: each check turns from green to amber to red, and says what to do."""

import datetime
import io
import json
import ssl
from types import SimpleNamespace

import pytest
import redis
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from casework.access.models import User
from casework.config import health, seen
from casework.config.health import State
from casework.config.models import Chore, Run
from casework.outbox.models import Message
from casework.vault.models import VaultKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful_cache():
    cache.clear()
    yield
    cache.clear()


def only(checks, title=""):
    (found,) = [check for check in checks if not title or check.title == title]
    return found


def ago(**length):
    return timezone.now() - datetime.timedelta(**length)


@pytest.mark.parametrize(("hours", "state"), [(1, State.GREEN), (30, State.AMBER), (60, State.RED), (None, State.RED)])
def test_backups(hours, state):
    if hours is not None:
        Run.objects.create(chore=Chore.BACKUP, ok=True, at=ago(hours=hours), size=12_000_000, seconds=4)
    check = only(health.backups(timezone.now()), "Last backup")
    assert check.state == state
    assert (check.todo == "") == (state == State.GREEN)


def test_a_failed_backup_is_red_until_one_succeeds():
    Run.objects.create(chore=Chore.BACKUP, ok=True, at=ago(hours=5))
    Run.objects.create(chore=Chore.BACKUP, ok=False, at=ago(hours=1))
    assert "failed" in only(health.backups(timezone.now()), "Last backup").says
    Run.objects.create(chore=Chore.BACKUP, ok=True)
    assert only(health.backups(timezone.now()), "Last backup").state == State.GREEN
    Run.objects.create(chore=Chore.BACKUP, ok=True, note="2 files were missing in the storage")
    assert only(health.backups(timezone.now()), "Last backup").state == State.AMBER


def test_restores_and_drills_have_limits_of_their_own(settings):
    assert only(health.backups(timezone.now()), "Last drill with the key shares").state == State.AMBER
    Run.objects.create(chore=Chore.ESCROW_DRILL, ok=True, at=ago(days=100))
    Run.objects.create(chore=Chore.RESTORE_CHECK, ok=True, at=ago(days=40))
    assert only(health.backups(timezone.now()), "Last drill with the key shares").state == State.GREEN
    assert only(health.backups(timezone.now()), "Last backup that was tried out").state == State.AMBER


@pytest.mark.parametrize(("free", "state"), [(50, State.GREEN), (10, State.AMBER), (4, State.RED), (0.9, State.RED)])
def test_disks(monkeypatch, free, state):
    usage = SimpleNamespace(total=100 * health.GIGABYTE, free=free * health.GIGABYTE)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage)
    assert {check.state for check in health.disks(timezone.now())} == {state}


def test_processes():
    assert [check.state for check in health.processes(timezone.now())] == [State.RED] * 3
    for name in seen.PROCESSES:
        cache.set(f"seen:{name}", timezone.now().isoformat())
    assert [check.state for check in health.processes(timezone.now())] == [State.GREEN] * 3
    later = timezone.now() + datetime.timedelta(minutes=5)
    assert [check.state for check in health.processes(later)] == [State.RED] * 3


def test_a_process_says_that_it_lives_with_its_pulse(monkeypatch):
    from casework import pulse

    monkeypatch.setattr(pulse, "LISTENERS", [])
    seen.report_as("relay")
    assert seen.last_seen("relay") is None
    pulse.beat()
    first = seen.last_seen("relay")
    assert first is not None and timezone.now() - first < datetime.timedelta(seconds=5)
    pulse.beat()
    assert seen.last_seen("relay") == first, "not with every beat"
    monkeypatch.setattr(seen.cache, "set", lambda *args: (_ for _ in ()).throw(redis.ConnectionError))
    monkeypatch.setattr(seen, "EVERY_SECONDS", 0)
    pulse.LISTENERS.clear()
    seen.report_as("relay")
    pulse.beat()  # a broker that is away stops nobody


def test_messages(cast, settings):
    assert only(health.messages(timezone.now()), "Messages waiting").state == State.GREEN
    Message.objects.create(recipient=cast.ana, subject="case-assigned", reference="C-2026-000001", path="/")
    check = only(health.messages(timezone.now()), "Messages waiting")
    assert check.state == State.GREEN and "1 is waiting" in check.says and "C-2026" not in check.says
    later = timezone.now() + datetime.timedelta(seconds=settings.OUTBOX_LATE_SECONDS + 60)
    assert only(health.messages(later), "Messages waiting").state == State.RED


def test_keys_that_are_missing_or_old(settings):
    assert only(health.keys(timezone.now()), "Keys").state == State.GREEN
    key = VaultKey.make()
    VaultKey.objects.filter(pk=key.pk).update(wrapped_by="gone")
    check = only(health.keys(timezone.now()), "Keys")
    assert check.state == State.RED and "gone" in check.says


@pytest.mark.parametrize(("days", "state"), [(60, State.GREEN), (14, State.AMBER), (3, State.RED), (-1, State.RED)])
def test_certificate(settings, monkeypatch, days, state):
    settings.SITE_URL = "https://cases.example.rs"
    monkeypatch.setattr(health, "_certificate_ends", lambda host, port: timezone.now() + datetime.timedelta(days=days))
    assert only(health.certificate(timezone.now())).state == state


def test_certificate_that_cannot_be_had(settings, monkeypatch):
    settings.SITE_URL = "http://localhost"
    assert list(health.certificate(timezone.now())) == []  # the demo
    settings.EMBEDDED = False
    assert only(health.certificate(timezone.now())).state == State.AMBER
    settings.SITE_URL = "https://127.0.0.1:1"
    assert "does not answer" in only(health.certificate(timezone.now())).says

    def bad(host, port):
        raise ssl.SSLCertVerificationError("certificate has expired")

    monkeypatch.setattr(health, "_certificate_ends", bad)
    assert only(health.certificate(timezone.now())).state == State.RED


def test_what_cannot_be_asked_is_red_and_the_rest_is_asked(monkeypatch):
    def away(now):
        raise OperationalError("connection refused by db.internal")

    monkeypatch.setattr(health, "GROUPS", (("Now", (away, health.clocks)),))
    first, second = health.examine(timezone.now())[0].checks
    assert (first.state, second.state) == (State.RED, State.GREEN)
    assert "db.internal" not in first.says


def test_the_page_is_the_admins_and_holds_nothing_of_anybody(cast, as_user):
    page = as_user(cast.ivana).get(reverse("health"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Last backup" in text and "Act now" in text
    for user in User.objects.exclude(pk=cast.ivana.pk):
        assert user.full_name not in text
    assert as_user(cast.vesna).get(reverse("health")).status_code == 403


def test_the_command_says_the_same_and_fails_on_red():
    out = io.StringIO()
    with pytest.raises(CommandError, match="red"):
        call_command("health", stdout=out)
    assert "red    Last backup: Never." in out.getvalue()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("health", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert {"title": "Last backup", "state": "red"}.items() <= next(
        each for each in found if each["title"] == "Last backup"
    ).items()


def test_the_command_ends_well_when_nothing_is_red(monkeypatch):
    monkeypatch.setattr(health, "GROUPS", (("Now", (health.clocks,)),))
    call_command("health", stdout=io.StringIO())
