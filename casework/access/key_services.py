"""Verbs on the keys of other programs: made, found by what a program sends, revoked, counted."""

import datetime
import hmac
import math
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.key_models import ApiKey, Scope
from casework.access.models import Organisation, User
from casework.audit import services as audit
from casework.vault import index
from casework.workflow import Refused

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_SHAPE = re.compile(r"cw_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_NOBODY = "0" * 32
_MINUTE = 60  # seconds
_LAST_USED_EVERY = datetime.timedelta(minutes=1)
_here: Counter[tuple[str, int]] = Counter()  # requests by key and minute, while there is no cache to count in


def _digest(token: str) -> str:
    return index.digest(f"api-key|{token}")


@transaction.atomic
def make_key(
    *,
    name: str,
    body: Organisation,
    scopes: Iterable[str],
    expires_on: datetime.date,
    now: datetime.datetime,
    made_by: User,
) -> tuple[ApiKey, str]:
    """A new key, and the key itself, which nothing keeps. It works until the end of its last day in Belgrade.

    Raises `Refused` for a day that is past or too far away, and without a scope.
    """
    if not (made_by.is_active and made_by.has_perm("access.manage_keys")):
        raise Refused(_("Your role may not do this."))
    wanted = sorted(set(scopes))
    if not wanted or set(wanted) - set(Scope.values):
        raise Refused(_("Choose what the key may do."), field="scopes")
    if body.pk != made_by.organisation_id and not made_by.organisation.receives_referrals:
        raise Refused(
            _("Your organisation receives no referrals, so it gives keys in its own name only."), field="body"
        )
    today = timezone.localdate(now)
    if not today < expires_on <= today + datetime.timedelta(days=settings.API_KEY_DAYS):
        raise Refused(
            _("The last day must be after today and within %(days)d days.") % {"days": settings.API_KEY_DAYS},
            field="expires_on",
        )
    prefix = "cw_" + "".join(secrets.choice(_LETTERS) for _each in range(8))
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    account = User(username=f"key-{prefix}", full_name=f"{name} ({prefix})"[:150], organisation=body, service=True)
    account.set_unusable_password()
    account.save(force_insert=True)
    account.groups.add(Group.objects.get(name=Role.RESPONDER))
    last = datetime.datetime.combine(expires_on + datetime.timedelta(days=1), datetime.time())
    key = ApiKey.objects.create(
        prefix=prefix,
        digest=_digest(token),
        name=name,
        body=body,
        issuer=made_by.organisation,
        account=account,
        scopes=wanted,
        made_by=made_by,
        made_at=now,
        expires_at=timezone.make_aware(last),
    )
    audit.act("make_key", key, account, by=made_by, fields=wanted, note=prefix)
    return key, token


@transaction.atomic
def revoke_key(*, key: ApiKey, now: datetime.datetime, revoked_by: User) -> ApiKey:
    """From the next request on the key opens nothing. By an admin of who gave it, or of its body."""
    if not revoked_by.has_perm("access.manage_keys"):
        raise Refused(_("Your role may not do this."))
    if revoked_by.organisation_id not in (key.issuer_id, key.body_id):
        raise Refused(_("Your role may not do this."))
    fresh = ApiKey.objects.select_for_update(of=("self",)).select_related("account").get(pk=key.pk)
    if fresh.revoked_at is not None:
        raise Refused(_("This key is already revoked."))
    _end(fresh, now, revoked_by)
    return fresh


def revoke_keys_of(maker: User, *, now: datetime.datetime, revoked_by: User) -> int:
    """Somebody's account is closed: the keys they made, and have seen, end with it. Call it inside the transaction."""
    made = ApiKey.objects.select_for_update(of=("self",)).select_related("account")
    keys = list(made.filter(made_by=maker, revoked_at=None).order_by("pk"))
    for key in keys:
        _end(key, now, revoked_by)
    return len(keys)


def _end(key: ApiKey, now: datetime.datetime, revoked_by: User) -> None:
    key.revoked_at, key.revoked_by = now, revoked_by
    key.save(update_fields=["revoked_at", "revoked_by"])
    key.account.is_active = False
    key.account.save(update_fields=["is_active"])
    audit.act("revoke_key", key, key.account, by=revoked_by, note=key.prefix)


def key_of(token: str, now: datetime.datetime) -> ApiKey | None:
    """The live key that a program sent, or None. When it was last used is noted, at most once a minute."""
    if not _SHAPE.fullmatch(token):
        return None
    found = ApiKey.objects.select_related("account__organisation", "body", "issuer").filter(prefix=token[:11]).first()
    fits = hmac.compare_digest(_digest(token), found.digest if found else _NOBODY)
    if found is None or not fits or found.state != "live" or found.expires_at <= now:
        return None
    if found.last_used_at is None or found.last_used_at < now - _LAST_USED_EVERY:
        ApiKey.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def seconds_to_wait(key: ApiKey) -> int:
    """0, or how long this key must wait: it has asked more often than API_REQUESTS_PER_MINUTE in this minute.

    When the cache is away, each process counts by itself: nobody is turned away for it, and a flood stays bounded.
    """
    at = time.time()
    minute = int(at // _MINUTE)
    name = f"api-key:{key.pk}:{minute}"
    try:
        cache.add(name, 0, timeout=2 * _MINUTE)
        count = cache.incr(name)
    except Exception:  # the cache is away, or lost the name between the two: each says so in its own words
        for old in [held for held in _here if held[1] != minute]:
            del _here[old]
        _here[str(key.pk), minute] += 1
        count = _here[str(key.pk), minute]
    return 0 if count <= settings.API_REQUESTS_PER_MINUTE else math.ceil((minute + 1) * _MINUTE - at) or 1
