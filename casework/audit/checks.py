"""System check: the trail cannot be sealed without a key."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from casework.audit.chain import is_key


@register(Tags.security)
def trail_can_be_sealed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The key that signs, and the file that the database server cannot reach."""
    found: list[CheckMessage] = []
    if not is_key(settings.CASEWORK_AUDIT_KEY):
        found.append(
            Error(
                "CASEWORK_AUDIT_KEY must be a key of 32 bytes in base64.",
                hint="The audit trail is signed with it. Keep it off the database server.",
                id="casework.E020",
            )
        )
    if not settings.EMBEDDED and not settings.CASEWORK_AUDIT_ANCHOR:
        found.append(
            Warning(
                "CASEWORK_AUDIT_ANCHOR names no file.",
                hint="Heads of the audit trail go there; without it a trail that was cut is found by mail alone.",
                id="casework.W020",
            )
        )
    return found
