"""Closing, opening again, risk, notes, lists: each through the pages."""

import datetime
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services
from casework.cases.models import Case, Note
from casework.workflow import Refused

LIST, BOARD, CASE, TIMELINE = 12, 16, 23, 30  # queries of a page, with what each app adds to it
NUL, RIGHT_TO_LEFT = "a\x00b", "a\u202eb"


def test_a_case_is_closed_and_opened_again(cast, as_user, make):
    case = make.case()
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    address = reverse("cases:close-case", args=[case.number])
    ana.post(address, {"closed_on": f"{timezone.localdate():%d.%m.%Y.}", "reason": "She lives with her aunt."})
    case.refresh_from_db()
    assert case.status == "closed"
    assert "She lives with her aunt." in ana.get(reverse("cases:case", args=[case.number])).content.decode()
    assert ana.get(reverse("cases:reopen-case", args=[case.number])).status_code == 403
    vesna.post(reverse("cases:reopen-case", args=[case.number]))
    case.refresh_from_db()
    assert (case.status, case.closed_on, case.caseworker) == ("open", None, cast.ana)
    assert "She lives with her aunt." in ana.get(reverse("cases:timeline", args=[case.number])).content.decode()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (lambda: timezone.localdate() + datetime.timedelta(days=1), "This date is in the future."),
        (lambda: datetime.date(2026, 3, 1), "it cannot be closed before that"),
        (lambda: datetime.date(26, 3, 1), "Check the year"),
    ],
)
def test_a_wrong_day_gets_a_sentence_and_loses_nothing(cast, as_user, make, day, sentence):
    case = make.case()
    typed = {"closed_on": f"{day():%d.%m.}{day().year:04}.", "reason": "She lives with her aunt."}
    page = as_user(cast.ana).post(reverse("cases:close-case", args=[case.number]), typed)
    assert sentence in page.content.decode() and "She lives with her aunt." in page.content.decode()
    assert Case.objects.get(pk=case.pk).status == "open"


def test_a_guard_of_another_app_keeps_the_case_open(cast, as_user, make, monkeypatch):
    def guard(case, closed_on):
        raise Refused("She is still in the shelter.")

    monkeypatch.setattr(services, "CLOSE_GUARDS", [guard])
    case = make.case()
    typed = {"closed_on": f"{timezone.localdate():%d.%m.%Y.}", "reason": "Done."}
    page = as_user(cast.ana).post(reverse("cases:close-case", args=[case.number]), typed)
    assert "She is still in the shelter." in page.content.decode()
    assert Case.objects.get(pk=case.pk).status == "open"


def test_opening_again_beside_a_newer_case_is_refused(cast, make):
    old = make.case()
    services.close_case(case=old, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    new = make.case(person=old.person)
    with pytest.raises(Refused, match=new.number):
        services.reopen_case(case=old, reopened_by=cast.vesna, now=timezone.now())


def test_a_form_saved_by_two_people_shows_what_differs(cast, as_user, make):
    case = make.case()
    address = reverse("cases:amend-case", args=[case.number])
    typed = {"version": 1, "risk_level": "high", "safety_plan": "Ana's plan", "safety_review_on": ""}
    assert as_user(cast.ana).post(address, typed).status_code == 302
    page = as_user(cast.vesna).post(address, typed | {"safety_plan": "Vesna's plan"})
    text = page.content.decode()
    assert "Ana&#x27;s plan" in text and "Vesna&#x27;s plan" in text and "What is saved now" in text
    assert page.context["form"]["version"].value() == "2"
    assert as_user(cast.vesna).post(address, typed | {"safety_plan": "Both", "version": 2}).status_code == 302
    case.refresh_from_db()
    assert (case.safety_plan, case.risk_level, case.version) == ("Both", "high", 3)


@pytest.mark.requirement("s-case-file")
def test_a_note_is_written_and_marked_in_error(cast, as_user, make):
    case, ana = make.case(), as_user(cast.ana)
    typed = {
        "kind": "visit",
        "happened_at_0": "3.3.2026.",
        "happened_at_1": "14:30",
        "body": "She is calm.",
    }
    ana.post(reverse("cases:add-note", args=[case.number]), typed)
    note = Note.objects.get()
    assert "She is calm." in ana.get(reverse("cases:timeline", args=[case.number])).content.decode()
    address = reverse("cases:mark-note-in-error", args=[case.number, note.pk])
    assert "This field is required" in ana.post(address, {"why": ""}).content.decode()
    ana.post(address, {"why": "Belongs elsewhere."})
    for name in ("timeline", "notes"):
        text = ana.get(reverse(f"cases:{name}", args=[case.number])).content.decode()
        assert "<s>" in text and "Belongs elsewhere." in text
    with pytest.raises(Refused, match="already marked"):
        services.mark_note_in_error(note=note, why="Again.", marked_by=cast.ana)
    assert Event.objects.filter(verb="mark_in_error", subjects__contains=[str(case.pk)]).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": NUL},
        {"body": RIGHT_TO_LEFT},
        {"body": "x" * 20_001},
        {"body": ""},
        {"kind": "gossip"},
        {"happened_at_0": "3.3.2099."},
        {"happened_at_0": "31.2.2026."},
    ],
)
def test_a_bad_note_comes_back(cast, as_user, make, wrong):
    case = make.case()
    typed = {"kind": "note", "happened_at_0": "3.3.2026.", "happened_at_1": "14:30", "body": "She is calm."} | wrong
    page = as_user(cast.ana).post(reverse("cases:add-note", args=[case.number]), typed)
    assert page.status_code == 200 and page.context["form"].errors
    assert not Note.objects.exists()


def test_the_note_of_another_case_is_not_found(cast, as_user, make):
    mine, other = make.case(), make.case(caseworker=cast.boris)
    note = services.add_note(
        case=other, kind="note", happened_at=timezone.now(), body="Boris' note", written_by=cast.boris
    )
    address = reverse("cases:mark-note-in-error", args=[mine.number, note.pk])
    assert as_user(cast.ana).get(address).status_code == 404


def test_the_victim_status_has_a_history(cast, as_user, make):
    case = make.case()
    services.set_victim_status(
        case=case,
        status="officially-identified",
        since=datetime.date(2026, 4, 1),
        decision_id=uuid.uuid4(),
        set_by=cast.ana,
    )
    text = as_user(cast.ana).get(reverse("cases:case", args=[case.number])).content.decode()
    assert "Potential victim" in text and "01.04.2026." in text
    with pytest.raises(Refused, match="not a victim status"):
        services.set_victim_status(
            case=case, status="famous", since=datetime.date(2026, 4, 1), decision_id=uuid.uuid4(), set_by=cast.ana
        )


# The trail ------------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("s-limited-users")
def test_who_has_looked_names_the_supervisor(cast, as_user, make):
    case = make.case()
    as_user(cast.vesna).get(reverse("cases:case", args=[case.number]))
    text = as_user(cast.ana).get(reverse("cases:looked", args=[case.number])).content.decode()
    assert "Vesna Probna" in text and "Saw the case" in text


@pytest.mark.asvs("2.3.3", "16.5.3")
def test_if_the_trail_cannot_be_written_nothing_is_shown_and_nothing_is_done(cast, as_user, make, monkeypatch):
    case = make.case(given="Gorica")
    client = as_user(cast.ana)

    def broken(*args, **kwargs):
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(Event, "save", broken)
    client.raise_request_exception = False
    for address in (reverse("cases:case", args=[case.number]), reverse("cases:cases")):
        page = client.get(address)
        assert page.status_code == 500 and b"Gorica" not in page.content
    now = timezone.now()
    with pytest.raises(RuntimeError):
        services.add_note(case=case, kind="note", happened_at=now, body="Lost", written_by=cast.ana)
    with pytest.raises(RuntimeError):
        services.close_case(case=case, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    with pytest.raises(RuntimeError):
        make.case()
    assert not Note.objects.exists()
    assert Case.objects.get().status == "open"


# Lists ----------------------------------------------------------------------------------------------------------------
def test_the_list_pages_by_number_and_is_in_the_trail_once(cast, as_user, make):
    made = [make.case() for _ in range(27)]
    theirs = make.case(caseworker=cast.boris)
    ana = as_user(cast.ana)
    first = ana.get(reverse("cases:cases"))
    text = first.content.decode()
    assert made[-1].number in text and made[0].number not in text and theirs.number not in text
    assert "27 results" in text
    seen = Event.objects.filter(verb="cases").get()
    assert len(seen.subjects) == 50 and str(made[-1].pk) in seen.subjects
    second = ana.get(first.context["next_url"]).content.decode()
    assert made[0].number in second and made[-1].number not in second


def test_the_list_shows_closed_cases_when_asked(cast, as_user, make):
    case = make.case()
    services.close_case(case=case, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    ana, address = as_user(cast.ana), reverse("cases:cases")
    assert case.number not in ana.get(address).content.decode()
    assert case.number in ana.get(address, {"status": "closed"}).content.decode()
    assert case.number in ana.get(address, {"status": "all"}).content.decode()
    assert ana.get(address, {"status": "'; DROP", "after": "x' OR 1"}).status_code == 200


def _queries(client, address, django_assert_max_num_queries, most):
    client.get(address)
    with django_assert_max_num_queries(most):
        assert client.get(address).status_code == 200


def test_query_counts_do_not_grow(cast, as_user, make, django_assert_max_num_queries):
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    cases = [make.case(given="Gorica") for _ in range(3)]
    for _ in range(3):
        services.add_note(case=cases[0], kind="note", happened_at=timezone.now(), body="Something", written_by=cast.ana)
    budgets = [
        (ana, reverse("cases:cases"), LIST),
        (vesna, reverse("cases:assignment-board"), BOARD),
        (ana, reverse("cases:case", args=[cases[0].number]), CASE),
        (ana, reverse("cases:timeline", args=[cases[0].number]), TIMELINE),
    ]
    for client, address, most in budgets:
        _queries(client, address, django_assert_max_num_queries, most)
    for _ in range(9):
        make.case(given="Gorica")
    for client, address, most in budgets:
        _queries(client, address, django_assert_max_num_queries, most)
