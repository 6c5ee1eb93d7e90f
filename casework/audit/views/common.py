"""What the auditor's pages share: their sub-navigation, names of accounts, links into the trail."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.audit import reviews
from casework.audit.references import Reference

PAGES = (
    ("trail", lambda: _("Trail")),
    ("looked", lambda: _("Who looked at what")),
    ("unusual-reads", lambda: _("Unusual reads")),
    ("reveals", lambda: _("Reveals")),
    ("exports", lambda: _("Exports")),
    ("refusals", lambda: _("Refusals")),
    ("seal", lambda: _("Seal")),
    ("reviews", lambda: _("Weekly review")),
)


def frame(request: HttpRequest, active: str) -> dict[str, Any]:
    """The sub-navigation; beside the weekly review stands how many weeks wait for a signature."""
    user: Any = request.user
    waiting = reviews.unsigned(user.organisation_id, today=timezone.localdate())
    return {
        "pages": [
            {
                "label": label(),
                "url": reverse(f"audit:{name}"),
                "active": name == active,
                "count": waiting if name == "reviews" and waiting else None,
            }
            for name, label in PAGES
        ]
    }


def accounts(keys: Any) -> dict[Any, Any]:
    """The accounts that acted, by key."""
    return get_user_model()._default_manager.in_bulk([key for key in set(keys) if key is not None])


def trail_url(**asked: Any) -> str:
    """The trail, filtered."""
    return f"{reverse('audit:trail')}?{urlencode({name: value for name, value in asked.items() if value})}"


def record_cell(reference: Reference) -> dict[str, Any]:
    """A record in a table: its number or kind, and a link to its trail."""
    asked = reference.text if reference.has_number else reference.key
    return {"text": reference.text, "url": trail_url(record=asked)}


def next_page(request: HttpRequest, **place: Any) -> str:
    """The address of this page from another place on."""
    query = request.GET.copy()
    for name, value in place.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"
