"""Sign-in with django-allauth, without sign-up: accounts are made by an admin."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from casework.access.reauthenticate import is_recent


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

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The same minutes for allauth's own pages as for ours."""
        return not is_recent(context.request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        from casework.access.account_services import note_failed_sign_in

        verb = "sign_in_again" if request.user.is_authenticated else "sign_in"
        note_failed_sign_in(username=str(credentials.get("username", "")), verb=verb)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing by mail: `casework.access.signals` tells the account's owner through the outbox."""
