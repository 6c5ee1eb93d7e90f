"""Sign-in with django-allauth, without sign-up: accounts are made by an admin."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from casework.access.reauthenticate import is_recent

PROVED = "sign_in_proved"  # in the session between the two steps: of which password, and of which state of the account


class NoSignup(DefaultAccountAdapter):
    """allauth's way in with our rules: who fails is on record, and one sign-in counts for what asks for a fresh one."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _("Too many failed attempts. Wait five minutes and try again."),
        "username_password_mismatch": _("The user name and the password do not belong together."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password of now."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """The password was right: remember which one, until the second step."""
        request.session[PROVED] = user.get_session_auth_hash()
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        """A sign-in that is half done ends as a session does: with a new password, or when the account is disabled."""
        proved = request.session.pop(PROVED, "")
        if not user.is_active or not constant_time_compare(proved, user.get_session_auth_hash()):
            clear_login(request)
            messages.info(request, gettext("Your account has changed meanwhile. Sign in once more."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The same minutes for allauth's own pages as for ours."""
        return not is_recent(context.request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        from casework.access.account_services import note_failed_sign_in

        verb = "sign_in_again" if request.user.is_authenticated else "sign_in"
        note_failed_sign_in(username=str(credentials.get("username", "")), verb=verb)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """What allauth warns of has gone right here (new recovery codes); what went wrong is an error of a form."""
        super().add_message(request, messages.SUCCESS if level == messages.WARNING else level, *args, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing by mail: `casework.access.signals` tells the account's owner through the outbox."""
