"""The tabs of a record's page. An app that keeps something on a record registers its tab in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet, Value
from django.urls import reverse

if TYPE_CHECKING:
    from casework.access.models import User


@dataclass(frozen=True)
class Tab:
    """One tab. Its page lives at the URL name with the record's number as only argument and needs the permission.

    `rows` are the things of a record that the tab counts (None: no number is shown); `place` orders the tabs.
    """

    id: str
    label: Any
    url_name: str
    permission: str
    rows: Callable[[Any], QuerySet[Any]] | None = None
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
        counts = _count({tab.id: tab.rows(record) for tab in offered if tab.rows})
        return [
            {
                "label": tab.label,
                "url": reverse(tab.url_name, args=[record.number]),
                "active": tab.id == active,
                "count": counts.get(tab.id, 0) if tab.rows else None,
            }
            for tab in offered
        ]


def _count(held: dict[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each of them has that has any: one question for all."""
    if not held:
        return {}
    first, *others = [
        rows.order_by().annotate(tab=Value(name)).values("tab").annotate(n=Count("pk")).values_list("tab", "n")
        for name, rows in held.items()
    ]
    return dict(first.union(*others, all=True))
