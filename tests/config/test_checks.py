"""A real installation does not start unsafe, and says in a sentence what to do."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from casework.config import checks

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(b"k" * 32).decode()
SAFE = {
    "DATABASE_URL": "postgres://app:x@localhost/x",
    "DATABASE_OWNER_URL": "postgres://owner:x@localhost/x",
    "CASEWORK_SECRET_KEY": "s" * 50,
    "CASEWORK_KEYS": f"k1:{KEY}",
    "CASEWORK_INDEX_KEY": KEY,
    "CASEWORK_AUDIT_KEY": KEY,
    "CASEWORK_HOSTS": "cases.example.rs",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Load the web application as gunicorn does, in an environment of its own."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {name: value for name, value in {**SAFE, **changes}.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import casework.config.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_safe_installation_starts():
    done = start()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"CASEWORK_KEYS": None}, "CASEWORK_KEYS must hold at least one key"),
        ({"CASEWORK_KEYS": "k1:short"}, "CASEWORK_KEYS must hold at least one key"),
        ({"CASEWORK_INDEX_KEY": None}, "CASEWORK_INDEX_KEY must be a key"),
        ({"CASEWORK_AUDIT_KEY": "short"}, "CASEWORK_AUDIT_KEY must be a key"),
        ({"CASEWORK_REQUIRE_MFA": "false"}, "CASEWORK_REQUIRE_MFA"),
        ({"CASEWORK_SECRET_KEY": "short"}, "CASEWORK_SECRET_KEY must have at least 40 characters"),
        ({"CASEWORK_HOSTS": None}, "CASEWORK_HOSTS must name the hosts"),
        ({"CASEWORK_HOSTS": "*"}, "CASEWORK_HOSTS must name the hosts"),
        ({"CASEWORK_SECURE_COOKIES": "false"}, "CASEWORK_SECURE_COOKIES must not be switched off"),
        ({"CASEWORK_DEBUG": "true"}, "CASEWORK_DEBUG must not be on"),
        ({"CASEWORK_DEMO": "true"}, "CASEWORK_DEMO must not be set"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
@pytest.mark.asvs("13.4.2")
def test_an_unsafe_one_is_refused_with_a_sentence(changes, sentence):
    done = start(**changes)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_one_role_for_everything_is_warned_about(settings):
    settings.EMBEDDED = False
    settings.DATABASES["owner"]["USER"], before = (
        settings.DATABASES["default"]["USER"],
        settings.DATABASES["owner"]["USER"],
    )
    try:
        assert "casework.W001" in {message.id for message in checks.safe_start(None)}
    finally:
        settings.DATABASES["owner"]["USER"] = before


def test_missing_style_sheets_are_an_error_that_says_what_to_do(settings, tmp_path):
    assert checks.assets_are_there(None) == []
    settings.BASE_DIR = tmp_path
    (error,) = checks.assets_are_there(None)
    assert "pip install -e" in str(error.hint)


@pytest.mark.django_db
def test_the_readme_shows_the_workflows():
    call_command("workflows", "--check")
