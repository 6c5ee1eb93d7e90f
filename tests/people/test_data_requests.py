"""Requests for access and correction, and the retention schedule: recorded, reviewed by another, decided in time."""

import datetime
import io
import json

import pypdf
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.outbox.models import Message
from casework.people import access_requests, corrections, holds, retention
from casework.people import erasure as erasing
from casework.people.data_models import AccessStatus
from casework.people.models import AccessRequest, Correction, Erasure, RetentionRun
from casework.workflow import Refused
from referrals import services as front_door
from tests.support.world import make_dossier

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def list_outside(settings, tmp_path):
    settings.CASEWORK_ERASURE_LIST = str(tmp_path / "erasures.jsonl")


@pytest.fixture
def dossier(cast):
    return make_dossier("Kanarinka", caseworker=cast.boris, supervisor=cast.vesna, keeper=None, seen_by=set())


@pytest.fixture
def declined(cast):
    """A referral that was declined, on somebody with a name: little enough to be made by the dozen."""

    def make(name="Kanarinka", days_ago=0, person=True):
        referral = front_door.log_referral(
            organisation=cast.home,
            received_at=timezone.now() - datetime.timedelta(days=days_ago),
            source="police",
            person={"names": [{"given": name, "family": "Kanarinkaić", "kind": "used"}]} if person else None,
            summary="Kanarinka was seen",
            now=timezone.now(),
            logged_by=cast.boris,
        )
        now = timezone.now() - datetime.timedelta(days=days_ago)
        return front_door.decline_referral(referral=referral, reason="not ours", now=now, declined_by=cast.boris)

    return make


def record(cast, person, **changed):
    given = {
        "received_on": TODAY(),
        "asked_by": "self",
        "asked_by_name": "",
        "identity_checked": "Passport shown",
        "language": "sr",
        "recorded_by": cast.boris,
    }
    return access_requests.record_access_request(person=person, **(given | changed))


def compiled(cast, person, **changed):
    asked = record(cast, person, **changed)
    assert access_requests.compile_waiting(now=timezone.now()) == 1
    asked.refresh_from_db()
    return asked


def released(cast, person, withheld=(), **changed):
    asked = compiled(cast, person, **changed)
    for section in access_requests.sections_of(asked):
        ground = "protection" if section.label in withheld else ""
        access_requests.check_section(section=section, withheld=ground, checked_by=cast.vesna, now=timezone.now())
    access_requests.release_access_request(request=asked, released_by=cast.vesna, now=timezone.now())
    assert access_requests.compile_waiting(now=timezone.now()) == 1
    asked.refresh_from_db()
    return asked


def test_everything_held_as_pdf_and_json(cast, dossier, as_user):
    """What is held goes out in both forms; data of others, names of staff and sealed reasons are withheld in words."""
    asked = released(cast, dossier.case.person, withheld=["cases.Note"])
    assert asked.status == AccessStatus.READY
    data = json.loads(asked.data.read())
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(asked.pdf.read())).pages)
    flat = json.dumps(data, ensure_ascii=False)
    for told in ("Kanarinka plan", "Kanarinka reasons", "Kanarinka contacts", "Kanarinka summary", dossier.case.number):
        assert told in flat
    for word in ("plan", "contacts", "Kanarinkaić", dossier.case.number, "17.05.1999."):
        assert word in text.replace("\n", " "), word
    for kept in ("Kanarinka referrer", "Kanarinka telephone", "Kanarinka note", "Boris", "Vesna"):
        assert kept not in flat and kept not in text.replace("\n", " "), kept
    assert "Задржано: подаци о другој особи" in flat  # in the language of the answer
    assert "Задржано: нечија безбедност би била угрожена" in flat
    reader = pypdf.PdfReader(io.BytesIO(asked.pdf.read()))
    assert reader.metadata.title == asked.number and not reader.metadata.author
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=asked.pk).update(released_by=cast.boris)


def test_a_pdf_in_both_scripts_needs_no_font_of_the_machine(cast, declined):
    from casework.people.report import access_pdf

    answer = {
        "number": "D-2026-000001",
        "received_on": "1.1.2026.",
        "compiled_at": "2.1.2026. 10:00",
        "language": "sr",
        "sections": [
            {
                "title": "Лице",
                "withheld": "",
                "rows": [[["Имена", "Ђорђе Њ. Љубић; Đorđe Šćžč"], ["Текст", "*#$[no markup] @x <y> \\z"]]],
            }
        ],
    }
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(access_pdf(answer))).pages)
    for word in ("Ђорђе Њ. Љубић", "Đorđe Šćžč", "*#$[no markup] @x <y> \\z"):
        assert word in text, text


def test_the_download_is_traced_signed_in_again_and_named_by_its_number(cast, dossier, as_user):
    asked = released(cast, dossier.case.person)
    url = reverse("people:export-access-request", args=[asked.number, "pdf"])
    answer = as_user(cast.vesna).get(url)
    assert answer.content.startswith(b"%PDF-") and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{asked.number}.pdf"'
    assert "no-store" in answer["Cache-Control"]
    assert Event.objects.filter(verb="export_access_request", kind="act", actor=cast.vesna, note="pdf").count() == 1
    assert as_user(cast.vesna, recent=False).get(url).status_code == 302
    assert as_user(cast.ana).get(url).status_code == 404
    assert as_user(cast.petar).get(url).status_code == 403
    assert as_user(cast.vesna).get(url.replace(".pdf", ".exe")).status_code == 404


def test_a_file_that_is_away_or_lost_is_a_sentence_and_no_trace(cast, dossier, as_user, monkeypatch):
    asked = released(cast, dossier.case.person)
    url = reverse("people:export-access-request", args=[asked.number, "pdf"])

    def away(*args):
        raise ConnectionError("the store")

    monkeypatch.setattr(default_storage, "open", away)
    assert "do not answer at the moment" in as_user(cast.vesna).get(url, follow=True).content.decode()
    monkeypatch.undo()
    default_storage.delete(asked.pdf.name)
    assert "lost or damaged" in as_user(cast.vesna).get(url, follow=True).content.decode()
    assert not Event.objects.filter(verb="export_access_request", kind="act").exists()


def test_the_reviewer_is_another_and_looks_at_every_section(cast, dossier, as_user):
    asked = compiled(cast, dossier.case.person)
    sections = [section for section in access_requests.sections_of(asked) if section.body]
    assert asked.steps == asked.steps_done > len(sections) > 5
    for who in (cast.boris, cast.petar):
        with pytest.raises(Refused):
            access_requests.check_section(section=sections[0], withheld="", checked_by=who, now=timezone.now())
    with pytest.raises(Refused, match="Look at every section"):
        access_requests.release_access_request(request=asked, released_by=cast.vesna, now=timezone.now())
    client = as_user(cast.vesna)
    url = reverse("people:check-section", args=[asked.number, sections[0].position])
    while "sections" in url:  # the page leads from one to the next
        page = client.get(url)
        assert page.status_code == 200
        url = client.post(url, {"withheld": ""})["Location"]
    assert url == reverse("people:access-request", args=[asked.number])
    with pytest.raises(Refused):
        access_requests.release_access_request(request=asked, released_by=cast.boris, now=timezone.now())
    client.post(reverse("people:release-access-request", args=[asked.number]))
    asked.refresh_from_db()
    assert asked.status == AccessStatus.RELEASED


def test_compiled_twice_at_once_or_again_is_one_answer(cast, dossier):
    asked = record(cast, dossier.case.person)
    access_requests.compile_waiting(now=timezone.now())
    many = asked.sections.count()
    with pytest.raises(Refused):
        access_requests.compile_section(request_id=asked.pk, label="cases.Case", position=1, steps=9)
    asked.refresh_from_db()
    access_requests.compile_again(request=asked, compiled_by=cast.boris)
    access_requests.compile_waiting(now=timezone.now())
    asked.refresh_from_db()
    assert (asked.compilation, access_requests.sections_of(asked).count(), asked.sections.count()) == (
        2,
        many,
        2 * many,
    )
    with pytest.raises(Refused, match="already being answered"):
        record(cast, dossier.case.person)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"asked_by": "parent"}, "asked_by_name"),
        ({"identity_checked": " "}, "identity_checked"),
        ({"received_on": datetime.date(2999, 1, 1)}, "received_on"),
        ({"asked_by": "anybody"}, "asked_by"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_recorded_is_refused_beside_its_field(cast, declined, changed, field):
    with pytest.raises(Refused) as refusal:
        record(cast, declined().person, **changed)
    assert refusal.value.field == field


def test_the_clock_is_a_setting_and_overdue_is_shown(cast, declined, settings, as_user):
    settings.ACCESS_REQUEST_DAYS = 15
    asked = record(cast, declined().person, received_on=TODAY() - datetime.timedelta(days=20))
    assert asked.due_on == TODAY() - datetime.timedelta(days=5)
    page = as_user(cast.vesna).get(reverse("people:data-requests")).content.decode()
    assert asked.number in page and "Overdue since" in page and "Kanarinka" not in page
    assert asked.number not in as_user(cast.petar).get(reverse("people:data-requests")).content.decode()


def test_a_correction_is_decided_once_and_points_to_what_was_amended(cast, declined, as_user):
    referral = declined()
    asked = corrections.record_correction(
        person=referral.person, received_on=TODAY(), asked_by="self", wrong="Born in 1999", recorded_by=cast.boris
    )
    decide = {"correction": asked, "decided_by": cast.boris, "now": timezone.now()}
    with pytest.raises(Refused) as refusal:
        corrections.decide_correction(outcome="refused", amended="", reasons="", **decide)
    assert refusal.value.field == "reasons"
    with pytest.raises(Refused) as refusal:
        corrections.decide_correction(outcome="accepted", amended="C-1999-000001", reasons="", **decide)
    assert refusal.value.field == "amended"
    corrections.decide_correction(outcome="accepted", amended=referral.number, reasons="", **decide)
    with pytest.raises(Refused):
        corrections.decide_correction(outcome="noted", amended="", reasons="late", **decide)
    page = as_user(cast.boris).get(reverse("people:person", args=[referral.person_id])).content.decode()
    assert asked.number in page and "Accepted" in page
    shown = as_user(cast.boris).get(reverse("people:correction", args=[asked.number])).content.decode()
    assert "Born in 1999" in shown and referral.number in shown
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=asked.pk).update(amended="")


# Retention ------------------------------------------------------------------------------------------------------------
def days(settings, **given):
    settings.RETENTION_DAYS = dict.fromkeys(settings.RETENTION_DAYS, 0) | {
        name.replace("_", "-"): days for name, days in given.items()
    }


def due(cast, user=None):
    return retention.due(cast.home, today=TODAY(), user=user or cast.vesna)


def test_nothing_is_due_until_somebody_has_decided(cast, declined, settings, as_user):
    declined(days_ago=4000)
    days(settings)
    assert due(cast) == []
    page = as_user(cast.vesna).get(reverse("people:retention")).content.decode()
    assert "No retention period is decided" in page
    with pytest.raises(Refused):
        retention.propose_retention_run(organisation=cast.home, proposed_by=cast.vesna, today=TODAY())


def test_the_preview_names_numbers_and_never_people(cast, declined, settings, as_user):
    old, held, young = declined(days_ago=400), declined("Zrna", days_ago=400), declined(days_ago=10)
    alone = declined(days_ago=400, person=False)
    days(settings, declined_referral=365)
    hold = holds.set_hold(person=held.person, ground="court", reason="A trial", until=None, set_by=cast.vesna)
    assert {each.number: bool(each.blocks) for each in due(cast)} == {
        old.number: False,
        held.number: True,
        alone.number: False,
    }
    for user in (cast.vesna, cast.petar):
        page = as_user(user).get(reverse("people:retention")).content.decode()
        assert old.number in page and hold.number in page and young.number not in page
        assert "Kanarinka" not in page and "Zrna" not in page
    assert as_user(cast.boris).get(reverse("people:retention")).status_code == 403


def test_a_person_is_due_when_every_record_is(cast, dossier, declined, settings):
    """Somebody with an old declined referral and an open case is not due."""
    days(settings, declined_referral=30, adult_case=30)
    referral = front_door.log_referral(
        organisation=cast.home,
        received_at=timezone.now() - datetime.timedelta(days=400),
        source="police",
        existing_person=dossier.case.person,
        now=timezone.now(),
        logged_by=cast.boris,
    )
    front_door.decline_referral(
        referral=referral,
        reason="no",
        now=timezone.now() - datetime.timedelta(days=399),
        declined_by=cast.boris,
    )
    assert referral.number not in {each.number for each in due(cast)}
    assert due(cast) == []


@pytest.mark.parametrize(
    ("born", "closed", "class_", "due_on"),
    [
        (datetime.date(1990, 5, 1), datetime.date(2020, 1, 10), "adult-case", datetime.date(2020, 2, 9)),
        (datetime.date(2010, 5, 1), datetime.date(2020, 1, 10), "child-case", datetime.date(2028, 5, 31)),
        (datetime.date(2002, 5, 1), datetime.date(2021, 1, 10), "child-case", datetime.date(2021, 2, 9)),
        (datetime.date(2008, 2, 29), datetime.date(2020, 1, 10), "child-case", datetime.date(2026, 3, 31)),
        (None, datetime.date(2020, 1, 10), "child-case", datetime.date(2037, 10, 1)),
    ],
)
def test_a_childs_case_counts_from_majority(cast, declined, settings, born, closed, class_, due_on):
    """Opened on 1 September 2019; where no age is known, as if born on that day."""
    from casework.cases.models import Case
    from casework.people.holdings import kept

    days(settings, adult_case=30, child_case=30)
    person = declined().person
    person.set_birth_date(born)
    person.save()
    Case.objects.create(
        key=person.key,
        number="C-2019-000001",
        organisation=cast.home,
        person=person,
        status="closed",
        opened_on=datetime.date(2019, 9, 1),
        closed_on=closed,
    )
    (found,) = [each for each in kept(cast.home, person=person) if each.number == "C-2019-000001"]
    assert (found.record_class, found.due_on) == (class_, due_on)


def test_a_run_takes_two_and_leaves_what_is_held_by_then(cast, declined, settings, as_user):
    days(settings, declined_referral=365)
    gone, held, alone = declined(days_ago=400), declined(days_ago=401), declined(days_ago=402, person=False)
    client = as_user(cast.vesna)
    client.post(reverse("people:propose-retention-run"))
    run = RetentionRun.objects.get()
    assert run.erasures.count() == 3 and run.counts["referrals.Referral"] == 3
    assert due(cast) == []  # asked for already
    url = reverse("people:approve-retention-run", args=[run.number])
    assert client.post(url, {"sure": "on"}).status_code == 403
    auditor = as_user(cast.petar)
    assert auditor.post(url, {}).status_code == 200  # the box is not ticked
    assert erasing.carry_out_approved(now=timezone.now()) == 0
    assert auditor.post(url, {"sure": "on"}).status_code == 302
    with pytest.raises(Refused):
        retention.approve_retention_run(run=run, approved_by=cast.petar, now=timezone.now())
    holds.set_hold(person=held.person, ground="court", reason="A trial", until=None, set_by=cast.vesna)
    assert erasing.carry_out_approved(now=timezone.now()) == 3
    assert retention.finish_runs(now=timezone.now()) == 1
    states = dict(Erasure.objects.values_list("about", "status"))
    assert states == {gone.number: "done", held.number: "stopped", alone.number: "done"}
    for referral, erased in ((gone, True), (held, False), (alone, True)):
        referral.refresh_from_db()
        assert (type(referral).objects.get(pk=referral.pk).summary == "Erased") is erased
    page = auditor.get(reverse("people:retention-run", args=[run.number])).content.decode()
    assert "A legal hold is in force" in page and "Kanarinka" not in page
    assert due(cast) == [] or [each.number for each in due(cast)] == [held.number]


def test_messages_hold_numbers_only(cast, declined):
    asked = record(cast, declined().person)
    access_requests.compile_waiting(now=timezone.now())
    told = Message.objects.filter(reference=asked.number)
    assert {message.recipient for message in told} == {cast.vesna}
    assert "Kanarinka" not in str([(message.subject, message.reference, message.path) for message in told])
