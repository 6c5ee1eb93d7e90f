"""Accounts, roles and duty through the pages."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.access import services
from casework.access.grants import GRANTS, Role
from casework.access.models import Duty, RoleRequest, User
from casework.audit.models import Event
from casework.workflow import Refused
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client, username, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": username, "password": password})


def test_every_page_needs_sign_in(client):
    assert client.get(reverse("access:users")).status_code == 302


def test_sign_in_and_out(client, cast):
    assert sign_in(client, "ana").status_code == 302
    assert client.get(reverse("notifications")).status_code == 200
    response = client.post(reverse("sign-out"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("notifications")).status_code == 302


def test_nothing_is_cached(as_user, cast):
    assert "no-store" in as_user(cast.ana).get(reverse("notifications"))["Cache-Control"]


@pytest.mark.requirement("s-roles")
def test_groups_hold_exactly_what_the_table_grants(cast):
    for role, names in GRANTS.items():
        user = User.objects.filter(groups__name=role).first()
        assert user is not None
        assert set(user.get_all_permissions()) == set(names), role


def test_an_admin_creates_an_account_and_a_second_person_approves_its_role(as_user, cast):
    ivana, vesna = as_user(cast.ivana), as_user(cast.vesna)
    response = ivana.post(
        reverse("access:create-user"),
        {"username": "nova", "full_name": "Nova Probna"},
    )
    nova = User.objects.get(username="nova")
    assert response.context["code"] in response.content.decode()
    assert not nova.has_usable_password()
    ivana.post(reverse("access:request-role", args=[nova.pk]), {"role": "caseworker"})
    assert nova.roles == frozenset()
    asked = RoleRequest.objects.get(user=nova)
    # The one who asked cannot be the second person.
    ivana.post(reverse("access:approve-role", args=[asked.pk]))
    asked.refresh_from_db()
    assert asked.status == "waiting"
    vesna.post(reverse("access:approve-role", args=[asked.pk]))
    assert User.objects.get(pk=nova.pk).roles == {"caseworker"}
    assert Event.objects.filter(verb="approve_role").count() == 1


def test_nobody_gives_a_role_to_themselves(as_user, cast):
    page = as_user(cast.ivana).post(reverse("access:request-role", args=[cast.ivana.pk]), {"role": "supervisor"})
    assert "Nobody gives a role to themselves" in page.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleRequest.objects.create(user=cast.ivana, role="supervisor", requested_by=cast.ivana)


def test_the_database_refuses_a_lone_approval_and_a_superuser(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleRequest.objects.create(
            user=cast.ana,
            role=Role.SUPERVISOR,
            requested_by=cast.ivana,
            status="granted",
            decided_by=cast.ivana,
            decided_at=timezone.now(),
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=cast.ivana.pk).update(is_superuser=True)


def test_a_disabled_account_is_out_with_its_next_request(client, as_user, cast):
    sign_in(client, "boris")
    assert client.get(reverse("notifications")).status_code == 200
    as_user(cast.ivana).post(reverse("access:disable-user", args=[cast.boris.pk]))
    assert client.get(reverse("notifications")).status_code == 302
    sign_in(client, "boris")
    assert client.get(reverse("notifications")).status_code == 302
    as_user(cast.ivana).post(reverse("access:enable-user", args=[cast.boris.pk]))
    assert client.get(reverse("notifications")).status_code == 302  # the old session stays dead
    sign_in(client, "boris")
    assert client.get(reverse("notifications")).status_code == 200


def test_an_admin_sees_only_own_accounts(as_user, cast):
    ivana = as_user(cast.ivana)
    assert ivana.get(reverse("access:user", args=[cast.dragan.pk])).status_code == 404
    assert "Dragan" not in ivana.get(reverse("access:users")).content.decode()


def test_asking_for_an_objects_permission_is_a_mistake(cast):
    with pytest.raises(TypeError):
        cast.ana.has_perm("cases.view_case", cast.home)


def test_a_colleague_that_is_none_is_answered_without_repeating_what_was_sent(cast, as_user):
    sent = "<kanarinka>" * 500
    page = as_user(cast.vesna).post(reverse("access:set-duty"), {"user": sent, "starts_at_0": "3.3.2031."})
    assert page.status_code == 200 and page.context["form"].errors["user"] == [
        "Select a valid choice. That choice is not one of the available choices."
    ]
    assert "kanarinka" not in page.content.decode() and "3.3.2031." in page.content.decode()


def test_duty_overlaps_are_refused_by_sentence_and_by_the_database(cast):
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    services.set_duty(user=cast.ana, starts_at=now, ends_at=now + hour, set_by=cast.vesna)
    with pytest.raises(Refused):
        services.set_duty(user=cast.ana, starts_at=now, ends_at=now + hour, set_by=cast.vesna)
    with pytest.raises(Refused):
        services.set_duty(user=cast.boris, starts_at=now, ends_at=now, set_by=cast.vesna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.create(organisation=cast.home, user=cast.ana, starts_at=now, ends_at=now + hour, set_by=cast.vesna)


def test_too_many_wrong_passwords_are_slowed_down(client, cast, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    for _attempt in range(4):
        page = sign_in(client, "ana", "wrong-wrong-wrong")
    assert sign_in(client, "ana").status_code != 302, page.content.decode()[:500]


@pytest.mark.requirement("s-roles")
def test_a_role_that_is_taken_away_ends_the_sessions(client, as_user, cast):
    sign_in(client, "ana")
    as_user(cast.ivana).post(reverse("access:withdraw-role", args=[cast.ana.pk]), {"role": "caseworker"})
    assert User.objects.get(pk=cast.ana.pk).roles == frozenset()
    assert client.get(reverse("notifications")).status_code == 302


def test_an_address_of_a_button_says_so_when_opened(as_user, cast):
    page = as_user(cast.ivana).get(reverse("access:disable-user", args=[cast.ana.pk]))
    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "press the button" in page.content.decode()


def test_the_password_is_changed_by_its_owner(client, cast):
    sign_in(client, "ana")
    new = "sasvim-nova-lozinka-7"
    answers = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.get(reverse("account_change_password")).status_code == 200
    assert client.post(reverse("account_change_password"), answers).status_code == 302
    client.logout()
    assert sign_in(client, "ana", new).status_code == 302


# Closing an account --------------------------------------------------------------------------------------------------
def test_disabling_an_account_ends_what_waits_for_it_and_what_it_asked(as_user, cast):
    for_her = services.request_role(user=cast.ana, role="supervisor", requested_by=cast.ivana)
    by_her = RoleRequest.objects.create(user=cast.ivana, role="caseworker", requested_by=cast.ana)
    other = services.request_role(user=cast.boris, role="supervisor", requested_by=cast.ivana)
    services.disable_user(user=cast.ana, disabled_by=cast.ivana)
    states = {asked.pk: asked.status for asked in RoleRequest.objects.all()}
    assert states == {for_her.pk: "ended", by_her.pk: "ended", other.pk: "waiting"}
    assert Event.objects.filter(verb="end_role_request").count() == 2
    with pytest.raises(Refused, match="already decided"):
        services.approve_role(role_request=for_her, approved_by=cast.vesna)
    assert User.objects.get(pk=cast.ana.pk).roles == {"caseworker"}
    assert "Ended with an account" in as_user(cast.vesna).get(reverse("access:role-requests")).content.decode()


def test_what_an_app_has_against_it_is_said_on_the_page(as_user, cast, monkeypatch):
    def guard(user):
        if user == cast.boris:
            raise Refused("Without this account nobody sees C-2026-000001.")

    monkeypatch.setattr(services, "DISABLE_GUARDS", [guard])
    ivana = as_user(cast.ivana)
    page = ivana.post(reverse("access:disable-user", args=[cast.boris.pk]), follow=True)
    assert "Without this account nobody sees C-2026-000001." in page.content.decode()
    assert User.objects.get(pk=cast.boris.pk).is_active
    page = ivana.post(reverse("access:withdraw-role", args=[cast.boris.pk]), {"role": "caseworker"}, follow=True)
    assert "Without this account" in page.content.decode()
    assert User.objects.get(pk=cast.boris.pk).roles == {"caseworker"}
    services.disable_user(user=cast.ana, disabled_by=cast.ivana)
    assert not User.objects.get(pk=cast.ana.pk).is_active


def test_the_only_admin_stays(as_user, cast):
    with pytest.raises(Refused, match="only admin"):
        services.withdraw_role(user=cast.ivana, role=Role.ADMIN, withdrawn_by=cast.ivana)
    with pytest.raises(Refused, match="your own"):
        services.disable_user(user=cast.ivana, disabled_by=cast.ivana)
