"""What a watchdog asks, and what browsers are told on every answer."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.urls import reverse

from casework import pulse
from casework.config import alive, headers, healthy


@pytest.mark.asvs("13.4.5")
def test_healthz_asks_no_database(client: Any) -> None:
    """No database mark: a query would raise."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"alive\n")
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
@pytest.mark.asvs("13.4.5")
def test_readyz_says_yes_or_no_and_nothing_else(client: Any, monkeypatch: Any, caplog: Any) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")

    def away(*args: Any, **kwargs: Any) -> Any:
        raise redis.ConnectionError("Error 111 connecting to 10.0.0.7:6379")

    monkeypatch.setattr(redis.Redis, "from_url", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert "Not ready: the broker does not answer." in caplog.text
    assert "10.0.0.7" not in caplog.text + str(answer.headers)


@pytest.mark.django_db
def test_readyz_waits_for_the_tables_of_this_version(client: Any, monkeypatch: Any) -> None:
    from django.db.migrations.executor import MigrationExecutor

    monkeypatch.setattr(alive, "_migrated", False)
    with monkeypatch.context() as patched:
        patched.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("vault.9999", False)])
        assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").status_code == 200

    def away(self: Any) -> Any:
        raise OperationalError("could not connect")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", away)
    assert client.get("/readyz").status_code == 503


@pytest.fixture
def answering() -> Iterator[Any]:
    """A web server whose status is told; it keeps what it was asked."""
    asked: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"]))
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server, Handler, asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_health_check_of_the_web_asks_as_the_proxy_would(answering: Any, monkeypatch: Any, capsys: Any) -> None:
    server, handler, asked = answering
    monkeypatch.setenv("CASEWORK_HOSTS", "cases.example.rs, other.example.rs")
    monkeypatch.setenv("CASEWORK_WEB", f"127.0.0.1:{server.server_port}")
    assert healthy.main(["web"]) == 0
    assert asked == [("/readyz", "cases.example.rs", "https")]
    handler.status = 503
    assert healthy.main(["web"]) == 1
    assert capsys.readouterr().err == "The web server answers 503: see its log.\n"
    monkeypatch.setenv("CASEWORK_WEB", "127.0.0.1:9")
    assert healthy.main(["web"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_the_health_check_of_a_process_looks_at_its_pulse(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    file = tmp_path / "pulse"
    monkeypatch.setenv("CASEWORK_PULSE_FILE", str(file))
    assert healthy.main(["process"]) == 1
    assert "no sign of life" in capsys.readouterr().err
    pulse.beat()
    assert healthy.main(["process"]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert healthy.process(file, now=file.stat().st_mtime + 89) is None
    assert "91 seconds old" in str(healthy.process(file, now=file.stat().st_mtime + 91))
    assert healthy.main([]) == 1
    monkeypatch.delenv("CASEWORK_PULSE_FILE")
    file.unlink()
    pulse.beat()
    assert not file.exists()


def test_a_worker_and_the_beat_give_signs_of_life(tmp_path: Path, monkeypatch: Any) -> None:
    """A worker with each heartbeat to the broker, the beat with each task that it publishes."""
    from celery.signals import after_task_publish, beat_init, heartbeat_sent

    from casework.config import celery

    assert celery.app.main == "casework"
    file = tmp_path / "pulse"
    monkeypatch.setenv("CASEWORK_PULSE_FILE", str(file))
    heartbeat_sent.send(sender=None)
    assert file.exists()
    file.unlink()
    beat_init.send(sender=None)
    assert not file.exists()  # it has published nothing yet
    after_task_publish.send(sender="x", headers={"id": "0" * 32, "task": "x"}, body={}, routing_key="celery")
    assert file.exists()


# --- Headers -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.asvs("3.4.4", "3.4.5", "3.4.6", "3.4.8")
@pytest.mark.parametrize("address", ["/account/login/", "/", "/nowhere/", "/healthz", "/static/casework/app.css"])
def test_every_answer_has_the_headers(client: Any, address: str) -> None:
    response = client.get(address)
    response.close()
    told = response.headers
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in told["Permissions-Policy"] and "camera=()" in told["Permissions-Policy"]
    assert "publickey-credentials" not in told["Permissions-Policy"]  # a security key signs in
    if not address.startswith("/static/"):
        assert told["X-Frame-Options"] == "DENY"
    assert "Server" not in told and "X-Powered-By" not in told


@pytest.mark.django_db
@pytest.mark.asvs("3.4.3", "3.4.6", "3.4.7")
def test_the_policy_lets_only_our_own_scripts_run(client: Any) -> None:
    first, second = (client.get("/account/login/") for _ in range(2))
    policy = dict(part.strip().partition(" ")[::2] for part in first.headers["Content-Security-Policy"].split(";"))
    nonce = policy["script-src"].split("'nonce-")[1].rstrip("'")
    assert policy["script-src"] == f"'self' 'nonce-{nonce}'"
    assert f'nonce="{nonce}"' in first.content.decode() and len(nonce) >= 22
    assert nonce not in second.headers["Content-Security-Policy"]
    assert (policy["default-src"], policy["style-src"], policy["form-action"]) == ("'self'", "'self'", "'self'")
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["report-uri"] == reverse("csp-report")
    assert "unsafe" not in first.headers["Content-Security-Policy"]
    assert "Content-Security-Policy-Report-Only" not in first.headers  # the policy is enforced, not tried


@pytest.mark.asvs("3.4.1")
def test_an_installation_tells_browsers_to_stay_on_https(client: Any, settings: Any) -> None:
    """The settings of an installation, on a request that came in over TLS and on one that did not."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    assert client.get("/healthz", secure=True).headers["Strict-Transport-Security"].startswith("max-age=31536000")
    answer = client.get("/nowhere/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/nowhere/")
    assert client.get("/healthz").status_code == 200  # asked from the machine itself


@pytest.mark.asvs("3.4.7")
def test_a_breach_of_the_policy_is_logged_once_a_minute_without_what_it_quotes(
    client: Any, caplog: Any, monkeypatch: Any
) -> None:
    seen: set[str] = set()

    class Once:
        @staticmethod
        def add(name: str, value: int, timeout: int) -> bool:
            fresh = name not in seen
            seen.add(name)
            return fresh

    monkeypatch.setattr(headers, "cache", Once)
    report = {
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://Kanarinka/",
        "document-uri": "Kanarinka",
    }

    def post(body: Any) -> int:
        text = body if isinstance(body, str) else json.dumps(body)
        return int(client.post("/csp-report", text, content_type="application/csp-report").status_code)

    assert [post({"csp-report": report}) for _ in range(2)] == [204, 204]
    assert caplog.text.count("script-src-elem") == 1
    for bad in ("", "[]", "{", '{"csp-report": 4}', {"csp-report": {"violated-directive": "Kanarinka x"}}, {"a": 1}):
        assert post(bad) == 400
    assert post("x" * 20_000) == 413
    assert "Kanarinka" not in caplog.text
    assert client.get("/csp-report").status_code == 405


@pytest.mark.asvs("3.5.1", "3.5.3")
@pytest.mark.django_db
def test_a_form_that_another_site_posts_is_refused_and_opening_an_address_changes_nothing() -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    posted = client.post(
        "/account/login/", {"login": "ana", "password": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert posted.status_code == 403
    assert client.get(reverse("sign-out")).status_code == 405


@pytest.mark.asvs("13.4.2")
def test_an_installation_with_debugging_on_does_not_start(settings: Any) -> None:
    from casework.config.checks import refuse_unsafe_start

    settings.EMBEDDED, settings.SECURE_COOKIES, settings.ALLOWED_HOSTS = False, True, ["cases.example.rs"]
    settings.DEMO, settings.DEBUG = False, True
    with pytest.raises(SystemExit, match="CASEWORK_DEBUG must not be on"):
        refuse_unsafe_start()
