"""Witness statuses and proceedings on a case's timeline."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.cases.models import Case
from casework.cases.timeline import Entry, register
from casework.justice.models import WitnessOutcome
from reference import codes

if TYPE_CHECKING:
    from casework.access.models import User


@register
def witness_statuses(case: Case, user: "User") -> list[Entry]:
    """When each was requested, and what became of it."""
    titles = {
        WitnessOutcome.GRANTED: _("Granted: %(status)s"),
        WitnessOutcome.REFUSED: _("Refused: %(status)s"),
        WitnessOutcome.WITHDRAWN: _("Withdrawn: %(status)s"),
    }
    url, found = reverse("justice:witness-statuses", args=[case.number]), []
    for one in case.witness_statuses.visible_to(user).select_related("key", "requested_by"):
        words = {"status": codes.label("witness_statuses", one.kind)}
        error = {"error_at": one.error_at, "error_why": one.error_why}
        if one.requested_on is not None:
            title, by = _("Requested: %(status)s") % words, str(one.requested_by or "")
            found.append(Entry(at=one.requested_on, title=title, body=one.decided_by_body, by=by, url=url, **error))
        if one.decided_on is not None and one.status in titles:
            title = titles[WitnessOutcome(one.status)] % words
            body = "\n".join(filter(None, (one.decided_by_body, one.reasons)))
            found.append(Entry(at=one.decided_on, title=title, body=body, url=url, **error))
    return found


@register
def proceedings(case: Case, user: "User") -> list[Entry]:
    """When each was opened, and when it ended."""
    found = []
    for one in case.proceedings.visible_to(user).select_related("key", "opened_by"):
        url = reverse("justice:proceeding", args=[one.pk])
        error = {"error_at": one.error_at, "error_why": one.error_why}
        body = "\n".join(filter(None, (one.reference, one.prosecutors_office, one.court)))
        by = str(one.opened_by or "")
        found.append(Entry(at=one.opened_on, title=_("Proceeding opened"), body=body, by=by, url=url, **error))
        if one.ended_on is not None:
            found.append(Entry(at=one.ended_on, title=_("Proceeding ended"), url=url, **error))
    return found
