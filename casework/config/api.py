"""For other programs: the published world for whoever is signed in, the responders' door for whoever has a key.

OpenAPI at /api/openapi.json. Errors are problem details (RFC 9457), in the language of the request.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import django_auth

from casework.access.keyed import NotForThis, TooOften
from casework.access.uploads import takes_files
from casework.audit import services as audit
from casework.vault.crypto import Erased
from casework.workflow import Refused
from reference.api import router as reference
from referrals.api import Mistakes, Problem, TooLarge
from referrals.api import router as responders
from referrals.services import SentBefore

PROBLEM = "application/problem+json"
LARGEST_QUESTION = 512 * 1024  # bytes of JSON: every field full, in a script of three bytes a letter, and more
TAKES_FILES = "attach"


class Described(NinjaAPI):
    """Says of every operation each answer that there may be, and that problems are problem details."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"].setdefault("Problem", Problem.model_json_schema(ref_template=_REF))
        schema["components"]["schemas"].update(schema["components"]["schemas"]["Problem"].pop("$defs", {}))
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                _describe(operation, path)
        return schema


_REF = "#/components/schemas/{model}"
_SAID = {
    400: "The question cannot be read.",
    401: "Nobody is signed in, or the key does not work.",
    403: "The key is not for this.",
    404: "There is nothing here.",
    409: "This cannot be done now; the title says why.",
    413: "The question or a file is too large.",
    422: "Something in the question does not fit; `errors` says what.",
    429: "Too many questions; `Retry-After` says after how many seconds to ask again.",
}


def _describe(operation: dict[str, Any], path: str) -> None:
    answers = operation["responses"]
    expected = {401, 404} if "{" in path else {401}
    if operation.get("parameters") or operation.get("requestBody"):
        expected.add(422)
    for status in expected | {int(each) for each in answers if int(each) >= 400}:
        answers.pop(status, None)
        answers[str(status)] = {
            "description": _SAID[status],
            "content": {PROBLEM: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
    if "429" in answers:
        answers["429"]["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}


api = Described(
    title="Casework",
    version=settings.VERSION,
    description="The published world: the law, the bodies, the published figures and the words, each with its source. "
    "And the door of responders: with a key, a program submits a referral, attaches files, and asks how far it is.",
    docs_url=None,
    urls_namespace="api",
    auth=django_auth,
)
api.add_router("/reference", reference)
api.add_router("/v1", responders)


def _problem(request: HttpRequest, status: int, title: str, **more: Any) -> HttpResponse:
    said = {"type": "about:blank", "title": title, "status": status, **more}
    answer = api.create_response(request, said, status=status)
    answer["Content-Type"] = PROBLEM
    key = getattr(request, "api_key", None)
    if key is not None and status in (403, 404, 409):
        route = request.resolver_match.url_name if request.resolver_match else ""
        audit.refuse(key.account, f"api_{route or 'page'}"[:60], key)
    return answer


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return _problem(request, 404, _("There is nothing here."))


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if "/api/v1/" not in request.path:
        return _problem(request, 401, _("Sign in first."))
    answer = _problem(request, 401, _("This needs a key that works."))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(NotForThis)
def not_for_this(request: HttpRequest, error: NotForThis) -> HttpResponse:
    return _problem(request, 403, _("This key is not for this."))


@api.exception_handler(TooOften)
def too_often(request: HttpRequest, error: TooOften) -> HttpResponse:
    answer = _problem(request, 429, _("Too many questions in one minute. Wait a little."))
    answer["Retry-After"] = str(error.seconds)
    return answer


@api.exception_handler(ValidationError)
def does_not_fit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"where": [str(part) for part in found["loc"]], "reason": found["msg"]} for found in error.errors]
    return _problem(request, 422, _("Something in the question does not fit."), errors=errors)


@api.exception_handler(Mistakes)
def mistakes(request: HttpRequest, error: Mistakes) -> HttpResponse:
    errors = [{"where": ["body", "told", name], "reason": reason} for name, reason in error.found]
    return _problem(request, 422, _("Something in the question does not fit."), errors=errors)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    if isinstance(error, SentBefore):
        return _problem(request, 422, error.sentence)
    if error.field:
        return _problem(
            request, 422, error.sentence, errors=[{"where": ["body", error.field], "reason": error.sentence}]
        )
    return _problem(request, 409, error.sentence)


@api.exception_handler(Erased)
def erased(request: HttpRequest, error: Erased) -> HttpResponse:
    """In the words in which a closed referral answers: nobody outside learns what was erased."""
    return _problem(request, 409, _("No more files are taken for this referral. Please contact the organisation."))


@api.exception_handler(TooLarge)
def too_large(request: HttpRequest, error: TooLarge) -> HttpResponse:
    return _problem(request, 413, error.sentence)


@api.exception_handler(RequestDataTooBig)
def question_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _problem(request, 413, _("The question is too large."))


@api.exception_handler(TooManyFilesSent)
def too_many_files(request: HttpRequest, error: TooManyFilesSent) -> HttpResponse:
    return _problem(request, 413, _("The question is too large."))


@api.exception_handler(MultiPartParserError)
def not_multipart(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return _problem(request, 400, _("The question cannot be read."))


@api.exception_handler(HttpError)
def not_readable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own word for a body that is no JSON."""
    return _problem(request, error.status_code, _("The question cannot be read."))


def _answered(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view of the library whose last plain words become a problem too, and which reads no more than it must."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked = [value for name, values in request.GET.lists() for value in (name, *values)]
        if any("\x00" in text for text in (request.path, *asked)):
            return _problem(request, 404, _("There is nothing here."))
        length = request.META.get("CONTENT_LENGTH") or "0"
        json = not (request.content_type or "").startswith("multipart/")
        if json and (not length.isdigit() or int(length) > LARGEST_QUESTION):
            return _problem(request, 413, _("The question is too large."))
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        problem = _problem(request, 405, _("Nothing here answers to this method."))
        problem["Allow"] = ", ".join(sorted(str(response["Allow"]).replace(" ", "").split(",")))
        return problem

    return answered


def urls() -> tuple[list[Any], str, str]:
    """The addresses of the API. A visitor is answered 401 there, not sent to the sign-in page."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name not in ("openapi-json", "api-root"):
            pattern.callback = _answered(pattern.callback)
            pattern.callback.login_required = False  # type: ignore[attr-defined]
            pattern.callback.answers_for_itself = True  # type: ignore[attr-defined]
            if pattern.name == TAKES_FILES:
                takes_files(pattern.callback)
    return patterns, app, namespace
