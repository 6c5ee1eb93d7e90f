"""The first day of an installation: keys shown once, what it stands on, one organisation, two admins."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from casework.access.models import Organisation, User
from casework.audit.models import Event
from casework.config import checks, installation
from casework.config.installation import Person, SetUpProblem

OPTIONS = [
    *("--organisation", "Udruženje Đurđevak", "--kind", "ngo", "--no-input"),
    *("--admin", "ivana", "Ivana Probna", "--second", "marko", "Марко Пробни", "--admin-email", "ivana@example.org"),
]


@pytest.fixture
def empty(committed_db):
    """A migrated database with reference data, and nobody in it. (From nothing at all: test_restore_drill.py.)"""
    with connections["owner"].cursor() as cursor:
        for table in ("access_user_groups", "access_user", "access_team", "access_organisation"):
            cursor.execute(f"DELETE FROM {table}")
    return committed_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("setup", *arguments, stdout=out)
    return out.getvalue()


def codes(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "user name" in line]
    return {line.split("user name ")[1].split(",")[0]: line.rsplit(" ", 1)[1] for line in lines}


def test_an_empty_database_becomes_an_installation_that_lets_two_people_in(empty):
    told = run(*OPTIONS)
    place = Organisation.objects.get()
    assert (place.short_name, place.kind) == ("udruzenje-djurdjevak", "ngo")
    users = User.objects.order_by("username")
    assert [(user.username, user.full_name, user.roles) for user in users] == [
        ("ivana", "Ivana Probna", {"admin"}),
        ("marko", "Марко Пробни", {"admin"}),
    ]
    assert users[0].email == "ivana@example.org" and not users[0].has_usable_password()
    shown = codes(told)
    assert set(shown) == {"ivana", "marko"} and shown["ivana"] != shown["marko"]
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["create_user", "grant_first_role", "invite"] * 2

    browser = Client()
    answer = browser.post(
        reverse("access:accept-invitation"),
        {"username": "ivana", "invitation": shown["ivana"], "code": shown["ivana"], "password": "duga-sifra-za-probu",
         "password1": "duga-sifra-za-probu", "password2": "duga-sifra-za-probu", "again": "duga-sifra-za-probu"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert User.objects.get(username="ivana").check_password("duga-sifra-za-probu")
    assert not User.objects.get(username="marko").has_usable_password()

    with pytest.raises(CommandError, match="has accounts already, so nothing was changed"):
        run(*OPTIONS)
    assert User.objects.count() == 2


def test_two_setups_at_once_make_one_installation(empty):
    made, refused = [], []

    def one(number: int) -> None:
        try:
            made.append(
                installation.set_up(
                    organisation="Proba",
                    short_name=f"proba-{number}",
                    kind="ngo",
                    admin=Person(f"ana{number}", "Ana"),
                    second=Person(f"boris{number}", "Boris"),
                )
            )
        except SetUpProblem:
            refused.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 2)
    assert (Organisation.objects.count(), User.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--organisation": "  "}, "needs a name"),
        ({"--short-name": "Велико Слово"}, "short name may have"),
        ({"--admin": ("a b", "Ana")}, "is no user name"),
        ({"--admin": ("", "Ana")}, "is no user name"),
        ({"--admin": ("ana", " ")}, "needs a full name"),
        ({"--second": ("IVANA", "Ivana")}, "need two people"),
        ({"--second": ("x" * 151, "Ivana")}, "is no user name"),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_is_a_sentence_and_leaves_nothing(changed, sentence, monkeypatch):
    monkeypatch.setattr(installation, "refuse_unfit", lambda: None)
    monkeypatch.setattr(installation, "bring_up_to_date", lambda: False)
    monkeypatch.setattr(installation, "refuse_filled", lambda: None)
    before = Organisation.objects.count()
    wanted = {"--organisation": "Proba", "--kind": "ngo", "--admin": ("ivana2", "I"), "--second": ("marko2", "M")}
    wanted |= {"--admin": ("ivana", "Ivana")} if "--second" in changed else {}
    arguments = [
        word
        for name, value in (wanted | changed).items()
        for word in (name, *(value if isinstance(value, tuple) else (value,)))
    ]
    with pytest.raises(CommandError, match=sentence):
        run("--no-input", *arguments)
    assert Organisation.objects.count() == before


@pytest.mark.django_db
def test_what_was_left_out_is_named(monkeypatch):
    monkeypatch.setattr(installation, "refuse_unfit", lambda: None)
    monkeypatch.setattr(installation, "bring_up_to_date", lambda: False)
    monkeypatch.setattr(installation, "refuse_filled", lambda: None)
    with pytest.raises(CommandError, match="Missing: --organisation, --kind, --admin, --second"):
        run("--no-input")


# --- Keys ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def without_keys(settings):
    settings.CASEWORK_KEYS, settings.CASEWORK_INDEX_KEY, settings.CASEWORK_AUDIT_KEY = [], "", ""


def test_keys_are_shown_once_and_are_good(without_keys, settings):
    told = run()
    shown = dict(line.split("=", 1) for line in told.splitlines() if line.startswith("CASEWORK_"))
    assert set(shown) == {"CASEWORK_KEYS", "CASEWORK_INDEX_KEY", "CASEWORK_AUDIT_KEY"}
    assert shown != dict(line.split("=", 1) for line in run().splitlines() if line.startswith("CASEWORK_"))
    settings.CASEWORK_KEYS, settings.CASEWORK_INDEX_KEY = [shown["CASEWORK_KEYS"]], shown["CASEWORK_INDEX_KEY"]
    settings.CASEWORK_AUDIT_KEY = shown["CASEWORK_AUDIT_KEY"]
    assert checks.unsafe() == []
    assert installation.missing_secrets() == []


def test_keys_are_written_as_docker_secrets_and_never_over_others(without_keys, tmp_path):
    told = run("--write", str(tmp_path / "secrets"))
    files = sorted((tmp_path / "secrets").iterdir())
    assert [file.name for file in files] == ["audit_key", "index_key", "keys"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert files[2].read_text().strip() not in told and files[2].read_text().startswith("k1:")
    before = [file.read_text() for file in files]
    with pytest.raises(CommandError, match="no key is ever overwritten"):
        run("--write", str(tmp_path / "secrets"))
    assert [file.read_text() for file in files] == before


# --- What it stands on -----------------------------------------------------------------------------------------------


def test_fit_servers_are_fit(committed_db):
    assert list(installation._unfit()) == []


def test_a_role_with_too_much_power_is_refused(committed_db, monkeypatch):
    owner = connections["owner"].settings_dict
    for name in ("USER", "PASSWORD"):
        monkeypatch.setitem(connections["default"].settings_dict, name, owner[name])
    connections["default"].close()
    try:
        found = " ".join(installation._unfit())
    finally:
        connections["default"].close()
    assert "owns the database" in found and "names the same role" in found


def test_what_does_not_answer_is_a_sentence(committed_db, monkeypatch, settings):
    settings.CACHE = "redis://127.0.0.1:1/0"
    assert "Redis does not answer" in " ".join(installation._unfit())
    monkeypatch.setitem(connections["owner"].settings_dict, "PASSWORD", "wrong")
    connections["owner"].close()
    with pytest.raises(SetUpProblem, match=r"DATABASE_OWNER_URL names does not let us in: .*password"):
        installation.refuse_unfit()
    connections["owner"].close()
