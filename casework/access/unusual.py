"""Unusual reads that the duty roster tells: at night, by somebody who was not on duty."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from casework.audit.looks import Window
from casework.audit.unusual import OPENED, Unusual, asked, found, register

_NIGHT = f"""
    SELECT event.actor_id, count(*), max(event.at), max(event.id) FROM {OPENED}
    AND (
        CASE WHEN %(from)s > %(until_hour)s
        THEN extract(hour FROM event.at AT TIME ZONE %(zone)s) >= %(from)s
             OR extract(hour FROM event.at AT TIME ZONE %(zone)s) < %(until_hour)s
        ELSE extract(hour FROM event.at AT TIME ZONE %(zone)s) >= %(from)s
             AND extract(hour FROM event.at AT TIME ZONE %(zone)s) < %(until_hour)s END
    )
    AND NOT EXISTS (
        SELECT FROM access_duty AS duty WHERE duty.user_id = event.actor_id
        AND duty.starts_at <= event.at AND duty.ends_at > event.at
    )
    GROUP BY event.actor_id, ((event.at - make_interval(hours => %(until_hour)s)) AT TIME ZONE %(zone)s)::date
    ORDER BY 4 DESC LIMIT %(most)s
"""  # noqa: S608  (constants)


def night(window: Window) -> list[Unusual]:
    """Nights on which somebody read records outside a duty of theirs."""
    start, end = settings.UNUSUAL_NIGHT
    return found(_NIGHT, asked(window, **{"from": start, "until_hour": end}))


register(
    "night",
    _("Read at night, outside duty"),
    lambda: (
        _("Pages of records read from %(from)d:00 to %(until)d:00 by somebody who was not on duty.")
        % {"from": settings.UNUSUAL_NIGHT[0], "until": settings.UNUSUAL_NIGHT[1]}
    ),
    night,
)
