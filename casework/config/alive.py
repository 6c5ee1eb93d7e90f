"""What a watchdog asks: does the process live, and may it be given work. Strangers learn yes or no and nothing else."""

import logging
from collections.abc import Callable, Iterator

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
_migrated = False


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks neither the database nor anything else."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has this version's tables, and Redis answers. Which one does not is in the log."""
    missing = list(_missing())
    for what in missing:
        log.warning("Not ready: the %s.", what)
    status = 503 if missing else 200
    return HttpResponse("not ready\n" if missing else "ready\n", content_type="text/plain", status=status)


def _missing() -> Iterator[str]:
    asked: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("database does not answer or lacks migrations", _database_is_migrated),
        ("broker does not answer", _broker_answers),
    )
    for sentence, answers in asked:
        try:
            if not answers():
                yield sentence
        except (DatabaseError, redis.RedisError, OSError):
            yield sentence


def _database_is_migrated() -> bool:
    """Whether every migration of this version is applied. That stays so while the process lives: then only ask."""
    global _migrated
    connection = connections["default"]
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return _migrated
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _broker_answers() -> bool:
    with redis.Redis.from_url(settings.CACHE, socket_timeout=2, socket_connect_timeout=2) as client:
        return bool(client.ping())
