"""First passwords, new ones, and what may not be one."""

import re

import pytest
import time_machine
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework.access import account_services as accounts
from casework.access import services
from casework.access.models import Invitation, User
from casework.audit.models import Event
from casework.outbox.models import Message
from casework.workflow import Refused
from tests.access.factors import sign_in
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
GOOD = "zelena reka tece polako"


@pytest.fixture(autouse=True)
def no_old_tries():
    cache.clear()


def refused(password, user=None):
    try:
        validate_password(password, user)
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


def choose(client, username, code, password=GOOD):
    typed = {"username": username, "invitation": code, "password": password}
    return client.post(reverse("access:accept-invitation"), typed)


@pytest.fixture
def nova(as_user, cast):
    """An account that an admin has just made, and its code."""
    page = as_user(cast.ivana).post(reverse("access:create-user"), {"username": "nova", "full_name": "Nova Probna"})
    return User.objects.get(username="nova"), page.context["code"]


# The one-time code ---------------------------------------------------------------------------------------------------
@pytest.mark.asvs("6.4.1", "6.4.6")
def test_an_admin_makes_an_account_and_never_knows_its_password(client, nova, cast):
    account, code = nova
    assert re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", code)
    assert not account.has_usable_password()
    answered = choose(client, "Nova", code.lower().replace("-", " "))
    assert answered.url == reverse("account_login")
    assert client.get(reverse("notifications")).status_code == 302  # a code does not sign in
    assert sign_in(client, "nova", GOOD).status_code == 302
    assert client.get(reverse("notifications")).status_code == 200
    assert list(Event.objects.filter(subjects=[str(account.pk)]).values_list("verb", flat=True)) == [
        *("create_user", "invite", "accept_invitation", "sign_in"),
    ]


@pytest.mark.asvs("6.4.1")
def test_a_code_works_once_and_not_for_long(client, nova, cast, settings):
    account, code = nova
    later = timezone.now() + timezone.timedelta(hours=settings.INVITATION_HOURS, seconds=1)
    with time_machine.travel(later, tick=False):
        assert "too old" in choose(client, "nova", code).content.decode()
    assert choose(client, "nova", code).status_code == 302
    assert "used up" in choose(client, "nova", code, "druga lozinka za mene").content.decode()
    assert User.objects.get(pk=account.pk).check_password(GOOD)


def test_a_new_code_replaces_the_old_one(client, nova, cast):
    account, first = nova
    second = accounts.invite(user=account, invited_by=cast.ivana)
    assert choose(client, "nova", first).status_code == 200
    assert choose(client, "nova", second).status_code == 302


def test_a_code_opens_its_own_account_alone_and_says_the_same_of_all(client, nova, cast):
    _account, code = nova
    other = choose(client, "ana", code).content.decode()
    nobody = choose(client, "nobody", code).content.decode()
    wrong = choose(client, "nova", "2222-2222-2222-2222").content.decode()
    sentence = "This user name and code do not belong together"
    assert all(sentence in page for page in (other, nobody, wrong))
    assert User.objects.get(pk=cast.ana.pk).check_password(PASSWORD)


def test_a_code_lies_in_the_database_as_a_hash(nova, cast):
    _account, code = nova
    plain = code.replace("-", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, '') FROM access_invitation row")
        stored = cursor.fetchone()[0]
    assert code not in stored and plain not in stored and plain.lower() not in stored


@pytest.mark.asvs("2.4.1")
def test_guessing_codes_is_slowed_down(client, nova, cast):
    _account, code = nova
    for _ in range(6):
        page = choose(client, "nova", "2222-2222-2222-2222").content.decode()
    assert "Too many failed attempts" in page
    assert choose(client, "nova", code).status_code == 200


def test_what_was_typed_stays_but_for_the_password(client, nova, cast):
    _account, code = nova
    page = choose(client, "nova", code, "kratkoo").content.decode()
    assert code in page and "kratkoo" not in page
    assert "12 characters" in page
    assert choose(client, "nova", code).status_code == 302  # the code was not used up


@pytest.mark.asvs("6.4.6", "6.4.3")
def test_a_forgotten_password(client, as_user, cast):
    """The admin starts it, the owner chooses; the old one is dead at once, sessions end, people are told."""
    sign_in(client, "ana")
    page = as_user(cast.ivana).post(reverse("access:invite", args=[cast.ana.pk]), {})
    code = page.context["code"]
    assert client.get(reverse("notifications")).status_code == 302
    fresh = Client()
    sign_in(fresh, "ana")
    assert fresh.get(reverse("notifications")).status_code == 302
    choose(fresh, "ana", code)
    sign_in(fresh, "ana", GOOD)
    assert fresh.get(reverse("notifications")).status_code == 200
    assert Message.objects.filter(subject="invitation-given", recipient=cast.ana).count() == 1
    with pytest.raises(Refused, match="yourself"):
        accounts.invite(user=cast.ivana, invited_by=cast.ivana)


def test_no_code_opens_a_disabled_account(client, nova, cast):
    account, code = nova
    services.disable_user(user=account, disabled_by=cast.ivana)
    assert choose(client, "nova", code).status_code == 200
    with pytest.raises(Refused, match="disabled"):
        accounts.invite(user=account, invited_by=cast.ivana)


def test_the_database_refuses_two_codes_at_once_and_one_for_oneself(nova, cast):
    account, _code = nova
    now = timezone.now()
    row = {"made_at": now, "expires_at": now + timezone.timedelta(hours=1), "made_by": cast.ivana}
    for wrong in (
        {"user": account, "code_hash": "a"},
        {"user": cast.ivana, "code_hash": "b"},
        {"user": cast.ana, "code_hash": "c", "expires_at": now},
        {"user": cast.ana, "code_hash": "d", "used_at": now, "replaced_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.create(**(row | wrong))


# What a password may be ----------------------------------------------------------------------------------------------
@pytest.mark.asvs("6.2.1", "6.2.5", "6.2.9")
def test_any_letters_will_do_if_there_are_enough(cast):
    assert refused("reka teče 1") != ""  # eleven
    emoji = "🙂🦊🌧️🚲📚🎻🪁🧭⛵🍐🍋🧦"
    for good in ("zelena reka tece", "жута река тече споро", "829461730561", emoji, "jutarnja kisa r7" * 9):
        assert refused(good, cast.ana) == "", good
    assert refused("ab cd ef gh ij " * 17) == ""  # 255
    assert "256 characters" in refused("ab cd ef gh ij " * 18)


@pytest.mark.asvs("6.2.4", "6.2.12")
def test_common_passwords_and_those_from_breaches_are_refused():
    found = sorted(word for word in CommonPasswordValidator().passwords if len(word) >= 12)
    assert len(CommonPasswordValidator().passwords) > 19_000
    assert len(found) > 100
    assert [word for word in found if not refused(word)] == []
    local_ones = ["lozinkalozinka", "MojaLozinka123", "srećnanovagodina", "crvenazvezda1945", "v0limtemn0go!"]
    for local in (*local_ones, "aaaaaaaaaaaaaaaa", "ana1ana1ana1ana1"):
        assert refused(local), local


@pytest.mark.asvs("6.2.11")
def test_words_of_this_place_make_no_password(cast):
    of_the_account = ["AnaProbna2026!", "KućaProba12345", "ana.probna.ana.probna"]
    for made_up in (*of_the_account, "casework-ana-1", "l0zinka-s1fra-7", "Beograd-ASTRA-2026"):
        assert refused(made_up, cast.ana), made_up
    assert refused("banana split na splavu", cast.ana) == ""


@pytest.mark.asvs("6.2.8")
def test_a_password_counts_to_its_last_letter_as_typed(client, cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    long = "Zelena reka tece " * 12 + "kraj "
    code = accounts.invite(user=cast.ana, invited_by=cast.ivana)
    assert choose(client, "ana", code, long).status_code == 302
    ana = User.objects.get(pk=cast.ana.pk)
    assert ana.password.startswith("argon2$argon2id$")
    assert ana.check_password(long)
    for other in (long.rstrip(), long.lower(), long[:72]):
        assert not ana.check_password(other)
    assert sign_in(client, "ana", long).status_code == 302
    assert client.get(reverse("notifications")).status_code == 200


@pytest.mark.asvs("6.2.2", "6.2.3")
def test_changing_a_password_takes_the_old_one(client, cast):
    sign_in(client, "ana")
    wrong = {"oldpassword": "not-the-old-one", "password1": GOOD, "password2": GOOD}
    assert client.post(reverse("account_change_password"), wrong).status_code == 200
    assert client.post(reverse("account_change_password"), wrong | {"oldpassword": ""}).status_code == 200
    assert User.objects.get(pk=cast.ana.pk).check_password(PASSWORD)
    assert client.post(reverse("account_change_password"), wrong | {"oldpassword": PASSWORD}).status_code == 302
    assert User.objects.get(pk=cast.ana.pk).check_password(GOOD)


# Who tries -----------------------------------------------------------------------------------------------------------
@pytest.mark.asvs("6.3.2")
def test_there_is_no_account_that_everybody_knows(db):
    """Migrations make none, and names that people try first have none."""
    assert not User.objects.filter(username__in=("admin", "root", "administrator", "sa", "test", "demo")).exists()
    assert not hasattr(User.objects, "create_superuser")


@pytest.mark.asvs("6.3.8")
def test_a_failed_sign_in_says_the_same_of_every_name(client, cast):
    services.disable_user(user=cast.boris, disabled_by=cast.ivana)

    def answer(username):
        page = sign_in(client, username, "not-the-password").content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", page).replace(username, "NAME")

    assert answer("ana") == answer("nobody-here") == answer("boris")


@pytest.mark.asvs("16.3.1")
def test_signing_in_and_failing_are_on_record_without_unknown_names(client, cast):
    sign_in(client, "ana", "not-the-password")
    sign_in(client, "Secret-Typed-Into-The-Wrong-Field", "not-the-password")
    sign_in(client, "ana")
    rows = list(Event.objects.filter(verb="sign_in").order_by("id").values_list("kind", "actor__username", "note"))
    assert rows == [("refusal", "ana", ""), ("refusal", None, ""), ("act", "ana", "password")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, '') FROM audit_event row")
        assert "Secret-Typed" not in cursor.fetchone()[0]


@pytest.mark.asvs("6.3.5")
def test_somebody_whose_sign_in_was_tried_in_vain_hears_of_it(client, cast):
    sign_in(client, "ana")
    for _ in range(3):
        sign_in(Client(), "ana", "not-the-password")
    sign_in(Client(), "ana")
    assert Message.objects.filter(subject="sign-ins-failed", recipient=cast.ana).count() == 1
    sign_in(Client(), "ana")
    assert Message.objects.filter(subject="sign-ins-failed").count() == 1  # told once


@pytest.mark.asvs("6.3.7")
def test_somebody_whose_password_changed_hears_of_it(client, cast):
    sign_in(client, "ana")
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": GOOD, "password2": GOOD})
    assert Message.objects.filter(subject="password-changed", recipient=cast.ana).count() == 1
