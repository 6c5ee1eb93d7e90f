"""What a test asks of an installation in another process, with the installation's own environment.

`python -m tests.support.far_away` takes a question a line (prepare, figures, seal TEXT, read ID) and answers each with
a line of JSON.
"""

import json
import sys
from typing import Any

import django


def prepare() -> dict[str, str]:
    """Reference data, the cast, and for some of them a session, as signing in with a second factor leaves it."""
    from allauth.mfa.models import Authenticator
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from casework.access.mfa import wrap
    from casework.access.models import User
    from tests.support.cast import create_cast

    call_command("load_reference", verbosity=0)
    create_cast()
    sessions = {}
    for name in ("boris", "vesna", "ivana"):
        user = User.objects.get(username=name)
        Authenticator.objects.create(user=user, type="totp", data={"secret": wrap("JBSWY3DPEHPK3PXP", user.pk)})
        client = Client()
        client.force_login(user)
        sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return sessions


def figures() -> dict[str, Any]:
    """This year's report and where it was counted."""
    from django.utils import timezone

    from casework.statistics.engine import annual_report

    report = annual_report(timezone.localdate().year)
    counted = {key: value for key, value in report.as_dict().items() if key != "generated_at"}
    read = report.read
    age = None if read.age is None else read.age.total_seconds()
    return {"report": counted, "replica": read.replica, "age": age, "late": read.late, "fell_back": read.fell_back}


def seal(text: str) -> str:
    from django.db import transaction

    from casework.vault import files
    from casework.vault.models import VaultKey

    with transaction.atomic():
        return str(files.store(text.encode(), key=VaultKey.make(), media_type="text/plain").pk)


def read(key: str) -> str:
    from casework.vault.models import StoredFile

    return StoredFile.objects.select_related("key").get(pk=key).read().decode()


if __name__ == "__main__":
    django.setup()
    verbs: dict[str, Any] = {"prepare": prepare, "figures": figures, "seal": seal, "read": read}
    for line in sys.stdin:
        verb, *words = line.split()
        sys.stdout.write(json.dumps(verbs[verb](*words)) + "\n")
        sys.stdout.flush()
