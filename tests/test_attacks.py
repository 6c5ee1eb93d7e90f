"""What somebody with an account tries: more roles, other organisations' records, sealed cases, others' drafts."""

import datetime
import os
import subprocess
import sys
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework.access import services as access
from casework.access.drafts import token_for
from casework.access.grants import Role
from casework.access.models import Draft, Duty, RoleRequest, Session, User
from casework.cases import services as cases
from casework.cases.models import Case, CaseGrant
from casework.outbox.models import Message
from casework.people.models import Person
from casework.workflow import Refused
from referrals import services as front_door
from referrals.models import Referral
from tests.test_permissions import MATRIX, ON_SITE, OPEN, POSTED, SCREENING, cells, world  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
World = SimpleNamespace
OF_SHELTERS = {"shelter:add-bed", "shelter:reveal-address"}  # of the organisation, and no case's


# Roles ---------------------------------------------------------------------------------------------------------------
@pytest.mark.asvs("2.3.5")
def test_a_lone_admin_makes_no_second_approver(as_user: Any, cast: World) -> None:
    """An admin who makes another admin, signs in as them and approves what the first one asked, is one person."""
    ivana = as_user(cast.ivana)
    puppet = access.create_user(
        username="puppet", full_name="P", password="long enough pass", organisation=cast.home, created_by=cast.ivana
    )
    ivana.post(reverse("access:request-role", args=[puppet.pk]), {"role": "admin"})
    assert not puppet.groups.exists()
    asked = RoleRequest.objects.get(user=puppet)
    ivana.post(reverse("access:approve-role", args=[asked.pk]))
    assert not puppet.groups.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleRequest.objects.filter(pk=asked.pk).update(
            status="granted", decided_by=cast.ivana, decided_at=timezone.now()
        )
    access.approve_role(role_request=asked, approved_by=cast.vesna)
    assert User.objects.get(pk=puppet.pk).has_role(Role.ADMIN)


def test_a_role_can_be_asked_for_an_account_with_a_long_name(as_user: Any, cast: World) -> None:
    user = User.objects.create(username="u" * 60, full_name="U", organisation=cast.home)
    response = as_user(cast.ivana).post(reverse("access:request-role", args=[user.pk]), {"role": "caseworker"})
    assert response.status_code == 302
    assert RoleRequest.objects.filter(user=user, status="waiting").exists()


def test_a_role_asked_twice_at_once_is_refused_with_a_sentence(cast: World) -> None:
    access.request_role(user=cast.ana, role="supervisor", requested_by=cast.ivana)
    with pytest.raises(Refused, match="already waiting"):
        access.request_role(user=cast.ana, role="supervisor", requested_by=cast.ivana)


@pytest.mark.asvs("8.4.1")
def test_roles_and_accounts_of_another_organisation_are_out_of_reach(as_user: Any, cast: World) -> None:
    ivana, vesna = as_user(cast.ivana), as_user(cast.vesna)
    asked = RoleRequest.objects.create(user=cast.olga, role="supervisor", requested_by=cast.dragan)
    for name in ("access:disable-user", "access:enable-user", "access:withdraw-role", "access:request-role"):
        assert ivana.post(reverse(name, args=[cast.olga.pk]), {"role": "caseworker"}).status_code == 404
    for client in (ivana, vesna):
        for name in ("access:approve-role", "access:refuse-role"):
            assert client.post(reverse(name, args=[asked.pk])).status_code == 404
    day = f"{timezone.localdate():%d.%m.%Y.}"
    moments = {"starts_at_0": day, "starts_at_1": "01:00", "ends_at_0": day, "ends_at_1": "02:00"}
    assert vesna.post(reverse("access:set-duty"), {"user": cast.olga.pk, **moments}).status_code == 200
    assert not Duty.objects.filter(user=cast.olga).exists()


def test_a_duty_set_by_two_at_once_is_refused_with_a_sentence(cast: World) -> None:
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    access.set_duty(user=cast.ana, starts_at=now, ends_at=now + hour, set_by=cast.vesna)
    with pytest.raises(Refused, match="already on duty"):
        access.set_duty(user=cast.ana, starts_at=now + hour / 2, ends_at=now + 2 * hour, set_by=cast.ivana)


@pytest.mark.parametrize("how", ["disabled", "withdrawn"])
@pytest.mark.asvs("8.3.2", "7.4.2")
def test_an_open_page_posts_nothing_after_the_account_or_role_is_gone(
    how: str,
    world: World,  # noqa: F811
    as_user: Any,
) -> None:
    client = as_user(world.cast.boris)
    url = reverse("cases:add-note", args=[world.home.case.number])
    now = timezone.localtime() - datetime.timedelta(minutes=1)
    posted = {"kind": "note", "happened_at_0": f"{now:%d.%m.%Y.}", "happened_at_1": f"{now:%H:%M}", "body": "late"}
    assert client.get(url).status_code == 200
    before = world.home.case.notes.count()
    if how == "disabled":
        access.disable_user(user=world.cast.boris, disabled_by=world.cast.ivana)
    else:
        access.withdraw_role(user=world.cast.boris, role="caseworker", withdrawn_by=world.cast.ivana)
    response = client.post(url, posted)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))
    assert world.home.case.notes.count() == before
    fresh = User.objects.get(pk=world.cast.boris.pk)
    with pytest.raises(Refused):  # and no service either, whoever calls it
        cases.add_note(case=world.home.case, kind="note", happened_at=now, body="late", written_by=fresh)


# Other organisations -------------------------------------------------------------------------------------------------
def test_a_responder_who_is_a_caseworker_elsewhere_sees_number_and_status_only(cast: World) -> None:
    cast.milan.groups.add(Group.objects.get(name=Role.CASEWORKER))
    milan = User.objects.get(pk=cast.milan.pk)
    submitted = front_door.submit_referral(
        organisation=cast.home,
        source="social-welfare-center",
        now=timezone.now(),
        person={"names": [{"given": "Mila", "family": "Probić", "kind": "used"}], "sex": "female"},
        submitted_by=milan,
    )
    assert Referral.objects.submitted_by(milan).filter(pk=submitted.pk).exists()
    assert not Referral.objects.visible_to(milan).exists()
    assert not Person.objects.visible_to(milan).exists()


@pytest.mark.asvs("8.2.2", "8.4.1", "15.3.3")
def test_ids_of_another_organisation_in_posted_forms_are_refused(world: World, as_user: Any) -> None:  # noqa: F811
    vesna, number = as_user(world.cast.vesna), world.home.case.number
    today = f"{timezone.localdate():%d.%m.%Y.}"
    bed = reverse("shelter:place-person", args=[number])
    assert vesna.get(f"{bed}?shelter={world.other.shelter.pk}").status_code == 404
    attempts: list[tuple[str, dict[str, Any]]] = [
        (reverse("cases:reassign-case", args=[number]), {"caseworker": world.cast.olga.pk}),
        (reverse("cases:name-colleague", args=[number]), {"colleague": world.cast.olga.pk, "until": today}),
        (reverse("cases:seal-case", args=[number]), {"named": [world.cast.olga.pk, world.cast.dragan.pk]}),
        (f"{bed}?shelter={world.home.shelter.pk}", {"bed": world.other.bed.pk, "starts_on": today}),
        (
            reverse("referrals:link-referral", args=[world.home.received.number]),
            {"earlier": world.other.referral.number},
        ),
        (
            reverse("referrals:link-referral", args=[world.home.received.number]),
            {"earlier": world.sealed.referral.number},
        ),
        (reverse("shelter:add-shelter"), {"name": "N", "kind": "ngo-shelter", "keepers": [world.cast.olga.pk]}),
        (reverse("access:set-duty"), {"user": world.cast.olga.pk}),
    ]
    for url, posted in attempts:
        response = vesna.post(url, posted)
        assert response.status_code == 200, url
        assert "error-summary" in response.content.decode(), url
    for key in (world.other, world.sealed):
        person = {"person": key.case.person_id}
        assert vesna.post(reverse("referrals:log-referral"), person).status_code == 404
        assert vesna.get(reverse("referrals:log-referral"), person).status_code == 404
    assignment = world.other.case.assignments.current().get()
    confirm = reverse("cases:confirm-assignment", args=[number])
    assert vesna.post(confirm, {"assignment": assignment.pk}).status_code == 404
    release = reverse("cases:release-colleague", args=[number])
    assert vesna.post(release, {"colleague": world.cast.zlatko.pk}).status_code == 404
    other_note = reverse("cases:mark-note-in-error", args=[number, world.other.note.pk])
    assert vesna.post(other_note, {"why": "x"}).status_code == 404


# Sealed cases --------------------------------------------------------------------------------------------------------
def test_nobody_outside_is_told_of_what_happens_in_a_sealed_case(world: World) -> None:  # noqa: F811
    """A new referral and case of a sealed person, a decision: only the named hear of it, also not the caseworker."""
    cast, now = world.cast, timezone.now()
    told = list(Message.objects.values_list("pk", flat=True))
    ana = User.objects.get(pk=cast.ana.pk)
    person = Person.objects.get(pk=world.sealed.closed.person_id)
    referral = front_door.log_referral(
        organisation=cast.home,
        received_at=now,
        source="police",
        existing_person=person,
        logged_by=ana,
        now=now,
    )
    front_door.initiate_case(referral=referral, now=now, initiated_by=ana)
    Case._base_manager.filter(pk=world.sealed.case.pk).update(caseworker=cast.goran)  # sealed without the caseworker
    identification = Referral.objects.get(pk=world.sealed.referral.pk).identification
    front_door.record_decision(
        identification=identification,
        authority="cptv",
        outcome="identified",
        decided_on=timezone.localdate(),
        forms=["sex-trafficking"],
        reasons="again",
        today=timezone.localdate(),
        recorded_by=ana,
    )
    hearers = {message.recipient.username for message in Message.objects.exclude(pk__in=told)}
    assert hearers <= {"ana", "sava"}, hearers


def test_a_link_to_a_referral_that_was_sealed_since_is_not_shown(world: World, as_user: Any) -> None:  # noqa: F811
    cast, received = world.cast, world.home.received
    front_door.link_referral(
        referral=received, earlier=world.home.referral, now=timezone.now(), linked_by=User.objects.get(pk=cast.vesna.pk)
    )
    cases.seal_case(case=world.home.case, named=[cast.ana, cast.sava], sealed_by=cast.vesna, now=timezone.now())
    text = as_user(cast.vesna).get(reverse("referrals:referral", args=[received.number])).content.decode()
    assert world.home.referral.number not in text


def test_a_name_that_has_run_out_opens_nothing(world: World, as_user: Any) -> None:  # noqa: F811
    url = reverse("cases:case", args=[world.home.case.number])
    client = as_user(world.cast.zora)
    assert client.get(url).status_code == 200
    CaseGrant.objects.filter(user=world.cast.zora).update(expires_at=timezone.now())
    for name, address, which, _who in cells(world):
        kind, who, _makers = MATRIX[name]
        by_role = name in OF_SHELTERS or who in (SCREENING, ON_SITE)
        if which == "home" and kind == "record" and not by_role:
            assert client.get(address).status_code in (403, 404, 405), name
    assert "Kanarinka" not in client.post(reverse("people:search"), {"text": "Kanarinka"}).content.decode().replace(
        'value="Kanarinka"', ""
    )


# A stolen dump -------------------------------------------------------------------------------------------------------
@pytest.mark.asvs("7.4.1")
def test_the_table_of_sessions_opens_no_session(as_user: Any, cast: World) -> None:
    client = as_user(cast.ana)
    key = client.cookies["session"].value
    assert client.get(reverse("notifications")).status_code == 200
    rows = list(Session.objects.values_list("session_key", flat=True))
    assert len(rows) == 1
    assert key not in rows
    thief = Client()
    thief.cookies["session"] = rows[0]
    assert thief.get(reverse("notifications")).status_code == 302
    client.post(reverse("sign-out"))
    assert not Session.objects.exists()


# Logs ----------------------------------------------------------------------------------------------------------------
FAILING_TASK = """
import logging
import django
django.setup()
from casework.config.celery import app
app.log.setup(loglevel="WARNING", redirect_stdouts=False)
try:
    raise ValueError("broken near Kanarinka")
except ValueError as problem:
    logging.getLogger("celery.app.trace").error("Task %s raised: %r", "deliver", problem, exc_info=True)
"""


@pytest.mark.asvs("16.2.5")
def test_the_workers_log_says_nothing_that_an_exception_says() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", FAILING_TASK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "ValueError at" in done.stdout + done.stderr
    assert "Kanarinka" not in done.stdout + done.stderr


# Drafts, redirects, forgery ------------------------------------------------------------------------------------------
def test_drafts_go_back_to_their_writer_alone(world: World, as_user: Any) -> None:  # noqa: F811
    cast, url = world.cast, reverse("cases:add-note", args=[world.home.case.number])
    posted = {"draft_token": token_for(cast.boris), "body": "Kanarinka draft", "oldpassword": "s", "password": "s"}
    response = Client().post(url, posted)
    draft = Draft.objects.get()
    assert response.status_code == 302
    assert str(draft.pk) in response.headers["Location"]
    assert draft.data == {"body": ["Kanarinka draft"]}
    for user in (cast.vesna, cast.sava):  # they may see the page, and still not the draft
        assert "Kanarinka draft" not in as_user(user).get(url, {"draft": draft.pk}).content.decode()
    for key in (uuid.uuid4(), "x", "%00", ""):
        assert as_user(cast.boris).get(url, {"draft": key}).status_code == 200
    other_page = reverse("cases:close-case", args=[world.home.case.number])
    assert "Kanarinka draft" not in as_user(cast.boris).get(other_page, {"draft": draft.pk}).content.decode()
    assert "Kanarinka draft" in as_user(cast.boris).get(url, {"draft": draft.pk}).content.decode()
    assert "Kanarinka draft" not in as_user(cast.boris).get(url, {"draft": draft.pk}).content.decode()
    access.disable_user(user=cast.boris, disabled_by=cast.ivana)
    Client().post(url, posted)
    for token in ("", "forged", token_for(cast.vesna)[:-2] + "xx"):
        Client().post(url, posted | {"draft_token": token})
    assert not Draft.objects.exists()


def test_no_redirect_leaves_the_site(client: Client, cast: World, as_user: Any) -> None:
    from tests.support.cast import PASSWORD

    for target in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/%0d%0aSet-Cookie:x=y",
        "\r\nLocation: https://evil.example",
    ):
        for answer in (
            client.post(reverse("set_language"), {"language": "sr", "next": target}),
            client.post(reverse("set_language"), {"language": "sr"}, headers={"referer": target}),
            Client().post(
                f"{reverse('account_login')}?next={target}".replace("\r\n", "%0d%0a"),
                {"login": "ana", "password": PASSWORD, "next": target},
            ),
            as_user(cast.ana).get(reverse("account_login"), {"next": target}),
        ):
            place = answer.headers.get("Location", "/")
            assert place.startswith("/"), (target, place)
            assert not place.startswith(("//", "/\\")), (target, place)
            assert "\n" not in place, (target, place)
            assert "x" not in answer.cookies


@pytest.mark.asvs("3.5.1")
def test_every_post_needs_the_token_of_the_form(world: World) -> None:  # noqa: F811
    """Also the buttons, signing out and changing the language."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.sava)
    for name, url, which, _who in cells(world):
        if name.startswith("api:"):  # it only reads, or wants a key and no session
            assert client.post(url, {}).status_code in (401, 403, 405), name
        elif which == "home":
            assert client.post(url, POSTED[name](world.home) if name in POSTED else {}).status_code == 403, name
    for name in OPEN - {"leave-quickly", "account_inactive", "csp-report"}:  # a browser sends that one by itself
        assert client.post(reverse(name)).status_code == 403, name
