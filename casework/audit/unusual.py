"""Reads that an auditor should see: rules, each a query over a stretch of the trail.

The rules that need more than the trail live in a module `unusual` of the app that knows (duty in access, assignments
and sealing in cases), found by `autodiscover_modules`. Thresholds are settings. A rule accuses nobody: it says where
to look.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from casework.audit.looks import Window
from casework.audit.words import verbs_of

MOST = 100  # findings of one rule that a page shows


@dataclass(frozen=True)
class Unusual:
    """One thing that a rule found: who, how often, when last, and about which record where it is about one."""

    actor_id: UUID
    count: int
    last: datetime.datetime
    newest: int  # id of the last event, for the link into the trail
    key: str = ""
    label: str = ""


@dataclass(frozen=True)
class Rule:
    code: str
    label: Any
    why: Callable[[], Any]  # with the thresholds in force
    find: Callable[[Window], list[Unusual]]


RULES: dict[str, Rule] = {}


def register(code: str, label: Any, why: Callable[[], Any], find: Callable[[Window], list[Unusual]]) -> None:
    """Add a rule; a module that is imported twice registers once."""
    RULES[code] = Rule(code, label, why, find)


def asked(window: Window, **more: Any) -> dict[str, Any]:
    """The parameters that every rule's query knows."""
    return {
        "organisation": window.organisation_id,
        "since": window.since,
        "until": window.until,
        "lists": verbs_of("lists"),
        "zone": settings.TIME_ZONE,
        "most": MOST,
    } | more


def found(sql: str, parameters: dict[str, Any]) -> list[Unusual]:
    """Run a rule's query. Its columns are those of `Unusual`, in order; key and label may be left out."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Unusual(*row) for row in cursor.fetchall()]


# Pages of single records that were read in the window.
OPENED = """
    audit_event AS event WHERE event.organisation_id = %(organisation)s AND event.kind = 'read'
    AND event.at >= %(since)s AND event.at < %(until)s AND event.verb <> ALL(%(lists)s) AND event.actor_id IS NOT NULL
"""


def unusual(window: Window) -> list[tuple[Rule, list[Unusual]]]:
    """Every rule with what it found in the window, at most 100 each, the newest first."""
    return [(rule, rule.find(window)) for rule in RULES.values()]


# Far more than usual --------------------------------------------------------------------------------------------------
_MANY = """
    WITH days AS (
        SELECT actor_id, (at AT TIME ZONE %(zone)s)::date AS day, count(DISTINCT key) AS records,
               max(at) AS last, max(id) AS newest
        FROM (
            SELECT actor_id, at, id, jsonb_array_elements_text(subjects) AS key FROM audit_event
            WHERE organisation_id = %(organisation)s AND kind = 'read' AND at >= %(usual_since)s AND at < %(until)s
            AND verb <> ALL(%(lists)s) AND actor_id IS NOT NULL
        ) AS each_one GROUP BY 1, 2
    )
    SELECT this.actor_id, this.records, this.last, this.newest
    FROM days AS this LEFT JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY earlier.records) AS median FROM days AS earlier
        WHERE earlier.actor_id = this.actor_id AND earlier.day < this.day
        AND earlier.day >= this.day - %(usual_days)s::integer
    ) AS usual ON true
    WHERE this.last >= %(since)s AND this.records >= %(least)s
    AND this.records > %(times)s * coalesce(usual.median, 0)
    ORDER BY this.newest DESC LIMIT %(most)s
"""


def many_records(window: Window) -> list[Unusual]:
    """Days on which somebody opened far more records than on the median of their own days before."""
    days = settings.UNUSUAL_MANY_DAYS
    more = {
        "usual_since": window.since - datetime.timedelta(days=days + 1),
        "usual_days": days,
        "least": settings.UNUSUAL_MANY_LEAST,
        "times": settings.UNUSUAL_MANY_TIMES,
    }
    return found(_MANY, asked(window, **more))


register(
    "many-records",
    _("Far more records than usual"),
    lambda: (
        _("%(least)d records or more on one day, and more than %(times)d times the person's own usual day.")
        % {"least": settings.UNUSUAL_MANY_LEAST, "times": settings.UNUSUAL_MANY_TIMES}
    ),
    many_records,
)

# Refused again and again ----------------------------------------------------------------------------------------------
_IN_A_ROW = """
    SELECT actor_id, count(*), max(at), max(id) FROM (
        SELECT actor_id, kind, at, id,
               row_number() OVER (PARTITION BY actor_id ORDER BY id)
               - row_number() OVER (PARTITION BY actor_id, kind ORDER BY id) AS island
        FROM audit_event
        WHERE organisation_id = %(organisation)s AND at >= %(since)s AND at < %(until)s AND actor_id IS NOT NULL
    ) AS each_one
    WHERE kind = 'refusal' GROUP BY actor_id, island HAVING count(*) >= %(least)s
    ORDER BY 4 DESC LIMIT %(most)s
"""


def refusals_in_a_row(window: Window) -> list[Unusual]:
    """Refusals of one person with nothing that succeeded between them."""
    return found(_IN_A_ROW, asked(window, least=settings.UNUSUAL_REFUSALS))


register(
    "refusals-in-a-row",
    _("Refused many times in a row"),
    lambda: (
        _("%(least)d refusals or more, with nothing between them that was allowed.")
        % {"least": settings.UNUSUAL_REFUSALS}
    ),
    refusals_in_a_row,
)

# Just before the account was disabled ---------------------------------------------------------------------------------
_BEFORE_DISABLED = """
    SELECT event.actor_id, count(*), max(event.at), max(event.id)
    FROM audit_event AS disabled, LATERAL (
        SELECT event.actor_id, event.at, event.id FROM audit_event AS event
        WHERE event.actor_id = (disabled.subjects->>0)::uuid AND event.id < disabled.id AND event.kind = 'read'
        AND event.verb <> ALL(%(lists)s) AND event.at >= disabled.at - %(before)s::interval
        AND event.organisation_id = %(organisation)s
    ) AS event
    WHERE disabled.organisation_id = %(organisation)s AND disabled.kind = 'act' AND disabled.verb = 'disable_user'
    AND disabled.at >= %(since)s AND disabled.at < %(until)s
    GROUP BY disabled.id, event.actor_id ORDER BY 4 DESC LIMIT %(most)s
"""


def before_disabled(window: Window) -> list[Unusual]:
    """What somebody read in the last hours before their account was disabled."""
    before = datetime.timedelta(hours=settings.UNUSUAL_BEFORE_DISABLED_HOURS)
    return found(_BEFORE_DISABLED, asked(window, before=before))


register(
    "before-disabled",
    _("Read just before the account was disabled"),
    lambda: (
        _("Pages of records read in the last %(hours)d hours before.")
        % {"hours": settings.UNUSUAL_BEFORE_DISABLED_HOURS}
    ),
    before_disabled,
)
