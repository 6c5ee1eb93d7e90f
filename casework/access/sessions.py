"""Sessions whose rows do not open them: the table holds a hash of the key in the cookie, a stolen dump no key."""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone


def row_key(session_key: str | None) -> str:
    """What the table holds of a session key. The key is random, so a plain hash is enough; 40 is the column's width."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's sessions in the database, found by the hash of their key."""

    def _get_session_from_db(self) -> Any:
        try:
            return self.model.objects.get(session_key=row_key(self.session_key), expire_date__gt=timezone.now())
        except self.model.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made = super().create_model_instance(data)
        made.session_key = row_key(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(row_key(key))
