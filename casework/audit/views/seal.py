"""The state of the seal, for the auditor: what is sealed, what the outside knows, what was checked."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.audit import chain, seals
from casework.audit.seal_models import Seal, Verification
from casework.audit.verify import Finding
from casework.audit.views.common import frame

CHECKS = 20


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def seal(request: HttpRequest) -> HttpResponse:
    """How far the trail is sealed, anchored and checked; the line that an auditor can keep."""
    user: Any = request.user
    state = seals.state(timezone.now())
    head = Seal.objects.visible_to(user).order_by("-position").defer("event_ids", "digests").first()
    checks = Verification.objects.visible_to(user).order_by("-id")[:CHECKS]
    return render(
        request,
        "audit/seal.html",
        frame(request, "seal")
        | {
            "state": state,
            "finding": _finding(checks[0]) if checks and checks[0].finding else "",
            "trouble": seals.TROUBLES.get(state.trouble, ""),
            "line": chain.anchor_of(head).line() if head else "",
            "public_key": chain.public_key(),
            "mail_hours": settings.AUDIT_MAIL_HOURS,
            "heads": [
                _("When"),
                _("Result"),
                _("Batches"),
                _("Events"),
                _("Not sealed yet"),
                _("Anchors"),
                _("Time"),
            ],
            "checks": [_check(each) for each in checks],
        },
    )


def _finding(check: Verification) -> str:
    return str(Finding(check.finding, check.position, check.event_id))


def _check(check: Verification) -> list[Any]:
    sound = {"text": "", "status": "ok", "label": _("Sound"), "colour": "green"}
    broken = {"text": "", "status": "failed", "label": _("Broken"), "colour": "red", "hint": ""}
    result = broken | {"hint": _finding(check)} if check.finding else sound
    return [check.at, result, check.seals, check.events, check.waiting, check.anchors, f"{check.seconds:.1f} s"]
