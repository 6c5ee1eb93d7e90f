"""The tabs of a case page. An app that keeps something on a case registers its tab in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

if TYPE_CHECKING:
    from casework.access.models import User
    from casework.cases.models import Case


@dataclass(frozen=True)
class Tab:
    """One tab. Its page lives at the URL name with the case's number as only argument and needs the permission.

    `count` says how many things the tab holds (None: no number is shown); `place` orders the tabs: the summary is 0,
    the timeline 10, notes 20, what other apps keep 30 to 70, the case's own administration from 80 on.
    """

    id: str
    label: Any
    url_name: str
    permission: str
    count: "Callable[[Case], int] | None" = None
    place: int = 50


TABS: dict[str, Tab] = {}


def register(tab: Tab) -> None:
    """Add a tab to every case page. Registering the same id again replaces it."""
    TABS[tab.id] = tab


def tabs_of(case: "Case", user: "User", active: str) -> list[dict[str, Any]]:
    """The tabs this user is offered, as `sub_navigation` wants them."""
    offered = [tab for tab in sorted(TABS.values(), key=lambda tab: tab.place) if user.has_perm(tab.permission)]
    return [
        {
            "label": tab.label,
            "url": reverse(tab.url_name, args=[case.number]),
            "active": tab.id == active,
            "count": tab.count(case) if tab.count else None,
        }
        for tab in offered
    ]
