"""Who asks with a key: `Authorization: Bearer cw_…`. No session, so no token against forged forms either."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from casework.access.key_services import key_of, seconds_to_wait


class TooOften(Exception):
    """The key has asked too often."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too often")
        self.seconds = seconds


class NotForThis(Exception):
    """The key is good, and not for this."""


class KeyAuth(AuthBase):
    """Lets in whoever brings a live key, for this scope if one is named. `request.auth` is then the key."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_name = "KeyAuth"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
        key = key_of(token.strip(), timezone.now()) if kind.lower() == "bearer" else None
        if key is None:
            return None
        if wait := seconds_to_wait(key):
            raise TooOften(wait)
        request.api_key = key  # type: ignore[attr-defined]
        if self.scope and self.scope not in key.scopes:
            raise NotForThis
        return key
