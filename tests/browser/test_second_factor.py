"""A passkey in a real browser, with an authenticator that Chromium itself plays: set up, sign in, confirm, remove."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect

from casework.access import account_services as accounts
from casework.access.grants import Role
from casework.access.models import User
from tests.browser.conftest import PATIENCE, listened
from tests.support.cast import PASSWORD

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def named_site(site: str) -> str:
    """The site by its name: browsers give no passkey to a bare address."""
    return site.replace("127.0.0.1", "localhost")


def with_authenticator(page: Page) -> tuple[Any, str]:
    """An authenticator plugged into this page's browser, which says yes to everything."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    made = tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return tools, made["authenticatorId"]


def sign_in(page: Page, username: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("User name").or_(page.get_by_label("Username")).fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.asvs("6.3.3")
def test_a_passkey_from_set_up_to_signing_in(
    named_site: str, cast: SimpleNamespace, new_context: Callable[..., BrowserContext]
) -> None:
    with override_settings(REQUIRE_MFA=True):
        cache.clear()
        page = listened(new_context(base_url=named_site).new_page())
        tools, authenticator = with_authenticator(page)
        sign_in(page, "vesna")
        expect(page.get_by_role("heading", level=1)).to_have_text("Set up a second factor")
        page.goto("/cases/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Set up a second factor")
        page.get_by_role("button", name="Add a key").click()
        page.get_by_label("Name of this key").fill("blue key")
        page.get_by_role("button", name="Add the key").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
        expect(page.locator("main code")).to_have_count(10)
        kept = tools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
        assert len(kept) == 1
        page.goto("/cases/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Cases")

        # Signing in again: the password alone is not enough, the key is.
        page.get_by_role("button", name="Sign out").click()
        sign_in(page, "vesna")
        expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
        page.goto("/cases/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
        page.get_by_role("button", name="Use a passkey or security key").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.goto("/access/me/")
        expect(page.get_by_text("blue key")).to_be_visible()

        # A key that is not there: a sentence, and the page is still of use.
        page.get_by_role("button", name="Sign out").click()
        tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": authenticator})
        sign_in(page, "vesna")
        page.evaluate(
            "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
        )
        page.get_by_role("button", name="Use a passkey or security key").click()
        expect(page.get_by_text("The browser got no answer from a key.")).to_be_visible()
        expect(page.get_by_label("Code")).to_be_visible()
        assert page.complaints == []  # type: ignore[attr-defined]
        row = Authenticator.objects.get(user=cast.vesna, type="webauthn")
        assert row.last_used_at is not None


def test_a_key_confirms_before_what_is_hard_to_undo(
    named_site: str, cast: SimpleNamespace, new_context: Callable[..., BrowserContext]
) -> None:
    with override_settings(SIGN_IN_AGAIN_SECONDS=0):
        cache.clear()
        page = listened(new_context(base_url=named_site).new_page())
        with_authenticator(page)
        with override_settings(SIGN_IN_AGAIN_SECONDS=600):
            sign_in(page, "ivana")
            page.goto("/account/factors/keys/add/")
            page.get_by_role("button", name="Add the key").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
        page.goto("/access/users/new/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
        with override_settings(SIGN_IN_AGAIN_SECONDS=600):
            page.get_by_role("link", name="Use a security key").click()
            page.get_by_role("button", name="Use a passkey or security key").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Create an account")
        assert page.complaints == []  # type: ignore[attr-defined]
        cast.vesna.groups.add(Group.objects.get(name=Role.ADMIN))
        accounts.reset_factors(user=cast.ivana, reset_by=User.objects.get(username="vesna"))
