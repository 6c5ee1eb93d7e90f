"""What the read-only page of emergency access shows: what helps in the next hour, and nothing that leads on."""

import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.cases.models import Case
from casework.cases.restricted_models import Opening, OpeningKind
from reference import codes

NOTES = 5


def what_helps(case: Case, user: User, now: datetime.datetime) -> dict[str, Any]:
    """Context of the page for a case that the caller fetched `through_glass`: who it is about, safe contact, risk and
    plan, where the person stays, whom to call, the last notes. What is masked stays masked."""
    today = timezone.localdate(now)
    opened = Opening.objects.filter(case=case, user=user, kind=OpeningKind.BREAK_GLASS).order_by("-opened_at").first()
    notes = case.notes.filter(error_at=None).select_related("key", "written_by").order_by("-happened_at")[:NOTES]
    return {
        "case": case,
        "person": case.person,
        "age": case.person.age_on(today),
        "languages": [codes.language_label(code) for code in case.person.languages],
        "opening": opened,
        "stays": _stays(case, today),
        "notes": [
            {"title": note.get_kind_display(), "when": note.happened_at, "by": str(note.written_by), "body": note.body}
            for note in notes
        ],
    }


def _stays(case: Case, today: datetime.date) -> list[str]:
    """Where the person is now, in words; placements belong to an app above this one."""
    placements: Any = case.placements
    current = placements.filter(Q(ends_on=None) | Q(ends_on__gt=today), error_at=None, starts_on__lte=today)
    return [
        _("%(kind)s: %(name)s")
        % {
            "kind": codes.label("placement_types", stay.kind),
            "name": stay.shelter or stay.facility or _("not known"),
        }
        for stay in current.select_related("key", "shelter")
    ]
