"""Settings of a form of their own. Secrets come from the environment, or from a file that only the service may read.

`NAME_FILE` names the file: a Docker secret, or a systemd credential. A secret in a file is seen by nobody who lists
the processes or inspects the container.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def secret(name: str, default: str = "") -> str:
    """The value of NAME, or what the file that NAME_FILE names holds, without the line break at its end.

    Raises ImproperlyConfigured with a sentence when both are given, or when the file cannot be read or is empty.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if not path:
        return value or default
    if value:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set: keep one of them.")
    try:
        held = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(f"The file {path}, which {name}_FILE names, cannot be read: {why}.") from None
    if not held:
        raise ImproperlyConfigured(f"The file {path}, which {name}_FILE names, is empty.")
    return held


def hours(name: str) -> tuple[int, int] | None:
    """Two hours of the day, as “22,7”: from the first until the second. None when nothing is given.

    Raises ImproperlyConfigured with a sentence for anything else.
    """
    given = os.environ.get(name, "").strip()
    if not given:
        return None
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != 2 or not all(part.isdecimal() and int(part) < 24 for part in parts) or parts[0] == parts[1]:
        raise ImproperlyConfigured(f"{name} is {given!r}: write two different hours of the day, such as 22,7.")
    return int(parts[0]), int(parts[1])


def secret_list(name: str) -> list[str]:
    """A secret of several parts, separated by commas or line breaks."""
    return [part.strip() for part in secret(name).replace("\n", ",").split(",") if part.strip()]


def database(name: str, default: str = "") -> dict[str, Any]:
    """The database of an address such as postgres://role@host/name; its password may be a secret of its own.

    DATABASE_URL takes the password from DATABASE_PASSWORD or DATABASE_PASSWORD_FILE, and so do the others.
    """
    url = secret(name, default)
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must look like postgres://role@host/database.")
    found: dict[str, Any] = dict(dj_database_url.parse(url))
    password = secret(name.removesuffix("_URL") + "_PASSWORD")
    if password:
        found["PASSWORD"] = password
    return found
