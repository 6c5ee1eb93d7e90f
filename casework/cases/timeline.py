"""What happened in a case, merged from every app that knows something, newest first.

Another app declares its part in a module of its own named `timeline`:

    @register
    def placements(case, user): return [Entry(at=placement.starts_on, title=…, url=…) for placement in …]
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.audit.models import Event, Kind
from reference import codes

if TYPE_CHECKING:
    from casework.access.models import User
    from casework.cases.models import Case


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `at` is a moment, or a day where nothing finer is known."""

    at: datetime.datetime | datetime.date
    title: Any
    body: str = ""
    by: str = ""
    error_at: datetime.datetime | None = None
    error_why: str = ""
    url: str = ""

    @property
    def moment(self) -> datetime.datetime:
        """For sorting: a day counts from its first minute."""
        if isinstance(self.at, datetime.datetime):
            return self.at
        return timezone.make_aware(datetime.datetime.combine(self.at, datetime.time()))

    def as_item(self) -> dict[str, Any]:
        """As the `timeline` component wants it."""
        return {
            "title": self.title,
            "when": self.at,
            "by": self.by,
            "body": self.body,
            "url": self.url,
            "entered_in_error": self.error_at is not None,
            "reason": self.error_why,
        }


Source = Callable[["Case", "User"], list[Entry]]
SOURCES: list[Source] = []


def register(source: Source) -> Source:
    """Add a source of entries: a function of a visible case and the user who looks."""
    SOURCES.append(source)
    return source


def entries(case: "Case", user: "User") -> list[Entry]:
    """Everything that happened in a case, newest first."""
    found = [entry for source in SOURCES for entry in source(case, user)]
    return sorted(found, key=lambda entry: entry.moment, reverse=True)


# --- What the case itself knows --------------------------------------------------------------------------------------
@register
def opening(case: "Case", user: "User") -> list[Entry]:
    return [Entry(at=case.opened_on, title=_("Case %(number)s opened") % {"number": case.number})]


@register
def notes(case: "Case", user: "User") -> list[Entry]:
    return [
        Entry(
            at=note.happened_at,
            title=note.get_kind_display(),
            body=note.body,
            by=str(note.written_by),
            error_at=note.error_at,
            error_why=note.error_why,
        )
        for note in case.notes.visible_to(user).select_related("key", "written_by")
    ]


@register
def consents(case: "Case", user: "User") -> list[Entry]:
    return [
        Entry(
            at=row.answered_on,
            title=_("Consent (%(purpose)s): %(answer)s")
            % {"purpose": codes.label("consent_purposes", row.purpose), "answer": row.get_answer_display()},
            body=row.recipient or str(codes.label("recipient_kinds", row.recipient_kind)),
            by=str(row.recorded_by),
            error_at=row.error_at,
            error_why=row.error_why,
            url=reverse("cases:consents", args=[case.number]),
        )
        for row in case.consents.visible_to(user).select_related("key", "recorded_by")
    ]


@register
def victim_statuses(case: "Case", user: "User") -> list[Entry]:
    return [
        Entry(
            at=status.since,
            title=_("Victim status: %(status)s") % {"status": codes.label("victim_statuses", status.status)},
        )
        for status in case.victim_statuses.visible_to(user)
    ]


@register
def assignments(case: "Case", user: "User") -> list[Entry]:
    found = []
    for given in case.assignments.visible_to(user).select_related("caseworker", "assigned_by", "reviewed_by"):
        found.append(
            Entry(
                at=given.assigned_at,
                title=_("Given to %(caseworker)s") % {"caseworker": given.caseworker},
                by=str(given.assigned_by),
            )
        )
        if given.reviewed_at is not None and given.reviewed_at != given.assigned_at:
            title = _("Assignment to %(caseworker)s confirmed") % {"caseworker": given.caseworker}
            found.append(Entry(at=given.reviewed_at, title=title, by=str(given.reviewed_by)))
    return found


@register
def acts(case: "Case", user: "User") -> list[Entry]:
    """Acts that leave no row of their own: the trail knows when and by whom."""
    titles = {
        "amend_case": _("Risk and safety plan amended"),
        "close_case": _("Case closed"),
        "reopen_case": _("Case opened again"),
        "seal_case": _("Case sealed"),
        "unseal_case": _("Case unsealed"),
        "ask_unsealing": _("Unsealing asked for"),
        "break_glass": _("Opened with emergency access"),
        "declare_conflict": _("A conflict of interest was declared"),
        "lift_conflict": _("A conflict of interest was lifted"),
        "name_colleague": _("A colleague was named on the case"),
        "release_colleague": _("A named colleague was released"),
    }
    events = Event.objects.about(case).filter(kind=Kind.ACT, verb__in=titles).select_related("actor")
    return [Entry(at=event.at, title=titles[event.verb], by=str(event.actor or "")) for event in events]
