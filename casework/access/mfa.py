"""Second factors: who has one, and how their secrets lie in the database.

The seeds of authenticator apps and of recovery codes are wrapped with the newest key of CASEWORK_KEYS and bound to the
account they belong to: a seed that was moved to another account raises `Tampered`, as every moved ciphertext does.
"""

import base64
import re
import uuid
from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from casework.vault import crypto

HAS_FACTOR = "second_factor"  # in the session: that this account has one (the last one cannot be removed)
_SEALED = re.compile(r"([^:]*):([0-9a-f-]{36}):([A-Za-z0-9+/=]+)")
SECRETS = ("secret", "seed")  # what allauth calls the seed of an app, and of recovery codes


def wrap(text: str, owner: uuid.UUID | str) -> str:
    """`NAME:OWNER:BASE64`, opened by the key of that name for that account alone."""
    name, sealed = crypto.wrap(text.encode(), label=f"second-factor|{owner}")
    return f"{name}:{owner}:{base64.b64encode(sealed).decode()}"


def unwrap(sealed: str) -> str:
    """What was wrapped. Raises `crypto.Tampered` when it was changed or its key is unknown."""
    match = _SEALED.fullmatch(sealed)
    if match is None:
        raise crypto.Tampered("a second factor's secret is not sealed")
    name, owner, wrapped = match.groups()
    opened = crypto.unwrap(base64.b64decode(wrapped, validate=True), wrapped_by=name, label=f"second-factor|{owner}")
    return opened.decode()


def refuse_moved(instance: Any, **kwargs: Any) -> None:
    """Raise `crypto.Tampered` when a row holds a secret that was sealed for another account."""
    held = {"data", "user_id"} - instance.get_deferred_fields() == {"data", "user_id"}
    for name in SECRETS if held and isinstance(instance.data, dict) else ():
        sealed = instance.data.get(name)
        match = _SEALED.fullmatch(sealed) if isinstance(sealed, str) else None
        if sealed is not None and (match is None or match[2] != str(instance.user_id)):
            raise crypto.Tampered("a second factor's secret belongs to another account")


def rewrap(*, done: Callable[[int], object] = lambda count: None) -> int:
    """Wrap every second factor's secret with the newest key of CASEWORK_KEYS; returns how many were wrapped anew.

    Safe while people work, and to be stopped and started again: each account's row is a transaction of its own. Raises
    `crypto.Tampered` when a secret does not open with what is said to have wrapped it; that row is left as it was.
    """
    from allauth.mfa.models import Authenticator

    count = 0
    for key in Authenticator.objects.exclude(type="webauthn").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=key).first()
            if row is None:  # removed meanwhile
                continue
            old = {name: row.data[name] for name in SECRETS if name in row.data}
            stale = {name: sealed for name, sealed in old.items() if _name(sealed) != crypto.key_names()[0]}
            if stale:
                row.data |= {name: wrap(unwrap(sealed), row.user_id) for name, sealed in stale.items()}
                row.save(update_fields=["data"])
                count += 1
                done(count)
    return count


def wrapped_by() -> dict[str, int]:
    """How many second factors' secrets each key-encryption key wraps, by its name."""
    from allauth.mfa.models import Authenticator

    found: dict[str, int] = {}
    for data in Authenticator.objects.exclude(type="webauthn").values_list("data", flat=True):
        for name in SECRETS:
            if name in data:
                found[_name(data[name])] = found.get(_name(data[name]), 0) + 1
    return found


def _name(sealed: str) -> str:
    return sealed.split(":", 1)[0]


def factors_of(user: Any) -> Any:
    """The second factors of an account, recovery codes not counted: they only replace one that is lost."""
    from allauth.mfa.models import Authenticator

    return Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the person of this session has a second factor; asked of the database until it is so."""
    if request.session.get(HAS_FACTOR):
        return True
    if factors_of(request.user).exists():
        request.session[HAS_FACTOR] = True
        return True
    return False


def codes_left(user: Any) -> int | None:
    """How many recovery codes are left; None when there never were any."""
    from allauth.mfa.models import Authenticator

    row = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return None if row is None else len(row.wrap().get_unused_codes())


class SecondFactors(DefaultMFAAdapter):
    """allauth's second factors with our words, our keys and our rules."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This is not right, or it was used already. An app shows a new code every 30 seconds."),
        "cannot_delete_authenticator": _(
            "This is your only second factor, and nobody works here without one. Add another one first."
        ),
        "cannot_generate_recovery_codes": _("Recovery codes come after an app or a key: set one of those up first."),
    }

    def encrypt(self, text: str) -> str:
        return wrap(text, context.request.user.pk)

    def decrypt(self, encrypted_text: str) -> str:
        return unwrap(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.username)

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return super().get_public_key_credential_user_entity(user) | {"display_name": user.username}

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """The last second factor stays where one is required."""
        return not settings.REQUIRE_MFA or factors_of(authenticator.user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return ""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing by mail: `casework.access.signals` tells the account's owner through the outbox."""
