"""The technician's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from casework.access.requests import SignedIn
from casework.access.views import needs
from casework.config import health as installation


@require_safe
@needs("config.view_health")
def health(request: SignedIn) -> HttpResponse:
    """How the installation is: nothing on it is about a person or a case."""
    groups = installation.examine(timezone.now())
    counts = installation.counts(groups)
    context = {
        "groups": groups,
        "waiting": installation.waiting(groups),
        "red": counts[installation.State.RED],
        "amber": counts[installation.State.AMBER],
        "green": counts[installation.State.GREEN],
    }
    return render(request, "config/health.html", context)
