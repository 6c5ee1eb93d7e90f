"""What every page needs: navigation by role, unread notifications."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.outbox.models import Notification

# Label, URL name, permission that shows it. The order is the order of the day.
NAV = (
    (lambda: _("Referrals"), "referrals:referrals", "referrals.view_referral"),
    (lambda: _("Onward"), "referrals:waiting-onward", "referrals.send_onward"),
    (lambda: _("Screening"), "referrals:sites", "referrals.view_screening"),
    (lambda: _("My submissions"), "referrals:submissions", "referrals.submit_referral"),
    (lambda: _("Cases"), "cases:cases", "cases.view_case"),
    (lambda: _("Assignments"), "cases:assignment-board", "cases.confirm_assignment"),
    (lambda: _("Reviews"), "cases:reviews", "cases.review_opening"),
    (lambda: _("Proceedings"), "justice:proceedings", "justice.list_proceedings"),
    (lambda: _("Beds"), "shelter:board", "shelter.view_board"),
    (lambda: _("Search"), "people:search", "people.view_person"),
    (lambda: _("Audit trail"), "audit:trail", "audit.read_trail"),
    (lambda: _("Data requests"), "people:data-requests", "people.view_data_requests"),
    (lambda: _("Figures"), "statistics:annual-report", "statistics.view_figures"),
    (lambda: _("People and roles"), "access:users", "access.manage_users"),
    (lambda: _("Keys"), "access:keys", "access.manage_keys"),
    (lambda: _("Roles to approve"), "access:role-requests", "access.approve_role"),
    (lambda: _("Reference data"), "curation:proposals", "curation.decide_change"),
    (lambda: _("Duty"), "access:duty", "access.set_duty"),
    (lambda: _("Reasons given"), "shelter:overrides", "shelter.read_overrides"),
    (lambda: _("Installation"), "health", "config.view_health"),
    (lambda: _("Reference"), "reference:index", ""),
)
_TAB = re.compile(r"/\w+/cases/")


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every page; a visitor who is not signed in gets no navigation."""
    user = getattr(request, "user", None)
    base = {"demo": settings.DEMO, "version": settings.VERSION}
    if user is None or not user.is_authenticated or getattr(request, "setting_up", False):
        return base
    items: list[dict[str, Any]] = []
    for label, name, permission in NAV:
        if permission and not user.has_perm(permission):
            continue
        url = reverse(name)
        items.append({"label": label(), "url": url, "active": False})
    # The tabs of a case that other apps draw lie under /referrals/cases/, /shelter/cases/, /justice/cases/.
    path = reverse("cases:cases") if _TAB.match(request.path) else request.path
    here = [item for item in items if path.startswith(item["url"])]
    if here:  # the assignment board lies under the cases, and is a place of its own
        max(here, key=lambda item: len(item["url"]))["active"] = True
    return base | {"nav": items, "unread_count": Notification.objects.visible_to(user).unread().count()}
