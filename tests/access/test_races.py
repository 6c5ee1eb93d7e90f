"""What is taken away is gone with the next request, however many are on their way; acts that meet each other."""

import threading
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.test import Client, override_settings
from django.urls import reverse

from casework.access import account_services as accounts
from casework.access import mfa, services
from casework.access.grants import Role
from casework.access.models import RoleRequest, Session, User
from casework.workflow import Refused
from tests.support.cast import load_cast

PAGES = ("cases:cases", "referrals:referrals", "access:my-account", "notifications")
CLIENTS = 4


def _end_all(cast):
    accounts.end_all_sessions(user=cast.vesna, ended_by=cast.ivana)


def _disable(cast):
    services.disable_user(user=cast.vesna, disabled_by=cast.ivana)


def _withdraw(cast):
    services.withdraw_role(user=cast.vesna, role="supervisor", withdrawn_by=cast.ivana)


def _new_password(cast):
    accounts.invite(user=cast.vesna, invited_by=cast.ivana)


@pytest.mark.asvs("7.4.2", "7.4.1", "8.3.2")
@pytest.mark.parametrize("act", [_disable, _withdraw, _end_all, _new_password])
def test_what_starts_after_the_commit_gets_nothing(act: Callable, committed_db, cast):
    """Threads hammer pages of one account; once the act is committed, no request that starts later is answered."""
    seen: list[tuple[float, int]] = []
    stop = threading.Event()
    failures: list[BaseException] = []

    def hammer(client):
        try:
            while not stop.is_set():
                for name in PAGES:
                    started = time.monotonic()
                    seen.append((started, client.get(reverse(name)).status_code))
        except BaseException as problem:
            failures.append(problem)
        finally:
            connections.close_all()

    clients = [Client() for _ in range(CLIENTS)]
    for client in clients:
        client.force_login(cast.vesna)
    threads = [threading.Thread(target=hammer, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    while sum(status == 200 for _at, status in list(seen)) < CLIENTS * 3 and not failures:
        time.sleep(0.01)
    act(cast)
    committed = time.monotonic()
    while sum(at > committed for at, _status in list(seen)) < CLIENTS * 5 and not failures:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    late = [status for at, status in seen if at > committed]
    assert len(late) >= CLIENTS * 5
    assert set(late) == {302}
    assert not Session.objects.filter(user=cast.vesna).live().exists()


@pytest.mark.asvs("15.4.2")
def test_two_admins_who_disable_each_other_leave_one(committed_db, cast):
    second = User.objects.create(username="iva", full_name="Iva Probna", organisation=cast.home)
    second.groups.add(Group.objects.get(name=Role.ADMIN))
    said = _at_once(
        lambda: services.disable_user(user=second, disabled_by=cast.ivana),
        lambda: services.disable_user(user=cast.ivana, disabled_by=second),
    )
    assert said == ["", "Your role may not do this."] or said == ["Your role may not do this.", ""]
    admins = User.objects.filter(organisation=cast.home, is_active=True, groups__name=Role.ADMIN)
    assert admins.count() == 1


@pytest.mark.asvs("15.4.2")
def test_the_last_two_admins_do_not_both_lose_the_role(committed_db, cast):
    second = User.objects.create(username="iva", full_name="Iva Probna", organisation=cast.home)
    second.groups.add(Group.objects.get(name=Role.ADMIN))
    said = _at_once(
        lambda: services.withdraw_role(user=second, role=Role.ADMIN, withdrawn_by=cast.ivana),
        lambda: services.withdraw_role(user=cast.ivana, role=Role.ADMIN, withdrawn_by=second),
    )
    assert sorted(bool(sentence) for sentence in said) == [False, True]
    assert User.objects.filter(organisation=cast.home, groups__name=Role.ADMIN).count() == 1


def test_a_role_asked_for_while_the_account_is_disabled_is_never_granted(committed_db, cast):
    asked = services.request_role(user=cast.ana, role="supervisor", requested_by=cast.ivana)
    _at_once(
        lambda: services.approve_role(role_request=asked, approved_by=cast.vesna),
        lambda: services.disable_user(user=cast.ana, disabled_by=cast.ivana),
    )
    assert RoleRequest.objects.get(pk=asked.pk).status in ("granted", "ended")
    assert not RoleRequest.objects.filter(status="waiting").exists()


@pytest.mark.asvs("2.3.3")
def test_a_code_used_twice_at_once_sets_one_password(committed_db, cast):
    code = accounts.invite(user=cast.ana, invited_by=cast.ivana)
    passwords = ["zelena reka tece", "zuta reka tece sporo"]
    said = _at_once(
        *(
            lambda password=password: accounts.accept_invitation(username="ana", code=code, password=password)
            for password in passwords
        )
    )
    assert sorted(bool(sentence) for sentence in said) == [False, True]
    ana = load_cast().ana
    assert [ana.check_password(password) for password in passwords] == [not sentence for sentence in said]


def test_two_factors_are_not_removed_at_once(committed_db, cast):
    """With two keys, two requests that each remove one: one of them is refused."""
    with override_settings(REQUIRE_MFA=True):
        keys = [
            Authenticator.objects.create(user=cast.ana, type="webauthn", data={"name": str(n), "credential": {}})
            for n in range(2)
        ]

        @transaction.atomic
        def remove(key):
            accounts.refuse_last_factor(user=cast.ana, factor_id=key.pk)
            time.sleep(0.05)
            key.delete()

        said = _at_once(*(lambda key=key: remove(key) for key in keys))
        assert sorted(bool(sentence) for sentence in said) == [False, True]
        assert mfa.factors_of(cast.ana).count() == 1


def _at_once(*acts: Callable) -> list[str]:
    """Do these at the same moment; returns what each was refused with, empty where it was done."""
    barrier, said = threading.Barrier(len(acts)), [""] * len(acts)

    def run(at, act):
        try:
            barrier.wait()
            act()
        except Refused as refusal:
            said[at] = str(refusal.sentence)
        except BaseException as problem:
            said[at] = repr(problem)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said
