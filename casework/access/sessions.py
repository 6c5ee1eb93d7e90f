"""Sessions whose rows do not open them: the key is hashed, the content sealed, and their hours are counted here.

A session ends after SESSION_IDLE_SECONDS without a request and SESSION_COOKIE_AGE after the sign-in, whatever the
browser's cookie says.
"""

import base64
import datetime
import hashlib
import uuid
from typing import Any

from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import transaction
from django.utils import timezone

from casework.vault import crypto

SIGNED_IN_AT = "signed_in_at"  # in the session: seconds since 1970, set when somebody signs in
DEVICE = "device"
TOUCH_EVERY = datetime.timedelta(minutes=1)


def row_key(session_key: str | None) -> str:
    """What the table holds of a session key. The key is random, so a plain hash is enough; 40 is the column's width."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


def _label(key: str) -> str:
    return f"session|{key}"


class SessionStore(db.SessionStore):
    """Django's sessions in the database, found by the hash of their key and opened with a key of CASEWORK_KEYS."""

    model: Any  # access.Session: the type stubs know Django's own only
    row: Any = None  # what the table holds of this session, once it was loaded or saved

    @classmethod
    def get_model_class(cls) -> Any:
        from casework.access.account_models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(session_key=row_key(self.session_key)).select_related("user").first()
        if row is not None and row.why_over:
            _end_expired(row)
            row = None
        if row is None:
            self._session_key = None
        self.row = row
        return row

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()
        if row is None:
            return {}
        try:
            name, _, sealed = row.session_data.partition(":")
            plain = crypto.unwrap(
                base64.b64decode(sealed, validate=True), wrapped_by=name, label=_label(row.session_key)
            )
        except (crypto.Tampered, ValueError):  # moved, changed, or sealed with a key that is gone: sign in again
            self._session_key = self.row = None
            return {}
        return dict(self.serializer().loads(plain))

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def create(self) -> None:
        self.row = None
        super().create()

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        session: Any = self  # the method is one that the type stubs leave out
        key = row_key(session._get_or_create_session_key())
        name, sealed = crypto.wrap(self.serializer().dumps(data), label=_label(key))
        signed_in = data.get(SIGNED_IN_AT) if USER_KEY in data else None
        self.row = self.model(
            session_key=key,
            session_data=f"{name}:{base64.b64encode(sealed).decode()}",
            expire_date=self.get_expiry_date(),
            handle=self.row.handle if self.row is not None and self.row.session_key == key else uuid.uuid4(),
            user_id=data[USER_KEY] if signed_in else None,
            signed_in_at=datetime.datetime.fromtimestamp(signed_in, datetime.UTC) if signed_in else None,
            last_seen_at=timezone.now(),
            device=str(data.get(DEVICE, ""))[:60],
        )
        return self.row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(row_key(key))

    def touch(self) -> None:
        """Note that the session is in use, at most once a minute. A session that has ended meanwhile stays ended."""
        now = timezone.now()
        if self.row is not None and now - self.row.last_seen_at >= TOUCH_EVERY:
            self.model.objects.filter(session_key=self.row.session_key).update(last_seen_at=now)

    @classmethod
    def clear_expired(cls) -> None:
        """End what is over, each with its line in the trail."""
        for row in cls.get_model_class().objects.over().select_related("user"):
            _end_expired(row)


@transaction.atomic
def _end_expired(row: Any) -> None:
    from casework.audit import services as audit

    gone, _by_table = type(row).objects.filter(session_key=row.session_key).over().delete()
    if gone and row.user is not None:  # otherwise another request has just ended it
        audit.act("session_expired", row.user, by=row.user, note=row.why_over)


def end_sessions(user: Any, *, keep: str | None = None) -> int:
    """Delete the sessions of a user, but for the one whose key `keep` is; returns how many were live. In the caller's
    transaction: their next requests find nothing."""
    from casework.access.account_models import Session

    theirs = Session.objects.filter(user=user)
    if keep is not None:
        theirs = theirs.exclude(session_key=row_key(keep))
    live = theirs.live().count()
    theirs.delete()
    return live
