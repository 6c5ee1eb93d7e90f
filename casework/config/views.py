"""Pages that belong to no app: the first page, notifications, leaving quickly."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casework.access.requests import SignedIn
from casework.config.context import NAV
from casework.outbox.models import Notification
from casework.outbox.services import mark_read


@require_safe
def home(request: SignedIn) -> HttpResponse:
    """The first page of a role: what is due for those who work on records, otherwise their first place of work."""
    if request.user.has_perm("referrals.view_referral"):
        return redirect("referrals:today")
    for _label, name, permission in NAV:
        if permission and request.user.has_perm(permission):
            return redirect(reverse(name))
    return redirect("reference:index")


def notifications(request: SignedIn) -> HttpResponse:
    """Own notifications, newest first; posting marks them all as read."""
    mine = Notification.objects.visible_to(request.user).select_related("message").order_by("-at")
    if request.method == "POST":
        mark_read(notifications=mine)
        return redirect("notifications")
    page = Paginator(mine, 25).get_page(request.GET.get("page"))
    return render(request, "config/notifications.html", {"page": page})


@login_not_required
@require_safe
def leave_quickly(request: HttpRequest) -> HttpResponse:
    """End the session and go to an everyday site. What the browser kept of this site is cleared."""
    logout(request)
    response = redirect(settings.LEAVE_QUICKLY_URL)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose protection token is missing or too old."""
    return render(request, "403_csrf.html", status=403)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and clear what the browser kept."""
    logout(request)
    response = redirect("account_login")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
