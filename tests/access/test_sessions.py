"""Sessions: their hours are counted on the server, their rows open nothing, their owner sees and ends them."""

import datetime
import time

import pytest
import time_machine
from django.conf import settings as configured
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework.access.devices import device_of
from casework.access.models import Draft, Session, User
from casework.access.sessions import SessionStore, row_key
from casework.audit.models import Event
from tests.access.factors import sign_in
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
MINUTE = 60
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture(autouse=True)
def no_old_tries():
    cache.clear()


def is_in(client):
    return client.get(reverse("notifications")).status_code == 200


@pytest.mark.asvs("7.3.1")
def test_a_session_that_nobody_uses_ends(as_user, cast):
    client, now = as_user(cast.ana), time.time()
    with time_machine.travel(now + 14 * MINUTE, tick=False):
        assert is_in(client)
    with time_machine.travel(now + 28 * MINUTE, tick=False):
        assert is_in(client)  # counted from the last request
    with time_machine.travel(now + 43 * MINUTE + 1, tick=False):
        assert not is_in(client)
    assert not Session.objects.filter(user=cast.ana).exists()
    assert Event.objects.filter(verb="session_expired", actor=cast.ana, note="idle").count() == 1


@pytest.mark.asvs("7.3.2")
def test_a_session_ends_after_a_working_day_however_busy(as_user, cast):
    client, now = as_user(cast.ana), time.time()
    for minute in range(14, 8 * 60, 14):
        with time_machine.travel(now + minute * MINUTE, tick=False):
            assert is_in(client), minute
    with time_machine.travel(now + 8 * 60 * MINUTE + 1, tick=False):
        assert not is_in(client)
    assert Event.objects.filter(verb="session_expired", note="age").count() == 1


@pytest.mark.asvs("7.3.2")
def test_the_cookie_says_nothing_about_the_hours(as_user, cast):
    """Whoever keeps the cookie of yesterday, or writes another date into it, has nothing."""
    client, now = as_user(cast.ana), time.time()
    key = client.cookies["session"].value
    with time_machine.travel(now + 16 * MINUTE, tick=False):
        thief = Client()
        thief.cookies["session"] = key
        thief.cookies["session"]["max-age"] = 10**9
        assert not is_in(thief)


def test_a_forms_text_survives_the_idle_session(as_user, cast):
    client, now = as_user(cast.vesna), time.time()
    address = reverse("access:set-duty")
    token = client.get(address).context["form"].draft_token
    with time_machine.travel(now + 20 * MINUTE, tick=False):
        answered = client.post(address, {"starts_at_0": "3.3.2031.", "starts_at_1": "08:00", "draft_token": token})
        assert answered.url.startswith(reverse("account_login"))
        page = client.get(answered.url)
        back = client.post(
            reverse("account_login"),
            {"login": "vesna", "password": PASSWORD, "next": page.context["redirect_field_value"]},
        )
        restored = client.get(back.url)
        assert "3.3.2031." in restored.content.decode()
    assert not Draft.objects.exists()


def test_a_session_in_use_is_written_once_a_minute(as_user, cast, django_assert_num_queries):
    client, now = as_user(cast.ana), time.time()

    def writes():
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as asked:
            assert is_in(client)
        return sum('UPDATE "access_session"' in query["sql"] for query in asked)

    counted = []
    for second in (1, 2, 59, 61, 62, 120, 122):
        with time_machine.travel(now + second, tick=False):
            counted.append(writes())
    assert counted == [0, 0, 0, 1, 0, 0, 1]


# Keys ----------------------------------------------------------------------------------------------------------------
@pytest.mark.asvs("7.2.4")
def test_signing_in_makes_a_new_key(client, cast):
    session = client.session  # a visitor who has a session, perhaps one that somebody else planted
    session["planted"] = True
    session.save()
    client.cookies["session"] = session.session_key
    planted = session.session_key
    sign_in(client, "ana")
    assert client.cookies["session"].value != planted
    assert not SessionStore().exists(planted)
    first = client.cookies["session"].value
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.cookies["session"].value != first
    assert not SessionStore().exists(first)
    assert is_in(client)


@pytest.mark.asvs("7.2.4")
def test_the_second_step_makes_a_new_key(as_user, cast):
    from tests.access.factors import code_for, give_code, set_up_app

    secret = set_up_app(as_user(cast.ana))
    client = Client()
    sign_in(client, "ana")
    between = client.cookies["session"].value
    give_code(client, code_for(secret))
    assert client.cookies["session"].value != between
    assert not SessionStore().exists(between)
    assert is_in(client)


def test_what_a_session_holds_is_sealed_and_bound_to_it(as_user, cast):
    ana, boris = as_user(cast.ana), as_user(cast.boris)
    rows = {row.user_id: row for row in Session.objects.all()}
    assert len(rows) == 2
    assert str(cast.ana.pk) not in rows[cast.ana.pk].session_data
    Session.objects.filter(user=cast.boris).update(session_data=rows[cast.ana.pk].session_data)  # a thief in the table
    assert not is_in(boris)
    assert is_in(ana)


def test_the_table_wants_user_and_time_together(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(
            session_key="x", session_data="", expire_date=timezone.now(), last_seen_at=timezone.now(), user=cast.ana
        )


# Cookies and leaving -------------------------------------------------------------------------------------------------
@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4")
def test_cookies_of_an_installation(cast, settings):
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get(reverse("account_login"), secure=True)
    client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD}, secure=True)
    page = client.get(reverse("notifications"), secure=True)
    assert page.status_code == 200
    for name in ("__Host-session", "__Host-csrf"):
        cookie = client.cookies[name]
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/" and not cookie["domain"], name
    assert not client.cookies["__Host-session"]["max-age"]  # gone with the browser
    assert client.cookies["__Host-session"].value not in page.content.decode()


@pytest.mark.asvs("3.3.1", "3.3.3")
def test_an_installation_asks_for_such_cookies():
    """What the settings say when the site is an installation: read in a process of its own."""
    import os
    import subprocess
    import sys

    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from casework.config import settings as s;"
            "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
            " s.REQUIRE_MFA, s.SESSION_IDLE_SECONDS, s.SESSION_COOKIE_AGE)",
        ],
        env={**os.environ, "DATABASE_URL": "postgres://a:b@db/c", "CASEWORK_DEMO": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["__Host-session", "__Host-csrf", "True", "True", "True", "900", "28800"]


@pytest.mark.asvs("7.4.1", "14.3.1")
def test_leaving_ends_the_session_and_clears_the_browser(as_user, cast):
    for name, method in (("sign-out", "post"), ("leave-quickly", "get")):
        client = as_user(cast.ana)
        key = client.cookies["session"].value
        assert '"cache"' in getattr(client, method)(reverse(name))["Clear-Site-Data"]
        assert not SessionStore().exists(key)
        assert Event.objects.filter(verb="sign_out", actor=cast.ana).count() == 1
        Event.objects.all()  # the trail keeps it; the next round counts its own user
        cast.ana = cast.boris


# One's own sessions --------------------------------------------------------------------------------------------------
@pytest.mark.asvs("7.5.2")
def test_everybody_sees_and_ends_their_own_sessions(as_user, cast):
    here, phone, other = Client(headers={"user-agent": FIREFOX}), Client(), as_user(cast.boris)
    sign_in(here, "ana")
    sign_in(phone, "ana")
    page = here.get(reverse("access:my-account"))
    rows = page.context["sessions"]
    assert len(rows) == 2
    assert [row.device for row, mine in rows if mine] == ["Firefox, Linux"]
    assert "This one" in page.content.decode()
    key = here.cookies["session"].value
    assert key not in page.content.decode() and row_key(key) not in page.content.decode()
    handle = next(row.handle for row, mine in rows if not mine)
    other.post(reverse("access:end-session", args=[handle]))
    assert is_in(phone)  # nobody ends the session of somebody else
    here.post(reverse("access:end-session", args=[handle]))
    assert not is_in(phone)
    assert is_in(here)
    assert Event.objects.filter(verb="end_session", actor=cast.ana).count() == 1
    again = here.post(reverse("access:end-session", args=[handle]), follow=True)
    assert "already ended" in again.content.decode()


@pytest.mark.asvs("7.4.3", "7.5.2")
def test_all_other_sessions_end_with_one_button_and_with_a_new_password(client, cast):
    others = [Client() for _ in range(3)]
    for one in (client, *others):
        sign_in(one, "ana")
    client.post(reverse("access:end-other-sessions"))
    assert [is_in(one) for one in others] == [False] * 3
    sign_in(others[0], "ana")
    new = "zelena-reka-tece-7"
    answers = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), answers).status_code == 302
    assert is_in(client)
    assert not is_in(others[0])
    assert Session.objects.filter(user=cast.ana).count() == 1
    assert Event.objects.filter(verb="change_password", actor=cast.ana).count() == 1


@pytest.mark.asvs("7.4.5")
def test_an_admin_ends_all_sessions_of_an_account(client, as_user, cast):
    sign_in(client, "ana")
    admin = as_user(cast.ivana)
    page = admin.get(reverse("access:user", args=[cast.ana.pk]))
    assert page.context["sessions"] == 1
    admin.post(reverse("access:end-user-sessions", args=[cast.ana.pk]))
    assert not is_in(client)
    assert Event.objects.filter(verb="end_sessions", actor=cast.ivana, subjects=[str(cast.ana.pk)]).count() == 1
    assert as_user(cast.ivana).post(reverse("access:end-user-sessions", args=[cast.dragan.pk])).status_code == 404


@pytest.mark.asvs("7.5.1", "7.5.3")
def test_what_is_hard_to_undo_asks_to_sign_in_again(as_user, cast):
    admin, supervisor = as_user(cast.ivana, recent=False), as_user(cast.vesna, recent=False)
    pages = [
        reverse("access:create-user"),
        *(reverse(f"access:{name}", args=[cast.ana.pk]) for name in ("request-role", "invite", "reset-factors")),
        reverse("mfa_activate_totp"),
        reverse("mfa_add_webauthn"),
    ]
    buttons = [
        reverse(f"access:{name}", args=[cast.ana.pk])
        for name in ("withdraw-role", "disable-user", "enable-user", "end-user-sessions")
    ]
    asked = [admin.get(page) for page in pages] + [admin.post(button, {"role": "caseworker"}) for button in buttons]
    for answer in asked:
        assert answer.url.startswith(reverse("account_reauthenticate"))
    assert User.objects.get(pk=cast.ana.pk).roles == {"caseworker"}
    assert supervisor.get(reverse("access:set-duty")).status_code == 200  # duty does not ask


def test_what_is_over_is_cleared_away_with_its_line_in_the_trail(as_user, cast):
    as_user(cast.ana)
    as_user(cast.boris)
    past = timezone.now() - datetime.timedelta(seconds=configured.SESSION_IDLE_SECONDS + 1)
    Session.objects.filter(user=cast.ana).update(last_seen_at=past)
    SessionStore.clear_expired()
    assert [row.user for row in Session.objects.all()] == [cast.boris]
    assert Event.objects.filter(verb="session_expired", actor=cast.ana).count() == 1


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537 Chrome/126.0 Safari/537 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/126.0 Mobile Safari/537", "Chrome, Android"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_device_is_told_coarsely(user_agent, device):
    assert device_of(user_agent) == device
