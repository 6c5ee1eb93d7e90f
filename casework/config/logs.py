"""Log lines say what happened and where, never to whom.

Every line, whoever wrote it, passes two sieves. The words of a record are kept and what was put into them is left out,
unless it is a number or our own code put it there: libraries quote addresses, statements and values. Of structured
lines only the keys of `SHAPES` leave, and only in the shape that is said there. An exception is its type and place.
"""

import copy
import logging
import re
import sys
import time
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

OURS = ("casework", "referrals", "reference")
LEFT_OUT = "…"
WITHHELD = "(words withheld)"
PLAIN_SPOKEN = ("django", "celery", "kombu", "gunicorn", "whitenoise", "structlog", "django_structlog", *OURS)

_UUID = re.compile(r"[0-9a-f-]{32,36}")
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,79}")  # of a route, a task, a class: from our source, not from a request
_TIME = re.compile(r"[\d:.TZ+-]{10,40}")
_PLACE = re.compile(r"[\w./@<>-]{1,200}:\d+")
SHAPES: dict[str, re.Pattern[str]] = {
    "time": _TIME,
    "level": re.compile(r"[a-z]+"),
    "logger": _NAME,
    "request_id": _UUID,
    "user": _UUID,
    "method": re.compile(r"[A-Z]{3,7}"),
    "route": _NAME,
    "task": _NAME,
    "task_id": _UUID,
    "child_task_name": _NAME,
    "child_task_id": _UUID,
    "parent_task_id": _UUID,
    "exception": _NAME,
    "at": _PLACE,
}
NUMBERS = frozenset({"status", "ms", "duration_ms"})
FIRST = ("time", "level", "event", "request_id", "user", "method", "route", "status", "ms")


class NoValues(logging.Filter):
    """Drops the message of an exception and keeps its type and place: messages quote what people typed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and record.exc_info and record.exc_info[0] is not None:
            kind, problem, _trace = record.exc_info
            record.msg = f"{kind.__name__} at {_raised_at(problem)}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        record.stack_info = None
        return True


def _raised_at(problem: BaseException | None) -> str:
    last = problem.__traceback__ if problem else None
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last is not None else "?"


def _harmless(value: Any) -> Any:
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, (int, float)) else LEFT_OUT


def words(record: logging.LogRecord) -> str:
    """The message of a record from `logging` without what was put into it, except numbers."""
    message = str(record.msg)
    top = record.name.partition(".")[0]
    if record.args and top in OURS:
        given = record.args if isinstance(record.args, dict) else tuple(_named(value) for value in record.args)
        return message % given
    if not record.args:
        return message if top in PLAIN_SPOKEN else WITHHELD
    safe: Any
    if isinstance(record.args, dict):
        safe = {name: _harmless(value) for name, value in record.args.items()}
    else:
        safe = tuple(_harmless(value) for value in record.args)
    try:
        return message % safe
    except (TypeError, ValueError, KeyError):  # the place of a number holds a text
        return message


def _named(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An exception becomes its type and place."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        event["exception"], event["at"] = type(problem).__name__, _raised_at(problem)
    return event


def _only_known(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What is not in `SHAPES` does not leave, whoever bound it."""
    if "user_id" in event:
        event["user"] = event["user_id"]
    if "code" in event:
        event["status"] = event["code"]
    kept = {"event": str(event.get("event", ""))}
    for name, shape in SHAPES.items():
        if isinstance(event.get(name), str) and shape.fullmatch(event[name]):
            kept[name] = event[name]
    for name in NUMBERS:
        if isinstance(event.get(name), (int, float)):
            kept[name] = event[name]
    return {name: kept[name] for name in (*FIRST, *sorted(kept.keys() - {*FIRST})) if name in kept}


class Line(ProcessorFormatter):
    """Formats every record, from `structlog` or `logging`, as one line: JSON, or readable."""

    def __init__(self, *, readable: bool = False) -> None:
        end: Any = (
            structlog.processors.KeyValueRenderer(key_order=list(FIRST), drop_missing=True, repr_native_str=False)
            if readable
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )
        super().__init__(
            processors=[ProcessorFormatter.remove_processors_meta, _only_known, end],
            foreign_pre_chain=_PRE,
        )

    def format(self, record: logging.LogRecord) -> str:
        held = copy.copy(record)
        if isinstance(held.msg, dict):  # from structlog: sieved as data
            event = held.msg.get("event")
            if not (isinstance(event, str) and re.fullmatch(r"[a-z_]{1,60}", event)):
                held.msg = {**held.msg, "event": WITHHELD}
        else:
            NoValues().filter(held)
            held.msg, held.args = words(held), ()
        # one line is one line, whatever a text held
        return super().format(held).replace("\r", " ").replace("\n", " ")


_PRE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    _exception,
]
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, *_PRE, ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def configuration(*, level: str, readable: bool) -> dict[str, Any]:
    """LOGGING: one handler, one way out, for the web server, the workers and the commands alike."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Line, "readable": readable}},
        "filters": {"no_values": {"()": NoValues}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_values"]}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in (*OURS, "django_structlog")},
            "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "PIL": {"level": "CRITICAL"},  # it quotes what stands beside a picture: place, camera, names
            "django.request": {"level": "CRITICAL"},  # it quotes addresses; `request_failed` says it without
            # gunicorn sets its own loggers up unless it is told: casework/config/deploy/gunicorn.conf.py tells it
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


class RequestLog(RequestMiddleware):
    """One line for each request: who (a key), which route (a name), how it ended and how long it took."""

    def prepare(self, request: HttpRequest) -> None:
        request._began = time.perf_counter()  # type: ignore[attr-defined]
        super().prepare(request)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """The address is not logged; what is known of it by then is bound to the line."""
        match = request.resolver_match
        began = getattr(request, "_began", None)
        structlog.contextvars.bind_contextvars(
            method=request.method,
            route=(match.view_name if match else "") or "none",
            ms=round((time.perf_counter() - began) * 1000) if began is not None else None,
        )
        return ""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Only when the request has found out by itself who asks: a health check asks no database."""
        known = getattr(request, "_cached_user", None)
        if known is not None:
            structlog.contextvars.bind_contextvars(user=str(known.pk) if known.pk else None)
