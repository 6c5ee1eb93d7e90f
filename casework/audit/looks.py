"""Who looked at what: reads of the trail counted by person acting and by record, along indexes, a page at a time."""

import datetime
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from casework.audit.words import verbs_of

PAGE = 50


@dataclass(frozen=True)
class Window:
    """A stretch of one organisation's trail."""

    organisation_id: UUID
    since: datetime.datetime
    until: datetime.datetime

    @classmethod
    def of_days(cls, organisation_id: UUID, first: datetime.date, last: datetime.date) -> "Window":
        """From the start of the first day to the end of the last, as Belgrade's clocks count them."""
        zone = ZoneInfo(settings.TIME_ZONE)
        midnight = datetime.time()
        return cls(
            organisation_id,
            datetime.datetime.combine(first, midnight, zone),
            datetime.datetime.combine(last + datetime.timedelta(days=1), midnight, zone),
        )


@dataclass(frozen=True)
class Look:
    """How often one person saw one record (or how much they saw at all), when first and when last."""

    actor_id: UUID | None
    key: str
    label: str
    opened: int  # pages of the record itself
    listed: int  # pages that named it among others
    first: datetime.datetime
    last: datetime.datetime
    newest: int  # the id of the last event: with actor and key, the place of this row in the list


_COUNTS = """
    count(*) FILTER (WHERE verb <> ALL(%(lists)s)) AS opened, count(*) FILTER (WHERE verb = ANY(%(lists)s)) AS listed,
    min(at) AS first, max(at) AS last, max(id) AS newest
"""
_READS = """
    audit_event WHERE organisation_id = %(organisation)s AND kind = 'read' AND at >= %(since)s AND at < %(until)s
"""
_PAGED = """
    SELECT * FROM ({inner}) AS looks
    WHERE %(newest)s::bigint IS NULL OR (newest, coalesce(actor_id::text, ''), key) < (%(newest)s, %(actor)s, %(key)s)
    ORDER BY newest DESC, coalesce(actor_id::text, '') DESC, key DESC LIMIT %(size)s
"""
_BY_PERSON = f"SELECT actor_id, '' AS key, '' AS label, {_COUNTS} FROM {_READS} GROUP BY actor_id"  # noqa: S608
_OF_RECORD = f"""
    SELECT actor_id, '' AS key, '' AS label, {_COUNTS} FROM {_READS}
    AND subjects @> ANY(%(keys)s::jsonb[]) GROUP BY actor_id
"""  # noqa: S608  (constants)
_BY_RECORD = f"""
    SELECT actor_id, key, label, {_COUNTS} FROM (
        SELECT event.actor_id, event.verb, event.at, event.id, pair.key, pair.label FROM (
            SELECT * FROM {_READS} AND actor_id = %(who)s
        ) AS event, ROWS FROM (jsonb_array_elements_text(event.subjects), jsonb_array_elements_text(event.labels))
            AS pair(key, label)
        WHERE %(keys)s::jsonb[] IS NULL OR to_jsonb(ARRAY[pair.key]) = ANY(%(keys)s::jsonb[])
    ) AS each_one GROUP BY actor_id, key, label
"""  # noqa: S608  (constants)


def looks(
    window: Window,
    *,
    actor_id: UUID | None = None,
    keys: list[str] | None = None,
    after: tuple[int, str, str] | None = None,
) -> list[Look]:
    """The newest first: what one person looked at, who looked at one record, or how much everybody looked at.

    Returns one row more than a page when another page follows; `after` is the place of the last row of the one before.
    """
    if actor_id is not None:
        inner = _BY_RECORD
    elif keys is not None:
        inner = _OF_RECORD
    else:
        inner = _BY_PERSON
    newest, actor, key = after or (None, "", "")
    asked: dict[str, Any] = {
        "organisation": window.organisation_id,
        "since": window.since,
        "until": window.until,
        "lists": verbs_of("lists"),
        "keys": None if keys is None else [json.dumps([each]) for each in keys],
        "who": actor_id,
        "newest": newest,
        "actor": actor,
        "key": key,
        "size": PAGE + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGED.format(inner=inner), asked)
        return [Look(*row) for row in cursor.fetchall()]


def reads_by_day(window: Window) -> list[tuple[datetime.date, int]]:
    """How many pages were read on each day, days without any too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (at AT TIME ZONE %(zone)s)::date, count(*) FROM {_READS} GROUP BY 1",  # noqa: S608
            {
                "organisation": window.organisation_id,
                "since": window.since,
                "until": window.until,
                "zone": settings.TIME_ZONE,
            },
        )
        counted = dict(cursor.fetchall())
    zone = ZoneInfo(settings.TIME_ZONE)
    day, last = window.since.astimezone(zone).date(), window.until.astimezone(zone).date()
    found = []
    while day < last:
        found.append((day, counted.get(day, 0)))
        day += datetime.timedelta(days=1)
    return found
