"""Settings of the tests: a state directory of their own, and nothing slower than it need be."""

import os
from pathlib import Path

os.environ.setdefault("CASEWORK_STATE_DIR", str(Path(__file__).resolve().parents[1] / ".local" / "tests"))
os.environ.pop("DATABASE_URL", None)

from casework.config.settings import *  # noqa: F403
from casework.config.settings import CACHES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "main")
HOME_ORGANISATION = "home"
REQUIRE_MFA = False  # the tests of tests/access/test_second_factor.py switch it on
CASEWORK_AUDIT_ANCHOR = ""  # a test that anchors names a file of its own
CELERY_TASK_ALWAYS_EAGER = True
