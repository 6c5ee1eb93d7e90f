"""A responder's program: it submits, attaches, asks; it is told nothing else, and a retry makes no second referral."""

import datetime
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from casework.access import key_services
from casework.access.key_models import ApiKey
from casework.access.models import User
from casework.access.services import disable_user
from casework.audit.models import Event
from casework.vault import erasures
from referrals import services
from referrals.models import Attachment, Referral, Submission
from tests.support.pictures import jpeg

DAY = datetime.timedelta(days=1)
URL = "/api/v1/referrals"
TOLD = {
    "source": "social-welfare-center",
    "immediate_danger": "yes",
    "given_name": "Kanarinka",
    "given_age": 16,
    "sex": "female",
    "summary": "Kanarinka je rekla.",
    "indicators_seen": ["passport-confiscation"],
    "referrer_name": "Dežurna Kanarinka",
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(tmp_path / "files")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}


@pytest.fixture
def key(cast: Any) -> Callable[..., tuple[ApiKey, str]]:
    """Make a key: of the CSW, given by home's admin, for everything, for a month."""

    def made(**given: Any) -> tuple[ApiKey, str]:
        now = given.pop("now", timezone.now())
        values: dict[str, Any] = {
            "name": "Teren",
            "body": cast.csw,
            "scopes": ["submit", "attach", "status"],
            "expires_on": timezone.localdate(now) + datetime.timedelta(days=30),
            "made_by": cast.ivana,
        }
        return key_services.make_key(**values | given, now=now)

    return made


class Program:
    """A program with a key, or without one."""

    def __init__(self, token: str = "", **headers: str) -> None:
        self.client = Client()
        self.headers = ({"Authorization": f"Bearer {token}"} if token else {}) | headers

    def submit(self, told: Any = TOLD, mark: str = "mark-0001", **headers: str) -> Any:
        body = told if isinstance(told, (str, bytes)) else json.dumps(told)
        more = self.headers | ({"Idempotency-Key": mark} if mark else {}) | headers
        return self.client.post(URL, body, content_type="application/json", headers=more)

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(f"{URL}{path}", headers=self.headers | headers)

    def attach(self, number: str, *contents: bytes) -> Any:
        files = [SimpleUploadedFile("Kanarinka.jpg", content, content_type="image/jpeg") for content in contents]
        return self.client.post(f"{URL}/{number}/files", {"files": files}, headers=self.headers)


@pytest.fixture
def program(key: Any) -> Program:
    return Program(key()[1])


def problem(answer: Any, status: int) -> dict[str, Any]:
    """A problem of this status, as RFC 9457 has it."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    said: dict[str, Any] = answer.json()
    assert said["status"] == status and said["type"] == "about:blank" and said["title"].endswith(".")
    return said


@pytest.mark.requirement("s-mobile-app", "s-outside-submitters")
def test_a_program_submits_attaches_and_asks(cast: Any, program: Program, as_user: Any) -> None:
    answer = program.submit()
    assert answer.status_code == 201, answer.content
    said = answer.json()
    referral = Referral.objects.select_related("key", "person__key", "submission__key").get()
    assert said == {
        "number": referral.number,
        "received_at": referral.received_at.isoformat(),
        "state": "received",
    }
    assert referral.organisation == cast.home and referral.channel == "mobile-application"
    assert referral.referrer_body == "CSR Proba" and referral.referrer_name == "Dežurna Kanarinka"
    assert referral.person is not None and referral.person.name == "Kanarinka"
    assert referral.submission.key.body == cast.csw and referral.logged_by == referral.submission.key.account
    assert [row.code for row in referral.indicators.all()] == ["passport-confiscation"]
    assert program.attach(referral.number, jpeg(gps=True)).json() == {"attached": 1}
    assert program.attach(referral.number, jpeg(gps=True)).json() == {"attached": 1}  # a retry
    assert Attachment.objects.count() == 1
    assert program.get(f"/{referral.number}").json() == said
    services.initiate_case(referral=referral, now=timezone.now(), initiated_by=cast.vesna)
    assert program.get(f"/{referral.number}").json()["state"] == "in-hand"
    assert program.get().json() == {"items": [said | {"state": "in-hand"}], "after": None}
    page = as_user(cast.milan).get("/referrals/submissions/").content.decode()  # of the same body
    assert referral.number in page and "Kanarinka" not in page
    assert "Teren (cw_" in as_user(cast.vesna).get(f"/referrals/{referral.number}/").content.decode()
    acts = Event.objects.filter(verb="submit_referral").values_list("actor__api_key", "organisation_id")
    assert list(acts) == [(referral.submission.key_id, cast.csw.pk)]


def test_states_are_those_of_the_page(cast: Any, program: Program) -> None:
    numbers = [program.submit(mark=f"mark-{n:04}").json()["number"] for n in range(3)]
    wrong, declined, linked = (Referral.objects.get(number=number) for number in numbers)
    earlier = Referral.objects.get(pk=wrong.pk)
    now = timezone.now()
    services.link_referral(referral=linked, earlier=earlier, now=now, linked_by=cast.vesna)
    services.decline_referral(referral=declined, reason="Ne.", now=now, declined_by=cast.vesna)
    services.mark_referral_in_error(referral=wrong, why="Pogrešno.", now=now, marked_by=cast.vesna)
    states = [program.get(f"/{number}").json()["state"] for number in numbers]
    assert states == ["please-contact-us", "please-contact-us", "in-hand"]
    said = {problem(program.attach(number, jpeg()), 409)["title"] for number in numbers[:2]}
    assert said == {"No more files are taken for this referral. Please contact the organisation."}
    assert program.attach(numbers[2], jpeg()).status_code == 201


@pytest.mark.requirement("s-outside-submitters")
def test_a_key_of_one_body_sees_nothing_of_anothers(cast: Any, key: Any, program: Program, log: Any) -> None:
    """What another body sent, what the house logged, and what was never sent are answered alike, byte for byte."""
    foreign, rotated = Program(key(body=cast.cptv)[1]), Program(key()[1])
    number = program.submit().json()["number"]
    assert rotated.get(f"/{number}").status_code == 200  # the same body's next key
    own = log().number
    for path in (number, own, "R-1999-000001", "x" * 300, "%F0%9F%98%80"):
        answer = foreign.get(f"/{path}")
        assert problem(answer, 404) == {"type": "about:blank", "title": "There is nothing here.", "status": 404}
        assert answer.content == foreign.get("/R-1999-999999").content
        assert problem(foreign.attach(path, jpeg()), 404) == answer.json()
    assert foreign.get().json()["items"] == []
    assert problem(program.get(f"/{own}"), 404)
    again = foreign.submit()  # the same mark and content: marks are each body's own
    assert again.status_code == 201 and again.json()["number"] != number
    assert "Idempotency-Replayed" not in again


def test_who_is_known_makes_no_difference(cast: Any, program: Program, log: Any) -> None:
    log(person={"names": [{"given": "Kanarinka", "kind": "used"}], "sex": "female"})
    known, unknown = program.submit(), program.submit(TOLD | {"given_name": "Nepoznata"}, mark="mark-0002")
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys() and known.headers.keys() == unknown.headers.keys()


@pytest.mark.requirement("s-mobile-app")
def test_a_retry_is_given_the_same_answer(cast: Any, program: Program) -> None:
    first = program.submit()
    services.decline_referral(referral=Referral.objects.get(), reason="Ne.", now=timezone.now(), declined_by=cast.vesna)
    again = program.submit(json.dumps(dict(reversed(TOLD.items())), indent=3))
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    other = problem(program.submit(TOLD | {"given_age": 17}), 422)
    assert first.json()["number"] in other["title"] and "other answers" in other["title"]
    assert Referral.objects.count() == Submission.objects.count() == 1


def test_a_mark_is_free_again_after_a_mistake(program: Program) -> None:
    said = problem(program.submit(TOLD | {"source": "nobody", "indicators_seen": ["x"], "language": "zz"}), 422)
    where = {error["where"][-1]: error["reason"] for error in said["errors"]}
    assert where.keys() == {"source", "indicators_seen", "language"}
    assert program.submit().status_code == 201 and Referral.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (TOLD | {"given_age": 121}, "given_age"),
        (TOLD | {"given_age": "x"}, "given_age"),
        (TOLD | {"immediate_danger": "perhaps"}, "immediate_danger"),
        (TOLD | {"organisation": "other"}, "organisation"),
        (TOLD | {"summary": "a\u202eb"}, "summary"),
        (TOLD | {"summary": "a\x00b"}, "summary"),
        (TOLD | {"place": "š" * 201}, "place"),
        (TOLD | {"referrer_name": "a\x00b"}, "referrer_name"),
        (TOLD | {"jmbg": "1"}, "jmbg"),
        ({}, "source"),
        ([], "told"),
    ],
)
def test_every_mistake_is_named(program: Program, told: Any, where: str) -> None:
    said = problem(program.submit(told), 422)
    assert where in {error["where"][-1] for error in said["errors"]}
    assert not Referral.objects.exists()


def test_what_cannot_be_read_is_a_problem_too(program: Program) -> None:
    problem(program.submit("{"), 400)
    problem(program.submit(b"\xff\xfe"), 400)
    problem(program.submit("[" * 100_000), 400)
    problem(program.submit('{"source": "' + "a" * 600_000 + '"}'), 413)
    problem(program.submit(mark=""), 422)
    problem(program.submit(mark="short"), 422)
    problem(program.submit(mark="š" * 20), 422)
    answer = program.client.put(URL, headers=program.headers)
    assert problem(answer, 405) and answer["Allow"] == "GET, POST"
    assert problem(program.get("/%00"), 404)
    number = program.submit().json()["number"]
    problem(program.client.post(f"{URL}/{number}/files", {}, headers=program.headers), 422)
    for content, said in ((b"MZ\x90\x00", "is not kept"), (b"", "empty"), (jpeg()[:90], "damaged")):
        assert said in problem(program.attach(number, content), 422)["title"]
    assert not Attachment.objects.exists()


def test_a_file_larger_than_is_kept(program: Program, monkeypatch: Any) -> None:
    number = program.submit().json()["number"]
    monkeypatch.setattr("casework.access.uploads.LARGEST_FILE", 1000)
    problem(program.attach(number, bytes(5000)), 413)


def test_only_a_live_key_opens(cast: Any, key: Any, as_user: Any) -> None:
    made, token = key()
    expired = key(now=timezone.now() - datetime.timedelta(days=31), expires_on=timezone.localdate() - DAY)[1]
    for bad in ("", "x", token[:-1] + ("A" if token[-1] != "A" else "B"), "cw_aaaaaaaa_" + "a" * 43, "š", expired):
        answer = Program(bad).get() if bad != "š" else Client().get(URL, headers={"Authorization": "Bearer š"})
        assert problem(answer, 401)["title"] == "This needs a key that works."
        assert answer["WWW-Authenticate"] == "Bearer"
    assert problem(as_user(cast.milan).get(URL), 401)  # a session is no key
    assert Program(token).get().status_code == 200
    assert problem(Program(token).client.get("/api/reference", headers={"Authorization": f"Bearer {token}"}), 401)
    key_services.revoke_key(key=made, now=timezone.now(), revoked_by=cast.ivana)
    assert problem(Program(token).get(), 401) and problem(Program(token).submit(), 401)
    assert not Referral.objects.exists()


def test_scopes_hold(key: Any) -> None:
    only = Program(key(scopes=["status"])[1])
    assert only.get().status_code == 200
    assert problem(only.submit(), 403)["title"] == "This key is not for this."
    assert problem(only.attach("R-1999-000001", jpeg()), 403)
    writing = Program(key(scopes=["submit"])[1])
    assert problem(writing.get(), 403)
    assert Event.objects.filter(kind="refusal", verb="api_submit").exists()


def test_a_body_of_its_own_key_writes_to_everybody_who_receives(cast: Any, key: Any) -> None:
    cast.milan.groups.add(Group.objects.get(name="admin"))
    own = Program(key(made_by=User.objects.get(pk=cast.milan.pk))[1])
    assert problem(own.submit(), 422)["errors"][0]["where"][-1] == "organisation"
    assert own.submit(TOLD | {"organisation": "other"}).status_code == 201
    given = Program(key()[1])  # by home, for the same body: it sees what home received and nothing else
    assert given.get().json()["items"] == []
    codes = given.client.get("/api/v1/codes", headers=given.headers | {"Accept-Language": "sr"}).json()
    assert [each["code"] for each in codes["organisations"]] == ["home"]
    assert {"code": "yes", "label": "Да"} in codes["answers"]


def test_too_many_questions_must_wait(cast: Any, key: Any, settings: Any, monkeypatch: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    first, second = Program(key()[1]), Program(key()[1])
    assert [first.get().status_code for _each in range(3)] == [200] * 3
    answer = first.get()
    assert problem(answer, 429) and 1 <= int(answer["Retry-After"]) <= 60
    assert second.get().status_code == 200  # each key by itself

    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "add", away)
    third = Program(key()[1])
    assert [third.get().status_code for _each in range(4)] == [200] * 3 + [429]  # counted here meanwhile


def test_neither_key_nor_content_is_in_log_or_trail(key: Any, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    token = key()[1]
    program = Program(token)
    number = program.submit(mark="Kanarinka-mark").json()["number"]
    program.attach(number, jpeg())
    program.submit("{")
    program.get("/R-1999-000001")
    secret = token.rpartition("_")[2]
    assert secret not in caplog.text and "Kanarinka" not in caplog.text
    rows = [*Event.objects.values(), *Submission.objects.values(), *ApiKey.objects.values(), *User.objects.values()]
    assert secret not in str(rows) and "Kanarinka" not in str(rows)
    assert ApiKey.objects.get().last_used_at is not None


def test_an_erased_submission_keeps_its_number_and_state(program: Program) -> None:
    said = program.submit().json()
    erasures.erase([Referral.objects.get().key])
    assert program.get(f"/{said['number']}").json() == said
    title = problem(program.attach(said["number"], jpeg()), 409)["title"]
    assert title == "No more files are taken for this referral. Please contact the organisation."


def test_the_list_goes_on_by_number(program: Program, django_assert_num_queries: Any) -> None:
    numbers = [program.submit(mark=f"mark-{n:04}").json()["number"] for n in range(27)]
    first = program.get().json()
    assert [row["number"] for row in first["items"]] == numbers[:1:-1] and first["after"] == numbers[2]
    assert [row["number"] for row in program.get(f"?after={first['after']}").json()["items"]] == numbers[1::-1]
    with django_assert_num_queries(4):  # the key, its account's permissions, the keys beside it, the page
        program.get()


def test_keys_die_with_the_account_of_who_made_them(cast: Any, key: Any) -> None:
    second = User.objects.create(username="iva", full_name="Iva Probna", organisation=cast.home, password="!")
    second.groups.add(Group.objects.get(name="admin"))
    token = key(made_by=second)[1]
    disable_user(user=second, disabled_by=cast.ivana)
    assert problem(Program(token).get(), 401)
    assert Event.objects.filter(verb="revoke_key", actor=cast.ivana).exists()


def test_nobody_signs_in_as_a_key(cast: Any, key: Any, as_user: Any) -> None:
    account = key()[0].account
    assert account not in User.objects.visible_to(cast.ivana)
    assert as_user(cast.ivana).get(f"/access/users/{account.pk}/invite/").status_code == 404
    with pytest.raises(IntegrityError, match="never_signs_in"), transaction.atomic():
        User.objects.filter(pk=account.pk).update(password="pbkdf2_sha256$1$a$b")


def test_ivana_makes_shows_and_revokes_a_key(cast: Any, as_user: Any) -> None:
    ivana = as_user(cast.ivana)
    day = timezone.localdate() + datetime.timedelta(days=10)
    typed = {
        "name": "Mobilni tim",
        "body": str(cast.csw.pk),
        "scopes": ["submit"],
        "expires_on": f"{day:%d.%m.%Y.}",
    }
    assert "within 366 days" in ivana.post("/access/keys/new/", typed | {"expires_on": "1.1.2199."}).content.decode()
    assert "This field is required" in ivana.post("/access/keys/new/", typed | {"scopes": []}).content.decode()
    page = ivana.post("/access/keys/new/", typed).content.decode()
    made = ApiKey.objects.get()
    token = page.partition("<code>")[2].partition("</code>")[0]
    assert token.startswith(made.prefix) and len(token) == 55
    assert Program(token).submit().status_code == 201
    listed = ivana.get("/access/keys/").content.decode()
    assert made.prefix in listed and token not in listed and "CSR Proba" in listed
    assert "is revoked" in ivana.post(f"/access/keys/{made.pk}/revoke/", {}, follow=True).content.decode()
    assert "already revoked" in ivana.post(f"/access/keys/{made.pk}/revoke/", {}).content.decode()
    assert as_user(cast.vesna).get("/access/keys/").status_code == 403
    assert as_user(cast.ivana, recent=False).get("/access/keys/new/").status_code == 302


def test_the_database_refuses_what_the_service_does(key: Any) -> None:
    made = key()[0]
    for wrong in ({"scopes": ["everything"]}, {"scopes": []}, {"revoked_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=made.pk).update(**wrong)


@pytest.mark.requirement("s-mobile-app")
def test_fifty_retries_at_once_make_one_referral(committed_db: str, cast: SimpleNamespace, key: Any) -> None:
    token, barrier = key()[1], threading.Barrier(50)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        barrier.wait()
        try:
            answer = Program(token).submit()
            answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _each in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50 and len(set(answers)) == 1 and answers[0][0] == 201
    assert Referral.objects.count() == Submission.objects.count() == 1
