"""The tabs of a record's page. An app that keeps something on a record registers its tab in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

if TYPE_CHECKING:
    from casework.access.models import User


@dataclass(frozen=True)
class Tab:
    """One tab. Its page lives at the URL name with the record's number as only argument and needs the permission.

    `count` says of a record how many things the tab holds (None: no number is shown); `place` orders the tabs.
    """

    id: str
    label: Any
    url_name: str
    permission: str
    count: Callable[[Any], int] | None = None
    place: int = 50


class Tabs:
    """The tabs of one kind of record, which has a `number`."""

    def __init__(self) -> None:
        self._tabs: dict[str, Tab] = {}

    def register(self, tab: Tab) -> None:
        """Add a tab to every page of such a record. Registering the same id again replaces it."""
        self._tabs[tab.id] = tab

    def of(self, record: Any, user: "User", active: str) -> list[dict[str, Any]]:
        """The tabs this user is offered, as `sub_navigation` wants them; `active` is the id of the open one."""
        offered = [
            tab for tab in sorted(self._tabs.values(), key=lambda tab: tab.place) if user.has_perm(tab.permission)
        ]
        return [
            {
                "label": tab.label,
                "url": reverse(tab.url_name, args=[record.number]),
                "active": tab.id == active,
                "count": tab.count(record) if tab.count else None,
            }
            for tab in offered
        ]
