"""What holds on every request: nothing cached, refusals traced, what was typed kept."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control

from casework.access.drafts import NEVER_KEPT, keep_draft
from casework.access.mfa import has_second_factor
from casework.audit import services as audit
from casework.vault.crypto import Erased
from casework.workflow import erased_sentence

GetResponse = Callable[[HttpRequest], HttpResponse]


class PlainAddress:
    """An address or cookie that holds NUL is none of ours: PostgreSQL's text cannot hold it, so nothing can match it.

    A quoted cookie may hold it as an octal escape. Stands before sessions and answers before any view is asked.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if getattr(view, "answers_for_itself", False):  # the API, in its own form
            return
        asked = [value for name, values in request.GET.lists() for value in (name, *values)]
        if any("\x00" in text for text in (request.path, *asked)):
            raise Http404


class NoStore:
    """No page is kept by a browser or proxy; static files are served before this."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_cache_control(response, no_store=True, private=True)
        return response


class SessionInUse:
    """A session that is used stays awake: when it was last seen is noted, at most once a minute."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            session: Any = request.session  # of casework.access.sessions
            session.touch()
        return self.get_response(request)


class KeepDraft:
    """A form posted with an expired session: keep what was typed, send to sign-in, come back to the filled form."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not getattr(view, "login_required", True):  # it asks for no sign-in; its body is its own to read
            return None
        if request.method != "POST" or request.user.is_authenticated or "draft_token" not in request.POST:
            return None
        draft = keep_draft(request)
        if draft is None:
            return None
        back = f"{request.path}?{urlencode({'draft': draft.pk})}"
        return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


# What somebody reaches who has signed in and has no second factor yet: setting one up, and going away.
WITHOUT_A_FACTOR = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "account_change_password",
        "account_reauthenticate",
        "account_login",
        "account_logout",
        "account_inactive",
        "sign-out",
        "leave-quickly",
        "set_language",
    }
)


class SecondFactor:
    """Outside the demo nobody works without a second factor: until there is one, every address leads to its set-up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        request.setting_up = False  # type: ignore[attr-defined]
        if not settings.REQUIRE_MFA or not request.user.is_authenticated or has_second_factor(request):
            return None
        request.setting_up = True  # type: ignore[attr-defined]
        match = request.resolver_match
        if match is not None and match.view_name in WITHOUT_A_FACTOR:
            return None
        return redirect("mfa_index")


class Refusals:
    """A 403 or 404 that a signed-in user ran into is traced, committed by itself: who asked for what view.

    An address that only takes what a button sends answers with a sentence when somebody opens it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, (Http404, PermissionDenied, Erased)) and request.user.is_authenticated:
            audit.trace_refusal(request)
        if isinstance(problem, Erased):
            page = {"sentence": erased_sentence(), "typed": _what_was_typed(request)}
            return render(request, "410.html", page, status=HTTPStatus.GONE)
        return None


def _what_was_typed(request: HttpRequest) -> list[str]:
    """The texts that a form had posted, so that they can be copied from the page that refuses them."""
    if request.method != "POST":
        return []
    values = (value for name, values in request.POST.lists() if name not in NEVER_KEPT for value in values)
    return [value for value in values if " " in value.strip()]
