"""What other programs may read: OpenAPI at /api/openapi.json. Errors are problem details (RFC 9457)."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import django_auth

from reference.api import router as reference

api = NinjaAPI(
    title="Casework",
    version=settings.VERSION,
    description="The published world: the law, the bodies, the published figures and the words, each with its source.",
    docs_url=None,
    urls_namespace="api",
    auth=django_auth,
)
api.add_router("/reference", reference)


def _problem(request: HttpRequest, status: int, title: str, **more: Any) -> HttpResponse:
    said = {"type": "about:blank", "title": title, "status": status, **more}
    answer = api.create_response(request, said, status=status)
    answer["Content-Type"] = "application/problem+json"
    return answer


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return _problem(request, 404, "There is nothing here.")


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _problem(request, 401, "Sign in first.")


@api.exception_handler(ValidationError)
def does_not_fit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"where": [str(part) for part in found["loc"]], "reason": found["msg"]} for found in error.errors]
    return _problem(request, 422, "Something in the question does not fit.", errors=errors)


def urls() -> tuple[list[Any], str, str]:
    """The addresses of the API. A visitor is answered 401 there, not sent to the sign-in page."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name not in ("openapi-json", "api-root"):
            pattern.callback.login_required = False  # type: ignore[attr-defined]
    return patterns, app, namespace
