"""What is closed by default, and opened with a reason: masked fields, and one case for an hour."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services
from casework.cases.models import Case, CaseGrant, Opening
from casework.cases.openings import escalate_overdue_reviews
from casework.outbox.models import Message
from casework.people.masking import masked_fields
from casework.shelter import services as shelters
from casework.vault.models import KeyClass
from casework.workflow import Refused

WHY = {"reason_kind": "danger", "reason": "Her brother waits at the bus stop."}
PAPERS = {"reason_kind": "papers", "reason": "The application needs the number."}
SECRET = "JMBG 1705999715123"


def post(client, name, *args, **typed):
    return client.post(reverse(name, args=args), typed)


# Masked fields --------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("f-complicity")
def test_documents_are_hidden_until_revealed_and_hidden_again_afterwards(cast, as_user, make):
    case = make.case(given="Gorica", identifiers=SECRET, contacts="060 111")
    ana, page = as_user(cast.ana), reverse("people:person", args=[case.person_id])
    assert SECRET not in ana.get(page).content.decode()
    assert SECRET not in ana.get(reverse("people:amend-person", args=[case.person_id])).content.decode()

    asked = ana.get(reverse("cases:reveal", args=[case.person_id, "identifiers"]))
    assert asked.status_code == 200 and SECRET not in asked.content.decode()
    shown = post(ana, "cases:reveal", case.person_id, "identifiers", **PAPERS)
    assert SECRET in shown.content.decode() and "no-store" in shown["Cache-Control"]
    assert SECRET not in ana.get(page).content.decode()

    act = Event.objects.get(verb="reveal_identifiers")
    assert act.actor == cast.ana and act.fields == ["identifiers"] and "application" not in act.note
    assert Message.objects.filter(subject="revealed", recipient=cast.vesna).count() == 1
    assert Opening.objects.get().reason == PAPERS["reason"]


def test_nothing_is_shown_when_the_reveal_cannot_be_recorded(cast, as_user, make, monkeypatch):
    case = make.case(identifiers=SECRET)
    ana = as_user(cast.ana)
    ana.raise_request_exception = False

    def unwritable(*args, **kwargs):
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(Event, "save", unwritable)
    answer = post(ana, "cases:reveal", case.person_id, "identifiers", **PAPERS)
    assert answer.status_code == 500 and SECRET not in answer.content.decode()
    assert not Opening.objects.exists()


def test_contacts_are_hidden_but_from_the_persons_own_caseworker(cast, as_user, make):
    case = make.case(contacts="060 111")
    assert masked_fields(case.person, cast.ana) == {"identifiers"}
    assert masked_fields(case.person, cast.vesna) == {"contacts", "identifiers"}
    address = reverse("cases:case", args=[case.number])
    assert "060 111" in as_user(cast.ana).get(address).content.decode()
    assert "060 111" not in as_user(cast.vesna).get(address).content.decode()


def test_what_is_hidden_can_be_written_and_is_kept_when_left_empty(cast, as_user, make):
    case = make.case(given="Gorica", identifiers=SECRET, contacts="060 111")
    page = reverse("people:amend-person", args=[case.person_id])
    typed = {"version": 1, "used_given": "Gorica", "sex": "female", "needs_interpreter": "no", "unaccompanied": "no"}
    assert as_user(cast.vesna).post(page, typed).status_code == 302
    case.person.refresh_from_db()
    assert (case.person.identifiers, case.person.contacts, case.person.sex) == (SECRET, "060 111", "female")
    assert as_user(cast.vesna).post(page, typed | {"version": 2, "identifiers": "passport 7"}).status_code == 302
    case.person.refresh_from_db()
    assert case.person.identifiers == "passport 7"


@pytest.mark.requirement("f-complicity")
def test_the_name_of_a_sealed_person_is_hidden_from_everybody(cast, as_user, make):
    case = make.case(given="Gorica", family="Skrivena", contacts="060 111")
    services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    case.person.key.refresh_from_db()
    assert case.person.key.key_class == KeyClass.PROTECTED
    ana = as_user(cast.ana)
    pages = [("cases:cases",), ("cases:case", case.number), ("people:person", case.person_id)]
    pages += [("people:amend-person", case.person_id), ("cases:timeline", case.number)]
    for name, *args in pages:
        text = ana.get(reverse(name, args=args)).content.decode()
        assert "Skrivena" not in text and "060 111" not in text, name
    assert "Name hidden" in ana.get(reverse("cases:cases")).content.decode()
    assert "Gorica Skrivena" in post(ana, "cases:reveal", case.person_id, "names", **PAPERS).content.decode()


def test_the_limit_is_kept_told_and_traced(cast, as_user, make, settings):
    settings.REVEALS_PER_HOUR = 2
    case = make.case(identifiers=SECRET)
    ana = as_user(cast.ana)
    for _ in range(2):
        assert SECRET in post(ana, "cases:reveal", case.person_id, "identifiers", **PAPERS).content.decode()
    for _ in range(2):
        refused = post(ana, "cases:reveal", case.person_id, "identifiers", **PAPERS).content.decode()
        assert SECRET not in refused and "that is the limit" in refused and PAPERS["reason"] in refused
    assert Event.objects.filter(kind="refusal", actor=cast.ana, verb="reveal").count() == 2
    assert Message.objects.filter(subject="reveal-limit", recipient=cast.vesna).count() == 1
    now = timezone.now() + datetime.timedelta(minutes=61)
    services.reveal_field(person=case.person, field="identifiers", revealed_by=cast.ana, now=now, **PAPERS)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({"reason_kind": "papers", "reason": "x"}, "Write the reason"), ({"reason": "Long enough to say"}, "required")],
)
def test_a_reveal_needs_a_chosen_and_a_written_reason(cast, as_user, make, typed, sentence):
    case = make.case(identifiers=SECRET)
    page = post(as_user(cast.ana), "cases:reveal", case.person_id, "identifiers", **typed).content.decode()
    assert sentence in page and SECRET not in page and not Opening.objects.exists()


def test_a_reveal_asks_to_sign_in_again(cast, as_user, make):
    case = make.case(identifiers=SECRET)
    answer = post(as_user(cast.ana, recent=False), "cases:reveal", case.person_id, "identifiers", **PAPERS)
    assert answer.status_code == 302 and not Opening.objects.exists()
    assert as_user(cast.ana, recent=False).get(reverse("cases:break-glass")).status_code == 302


@pytest.mark.requirement("f-complicity")
def test_the_address_of_a_shelter_is_for_its_keepers(cast, as_user):
    house = shelters.add_shelter(
        organisation=cast.home, name="House", kind="ngo-shelter", keepers=[cast.nada], address="Tajna 7",
        added_by=cast.vesna,
    )  # fmt: skip
    page = reverse("shelter:shelters")
    assert "Tajna 7" in as_user(cast.nada).get(page).content.decode()
    assert Event.objects.filter(verb="shelters", actor=cast.nada, note="address").exists()
    for user in (cast.ana, cast.vesna):
        assert "Tajna 7" not in as_user(user).get(page).content.decode()
        assert "Tajna 7" in post(as_user(user), "shelter:reveal-address", house.pk, **WHY).content.decode()
    assert house.address.key.key_class == KeyClass.PROTECTED
    assert post(as_user(cast.vesna), "shelter:set-address", house.pk, address="Nova 8").status_code == 302
    assert "Nova 8" in as_user(cast.nada).get(page).content.decode()
    assert "Nova 8" not in as_user(cast.vesna).get(reverse("shelter:set-address", args=[house.pk])).content.decode()


# Emergency access -----------------------------------------------------------------------------------------------------
def test_one_case_for_an_hour_to_read_and_nothing_else(cast, as_user, make):
    case = make.case(caseworker=cast.ana, given="Gorica", family="Skrivena", safe_contact="Only her sister's phone")
    boris = as_user(cast.boris)
    done = post(boris, "cases:break-glass", number=case.number.lower(), **WHY)
    assert done.status_code == 302 and done["Location"] == reverse("cases:emergency", args=[case.number])
    text = boris.get(done["Location"]).content.decode()
    assert "Only her sister&#x27;s phone" in text and "Gorica Skrivena" in text

    # nothing else: not a page, not a form, not the list, not the search
    for name in ("case", "notes", "amend-case", "add-note", "close-case", "declare-conflict", "timeline"):
        assert boris.get(reverse(f"cases:{name}", args=[case.number])).status_code in (403, 404), name
    for name in ("shelter:placements", "justice:witness-statuses", "referrals:case-referrals"):
        assert boris.get(reverse(name, args=[case.number])).status_code in (403, 404), name
    assert boris.get(reverse("people:person", args=[case.person_id])).status_code == 404
    assert post(boris, "cases:reveal", case.person_id, "identifiers", **WHY).status_code == 404
    assert case.number not in boris.get(reverse("cases:cases")).content.decode()
    assert not Case.objects.visible_to(cast.boris).exists()

    # told and shown
    assert set(Message.objects.filter(subject="glass-broken").values_list("recipient__username", flat=True)) == {
        "ana",
        "vesna",
    }
    assert "Boris Probni" in as_user(cast.ana).get(reverse("cases:case", args=[case.number])).content.decode()

    CaseGrant.objects.update(expires_at=timezone.now())
    assert boris.get(done["Location"]).status_code == 404


@pytest.mark.asvs("8.2.2")
def test_what_cannot_be_opened_is_refused_in_the_same_words(cast, as_user, make):
    """Unknown, sealed, another organisation's, one's own conflict: one sentence, one number of queries."""
    sealed, elsewhere, conflict = make.case(), make.case(caseworker=cast.olga), make.case()
    services.seal_case(case=sealed, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    services.declare_conflict(
        case=conflict, user=cast.boris, kind="relative", reason="He is her uncle.", declared_by=cast.vesna,
        now=timezone.now(),
    )  # fmt: skip
    boris, answers, queries = as_user(cast.boris), set(), set()
    assert cast.boris.has_perm("cases.break_glass")
    for number in ("C-1999-999999", sealed.number, elsewhere.number, conflict.number):
        page = post(boris, "cases:break-glass", number=number, **WHY).content.decode()
        answers.add(page.partition("<main")[2].partition("No case with this number")[2][:60])
        assert "No case with this number can be opened here" in page
        with CaptureQueriesContext(connection) as captured, pytest.raises(Refused):
            services.break_glass(number=number, broken_by=cast.boris, now=timezone.now(), **WHY)
        queries.add(len(captured))
    assert len(answers) == len(queries) == 1 and not Opening.objects.exists()


def test_emergency_access_is_limited_a_day_and_ends_when_the_case_is_sealed(cast, make, settings):
    settings.BREAK_GLASS_PER_DAY = 2
    cases, now = [make.case() for _ in range(3)], timezone.now()
    for case in cases[:2]:
        services.break_glass(number=case.number, broken_by=cast.boris, now=now, **WHY)
    with pytest.raises(Refused, match="which is the limit"):
        services.break_glass(number=cases[2].number, broken_by=cast.boris, now=now, **WHY)
    assert Case.objects.through_glass(cast.boris).count() == 2
    services.seal_case(case=cases[0], named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=now)
    assert list(Case.objects.through_glass(cast.boris)) == [cases[1]]
    with pytest.raises(Refused, match="see this case already"):
        services.break_glass(number=cases[2].number, broken_by=cast.ana, now=now, **WHY)


# Reviews --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def opening(cast, make):
    return services.break_glass(number=make.case().number, broken_by=cast.boris, now=timezone.now(), **WHY)


def test_a_supervisor_reviews_it_and_the_auditor_reads_why(cast, as_user, opening):
    vesna = as_user(cast.vesna)
    assert "Boris Probni" in vesna.get(reverse("cases:reviews")).content.decode()
    page = vesna.get(reverse("cases:review", args=[opening.pk])).content.decode()
    assert WHY["reason"] in page
    refused = post(vesna, "cases:review", opening.pk, verdict="not-justified").content.decode()
    assert "Say why it was not justified" in refused
    done = post(vesna, "cases:review", opening.pk, verdict="not-justified", reason="Ana was in the next room.")
    assert done.status_code == 302
    read = as_user(cast.petar).get(reverse("shelter:overrides")).content.decode()
    assert WHY["reason"] in read and "Ana was in the next room." in read and opening.case.number not in read
    assert WHY["reason"] not in str(list(Event.objects.values_list("note", "fields", "verb")))
    for user in (cast.ana, cast.boris, cast.ivana, cast.nada):
        assert as_user(user).get(reverse("cases:reviews")).status_code == 403
    assert as_user(cast.dragan).get(reverse("cases:review", args=[opening.pk])).status_code == 404


def test_nobody_reviews_their_own_or_twice(cast, make):
    person = make.case(identifiers=SECRET).person
    now = timezone.now()
    own = services.reveal_field(person=person, field="identifiers", revealed_by=cast.vesna, now=now, **PAPERS)
    with pytest.raises(Refused, match="Nobody reviews"):
        services.review_opening(opening=own, verdict="justified", reason="", reviewed_by=cast.vesna, now=now)
    with pytest.raises(IntegrityError, match="opening_reviewed_by_another"), transaction.atomic():
        Opening.objects.filter(pk=own.pk).update(reviewed_by=cast.vesna, reviewed_at=now, verdict="justified")


def test_an_overdue_review_is_shown_and_told_once(cast, as_user, opening):
    later = opening.review_due_at + datetime.timedelta(seconds=1)
    assert escalate_overdue_reviews(now=opening.review_due_at) == 0
    assert [escalate_overdue_reviews(now=later) for _ in range(3)] == [1, 0, 0]
    told = Message.objects.filter(subject="review-overdue").values_list("recipient__username", flat=True)
    assert sorted(told) == ["petar", "vesna"]
    Opening.objects.update(review_due_at=timezone.now())
    assert "Overdue" in as_user(cast.vesna).get(reverse("cases:reviews")).content.decode()
