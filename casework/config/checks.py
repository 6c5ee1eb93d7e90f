"""System checks: a real installation does not start unsafe, and says in a sentence what to do."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks

VENDOR = ("govuk-frontend.css", "moj-frontend.css", "govuk-frontend.js", "moj-frontend.js", "htmx.min.js")


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text.split(":", 1)[-1], validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


@register(Tags.security)
def safe_start(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Keys, hosts and cookies of an installation; the embedded servers bring their own keys."""
    found: list[CheckMessage] = []

    def refuse(number: int, sentence: str, hint: str) -> None:
        found.append(Error(sentence, hint=hint, id=f"casework.E{number:03}"))

    if not settings.CASEWORK_KEYS or not all(map(_is_key, settings.CASEWORK_KEYS)):
        refuse(
            1,
            "CASEWORK_KEYS must hold at least one key of 32 bytes, as NAME:BASE64, the newest first.",
            "Without it no name can be sealed. Keep it off the database server.",
        )
    if not all(map(_is_key, (item.strip() for item in settings.CASEWORK_INDEX_KEY.split(",")))):
        refuse(2, "CASEWORK_INDEX_KEY must be a key of 32 bytes in base64.", "Names are found through it.")
    if len(settings.SECRET_KEY) < 40:
        refuse(3, "CASEWORK_SECRET_KEY must have at least 40 characters.", "Sessions and forms are signed with it.")
    if settings.EMBEDDED:
        return found
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        refuse(
            4, "CASEWORK_HOSTS must name the hosts this site answers for, and not *.", "For example: cases.example.rs"
        )
    if not settings.SECURE_COOKIES:
        refuse(5, "CASEWORK_SECURE_COOKIES must not be switched off.", "Serve the site over HTTPS.")
    if settings.DEBUG:
        refuse(6, "CASEWORK_DEBUG must not be on in an installation.", "Its error pages show the records.")
    if settings.DEMO:
        refuse(7, "CASEWORK_DEMO must not be set in an installation.", "Demo accounts have published passwords.")
    if not settings.REQUIRE_MFA:
        refuse(8, "CASEWORK_REQUIRE_MFA must not be off in an installation.", "A password alone opens no record here.")
    if settings.DATABASES["owner"].get("USER") == settings.DATABASES["default"].get("USER"):
        found.append(
            Warning(
                "DATABASE_OWNER_URL names the same role as DATABASE_URL.",
                hint="The audit trail is append-only for a role that does not own its tables: use two roles.",
                id="casework.W001",
            )
        )
    return found


@register(Tags.staticfiles)
def assets_are_there(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The design system's files, fetched while the product is installed."""
    vendor = settings.BASE_DIR / "casework" / "static" / "vendor"
    missing = [name for name in VENDOR if not (vendor / name).exists()]
    if not missing:
        return []
    return [
        Error(
            f"The pages' style sheets and scripts are not installed: {', '.join(missing)}.",
            hint="Run: pip install -e '.[dev]'   (it fetches them; it needs the npm registry).",
            id="casework.E010",
        )
    ]


def unsafe() -> list[CheckMessage]:
    """What makes this installation unsafe to start."""
    errors = [message for message in run_checks(tags=[Tags.security]) if message.level >= 40]
    return [message for message in errors if str(message.id).startswith("casework.")]


def refuse_unsafe_start() -> None:
    """Stop a web server or worker that would run unsafe; they do not run Django's checks by themselves."""
    errors = unsafe()
    if errors:
        raise SystemExit("\n".join(f"{message.id}: {message.msg} {message.hint}" for message in errors))
