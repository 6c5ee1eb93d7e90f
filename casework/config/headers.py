"""What browsers are told beside the content policy, and where they report what broke that policy."""

import json
import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = logging.getLogger(__name__)

# Everything that a browser offers and no page of ours needs. A security key at sign-in needs publickey-credentials.
SWITCHED_OFF = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in SWITCHED_OFF),
}
LARGEST_REPORT = 16_384  # bytes
DIRECTIVES = frozenset(
    f"{kind}-src{part}"
    for kind in (
        "default",
        "script",
        "style",
        "img",
        "font",
        "connect",
        "object",
        "media",
        "frame",
        "worker",
        "manifest",
    )
    for part in ("", "-elem", "-attr")
) | {"base-uri", "form-action", "frame-ancestors"}


class Isolation:
    """The headers of `HEADERS` on every answer: pages, files, redirects and errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


@csrf_exempt  # browsers send it by themselves, without a token
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser reports a breach of the content policy: which rule is logged, once a minute, and nothing it quotes."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_REPORT:
        return HttpResponse(status=413)
    try:
        report = json.loads(request.body)["csp-report"]
        said = report.get("effective-directive") or report.get("violated-directive", "")
        rule = str(said).split(" ")[0]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return HttpResponse(status=400)
    if rule not in DIRECTIVES:
        return HttpResponse(status=400)
    if cache.add(f"csp-report:{rule}", 1, timeout=60):
        log.warning("A browser refused something on a page: the rule %s of the content policy was broken.", rule)
    return HttpResponse(status=204)
