"""Erasure destroys the key: nobody reads or finds the person again, no row goes, no figure moves, and it takes two."""

import datetime
import json

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from casework.access.models import Draft
from casework.cases import services as cases
from casework.cases.openings import review_opening
from casework.justice import services as justice
from casework.people import erasure as erasing
from casework.people import holds
from casework.people import services as people
from casework.people.models import Erasure, Hold, Person
from casework.people.search import by_name
from casework.shelter import services as shelters
from casework.statistics.engine import annual_report
from casework.vault import crypto, erasures, files
from casework.vault.models import ErasedKey, VaultKey
from casework.workflow import Refused
from referrals import services as front_door
from tests.support.world import make_dossier

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def list_outside(settings, tmp_path):
    settings.CASEWORK_ERASURE_LIST = str(tmp_path / "list" / "erasures.jsonl")


@pytest.fixture
def dossier(cast):
    """A person whose case went the whole way and is closed, with everything on it."""
    made = make_dossier("Kanarinka", caseworker=cast.boris, supervisor=cast.vesna, keeper=cast.nada, seen_by=set())
    today = timezone.localdate()
    justice.withdraw_witness_status(
        witness_status=made.pending, decided_on=today, reasons="withdrawn", withdrawn_by=cast.boris, today=today
    )
    shelters.end_placement(placement=made.placement, ends_on=today, ended_by=cast.boris)
    for clock in made.referral.deadlines.running():
        front_door.record_informed(
            referral=made.referral,
            informed_at=made.referral.received_at + datetime.timedelta(hours=1),
            now=timezone.now(),
            informed_by=cast.boris,
        )
        assert clock.kind == "24h-inform"
    front_door.withdraw_onward(
        onward=made.onward, why="Kanarinka withdrawn", now=timezone.now(), withdrawn_by=cast.boris
    )
    review_opening(opening=made.opening, verdict="justified", reason="", reviewed_by=cast.vesna, now=timezone.now())
    made.case.refresh_from_db()
    cases.close_case(case=made.case, reason="Kanarinka closing", closed_on=today, closed_by=cast.boris)
    return made


def ask(cast, person, **changed):
    given = {"ground": "asked", "reason": "Asked in writing on 3 May", "asked_by": cast.vesna, "now": timezone.now()}
    return erasing.ask_erasure(person=person, **(given | changed))


def erase(cast, person):
    erasure = ask(cast, person)
    erasing.approve_erasure(erasure=erasure, approved_by=cast.petar, now=timezone.now())
    assert erasing.carry_out_approved(now=timezone.now()) == 1
    erasure.refresh_from_db()
    return erasure


def figures():
    """Every figure with every cell, for every year that the records fall into."""
    this_year = timezone.localdate().year
    return {
        year: annual_report(year, years_before=3).as_dict() | {"generated_at": ""}
        for year in range(this_year - 1, this_year + 2)
    }


def rows():
    """Number of rows of every table but the trail and what an erasure adds."""
    grows = {
        "audit.Event",
        "audit.Waiting",
        "outbox.Message",
        "outbox.Mail",
        "vault.ErasedKey",
        "vault.VaultKey",
        "people.Erasure",
    }
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.label not in grows and model._meta.managed and not model._meta.proxy
    }


def test_no_figure_and_no_row_changes(cast, dossier):
    before, held = figures(), rows()
    erase(cast, dossier.case.person)
    assert figures() == before
    assert any(figure["value"] for figure in before[timezone.localdate().year]["figures"])
    after = rows()
    changed = {label for label in held if held[label] != after[label]}
    assert changed <= {"access.Counter"}


def test_what_was_sealed_never_opens_again_and_nobody_is_found(cast, dossier):
    person = dossier.case.person
    erasure = erase(cast, person)
    gone = Person.objects.select_related("key").get(pk=person.pk)
    assert (gone.name, gone.names, gone.birth_date, gone.contacts) == ("Erased", None, None, "Erased")
    with pytest.raises(crypto.Erased):
        _ = gone.key.plain
    assert gone.key.wrapped is None
    assert (gone.name_codes, gone.name_grams, gone.external_key) == ([], [], None)
    assert person.pk not in {hit.person.pk for hit in by_name("Kanarinka Kanarinkaić", cast.vesna)}
    assert (erasure.status, erasure.stopped_by) == ("done", "")
    assert erasure.counts["people.Person"] == 1 and erasure.counts["referrals.Decision"] == 1


def test_pages_of_the_erased_say_so(cast, dossier, as_user):
    """Every page that shows the person says a word instead of the content, and none is a 500."""
    erase(cast, dossier.case.person)
    client = as_user(cast.vesna)
    number = dossier.case.number
    pages = [
        reverse("people:person", args=[dossier.case.person_id]),
        *(reverse(f"cases:{name}", args=[number]) for name in ("case", "timeline", "notes", "assignments", "looked")),
        reverse("referrals:case-referrals", args=[number]),
        reverse("referrals:referral", args=[dossier.referral.number]),
        reverse("shelter:placements", args=[number]),
        reverse("shelter:placement", args=[dossier.placement.pk]),
        reverse("justice:witness-statuses", args=[number]),
    ]
    for url in pages:
        page = client.get(url)
        text = page.content.decode()
        assert page.status_code == 200, url
        assert "Kanarinka" not in text, url
        assert "Erased" in text, url
    lists = [
        reverse("cases:cases") + "?status=all",
        reverse("referrals:referrals"),
        reverse("referrals:today"),
        reverse("shelter:board"),
        reverse("cases:assignment-board"),
        reverse("people:data-requests"),
    ]
    for url in lists:
        page = client.get(url)
        assert page.status_code == 200, url
        assert "Kanarinka plan" not in page.content.decode(), url


def test_forms_on_the_erased_answer_with_a_sentence(cast, dossier, as_user):
    """Somebody has the form open while the person is erased: told, and nothing typed is lost."""
    client = as_user(cast.vesna)
    url = reverse("people:amend-person", args=[dossier.case.person_id])
    form = client.get(url).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"description": "A long text that I typed"}
    erase(cast, dossier.case.person)
    page = client.post(url, typed)
    assert page.status_code == 200
    assert "erased for good" in page.content.decode() and "A long text that I typed" in page.content.decode()
    note = client.post(
        reverse("cases:add-note", args=[dossier.case.number]),
        {"kind": "note", "happened_at_0": "1.3.2026.", "happened_at_1": "10:00", "body": "What I had written down"},
    )
    assert "erased for good" in note.content.decode() and "What I had written down" in note.content.decode()


def test_a_key_that_was_opened_before_writes_nothing_after(cast, dossier):
    """A request that read the case before the erasure would seal a note that nobody could read."""
    case = cases.Case.objects.select_related("person__key").get(pk=dossier.case.pk)
    assert case.person.key.plain
    erase(cast, dossier.case.person)
    with pytest.raises(crypto.Erased), transaction.atomic():
        cases.add_note(case=case, kind="note", happened_at=timezone.now(), body="late", written_by=cast.boris)


def test_files_grants_drafts_and_sender_keys_go(cast, dossier):
    person = dossier.case.person
    stored = files.store(b"%PDF- of hers", key=person.key, media_type="application/pdf")
    cases.name_colleague(
        case=dossier.case,
        colleague=cast.ana,
        until=timezone.localdate() + datetime.timedelta(days=9),
        named_by=cast.vesna,
        now=timezone.now(),
    )
    path = reverse("people:amend-person", args=[person.pk])
    Draft.objects.create(key=VaultKey.make(), user=cast.ana, path=path, data={"description": ["Kanarinka"]})
    Draft.objects.create(key=VaultKey.make(), user=cast.ana, path="/people/search/", data={"text": ["somebody else"]})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_referral SET external_key = 'x' WHERE person_id = %s", [person.pk])
    erase(cast, person)
    stored.refresh_from_db()
    assert stored.forgotten_at is not None
    with pytest.raises(crypto.Erased):
        stored.read()
    assert not dossier.case.grants.filter(expires_at__gt=timezone.now()).exists()
    assert [draft.path for draft in Draft.objects.all()] == ["/people/search/"]
    assert not person.referrals.exclude(external_key=None).exists()


def test_the_same_person_is_new_when_she_comes_again(cast, dossier):
    erase(cast, dossier.case.person)
    again = front_door.log_referral(
        organisation=cast.home,
        received_at=timezone.now(),
        source="police",
        person={"names": [{"given": "Kanarinka", "family": "Kanarinkaić", "kind": "used"}], "sex": "female"},
        now=timezone.now(),
        logged_by=cast.boris,
    )
    assert again.person_id != dossier.case.person_id
    assert again.person.name == "Kanarinka Kanarinkaić"


def test_it_takes_two_with_the_right_roles(cast, dossier):
    person = dossier.case.person
    for user in (cast.boris, cast.petar, cast.ivana):
        with pytest.raises(Refused):
            ask(cast, person, asked_by=user)
    erasure = ask(cast, person)
    for user in (cast.vesna, cast.boris, cast.ivana):
        with pytest.raises(Refused):
            erasing.approve_erasure(erasure=erasure, approved_by=user, now=timezone.now())
    assert erasing.carry_out_approved(now=timezone.now()) == 0
    with pytest.raises(IntegrityError), transaction.atomic():  # the database refuses it too
        Erasure.objects.filter(pk=erasure.pk).update(
            status="done", decided_by=cast.vesna, decided_at=timezone.now(), done_at=timezone.now()
        )
    with pytest.raises(Refused, match="already asked"):
        ask(cast, person)


def test_the_reason_may_not_hold_the_name(cast, dossier):
    with pytest.raises(Refused) as refusal:
        ask(cast, dossier.case.person, reason="Kanarinka asked for it")
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("code", ["open-case", "clock", "placement", "witness-status", "hold", "access-request"])
def test_what_stands_in_the_way(cast, code):
    """Each by itself: an open case, a running clock, a stay, a pending status, a hold, an unanswered request."""
    from casework.people import access_requests

    made = make_dossier("Kanarinka", caseworker=cast.boris, supervisor=cast.vesna, keeper=None, seen_by=set())
    person = made.case.person
    if code == "hold":
        holds.set_hold(person=person, ground="court", reason="A trial is on", until=None, set_by=cast.vesna)
    if code == "access-request":
        access_requests.record_access_request(
            person=person,
            received_on=timezone.localdate(),
            asked_by="self",
            asked_by_name="",
            identity_checked="Passport",
            language="sr",
            recorded_by=cast.boris,
        )
    with pytest.raises(Refused) as refusal:
        ask(cast, person)
    assert code in refusal.value.data["blocks"]
    assert "Kanarinka" not in refusal.value.sentence


def test_a_hold_set_meanwhile_stops_what_is_approved(cast, dossier):
    person = dossier.case.person
    erasure = ask(cast, person)
    erasing.approve_erasure(erasure=erasure, approved_by=cast.petar, now=timezone.now())
    holds.set_hold(person=person, ground="court", reason="A trial begins", until=None, set_by=cast.vesna)
    erasing.carry_out_approved(now=timezone.now())
    erasure.refresh_from_db()
    assert (erasure.status, erasure.stopped_by) == ("stopped", "hold")
    assert Person.objects.get(pk=person.pk).name == "Kanarinka Kanarinkaić"


def test_lifting_a_hold_takes_two(cast, dossier):
    hold = holds.set_hold(person=dossier.case.person, ground="court", reason="A trial", until=None, set_by=cast.vesna)
    now = timezone.now()
    with pytest.raises(Refused):
        holds.lift_hold(hold=hold, lifted_by=cast.petar, now=now)  # nobody has asked
    holds.ask_to_lift_hold(hold=hold, asked_by=cast.vesna, now=now)
    assert Hold.objects.in_force(timezone.localdate()).filter(pk=hold.pk).exists()
    with pytest.raises(Refused):
        holds.lift_hold(hold=hold, lifted_by=cast.vesna, now=now)
    holds.lift_hold(hold=hold, lifted_by=cast.petar, now=now)
    assert not Hold.objects.in_force(timezone.localdate()).filter(pk=hold.pk).exists()
    past = timezone.localdate() - datetime.timedelta(days=1)
    with pytest.raises(Refused):
        holds.set_hold(person=dossier.case.person, ground="court", reason="x", until=past, set_by=cast.vesna)


def test_a_referral_that_got_its_person_later_leaves_no_key_behind(cast):
    """The referral's first key seals what stands in older dumps: it is destroyed with the person's."""
    referral = front_door.log_referral(
        organisation=cast.home,
        received_at=timezone.now(),
        source="police",
        summary="Kanarinka was seen",
        now=timezone.now(),
        logged_by=cast.boris,
    )
    first = referral.key_id
    referral = front_door.amend_referral(
        referral=referral,
        version=referral.version,
        person={"names": [{"given": "Kanarinka", "family": "K", "kind": "used"}], "sex": "female"},
        amended_by=cast.boris,
    )
    assert referral.key_id != first
    front_door.decline_referral(referral=referral, reason="not ours", now=timezone.now(), declined_by=cast.boris)
    erase(cast, referral.person)
    assert VaultKey.objects.get(pk=first).wrapped is None


# The list of erased keys ----------------------------------------------------------------------------------------------
def test_the_list_lies_in_a_table_and_in_a_file(cast, dossier, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        erase(cast, dossier.case.person)
    entries, hers = erasures.read_file(), dossier.case.person.key_id
    of_the_call = VaultKey.objects.get(replaced_by=hers).pk  # before it was tied to her referral
    assert {entry.key for entry in entries} == {hers, of_the_call}
    assert erasures.unwritten() == 0
    assert erasures.write_file() == 0  # once is enough
    assert "Kanarinka" not in erasures.path().read_text()
    with pytest.raises(Exception, match=r"append-only|Cannot update|permission|protect"), transaction.atomic():
        ErasedKey.objects.update(opened_by=[])


@pytest.mark.parametrize("harm", ["change", "swap", "remove", "noise"])
def test_a_list_that_was_tampered_with_is_noticed(cast, harm):
    erasures.erase([VaultKey.make() for _each in range(4)])
    erasures.write_file()
    file = erasures.path()
    lines = file.read_text().splitlines()
    if harm == "change":
        lines[1] = lines[1].replace("2026", "2027")
    elif harm == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif harm == "remove":
        del lines[1]
    else:
        lines[1] = "…"
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(erasures.Broken) as problem:
        erasures.read_file()
    assert problem.value.line == 2
    assert erasures.unwritten() == -1


def test_after_a_restore_the_list_erases_again(cast, dossier):
    """An older backup brings the key back; applying the list destroys it, empties the codes, and may be repeated."""
    person = dossier.case.person
    before = VaultKey.objects.get(pk=person.key_id)
    codes = person.name_codes
    erase(cast, person)
    erasures.write_file()
    VaultKey.objects.filter(pk=before.pk).update(wrapped=bytes(before.wrapped), destroyed_at=None)  # the old backup
    Person.objects.filter(pk=person.pk).update(name_codes=codes)
    assert Person.objects.get(pk=person.pk).name == "Kanarinka Kanarinkaić"
    assert erasures.apply(erasures.path()) == 1
    assert erasures.apply() == 0
    gone = Person.objects.get(pk=person.pk)
    assert (gone.name, gone.name_codes) == ("Erased", [])
    assert ErasedKey.objects.filter(key_id=before.pk).count() == 1


def test_an_older_dump_opens_until_the_old_key_is_thrown_away(cast, dossier, settings):
    """The wrapped key of an older dump opens with the old key-encryption key, and with no other."""
    person = dossier.case.person
    dumped = VaultKey.objects.get(pk=person.key_id)
    old = settings.CASEWORK_KEYS
    erase(cast, person)
    assert erasures.pending_rotation() == 2  # hers, and that of the call before it was tied to her referral
    new = "k9:" + "A" * 43 + "="
    try:
        settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = [new, *old], ""
        crypto._wrapping_keys.cache_clear()
        assert erasures.pending_rotation() == 2  # rotated, and the old key still at hand
        settings.CASEWORK_KEYS = [new]
        crypto._wrapping_keys.cache_clear()
        assert erasures.pending_rotation() == 0
        with pytest.raises(crypto.Tampered):
            _ = dumped.plain
    finally:
        settings.CASEWORK_KEYS = old
        crypto._wrapping_keys.cache_clear()


def test_the_reason_is_read_by_the_auditor_and_the_trail_names_no_one(cast, dossier, as_user):
    from casework.audit.models import Event

    erasure = erase(cast, dossier.case.person)
    page = as_user(cast.petar).get(reverse("people:erasure", args=[erasure.number])).content.decode()
    assert "Asked in writing on 3 May" in page and "Kanarinka" not in page
    assert reverse("people:person", args=[dossier.case.person_id]) not in page
    verbs = list(Event.objects.about(dossier.case.person).values_list("verb", flat=True))
    assert {"ask_erasure", "approve_erasure", "erase_person"} <= set(verbs)
    assert "Kanarinka" not in json.dumps(list(Event.objects.values("note", "fields", "subjects")))


def test_amending_the_erased_is_refused_before_ages_are_reckoned_anew(cast, dossier):
    person = dossier.case.person
    erase(cast, person)
    before = figures()
    with pytest.raises(Refused, match="erased for good"):
        people.note_given_age(person=person, age=40, on=timezone.localdate(), noted_by=cast.boris)
    assert figures() == before
