"""Second factors: required, encrypted, used once, lost and replaced."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from casework.access import account_services as accounts
from casework.access import mfa
from casework.access.grants import Role
from casework.access.middleware import WITHOUT_A_FACTOR
from casework.access.models import User
from casework.audit.models import Event
from casework.config.checks import safe_start
from casework.outbox.models import Message
from casework.vault import crypto
from casework.workflow import Refused
from tests.access.factors import code_for, give_code, recovery_codes, set_up_app, sign_in
from tests.test_permissions import cells, world  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_old_tries():
    cache.clear()


@pytest.fixture
def required(settings):
    settings.REQUIRE_MFA = True


def verbs(user):
    return list(Event.objects.filter(actor=user).order_by("id").values_list("verb", flat=True))


@pytest.mark.asvs("6.3.3")
def test_without_a_second_factor_every_address_leads_to_its_set_up(required, world, as_user):  # noqa: F811
    client, reached = as_user(world.cast.vesna), set()
    for name, url, _which, _who in cells(world):
        for response in (client.get(url), client.post(url, {})):
            if (response.status_code, response.headers.get("Location")) != (302, reverse("mfa_index")):
                reached.add(name)
    assert reached - WITHOUT_A_FACTOR == set()
    assert client.get(reverse("mfa_index")).status_code == 200


def test_outside_people_need_one_too(required, as_user, cast):
    assert as_user(cast.milan).get(reverse("referrals:submit-referral")).url == reverse("mfa_index")


@pytest.mark.asvs("6.3.3")
def test_the_set_up_opens_the_rest(required, as_user, cast):
    client = as_user(cast.ana)
    assert client.get(reverse("cases:cases")).url == reverse("mfa_index")
    page = client.get(reverse("mfa_index")).content.decode()
    assert "Set up a second factor" in page
    assert reverse("cases:cases") not in page
    set_up_app(client)
    assert client.get(reverse("cases:cases")).status_code == 200
    assert "add_factor" in verbs(cast.ana)
    assert Message.objects.filter(recipient=cast.ana, subject="factors-changed").count() == 1


@pytest.mark.asvs("6.3.3")
def test_an_installation_does_not_start_without_it(settings):
    settings.EMBEDDED, settings.REQUIRE_MFA = False, False
    assert "casework.E008" in {message.id for message in safe_start(None)}
    settings.REQUIRE_MFA = True
    assert "casework.E008" not in {message.id for message in safe_start(None)}


def test_signing_in_takes_both_steps(required, client, as_user, cast):
    secret = set_up_app(as_user(cast.ana))
    assert sign_in(client, "ana").url == reverse("mfa_authenticate")
    assert client.get(reverse("cases:cases")).status_code == 302
    assert client.get(reverse("mfa_authenticate")).status_code == 200
    wrong = give_code(client, "000000" if code_for(secret) != "000000" else "111111")
    assert "This is not right" in wrong.content.decode()
    assert Event.objects.filter(kind="refusal", verb="second_factor", actor=cast.ana).count() == 1
    assert give_code(client, code_for(secret)).status_code == 302
    assert client.get(reverse("cases:cases")).status_code == 200
    assert Event.objects.filter(verb="sign_in", actor=cast.ana, note="second-factor").count() == 1


@pytest.mark.asvs("6.5.1")
def test_a_code_works_once(required, as_user, cast):
    secret = set_up_app(as_user(cast.ana))
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "ana")
    code = code_for(secret)
    assert give_code(first, code).status_code == 302
    assert give_code(second, code).status_code == 200
    assert second.get(reverse("cases:cases")).status_code == 302


@pytest.mark.asvs("6.5.5")
def test_a_code_lives_for_half_a_minute(required, as_user, cast):
    secret = set_up_app(as_user(cast.ana))
    start = (int(time.time()) // 30 + 10) * 30.0
    for moment, good in ((start + 1, True), (start + 29, True), (start + 31, False), (start - 31, False)):
        with time_machine.travel(moment, tick=False):
            client = Client()
            sign_in(client, "ana")
            cache.clear()
            code = code_for(secret, at=start)
            assert (give_code(client, code).status_code == 302) is good, moment - start


@pytest.mark.asvs("6.5.1")
def test_a_recovery_code_replaces_the_phone_once(required, as_user, cast):
    owner = as_user(cast.ana)
    set_up_app(owner)
    codes = recovery_codes(owner)
    assert len(set(codes)) == 10
    assert recovery_codes(owner) == ["****"] * 10  # shown once
    lost = Client()
    sign_in(lost, "ana")
    assert give_code(lost, codes[3]).status_code == 302
    assert lost.get(reverse("cases:cases")).status_code == 200
    assert mfa.codes_left(cast.ana) == 9
    again = Client()
    sign_in(again, "ana")
    assert give_code(again, codes[3]).status_code == 200


def test_the_only_factor_stays_where_one_is_required(required, as_user, cast):
    client = as_user(cast.ana)
    set_up_app(client)
    page = client.post(reverse("mfa_deactivate_totp"), {})
    assert page.status_code == 200 and "only second factor" in page.content.decode()
    assert mfa.factors_of(cast.ana).count() == 1
    key = Authenticator.objects.create(user=cast.ana, type="webauthn", data={"name": "blue", "credential": {}})
    Authenticator.objects.filter(user=cast.ana, type="totp").delete()
    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))
    assert mfa.factors_of(cast.ana).count() == 1


def test_in_the_demo_a_factor_can_be_tried_and_removed(as_user, cast):
    client = as_user(cast.ana)
    assert client.get(reverse("cases:cases")).status_code == 200
    set_up_app(client)
    assert client.post(reverse("mfa_deactivate_totp"), {}).status_code == 302
    assert not Authenticator.objects.filter(user=cast.ana).exists()
    assert verbs(cast.ana)[-2:] == ["add_factor", "remove_factor"]


# What lies in the database -------------------------------------------------------------------------------------------
@pytest.mark.asvs("11.2.5")
def test_no_secret_of_a_factor_lies_in_the_database_in_plain(as_user, cast):
    client = as_user(cast.ana)
    pending = client.get(reverse("mfa_activate_totp")).context["form"].secret  # in the session, not yet in its table
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, '') FROM access_session row")
        assert pending not in cursor.fetchone()[0]
    secret = set_up_app(client)
    codes = recovery_codes(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, '') FROM mfa_authenticator row")
        stored = cursor.fetchone()[0]
    assert not [text for text in (secret, *codes) if text in stored]
    assert len(Authenticator.objects.filter(user=cast.ana)) == 2


@pytest.mark.asvs("11.3.3", "11.2.5")
def test_a_secret_that_was_moved_or_changed_never_opens(as_user, cast):
    set_up_app(as_user(cast.ana))
    set_up_app(as_user(cast.boris))
    mine = Authenticator.objects.get(user=cast.ana, type="totp")
    theirs = Authenticator.objects.get(user=cast.boris, type="totp")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mfa_authenticator SET data = (SELECT data FROM mfa_authenticator WHERE id = %s)"
                       " WHERE id = %s", [mine.pk, theirs.pk])  # fmt: skip
    with pytest.raises(crypto.Tampered):
        Authenticator.objects.get(pk=theirs.pk)
    name, owner, sealed = mine.data["secret"].split(":")
    flipped = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for wrong in (f"{name}:{owner}:{flipped}", f"{name}:{cast.boris.pk}:{sealed}", f"zz:{owner}:{sealed}", "plain"):
        with pytest.raises(crypto.Tampered):
            mfa.unwrap(wrong)


def test_a_new_key_takes_over(as_user, cast, settings):
    client = as_user(cast.ana)
    secret = set_up_app(client)
    old = crypto.key_names()[0]
    keys = configured.CASEWORK_KEYS
    try:
        settings.CASEWORK_KEYS = [f"newer:{_key()}", *keys]
        settings.CASEWORK_KEYS_FILE = ""
        crypto.read_keys_again()
        assert mfa.wrapped_by() == {old: 2}
        assert mfa.rewrap() == 2
        assert mfa.wrapped_by() == {"newer": 2}
        assert mfa.rewrap() == 0
        settings.CASEWORK_KEYS = settings.CASEWORK_KEYS[:1]  # the old key is thrown away
        crypto.read_keys_again()
        assert mfa.unwrap(Authenticator.objects.get(user=cast.ana, type="totp").data["secret"]) == secret
    finally:
        settings.CASEWORK_KEYS = keys
        crypto.read_keys_again()


def _key() -> str:
    import base64

    return base64.b64encode(crypto.new_key()).decode()


# Losing a device -----------------------------------------------------------------------------------------------------
def test_an_admin_resets_the_factors_of_somebody_else(required, as_user, cast):
    owner = as_user(cast.ana)
    set_up_app(owner)
    admin = as_user(cast.ivana)
    set_up_app(admin)
    second = User.objects.create(username="iva", full_name="Iva Probna", organisation=cast.home)
    second.groups.set(cast.ivana.groups.all())
    address = reverse("access:reset-factors", args=[cast.ana.pk])
    assert "until they set up new factors" in admin.get(address).content.decode()
    assert admin.post(address, {}).url == reverse("access:user", args=[cast.ana.pk])
    assert not Authenticator.objects.filter(user=cast.ana).exists()
    assert owner.get(reverse("cases:cases")).url.startswith(reverse("account_login"))
    assert Event.objects.filter(verb="reset_factors", actor=cast.ivana, subjects=[str(cast.ana.pk)]).count() == 1
    told = set(Message.objects.filter(subject="factors-reset").values_list("recipient__username", flat=True))
    assert told == {"ana", "iva"}
    fresh = Client()
    sign_in(fresh, "ana")
    assert fresh.get(reverse("cases:cases")).url == reverse("mfa_index")
    with pytest.raises(Refused, match="Nobody resets their own"):
        accounts.reset_factors(user=cast.ivana, reset_by=cast.ivana)


def test_resetting_factors_asks_to_sign_in_again(as_user, cast):
    set_up_app(as_user(cast.ana))
    late = as_user(cast.ivana, recent=False)
    assert late.post(reverse("access:reset-factors", args=[cast.ana.pk]), {}).url.startswith(
        reverse("account_reauthenticate")
    )
    assert Authenticator.objects.filter(user=cast.ana).exists()


@pytest.mark.asvs("6.4.3")
def test_one_admin_cannot_take_an_account_over(required, as_user, cast):
    """Whoever gives the code for the password does not reset the factors, nor the other way round."""
    set_up_app(as_user(cast.ana))
    code = accounts.invite(user=cast.ana, invited_by=cast.ivana)
    accounts.accept_invitation(username="ana", code=code, password="sasvim-nova-zavesa-7")
    thief = Client()
    assert sign_in(thief, "ana", "sasvim-nova-zavesa-7").url == reverse("mfa_authenticate")  # the factor holds
    with pytest.raises(Refused, match="Another admin must reset"):
        accounts.reset_factors(user=cast.ana, reset_by=cast.ivana)
    second = User.objects.create(username="iva", full_name="Iva Probna", organisation=cast.home)
    second.groups.add(Group.objects.get(name=Role.ADMIN))
    accounts.reset_factors(user=cast.ana, reset_by=second)
    with pytest.raises(Refused, match="Another admin must give"):
        accounts.invite(user=cast.ana, invited_by=second)
    # The owner sets up a new factor and signs in with it: both hands are free again.
    owner = Client()
    sign_in(owner, "ana", "sasvim-nova-zavesa-7")
    secret = set_up_app(owner)
    fresh = Client()
    sign_in(fresh, "ana", "sasvim-nova-zavesa-7")
    cache.clear()
    assert give_code(fresh, code_for(secret)).status_code == 302
    ana = User.objects.get(pk=cast.ana.pk)
    assert (ana.code_given_by_id, ana.factors_reset_by_id) == (None, None)


def test_the_database_refuses_the_same_two_hands(cast):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=cast.ana.pk).update(code_given_by=cast.ivana, factors_reset_by=cast.ivana)


# Trying codes --------------------------------------------------------------------------------------------------------
@pytest.mark.asvs("2.4.1")
def test_guessing_codes_is_slowed_down(required, as_user, cast):
    secret = set_up_app(as_user(cast.ana))
    client = Client()
    sign_in(client, "ana")
    good = code_for(secret)
    for _try in range(6):
        answered = give_code(client, "135791" if good != "135791" else "246802")
    assert "Too many failed attempts" in answered.content.decode()
    assert give_code(client, good).status_code == 200  # even the right one must wait now
    assert client.get(reverse("cases:cases")).status_code == 302


@pytest.mark.asvs("2.4.1")
def test_guessing_passwords_to_confirm_is_slowed_down(as_user, cast):
    client = as_user(cast.ivana, recent=False)
    statuses = [
        client.post(reverse("account_reauthenticate"), {"password": "wrong-wrong-wrong"}).status_code for _ in range(12)
    ]
    assert statuses[-1] == 429
    assert Event.objects.filter(kind="refusal", verb="sign_in_again", actor=cast.ivana).count() >= 5


# A session that never showed the factor ------------------------------------------------------------------------------
@pytest.mark.asvs("7.4.3")
def test_a_session_from_before_the_first_factor_ends_with_it(required, as_user, cast):
    """Somebody who only had the password waits in the set-up: the owner's factor does not let that session in."""
    thief, owner = Client(), Client()
    for client in (thief, owner):
        sign_in(client, "ana")
    set_up_app(owner)
    assert thief.get(reverse("mfa_index")).url.startswith(reverse("account_login"))
    assert owner.get(reverse("cases:cases")).status_code == 200
