"""Sign in again before what is hardest to undo: reveals, exports, roles, accounts, second factors.

    @recently_signed_in
    def reveal_contacts(request, number): …

A view so marked asks for the password, a code or a key again when the last one is older than
SIGN_IN_AGAIN_SECONDS. A form that was posted too late is kept, encrypted, and comes back filled in.
"""

import functools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from casework.access.drafts import keep_draft_of
from casework.access.requests import SignedIn
from casework.access.sessions import SIGNED_IN_AT

View = Callable[..., HttpResponse]


def last_authentication(request: HttpRequest) -> float:
    """When the person before this session last proved who they are, in seconds since 1970; 0 if never.

    That is the sign-in, or a later confirmation by password, code or key (allauth's records).
    """
    if not request.user.is_authenticated:
        return 0.0
    proofs = [record["at"] for record in get_authentication_records(request, request.user)]
    return max([float(request.session.get(SIGNED_IN_AT) or 0), *proofs])


def is_recent(request: HttpRequest) -> bool:
    """Whether the last proof is young enough for what is hardest to undo."""
    return time.time() - last_authentication(request) < settings.SIGN_IN_AGAIN_SECONDS


def recently_signed_in(view: View) -> View:
    """A view that asks to sign in again when the last sign-in is too old, and loses nothing of what was typed."""

    @functools.wraps(view)
    def asked_again(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if is_recent(request) else sign_in_again(request)

    return asked_again


def sign_in_again(request: SignedIn) -> HttpResponse:
    """To the page that asks for a proof, and from there back to where this request was going."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    asking = methods[0]["url"] if methods else reverse("account_login")
    target = f"{asking}?{urlencode({'next': _way_back(request)})}"
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": target})
    return redirect(target)


def _way_back(request: SignedIn) -> str:
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    if "draft_token" in request.POST:  # a form page, which can be shown again
        draft = keep_draft_of(request, request.user)
        if draft is not None:
            return f"{request.path}?{urlencode({'draft': draft.pk})}"
    messages.info(request, _("This step needs a fresh sign-in. Afterwards, press the button once more."))
    return _page_with_the_button(request)


def _page_with_the_button(request: HttpRequest) -> str:
    """A button's own address shows nothing: go back to the page that has the button."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return reverse("home")
    parts = urlsplit(page)
    try:
        resolve(parts.path)
    except Resolver404:
        return reverse("home")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
