"""Unusual reads that the cases tell: without an assignment, and of sealed cases."""

from django.utils.translation import gettext_lazy as _

from casework.access.grants import Role
from casework.audit.looks import Window
from casework.audit.unusual import OPENED, Unusual, asked, found, register

# Who opened which case, from the subjects of each page.
_CASES = f"""
    SELECT event.actor_id, count(*), max(event.at), max(event.id), pair.key, pair.label
    FROM (SELECT * FROM {OPENED} AND event.labels @> '["cases.case"]') AS event,
    ROWS FROM (jsonb_array_elements_text(event.subjects), jsonb_array_elements_text(event.labels)) AS pair(key, label),
    cases_case AS its
    WHERE pair.label = 'cases.case' AND its.id = pair.key::uuid
"""  # noqa: S608  (constants)
_GROUPED = " GROUP BY event.actor_id, pair.key, pair.label ORDER BY 4 DESC LIMIT %(most)s"

_NOT_ASSIGNED = f"""{_CASES}
    AND NOT EXISTS (
        SELECT FROM cases_assignment AS held WHERE held.case_id = its.id AND held.caseworker_id = event.actor_id
        AND held.assigned_at <= event.at AND (held.ended_at IS NULL OR held.ended_at > event.at)
    )
    AND NOT EXISTS (
        SELECT FROM access_user_groups AS member JOIN auth_group AS role ON role.id = member.group_id
        WHERE member.user_id = event.actor_id AND role.name = %(supervisor)s
    )
    {_GROUPED}
"""  # noqa: S608  (constants)


def not_assigned(window: Window) -> list[Unusual]:
    """Cases that somebody opened without being their caseworker at that time. Supervisors read what they supervise."""
    return found(_NOT_ASSIGNED, asked(window, supervisor=str(Role.SUPERVISOR)))


def sealed(window: Window) -> list[Unusual]:
    """Who opened a case that is sealed."""
    return found(f"{_CASES} AND its.sealed {_GROUPED}", asked(window))


register(
    "not-assigned",
    _("Cases of others"),
    lambda: _("A case opened by somebody who was not its caseworker then: named on it, on duty or in an emergency."),
    not_assigned,
)
register("sealed", _("Sealed cases"), lambda: _("Every page of a case that is sealed."), sealed)
