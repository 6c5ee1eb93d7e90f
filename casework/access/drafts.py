"""What was typed survives an expired session: an encrypted draft bound to the user, given back after sign-in."""

import datetime
import uuid
from typing import Any

from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from casework.access.models import Draft, User
from casework.access.requests import SignedIn
from casework.vault.models import VaultKey
from casework.vault.services import destroy_key

SALT = "casework.access.draft"
KEPT_FOR = datetime.timedelta(hours=24)
NEVER_KEPT = {
    "csrfmiddlewaretoken",
    "draft_token",
    "password",
    "password1",
    "password2",
    "oldpassword",
    "invitation",
    "code",
    "credential",
}


def token_for(user: User) -> str:
    """What a form carries so that an expired session still tells whose form it was."""
    return signing.dumps(str(user.pk), salt=SALT)


@transaction.atomic
def keep_draft(request: HttpRequest) -> Draft | None:
    """Keep what an expired session posted, if the form's token is good; None when it is not."""
    try:
        owner = signing.loads(request.POST.get("draft_token", ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=owner, is_active=True).first()
    return None if user is None else keep_draft_of(request, user)


@transaction.atomic
def keep_draft_of(request: HttpRequest, user: User) -> Draft | None:
    """Keep what this user posted; None when the address is longer than any of ours."""
    if len(request.path) > 200:
        return None
    typed = {name: values for name, values in request.POST.lists() if name not in NEVER_KEPT}
    return Draft.objects.create(key=VaultKey.make(), user=user, path=request.path, data=typed)


@transaction.atomic
def take_draft(request: SignedIn) -> dict[str, list[Any]] | None:
    """The draft that `?draft=` names, if it is this user's and this page's. It is given once and then erased."""
    try:
        named = uuid.UUID(request.GET.get("draft", ""))
    except ValueError:
        return None
    draft = Draft.objects.select_for_update().filter(pk=named, user=request.user, path=request.path).first()
    if draft is None:
        return None
    fresh = draft.created_at > timezone.now() - KEPT_FOR
    data = draft.data if fresh else None
    key = draft.key
    draft.delete()
    destroy_key(key)
    return data


@transaction.atomic
def keep_going_on(request: SignedIn, path: str) -> None:
    """Keep what this user has typed so far into the form at `path`; the newest takes the place of the one before."""
    User.objects.select_for_update(no_key=True).get(pk=request.user.pk)  # two requests of one telephone, in turn
    forget_going_on(request.user, path)
    typed = {name: values for name, values in request.POST.lists() if name not in NEVER_KEPT}
    Draft.objects.create(key=VaultKey.make(), user=request.user, path=path, data=typed, going_on=True)


def going_on(user: User, path: str) -> dict[str, list[Any]] | None:
    """What this user has typed into the form at `path` and not sent, at most a day ago. It stays until it is sent."""
    newer = timezone.now() - KEPT_FOR
    kept = Draft.objects.filter(user=user, path=path, going_on=True, created_at__gt=newer).select_related("key")
    draft = kept.first()
    return draft.data if draft else None


@transaction.atomic
def forget_going_on(user: User, path: str) -> None:
    """It was sent, or is not wanted: gone, with its key."""
    for draft in Draft.objects.select_for_update(of=("self",)).filter(user=user, path=path, going_on=True):
        key = draft.key
        draft.delete()
        destroy_key(key)
