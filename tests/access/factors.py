"""Somebody who sets up and uses a second factor without a browser."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

from tests.support.cast import PASSWORD


def code_for(secret: str, *, at: float | None = None) -> str:
    """What an authenticator app shows for this key at a moment."""
    return format_hotp_value(hotp_value(secret, int(time.time() if at is None else at) // 30))


def set_up_app(client) -> str:
    """Set up an app through the pages; returns its key."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answered = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert answered.status_code == 302, answered.content.decode()
    assert answered.url == reverse("mfa_view_recovery_codes")
    return secret


def recovery_codes(client) -> list[str]:
    return client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]


def sign_in(client, username, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": username, "password": password})


def give_code(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})
