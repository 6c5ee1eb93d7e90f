"""What somebody tries who knows the code: half a sign-in, a service called past its page, a page past its roles."""

import datetime
import io
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework.access import account_services as accounts
from casework.access import services as access
from casework.access.models import RoleRequest, User
from casework.audit.models import Event
from casework.cases import openings, services
from casework.cases.restricted_models import Opening, Sealing
from casework.people import access_requests
from casework.people.report import access_pdf
from casework.workflow import Refused
from tests.access.factors import code_for, give_code, set_up_app, sign_in
from tests.cases.conftest import make  # noqa: F401  (a fixture)
from tests.people.test_data_requests import released
from tests.support.world import make_dossier

pytestmark = pytest.mark.django_db
World = SimpleNamespace
DEEP = "[" * 15_000
WHY = {"reason_kind": "danger", "reason": "Her brother waits at the bus stop."}
NOT_YOURS = "Your role may not do this"


@pytest.fixture(autouse=True)
def no_old_tries() -> None:
    cache.clear()


# Half a sign-in ------------------------------------------------------------------------------------------------------
def _new_code(cast: World) -> None:
    accounts.invite(user=cast.ana, invited_by=cast.ivana)


def _ended(cast: World) -> None:
    accounts.end_all_sessions(user=cast.ana, ended_by=cast.ivana)


def _disabled(cast: World) -> None:
    access.disable_user(user=cast.ana, disabled_by=cast.ivana)


def _disabled_and_back(cast: World) -> None:
    _disabled(cast)
    access.enable_user(user=User.objects.get(pk=cast.ana.pk), enabled_by=cast.ivana)


@pytest.mark.asvs("7.4.2")
@pytest.mark.parametrize("act", [_new_code, _ended, _disabled, _disabled_and_back])
def test_a_sign_in_that_is_half_done_ends_with_the_sessions(act: Any, as_user: Any, cast: World, settings: Any) -> None:
    """Whoever had given the old password and waits before the second step has no session that could be deleted."""
    settings.REQUIRE_MFA = True
    secret = set_up_app(as_user(cast.ana))
    thief = Client()
    assert sign_in(thief, "ana").url == reverse("mfa_authenticate")
    act(cast)
    answer = give_code(thief, code_for(secret))
    assert answer.status_code == 302 and answer.url != reverse("home")
    assert thief.get(reverse("cases:cases")).url.startswith(reverse("account_login"))
    assert not Event.objects.filter(verb="sign_in", kind="act", actor=cast.ana).exists()


def test_a_sign_in_whose_steps_follow_each_other_holds(as_user: Any, cast: World, settings: Any) -> None:
    settings.REQUIRE_MFA = True
    secret = set_up_app(as_user(cast.ana))
    client = Client()
    sign_in(client, "ana")
    assert give_code(client, code_for(secret)).url == reverse("home")
    assert client.get(reverse("cases:cases")).status_code == 200


@pytest.mark.parametrize("name", ["mfa_authenticate", "mfa_reauthenticate_webauthn", "mfa_add_webauthn"])
def test_a_credential_nested_beyond_reason_is_a_sentence(name: str, as_user: Any, cast: World, settings: Any) -> None:
    settings.REQUIRE_MFA = True
    client = as_user(cast.ana)
    set_up_app(client)
    if name == "mfa_authenticate":
        client = Client()
        sign_in(client, "ana")
    assert client.post(reverse(name), {"credential": DEEP}).status_code in (200, 302)


# Services called past their pages ------------------------------------------------------------------------------------
def test_accounts_are_run_by_the_admins_of_their_organisation_alone(cast: World) -> None:
    asked = RoleRequest.objects.create(user=cast.boris, role="supervisor", requested_by=cast.ivana)
    stranger = User.objects.create(username="iso", full_name="I", organisation=cast.other)
    stranger.groups.set(cast.ivana.groups.all())  # an admin, of another organisation
    for by in (cast.ana, cast.petar, stranger):
        for act in (
            lambda by=by: access.request_role(user=cast.boris, role="auditor", requested_by=by),
            lambda by=by: access.approve_role(role_request=asked, approved_by=by),
            lambda by=by: access.refuse_role(role_request=asked, refused_by=by),
            lambda by=by: access.withdraw_role(user=cast.boris, role="caseworker", withdrawn_by=by),
            lambda by=by: access.disable_user(user=cast.boris, disabled_by=by),
            lambda by=by: access.enable_user(user=cast.boris, enabled_by=by),
            lambda by=by: accounts.invite(user=cast.boris, invited_by=by),
            lambda by=by: accounts.reset_factors(user=cast.boris, reset_by=by),
            lambda by=by: accounts.end_all_sessions(user=cast.boris, ended_by=by),
        ):
            with pytest.raises(Refused, match=NOT_YOURS):
                act()
    assert User.objects.get(pk=cast.boris.pk).password == cast.boris.password
    assert RoleRequest.objects.get(pk=asked.pk).status == "waiting"


@pytest.mark.requirement("s-conflict-of-interest")
def test_no_service_opens_seals_or_judges_what_its_caller_does_not_see(cast: World, make: Any) -> None:  # noqa: F811
    case, now = make.case(), timezone.now()
    mine = openings.reveal_field(person=case.person, field="contacts", revealed_by=cast.ana, now=now, **WHY)
    until = timezone.localdate() + datetime.timedelta(days=2)
    for by in (cast.boris, cast.dragan):
        with pytest.raises(Refused, match=NOT_YOURS):
            openings.reveal_field(person=case.person, field="contacts", revealed_by=by, now=now, **WHY)
        with pytest.raises(Refused, match=NOT_YOURS):
            services.declare_conflict(
                case=case, user=by, kind="other", reason="So that nobody has it.", declared_by=by, now=now
            )
    conflict = services.declare_conflict(
        case=case, user=cast.boris, kind="other", reason="He knows her brother.", declared_by=cast.vesna, now=now
    )
    for act in (
        lambda: openings.review_opening(opening=mine, verdict="justified", reason="", reviewed_by=cast.dragan, now=now),
        lambda: services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.dragan, now=now),
        lambda: services.name_colleague(case=case, colleague=cast.boris, until=until, named_by=cast.dragan, now=now),
        lambda: services.release_colleague(case=case, colleague=cast.ana, released_by=cast.dragan, now=now),
        lambda: services.lift_conflict(conflict=conflict, why="He moved away.", lifted_by=cast.dragan, now=now),
    ):
        with pytest.raises(Refused, match=NOT_YOURS):
            act()
    assert Opening.objects.get().reviewed_at is None


@pytest.mark.requirement("s-conflict-of-interest")
def test_one_of_the_few_with_a_conflict_decides_nothing_and_reviews_nothing(cast: World, make: Any) -> None:  # noqa: F811
    case, now = make.case(), timezone.now()
    opened = openings.reveal_field(person=case.person, field="contacts", revealed_by=cast.ana, now=now, **WHY)
    sava = User.objects.create(username="sava", full_name="Sava Probna", organisation=cast.home)
    sava.groups.set(cast.vesna.groups.all())
    services.seal_case(case=case, named=[cast.ana, cast.vesna, sava], sealed_by=cast.vesna, now=now)
    waiting = Sealing.objects.get()
    services.declare_conflict(
        case=case, user=sava, kind="pressure", reason="Was offered money.", declared_by=cast.vesna, now=now
    )
    for act in (
        lambda: services.decide_sealing(sealing=waiting, agree=False, decided_by=sava, now=now),
        lambda: services.ask_unsealing(case=case, why="No need.", asked_by=sava, now=now),
        lambda: openings.review_opening(opening=opened, verdict="justified", reason="", reviewed_by=sava, now=now),
    ):
        with pytest.raises(Refused, match=NOT_YOURS):
            act()
    assert Sealing.objects.get().decided_at is None


# Masked values -------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("f-complicity")
def test_a_hidden_name_is_not_guessed_through_the_search(cast: World, make: Any, as_user: Any) -> None:  # noqa: F811
    """Also not by those who may see the record: “Name hidden” as the answer to a name would be the name."""
    case = make.case(given="Gorica", family="Skrivena")
    ana = as_user(cast.ana)

    def found(text: str) -> bool:
        return case.number in ana.post(reverse("people:search"), {"text": text}).content.decode()

    guesses = ("Gorica Skrivena", "Gorica", "Skrivena", "Skrivenac")
    assert all(found(guess) for guess in guesses[:3])
    services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    assert not any(found(guess) for guess in guesses)
    assert ana.get(reverse("cases:case", args=[case.number])).status_code == 200
    assert ana.post(reverse("people:search"), {"text": case.number}).status_code == 302


# Answers to requests for access --------------------------------------------------------------------------------------
def test_an_answer_is_no_way_around_reveals(cast: World, as_user: Any, settings: Any, tmp_path: Path) -> None:
    """It holds contacts and documents in plain: not everybody who sees the person may download it."""
    settings.CASEWORK_ERASURE_LIST = str(tmp_path / "erasures.jsonl")
    dossier = make_dossier("Kanarinka", caseworker=cast.boris, supervisor=cast.vesna, keeper=None, seen_by=set())
    asked = released(cast, dossier.case.person)
    services.name_colleague(
        case=dossier.case,
        colleague=cast.ana,
        until=timezone.localdate() + datetime.timedelta(days=2),
        named_by=cast.vesna,
        now=timezone.now(),
    )
    address = reverse("people:export-access-request", args=[asked.number, "json"])
    page = reverse("people:access-request", args=[asked.number])
    ana = as_user(cast.ana)
    assert ana.get(page).status_code == 200
    assert ana.get(address).url == page
    refusal = Event.objects.get(kind="refusal", actor=cast.ana)
    assert (refusal.verb, refusal.note) == ("export_access_request", asked.number)
    for user in (cast.boris, cast.vesna):
        assert "Kanarinka contacts" in as_user(user).get(address).content.decode()
    assert access_requests.export_access_request(request=asked, kind="pdf", exported_by=cast.vesna)[:4] == b"%PDF"


HOSTILE = ('#read("/etc/passwd")', "]#panic()[", '$ #include "/etc/hosts" $', "= *_`<a>@b", '"}, "x": {"', "\\u{0}")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_typed_is_never_markup_of_a_paper(text: str) -> None:
    answer = {
        "number": "D-2026-000001",
        "received_on": "01.01.2026.",
        "compiled_at": "01.01.2026. 10:00",
        "language": "sr",
        "sections": [{"title": text, "withheld": "", "rows": [[["Label " + text, text], ["Several", [text, text]]]]}],
    }
    said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(access_pdf(answer))).pages)
    plain = "".join(said.split())
    assert plain.count("".join(text.split())) == 5
    assert "root:" not in said and "localhost" not in said


def test_an_empty_value_in_a_list_does_not_stop_an_answer() -> None:
    from casework.people.access_requests import _plain

    values = [_plain(value) for value in ([None, "a"], {"b": None}, True, 1.5)]
    rows = [[["Label", value] for value in values]]
    sections = [{"title": "T", "withheld": "", "rows": rows}]
    head = {"number": "D-1", "received_on": "", "compiled_at": "", "language": "en"}
    assert access_pdf(head | {"sections": sections})[:4] == b"%PDF"
    assert json.dumps(values)


# From outside --------------------------------------------------------------------------------------------------------
def test_a_report_nested_beyond_reason_is_refused_without_an_error(client: Client) -> None:
    for body in (DEEP, '{"a":' * 2_500, '{"csp-report":' + "[" * 10_000):
        assert client.post("/csp-report", body, content_type="application/csp-report").status_code == 400


def test_no_password_of_the_database_stands_in_the_arguments_of_a_program(tmp_path: Path) -> None:
    """The script that makes the roles: whoever lists the processes of the machine sees arguments."""
    for name in ("db_owner", "db_app"):
        (tmp_path / name).write_text(f"hidden-{name}")
    psql = tmp_path / "psql"
    psql.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$SECRETS/arguments"\ncat >"$SECRETS/input"\n')
    psql.chmod(0o755)
    script = Path(configured.BASE_DIR) / "casework" / "config" / "deploy" / "app_role.sh"
    told = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SECRETS": str(tmp_path)}
    told |= {"POSTGRES_USER": "postgres", "POSTGRES_DB": "postgres"}
    subprocess.run(["sh", script], env=told, check=True)
    assert "hidden" not in (tmp_path / "arguments").read_text()
    written = (tmp_path / "input").read_text()
    assert "hidden" not in written and '`cat "$SECRETS/db_owner"`' in written and '`cat "$SECRETS/db_app"`' in written
