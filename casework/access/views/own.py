"""One's own account: how one signs in, and where one is signed in; and the first password."""

from uuid import UUID

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from casework.access import account_services as services
from casework.access.forms import AcceptInvitationForm
from casework.access.grants import Role
from casework.access.mfa import codes_left, factors_of
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.audit.services import refuse
from casework.workflow import Refused


@require_safe
def my_account(request: SignedIn) -> HttpResponse:
    """Name, roles, second factors and sessions of whoever asks."""
    context = {
        "roles": [Role(role).label for role in sorted(request.user.roles)],
        "factors": factors_of(request.user).order_by("created_at"),
        "codes_left": codes_left(request.user),
        "sessions": services.own_sessions(request.user, key=request.session.session_key),
        "idle_seconds": settings.SESSION_IDLE_SECONDS,
        "longest_seconds": settings.SESSION_COOKIE_AGE,
    }
    return render(request, "access/my_account.html", context)


@require_POST
@recently_signed_in
def end_session(request: SignedIn, handle: UUID) -> HttpResponse:
    try:
        services.end_session(handle=handle, ended_by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("The session has ended."))
    return redirect("access:my-account")


@require_POST
@recently_signed_in
def end_other_sessions(request: SignedIn) -> HttpResponse:
    ended = services.end_other_sessions(keep=request.session.session_key, ended_by=request.user)
    messages.success(
        request, ngettext("%(n)s other session has ended.", "%(n)s other sessions have ended.", ended) % {"n": ended}
    )
    return redirect("access:my-account")


@login_not_required
@sensitive_post_parameters()
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Choose a password with the one-time code of an admin; then sign in with it."""
    form = AcceptInvitationForm(request.POST or None)
    if form.is_bound and form.is_valid():
        name = form.cleaned_data["username"].casefold()
        if not ratelimit.consume(request, app="allauth.account", action="accept_invitation", key=name):
            form.add_error(None, _("Too many failed attempts. Wait five minutes and try again."))
        else:
            try:
                services.accept_invitation(
                    username=form.cleaned_data["username"],
                    code=form.cleaned_data["invitation"],
                    password=form.cleaned_data["password"],
                )
            except Refused as refusal:
                refuse(request.user, "accept_invitation")
                form.add_error(refusal.field, str(refusal.sentence))
            else:
                messages.success(request, _("Your password is set. Sign in with it now."))
                return redirect("account_login")
    return render(request, "account/accept_invitation.html", {"form": form})
