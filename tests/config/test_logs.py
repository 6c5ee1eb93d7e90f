"""Log lines: what happened and where, never to whom, whoever writes them."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection
from django.urls import reverse

from casework.config.logs import Line, NoValues
from tests.support.world import make_world

CANARY = "Kanarinka"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What an installation would have written so far, each line parsed."""
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(Line())
    names = [
        "",
        *(name for name, logger in logging.root.manager.loggerDict.items() if not getattr(logger, "propagate", 1)),
    ]
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for name in names:
        logging.getLogger(name).removeHandler(handler)


@pytest.fixture
def world(cast: SimpleNamespace) -> SimpleNamespace:
    return make_world(cast)


@pytest.mark.django_db
@pytest.mark.asvs("16.2.5")
def test_a_request_is_one_line_with_keys_and_names_of_ours(
    world: SimpleNamespace, as_user: Any, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    boris = world.cast.boris
    url = reverse("cases:case", args=[world.home.case.number])
    assert as_user(boris).get(f"{url}?q={CANARY}", HTTP_USER_AGENT=CANARY, HTTP_X_REQUEST_ID=CANARY).status_code == 200
    (line,) = [line for line in lines() if line["event"] == "request_finished"]
    assert line.keys() == {"time", "level", "logger", "event", "request_id", "user", "method", "route", "status", "ms"}
    assert (line["route"], line["status"], line["method"]) == ("cases:case", 200, "GET")
    assert line["user"] == str(boris.pk)
    assert line["ms"] >= 0
    written = json.dumps(lines(), ensure_ascii=False)
    for hidden in (CANARY, boris.username, boris.full_name, world.home.case.number, "127.0.0.1"):
        assert hidden not in written


@pytest.mark.django_db
def test_a_request_that_nobody_signed_in_for_names_nobody(
    client: Any, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    client.get(f"/{CANARY}/")
    client.get(f"/account/login/?next=/{CANARY}/")
    first, second = [line for line in lines() if line["event"] == "request_finished"]
    assert (first["route"], first["status"]) == ("none", 404)
    assert second["route"] == "account_login"
    assert "user" not in first and "user" not in second
    assert CANARY not in json.dumps(lines())


@pytest.mark.django_db
@pytest.mark.asvs("16.2.5", "16.5.1")
def test_an_error_is_its_type_and_place(
    world: SimpleNamespace, as_user: Any, lines: Callable[[], list[dict[str, Any]]], monkeypatch: Any
) -> None:
    from casework.cases import views

    def broken(*args: Any, **kwargs: Any) -> None:
        try:
            raise KeyError(f"{CANARY} inside")
        except KeyError as inside:
            raise ValueError(f"broken near {CANARY}") from inside

    monkeypatch.setattr(views, "case_frame", broken)
    client = as_user(world.cast.boris)
    client.raise_request_exception = False
    assert client.get(reverse("cases:case", args=[world.home.case.number])).status_code == 500
    (line,) = [line for line in lines() if line["event"] == "request_failed"]
    assert line["exception"] == "ValueError"
    assert line["at"].startswith(__file__)
    assert (line["route"], line["status"]) == ("cases:case", 500)
    assert CANARY not in json.dumps(lines())


@pytest.mark.django_db
@pytest.mark.asvs("16.2.5")
def test_what_the_database_quotes_is_left_out(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log = logging.getLogger("casework.tests")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [CANARY])
    except DatabaseError as problem:
        quoted = str(problem)
        log.exception("The database said %s", problem)
        log.error("The database said %s", problem)
        structlog.get_logger("casework.tests").exception("database_failed", said=str(problem), sql=CANARY)
    assert CANARY in quoted
    first, second, third = lines()
    assert first["event"].startswith("DataError at /")
    assert second["event"] == "The database said DataError"
    assert (third["event"], third["exception"]) == ("database_failed", "DataError")
    assert CANARY not in json.dumps(lines())


@pytest.mark.asvs("16.2.5")
@pytest.mark.parametrize(
    ("name", "message", "args", "event"),
    [
        ("django.security", "Invalid host %r in %s", (CANARY, CANARY), "Invalid host '…' in …"),
        ("celery.app.trace", "Task %(name)s failed: %(exc)s", ({"name": CANARY, "exc": CANARY},), "Task … failed: …"),
        ("kombu", "Lost after %d tries: %s", (3, OSError(CANARY)), "Lost after 3 tries: OSError"),
        ("openpyxl", f"cell holds {CANARY}", (), "(words withheld)"),
        ("casework.outbox", "Mail %s failed: %s", ("3f2a", ValueError(CANARY)), "Mail 3f2a failed: ValueError"),
    ],
)
def test_words_of_libraries_are_kept_and_what_they_quote_is_not(
    lines: Callable[[], list[dict[str, Any]]], name: str, message: str, args: tuple[Any, ...], event: str
) -> None:
    logging.getLogger(name).error(message, *args)
    (line,) = lines()
    assert line["event"] == event


def test_a_text_where_a_number_belongs_breaks_nothing() -> None:
    record = logging.LogRecord("kombu", logging.ERROR, __file__, 1, "Lost after %d tries", (CANARY,), None)
    assert json.loads(Line().format(record))["event"] == "Lost after %d tries"


@pytest.mark.asvs("16.2.5")
def test_only_keys_that_are_known_leave_and_only_in_their_shape(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log = structlog.get_logger("casework.tests")
    log.warning("something_happened", name=CANARY, user=CANARY, ms=4, status=CANARY, route=f"{CANARY} {CANARY}")
    log.warning(f"{CANARY} did something")
    first, second = lines()
    assert first.keys() - {"time", "level", "logger"} == {"event", "ms"}
    assert second["event"] == "(words withheld)"


@pytest.mark.asvs("16.4.1")
def test_a_line_break_makes_no_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("casework.tests").error("Mail %s failed", 'x\n{"event": "forged"}\r\n')
    assert [line["level"] for line in lines()] == ["error"]
    readable = Line(readable=True).format(
        logging.LogRecord("casework.tests", 40, "f", 1, "Mail\r\n%s", ("x\ny",), None)
    )
    assert "\n" not in readable and "\r" not in readable


@pytest.mark.asvs("16.2.5")
def test_a_task_that_fails_is_logged_without_its_arguments(lines: Callable[[], list[dict[str, Any]]]) -> None:
    from django_structlog.celery.receivers import CeleryReceiver

    from casework.config.celery import app

    def fails(name: str) -> None:
        raise ValueError(f"broken near {name}")

    task = app.task(fails, name="casework.tests.fails")
    receiver = CeleryReceiver()
    receiver.receiver_task_prerun(task_id="0" * 32, task=task)
    try:
        fails(CANARY)
    except ValueError as problem:
        receiver.receiver_task_failure(task_id="0" * 32, exception=problem, sender=task)
    (line,) = [line for line in lines() if line["event"] == "task_failed"]
    assert (line["exception"], line["task_id"]) == ("ValueError", "0" * 32)
    assert CANARY not in json.dumps(lines())
    structlog.contextvars.clear_contextvars()


def test_the_filter_stands_on_the_one_handler_of_the_settings() -> None:
    from django.conf import settings

    (handler,) = settings.LOGGING["handlers"].values()
    assert handler["filters"] == ["no_values"] and settings.LOGGING["filters"]["no_values"]["()"] is NoValues
    assert settings.LOGGING["formatters"][handler["formatter"]]["()"] is Line
