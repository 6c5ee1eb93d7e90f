"""Verbs on how people sign in: invitations, sessions, second factors."""

import datetime
import hashlib
import secrets
import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.account_models import Invitation, Session
from casework.access.grants import Role
from casework.access.mfa import factors_of
from casework.access.models import User, _session_salt
from casework.access.services import create_user, require_over
from casework.access.sessions import end_sessions, row_key
from casework.audit import services as audit
from casework.audit.models import Event, Kind
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused

# Letters and digits that nobody mistakes for each other, read out over the telephone: 16 of them are 80 random bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16
FAILURES_WORTH_TELLING = 3


# --- Codes that open an account ----------------------------------------------------------------------------------
def _hash(code: str) -> str:
    """Of a code as somebody types it: small letters, blanks and dashes make no difference. It is random, so a plain
    hash is enough."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"invitation|{typed}".encode()).hexdigest()


@transaction.atomic
def invite(*, user: User, invited_by: User | None) -> str:
    """Give a one-time code with which the account's owner sets a password; returns the code, which nothing keeps.

    An earlier code and the password of now stop working, and the account's sessions end. Raises `Refused` for one's
    own account, a disabled one, and when the same person has just reset the account's second factors: with both, one
    person could sign in as another. `invited_by` is None only in set-up.
    """
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if fresh == invited_by:
        raise Refused(_("You change your own password yourself, under “My account”."))
    if invited_by is not None:
        require_over(fresh, invited_by)
    if fresh.service:
        raise Refused(_("This is the account of a key. Nobody signs in with it."))
    if not fresh.is_active:
        raise Refused(_("This account is disabled. Let it sign in again first."))
    if invited_by is not None and fresh.factors_reset_by_id == invited_by.pk:
        raise Refused(
            _("You have just reset this account's second factors. Another admin must give the code for its password.")
        )
    now = timezone.now()
    Invitation.objects.filter(user=fresh, used_at=None, replaced_at=None).update(replaced_at=now)
    drawn = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    Invitation.objects.create(
        user=fresh,
        code_hash=_hash(drawn),
        made_by=invited_by,
        made_at=now,
        expires_at=now + datetime.timedelta(hours=settings.INVITATION_HOURS),
    )
    was_in_use = fresh.has_usable_password()
    fresh.set_unusable_password()
    fresh.session_salt, fresh.code_given_by = _session_salt(), invited_by
    fresh.save(update_fields=["password", "session_salt", "code_given_by"])
    end_sessions(fresh)
    audit.act("invite", fresh, by=invited_by)
    if was_in_use:
        _tell_owner_and_admins(fresh, Subject.INVITATION_GIVEN, but=invited_by)
    return "-".join(drawn[at : at + 4] for at in range(0, CODE_LENGTH, 4))


@transaction.atomic
def create_invited_user(*, created_by: User, **about: Any) -> tuple[User, str]:
    """Create an account (`services.create_user`) and the code with which its owner opens it."""
    made = create_user(**about, created_by=created_by)
    return made, invite(user=made, invited_by=created_by)


@transaction.atomic
def accept_invitation(*, username: str, code: str, password: str) -> User:
    """Set the password of the account that this code was given for. Raises `Refused`, in the same words whether the
    name, the code or both are wrong; a second factor is asked for at sign-in all the same."""
    waiting = Invitation.objects.select_for_update(of=("self",)).select_related("user", "user__organisation")
    found = waiting.filter(code_hash=_hash(code), used_at=None, replaced_at=None).first()
    right = found is not None and found.user.username.casefold() == username.strip().casefold()
    if found is None or not right or not found.user.is_active or found.expires_at <= timezone.now():
        raise Refused(
            _("This user name and code do not belong together, or the code is used up or too old. Ask your admin."),
            field="invitation",
        )
    try:
        validate_password(password, found.user)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages), field="password") from None
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    user = User.objects.select_for_update().get(pk=found.user_id)
    user.set_password(password)
    user.session_salt = _session_salt()
    user.save(update_fields=["password", "session_salt"])
    end_sessions(user)
    audit.act("accept_invitation", user, by=user)
    return user


# --- Second factors ------------------------------------------------------------------------------------------------
def factors_held(user: User) -> int:
    """How many second factors an account has, recovery codes not counted."""
    return factors_of(user).count()


def hold(*, user: User) -> None:
    """Hold an account's row for the transaction, so that two changes of its factors wait for each other."""
    User.objects.select_for_update().get(pk=user.pk)


@transaction.atomic
def refuse_last_factor(*, user: User, factor_id: int) -> None:
    """Raise `Refused` when this is the account's only second factor and one is required."""
    hold(user=user)
    theirs = factors_of(user)
    if settings.REQUIRE_MFA and theirs.filter(pk=factor_id).exists() and theirs.count() == 1:
        raise Refused(_("This is your only second factor, and nobody works here without one. Add another one first."))


@transaction.atomic
def reset_factors(*, user: User, reset_by: User) -> None:
    """Take all second factors and recovery codes of somebody who has lost them; their sessions end.

    Raises `Refused` for one's own account, for one that has none, and when the same person has just given the code for
    its password. The account's owner and the other admins are told.
    """
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if fresh == reset_by:
        raise Refused(_("Nobody resets their own second factors. Ask another admin, or use a recovery code."))
    require_over(fresh, reset_by)
    if not Authenticator.objects.filter(user=fresh).exists():
        raise Refused(_("This account has no second factor."))
    if fresh.code_given_by_id == reset_by.pk:
        raise Refused(
            _("You have given the code for this account's password. Another admin must reset its second factors.")
        )
    Authenticator.objects.filter(user=fresh).delete()
    fresh.session_salt, fresh.factors_reset_by = _session_salt(), reset_by
    fresh.save(update_fields=["session_salt", "factors_reset_by"])
    end_sessions(fresh)
    audit.act("reset_factors", fresh, by=reset_by)
    _tell_owner_and_admins(fresh, Subject.FACTORS_RESET, but=reset_by)


def _tell_owner_and_admins(user: User, subject: Subject, *, but: User | None) -> None:
    admins = User.objects.colleagues(user.organisation_id, Role.ADMIN)
    if but is not None:
        admins = admins.exclude(pk=but.pk)
    reference = user.username[:40]
    tell([user], subject, reference=reference, path=reverse("access:my-account"))
    others = admins.exclude(pk=user.pk)
    tell(others, subject, reference=reference, path=reverse("access:user", args=[user.pk]))


# --- What people do themselves -------------------------------------------------------------------------------------
@transaction.atomic
def note_own_change(*, user: User, verb: str, keep: str | None, note: str = "") -> None:
    """After somebody changed their password or a factor: on record, told to them, and their other sessions end."""
    audit.act(verb, user, by=user, note=note)
    ended = end_sessions(user, keep=keep)
    if ended:
        audit.act("end_sessions", user, by=user, note=str(ended))
    subject = Subject.PASSWORD_CHANGED if verb == "change_password" else Subject.FACTORS_CHANGED
    tell([user], subject, reference=user.username[:40], path=reverse("access:my-account"))
    if verb == "add_factor" and user.factors_reset_by_id:
        User.objects.filter(pk=user.pk).update(factors_reset_by=None)


@transaction.atomic
def note_sign_in(*, user: User, with_factor: bool) -> None:
    """Somebody has signed in: on record; and they hear of it when others tried in vain since the last time."""
    before = Event.objects.filter(actor=user, verb__in=("sign_in", "second_factor"))
    last = before.filter(verb="sign_in", kind=Kind.ACT).order_by("-id").first()
    failed = before.filter(kind=Kind.REFUSAL, id__gt=last.id if last else 0).count()
    audit.act("sign_in", user, by=user, note="second-factor" if with_factor else "password")
    if with_factor:  # whoever knows the password also has the factor, so it is the owner: the two hands may meet again
        User.objects.filter(pk=user.pk).update(code_given_by=None, factors_reset_by=None)
    if failed >= FAILURES_WORTH_TELLING:
        tell([user], Subject.SIGN_INS_FAILED, reference=user.username[:40], path=reverse("access:my-account"))


def note_failed_sign_in(*, username: str, verb: str = "sign_in") -> None:
    """A wrong password: on record for a user who exists; of a name that nobody has, only that it happened."""
    user: Any = User.objects.filter(username=username).first() if username and "\x00" not in username else None
    audit.refuse(user, verb, *([user] if user else []))


# --- Sessions ------------------------------------------------------------------------------------------------------
def own_sessions(user: User, *, key: str | None) -> list[tuple[Session, bool]]:
    """The live sessions of a user, newest first, each with whether it is the one whose key is given."""
    here = row_key(key)
    rows = Session.objects.visible_to(user).defer("session_data").order_by("-signed_in_at")
    return [(row, row.session_key == here) for row in rows]


def live_sessions(user: User) -> int:
    """How many sessions of an account are open."""
    return Session.objects.filter(user=user).live().count()


@transaction.atomic
def end_session(*, handle: uuid.UUID, ended_by: User) -> None:
    """End one of one's own sessions. Raises `Refused` when it has ended by itself."""
    gone, _by_table = Session.objects.visible_to(ended_by).filter(handle=handle).delete()
    if not gone:
        raise Refused(_("This session has already ended."))
    audit.act("end_session", ended_by, by=ended_by)


@transaction.atomic
def end_other_sessions(*, keep: str | None, ended_by: User) -> int:
    """End all one's own sessions but for the one whose key is given; returns how many were open."""
    ended = end_sessions(ended_by, keep=keep)
    audit.act("end_sessions", ended_by, by=ended_by, note=str(ended))
    return ended


@transaction.atomic
def end_all_sessions(*, user: User, ended_by: User) -> int:
    """End all sessions of somebody's account; returns how many were open."""
    require_over(user, ended_by)
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.session_salt = _session_salt()
    fresh.save(update_fields=["session_salt"])
    ended = end_sessions(fresh)
    audit.act("end_sessions", fresh, by=ended_by, note=str(ended))
    return ended
