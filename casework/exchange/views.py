"""Pages about what came in from other systems."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.audit import services as audit
from casework.exchange import quality


def data_quality(request: HttpRequest) -> HttpResponse:
    """What was accepted although it is incomplete: counts for admins, reference numbers too for supervisors."""
    user = request.user
    supervises = user.is_authenticated and user.has_role(Role.SUPERVISOR) and user.has_perm("cases.view_case")
    if not supervises and not user.has_perm("statistics.view_figures"):
        raise Http404
    audit.read(request, "data_quality")
    found = quality.gaps(user)
    headers = [_("What is missing"), _("Records")]
    rows = [[each.concern.label, each.count] for each in found]
    return render(
        request,
        "exchange/data_quality.html",
        {"headers": headers, "rows": rows, "found": found, "listed": quality.LISTED, "supervises": supervises},
    )
