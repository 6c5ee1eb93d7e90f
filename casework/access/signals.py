"""What happens when somebody signs in, fails to, or changes how they sign in: it is on record, and they hear of it."""

import time
from typing import Any

from allauth.account import signals as account
from allauth.core import context
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_init, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from casework.access import account_services as accounts
from casework.access.devices import device_of
from casework.access.mfa import HAS_FACTOR, refuse_moved
from casework.access.sessions import DEVICE, SIGNED_IN_AT
from casework.audit import services as audit

post_init.connect(refuse_moved, sender=Authenticator, dispatch_uid="second factors belong to their account")


@receiver(user_logged_in)
def note_the_time(request: HttpRequest, **kwargs: Any) -> None:
    """From here the session's hours are counted, and the minutes in which no second sign-in is asked for."""
    request.session[SIGNED_IN_AT] = time.time()
    request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    records = request.session.get("account_authentication_methods") or []
    accounts.note_sign_in(user=user, with_factor=any(record.get("method") == "mfa" for record in records))


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None and user.is_authenticated:
        with transaction.atomic():
            audit.act("sign_out", user, by=user)


@receiver(account.authentication_step_completed)
def proved_again(request: HttpRequest, user: Any, method: str, **kwargs: Any) -> None:
    """A proof given again makes a new session key, like the first one."""
    if kwargs.get("reauthenticated"):
        request.session.cycle_key()
        with transaction.atomic():
            audit.act("sign_in_again", user, by=user, note=str(kwargs.get("type") or method))


@receiver(mfa.authentication_failed)
def wrong_code(user: Any, reauthentication: bool, **kwargs: Any) -> None:
    if user is not None:
        audit.refuse(user, "second_factor", user, note="again" if reauthentication else "")


@receiver(account.password_changed)
def password_changed(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    accounts.note_own_change(user=user, verb="change_password", keep=request.session.session_key)


@receiver(post_save, sender=Authenticator)
def factor_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    """In the transaction that adds it. A session that was there before the first factor never showed one: it ends,
    like all others of the account."""
    if not created:
        return
    if instance.type != Authenticator.Type.RECOVERY_CODES:
        _own_change(instance, "add_factor", has_factor=True)
        return
    request = context.request
    match = request.resolver_match if request is not None else None
    if match is not None and match.view_name == "mfa_generate_recovery_codes":
        _own_change(instance, "renew_recovery_codes", has_factor=True)


@receiver(post_delete, sender=Authenticator)
def factor_removed(instance: Authenticator, **kwargs: Any) -> None:
    if instance.type != Authenticator.Type.RECOVERY_CODES:  # those go with the last one, or when new ones are made
        _own_change(instance, "remove_factor", has_factor=False)


def _own_change(factor: Authenticator, verb: str, *, has_factor: bool) -> None:
    """Note what the owner of a factor did. (When an admin takes it, `reset_factors` notes that.)"""
    request = context.request
    if request is None or request.user.pk != factor.user_id:
        return
    if has_factor:
        request.session[HAS_FACTOR] = True
    else:
        request.session.pop(HAS_FACTOR, None)
    accounts.note_own_change(user=request.user, verb=verb, note=factor.type, keep=request.session.session_key)
