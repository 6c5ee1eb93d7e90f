"""Placements on a case's timeline."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.cases.models import Case
from casework.cases.timeline import Entry, register
from reference import codes

if TYPE_CHECKING:
    from casework.access.models import User


@register
def placements(case: Case, user: "User") -> list[Entry]:
    """The first day of each placement, also a planned one, and the day of leaving once it has come."""
    today, found = timezone.localdate(), []
    for placed in case.placements.visible_to(user).select_related("key", "shelter", "bed", "placed_by"):
        url = reverse("shelter:placement", args=[placed.pk])
        kind = codes.label("placement_types", placed.kind)
        where = " · ".join(filter(None, (str(placed.shelter or placed.facility), str(placed.bed or ""))))
        title = _("Placed: %(kind)s") if placed.starts_on <= today else _("Placement planned: %(kind)s")
        error = {"error_at": placed.error_at, "error_why": placed.error_why}
        by = str(placed.placed_by or "")
        found.append(Entry(at=placed.starts_on, title=title % {"kind": kind}, body=where, by=by, url=url, **error))
        if placed.ends_on is not None and placed.ends_on <= today:
            left = _("Left: %(kind)s") % {"kind": kind}
            found.append(Entry(at=placed.ends_on, title=left, body=where, url=url, **error))
    return found
