"""The auditor's pages: numbers and reasons, words for verbs, the own organisation alone, nothing that is content."""

import ast
import datetime
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from casework.access.models import Duty
from casework.audit import reviews, seals, tasks
from casework.audit.looks import Window
from casework.audit.models import Event
from casework.audit.seal_models import Review
from casework.audit.services import act, refuse
from casework.audit.unusual import RULES, unusual
from casework.audit.words import GROUPS, WORDS, verbs_of
from casework.workflow import TABLES
from tests.audit.trails import in_threads, superuser
from tests.support.world import make_world
from tests.test_house import sources

NOW = datetime.datetime(2026, 6, 18, 12, tzinfo=datetime.UTC)  # a Thursday


@pytest.fixture
def world(cast: SimpleNamespace) -> SimpleNamespace:
    return make_world(cast)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def put(actor: Any, at: datetime.datetime, kind: str = "read", verb: str = "case", *subjects: Any) -> None:
    """An event at another time than now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (at, kind, verb, actor_id, organisation_id, subjects, labels, fields, note)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, '[]', '')",
            [
                at,
                kind,
                verb,
                actor.pk,
                actor.organisation_id,
                json.dumps([str(each.pk) for each in subjects]),
                json.dumps([each._meta.label_lower for each in subjects]),
            ],
        )


def found(cast: Any, code: str) -> list[tuple[str, int]]:
    window = Window(cast.home.pk, NOW - datetime.timedelta(days=7), NOW + datetime.timedelta(hours=1))
    names = {cast.ana.pk: "ana", cast.boris.pk: "boris", cast.vesna.pk: "vesna"}
    for rule, rows in unusual(window):
        if rule.code == code:
            return sorted((names[row.actor_id], row.count) for row in rows)
    raise AssertionError(code)


# The trail ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("s-limited-users")
def test_the_trail_shows_numbers_and_takes_them(world: SimpleNamespace, as_user: Any) -> None:
    case, petar = world.home.case, as_user(world.cast.petar)
    as_user(world.cast.boris).get(reverse("cases:case", args=[case.number]))
    as_user(world.cast.ana).get(reverse("cases:case", args=[case.number]))  # not hers
    text = text_of(petar.get(reverse("audit:trail"), {"record": case.number}))
    assert case.number in text and "Boris Probni" in text and "Saw the case" in text
    assert "Ana Probna" in text, "what was refused about a case belongs to its trail"
    assert str(case.pk) not in text and str(case.person_id) not in text and "Kanarinka" not in text
    by_key = text_of(petar.get(reverse("audit:trail"), {"record": str(case.pk)}))
    assert "Boris Probni" in by_key
    assert "Nothing fits." in text_of(petar.get(reverse("audit:trail"), {"record": "C-2026-999999"}))
    assert "Write a number such as" in text_of(petar.get(reverse("audit:trail"), {"record": "Kanarinka"}))
    theirs = text_of(petar.get(reverse("audit:trail"), {"record": world.other.case.number}))
    assert "Olga" not in theirs


def test_every_page_filters_and_turns(world: SimpleNamespace, as_user: Any) -> None:
    petar = as_user(world.cast.petar)
    for _each in range(60):
        refuse(world.cast.ana, "case", note="C-2026-000001")
    first = petar.get(reverse("audit:refusals"))
    following = first.context["following"]
    assert len(first.context["rows"]) == 50 and following
    second = petar.get(reverse("audit:refusals") + following)
    ids = [row["event"].pk for row in [*first.context["rows"], *second.context["rows"]]]
    assert ids == sorted(set(ids), reverse=True) and len(ids) >= 60
    assert {row["event"].kind for row in second.context["rows"]} == {"refusal"}
    day = f"{timezone.localdate():%d.%m.%Y.}"
    assert petar.get(reverse("audit:trail"), {"since": day, "until": day, "kind": "act"}).context["rows"]
    assert not petar.get(reverse("audit:trail"), {"until": "1.1.2001."}).context["rows"]
    assert "day, month, year" in text_of(petar.get(reverse("audit:trail"), {"since": "yesterday"}))


def test_reveals_and_exports_are_the_verbs_of_their_groups(cast: Any, as_user: Any) -> None:
    with transaction.atomic():
        act("break_glass", cast.ana, by=cast.ana)
        act("export_access_request", cast.ana, by=cast.boris)
    petar = as_user(cast.petar)
    reveals, exports = (petar.get(reverse(f"audit:{name}")).context["rows"] for name in ("reveals", "exports"))
    assert [row["event"].verb for row in reveals] == ["break_glass"]
    assert [row["event"].verb for row in exports] == ["export_access_request"]
    for group in GROUPS:
        assert verbs_of(group)


def test_every_verb_that_the_code_writes_has_words() -> None:
    missing = set()
    for _path, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "audit"):
                continue
            for given in node.args[:2]:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    missing |= {given.value} - set(WORDS)
    assert missing == set()
    assert {verb for table in TABLES.values() for verb in table} - set(WORDS) == set()


# Who looked at what ---------------------------------------------------------------------------------------------------


def test_who_looked_at_a_case_and_what_somebody_looked_at(world: SimpleNamespace, as_user: Any) -> None:
    case, petar = world.home.case, as_user(world.cast.petar)
    boris = as_user(world.cast.boris)
    for _each in range(3):
        boris.get(reverse("cases:case", args=[case.number]))
    boris.get(reverse("cases:cases"))
    as_user(world.cast.vesna).get(reverse("cases:timeline", args=[case.number]))
    of_case = petar.get(reverse("audit:looked"), {"record": case.number}).context["rows"]
    assert {(row[0]["text"], row[1], row[2]) for row in of_case} == {("Boris Probni", 3, 1), ("Vesna Probna", 1, 0)}
    of_boris = petar.get(reverse("audit:looked"), {"actor": "boris"}).context["rows"]
    assert [(row[1], row[2]) for row in of_boris if row[0]["text"] == case.number] == [(3, 1)]
    both = petar.get(reverse("audit:looked"), {"actor": "boris", "record": case.number}).context["rows"]
    assert len(both) == 1
    everybody = petar.get(reverse("audit:looked")).context["rows"]
    assert "Olga Probna" not in {row[0]["text"] for row in everybody}
    assert petar.get(reverse("audit:looked"), {"actor": "olga"}).context["rows"] == []
    assert "before the first" in text_of(
        petar.get(reverse("audit:looked"), {"since": "2.6.2026.", "until": "1.6.2026."})
    )


def test_what_somebody_looked_at_goes_on_over_the_page(cast: Any, as_user: Any) -> None:
    people = SimpleNamespace(pk=0, _meta=SimpleNamespace(label_lower="people.person"))
    for number in range(60):
        people.pk = f"00000000-0000-0000-0000-{number:012}"
        put(cast.ana, timezone.now(), "read", "person", people)
    petar = as_user(cast.petar)
    first = petar.get(reverse("audit:looked"), {"actor": "ana"})
    second = petar.get(reverse("audit:looked") + first.context["following"])
    seen = [row[0]["url"] for row in [*first.context["rows"], *second.context["rows"]]]
    assert len(seen) == len(set(seen)) == 60 and second.context["following"] is None


# Unusual reads --------------------------------------------------------------------------------------------------------


def test_far_more_records_than_usual(cast: Any, settings: Any) -> None:
    settings.UNUSUAL_MANY_LEAST, settings.UNUSUAL_MANY_TIMES = 6, 3
    record = SimpleNamespace(pk=0, _meta=SimpleNamespace(label_lower="people.person"))

    def reads(actor: Any, days_ago: int, count: int) -> None:
        for number in range(count):
            record.pk = f"record-{number}"
            put(actor, NOW - datetime.timedelta(days=days_ago, minutes=number), "read", "person", record)

    for days in range(2, 20):
        reads(cast.ana, days, 2)  # two a day is usual for Ana
        reads(cast.boris, days, 6)  # six for Boris
    reads(cast.ana, 1, 8)
    reads(cast.boris, 1, 8)
    reads(cast.vesna, 1, 5)  # new, and not much
    assert found(cast, "many-records") == [("ana", 8)]


def test_refused_again_and_again(cast: Any) -> None:
    for minute in range(5):
        put(cast.ana, NOW - datetime.timedelta(minutes=minute), "refusal")
        put(cast.boris, NOW - datetime.timedelta(minutes=minute), "refusal")
        if minute == 2:
            put(cast.boris, NOW, "read")  # something that was allowed lies between
    assert found(cast, "refusals-in-a-row") == [("ana", 5)]


def test_read_just_before_the_account_was_disabled(cast: Any) -> None:
    put(cast.ana, NOW - datetime.timedelta(days=4), "read", "person")
    put(cast.ana, NOW - datetime.timedelta(hours=3), "read", "person")
    put(cast.ana, NOW - datetime.timedelta(hours=2), "read", "case")
    put(cast.boris, NOW - datetime.timedelta(hours=2), "read", "case")
    put(cast.ivana, NOW, "act", "disable_user", cast.ana)
    assert found(cast, "before-disabled") == [("ana", 2)]


def test_read_at_night_outside_duty(cast: Any) -> None:
    night = datetime.datetime(2026, 6, 16, 23, 30, tzinfo=datetime.UTC)  # half past one in Belgrade
    Duty.objects.create(
        organisation=cast.home,
        user=cast.boris,
        starts_at=night - datetime.timedelta(hours=2),
        ends_at=night + datetime.timedelta(hours=6),
        set_by=cast.vesna,
    )
    for who in (cast.ana, cast.boris):
        put(who, night, "read", "case")
        put(who, night + datetime.timedelta(hours=3), "read", "case")  # the same night
        put(who, NOW, "read", "case")
    put(cast.vesna, night, "read", "cases")  # a list
    assert found(cast, "night") == [("ana", 2)]


def test_cases_of_others_and_sealed_cases(world: SimpleNamespace, as_user: Any) -> None:
    cast, now = world.cast, timezone.now()
    put(cast.boris, now, "read", "case", world.home.case)  # his own
    put(cast.vesna, now, "read", "case", world.home.case)  # supervises it
    put(cast.zora, now, "read", "case", world.home.case)  # named on it
    put(cast.ana, now, "read", "case", world.sealed.case)  # her own, and sealed
    put(cast.sava, now, "read", "case", world.sealed.case)
    rows = as_user(cast.petar).get(reverse("audit:unusual-reads")).context["rows"]
    told = {(str(row[0]["text"]), row[1]["text"], row[2]["text"]) for row in rows if isinstance(row[2], dict)}
    home, sealed = world.home.case.number, world.sealed.case.number
    assert told == {
        ("Cases of others", "Zora Probni", home),
        ("Sealed cases", "Ana Probna", sealed),
        ("Sealed cases", "Sava Probni", sealed),
    }


def test_every_rule_says_its_threshold(cast: Any, as_user: Any) -> None:
    text = text_of(as_user(cast.petar).get(reverse("audit:unusual-reads")))
    assert len(RULES) == 6
    for rule in RULES.values():
        assert str(rule.label) in text


# The weekly review ----------------------------------------------------------------------------------------------------


def begin(cast: Any, weeks_ago: int = 3) -> datetime.date:
    """A trail that was first sealed some weeks ago; returns this week's Monday."""
    at = timezone.now() - datetime.timedelta(weeks=weeks_ago)
    put(cast.ana, at, "read", "case")
    seals.seal_batch(now=at)
    return reviews.monday_of(timezone.localdate())


def test_weeks_are_due_and_overdue_until_an_auditor_signs(cast: Any, as_user: Any) -> None:
    petar = as_user(cast.petar)
    assert "There is no week to review yet" in text_of(petar.get(reverse("audit:reviews")))
    monday = begin(cast)
    listed = petar.get(reverse("audit:reviews"))
    assert [row[1]["label"] for row in listed.context["rows"]] == ["Not over yet", "Due", "Overdue", "Overdue"]
    assert "3 weeks are over and not signed" in text_of(listed)
    week = monday - datetime.timedelta(weeks=3)
    url = reverse("sign-review", args=[f"{week:%Y-%m-%d}"])
    assert petar.get(url).context["summary"][0][1] == 1  # the page that Ana read
    assert "Sign this week" in text_of(petar.get(url))
    refused = petar.post(url, {"remark": "Tajna napomena"})
    assert "Tajna napomena" in text_of(refused), "what was typed stays"
    assert petar.post(url, {"looked": "on", "remark": "Tajna napomena"}).status_code == 302
    text = text_of(petar.get(url))
    assert "Tajna napomena" in text and "Sign this week" not in text and "Petar Probni" in text
    again = petar.post(url, {"looked": "on", "remark": "Druga"})
    assert "cannot be signed twice" in text_of(again)
    assert Review.objects.get().remark == "Tajna napomena"
    assert Event.objects.filter(verb="sign_review", note=f"{week:%Y-%m-%d}").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT row::text FROM audit_review row")
        assert "Tajna" not in str(cursor.fetchall())
    assert reviews.unsigned(cast.home.pk, today=timezone.localdate()) == 2


def test_weeks_that_cannot_be_signed(cast: Any, as_user: Any) -> None:
    petar, monday = as_user(cast.petar), begin(cast)
    running = reverse("sign-review", args=[f"{monday:%Y-%m-%d}"])
    assert "not over yet" in text_of(petar.post(running, {"looked": "on"}))
    for week in (
        "rubbish",
        f"{monday - datetime.timedelta(weeks=9):%Y-%m-%d}",
        f"{monday + datetime.timedelta(weeks=1):%Y-%m-%d}",
        f"{monday - datetime.timedelta(days=6):%Y-%m-%d}",
    ):
        assert petar.get(reverse("sign-review", args=[week])).status_code == 404, week
    assert as_user(cast.vesna).get(running).status_code == 403
    assert not Review.objects.exists()


def test_another_organisations_auditor_sees_neither_the_trail_nor_the_remark(cast: Any, as_user: Any) -> None:
    monday = begin(cast)
    week = monday - datetime.timedelta(weeks=2)
    reviews.sign_review(
        organisation_id=cast.home.pk, week=week, remark="Tajna", now=timezone.now(), signed_by=cast.petar
    )
    cast.olga.groups.set([Group.objects.get(name="auditor")])
    put(cast.olga, timezone.now() - datetime.timedelta(weeks=3), "read", "case")
    olga = as_user(cast.olga)
    for name in ("trail", "looked", "unusual-reads", "refusals", "reviews", "seal"):
        text = text_of(olga.get(reverse(f"audit:{name}")))
        assert "Ana Probna" not in text and "Petar Probni" not in text and "Tajna" not in text, name
    assert "Tajna" not in text_of(olga.get(reverse("sign-review", args=[f"{week:%Y-%m-%d}"])))


def test_two_auditors_sign_the_same_week_at_once(committed_db: str, cast: Any) -> None:
    week = begin(cast) - datetime.timedelta(weeks=2)
    told: list[str] = []

    def sign() -> None:
        try:
            reviews.sign_review(
                organisation_id=cast.home.pk, week=week, remark="", now=timezone.now(), signed_by=cast.petar
            )
            told.append("signed")
        except reviews.CannotSign as why:
            told.append(why.code)

    in_threads(sign, sign, sign)
    assert sorted(told) == ["signed", "signed-already", "signed-already"]


# The seal -------------------------------------------------------------------------------------------------------------


def test_the_auditor_sees_how_far_the_trail_is_sealed_and_checked(committed_db: str, cast: Any, as_user: Any) -> None:
    petar = as_user(cast.petar)
    refuse(cast.ana, "case")
    seals.seal_waiting(now=timezone.now())
    refuse(cast.ana, "case")
    tasks.verify_trail()
    text = text_of(petar.get(reverse("audit:seal")))
    assert "Sound" in text and "1 event, since" in text and "No file is named" in text
    with superuser(committed_db) as db:
        db.execute("UPDATE audit_event SET verb = 'x' WHERE id = (SELECT min(id) FROM audit_event)")
    tasks.verify_trail()
    text = text_of(petar.get(reverse("audit:seal")))
    assert "The trail was tampered with" in text and "of batch 1 was changed" in text
