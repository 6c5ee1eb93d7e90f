"""What an import makes of its rows: persons, cases, decisions, stays; twice the same is once."""

import datetime

import pytest
from django.urls import reverse

from casework.audit.models import Event
from casework.cases.models import Assignment, Case
from casework.justice.models import WitnessStatus
from casework.people import services as people
from casework.people.models import Person
from casework.shelter.models import Bed, Placement, Shelter
from referrals.models import Appeal, Deadline, Decision, Identification, Referral
from tests.exchange import world
from tests.exchange.folders import workbook, write

pytestmark = pytest.mark.django_db

HEAD = (
    "referral_id,received_at,source,person_id,given_name,family_name,other_names,sex,birth_date,age,citizenships,"
    "initiated_at,declined_on\n"
)
ANA = "R1,2024-03-01T10:00,police,P1,Ана,Đorđević,Nana;Anči,female,,16,RS;BA,2024-03-01T12:00,\n"
FILES = {
    "referrals": HEAD
    + ANA
    + "R2,2024-05-01T23:30:00Z,self,,,,,,,,,,2024-05-03\n"
    + "R3,2024-06-01T08:00,ngo,,Mara,,,,2000-02-29,40,,,\n"
    + "R4,2025-01-01T00:00,police,P1,,,,,,,ME,,\n",
    "identifications": (
        "referral_id,authority,decided_on,outcome,forms,psychologist,social_worker,appeal_lodged_on,appeal_decided_on,"
        "appeal_outcome,forms_after_appeal\n"
        "R1,csw,2024-04-01,not_identified,,Mira M.,yes,2024-04-05,2024-05-01,decision_changed,forced-begging\n"
        "R1,csw,2024-04-01,inconclusive,,,,,,,\n"
    ),
    "placements": (
        "person_id,kind,facility,bed,starts_on,ends_on\n"
        "P1,ngo-shelter,Kuća,1,2024-02-27,2024-04-01\n"
        "P1,foster-family,Porodica Jović,,2024-04-01,\n"
    ),
    "witness_statuses": (
        "person_id,kind,requested_on,decided_on,outcome\n"
        "P1,protective-witness,2024-03-05,,granted\n"
        "P1,especially-vulnerable-witness,2025-03-05,2025-03-06,granted\n"
    ),
}


@pytest.fixture
def imported(import_records, tmp_path):
    ran = import_records(write(tmp_path / "in", FILES))
    assert (ran.code, ran.err) == (0, [])
    return ran


def referral(external_id: str) -> Referral:
    return next(row for row in Referral.objects.select_related("key", "person__key") if row.external_id == external_id)


def test_counts_are_printed_per_file(imported):
    assert imported.out == [
        "referrals: 4 new, 0 already there",
        "identifications: 2 new, 0 already there",
        "placements: 2 new, 0 already there",
        "witness_statuses: 2 new, 0 already there",
    ]


def test_the_newest_referral_that_knows_holds_for_the_person(imported):
    person = referral("R1").person
    assert person.names == [
        {"given": "Ана", "family": "Đorđević", "kind": "used"},
        {"given": "Nana", "family": "", "kind": "used"},
        {"given": "Anči", "family": "", "kind": "used"},
    ]
    assert (person.sex, person.citizenships, person.external_id) == ("female", ["ME"], "P1")
    assert referral("R4").person == person
    assert Person.objects.named_like("djordjevic ana").get() == person
    assert (person.given_age, person.given_age_on) == (16, datetime.date(2024, 3, 1))


def test_a_referral_without_person_id_has_a_person_only_if_it_says_anything_of_one(imported):
    assert referral("R2").person is None
    assert referral("R3").person.name == "Mara"
    assert referral("R3").age_at_referral == 24  # the date of birth, not the age given beside it
    assert referral("R3").given_age is None


def test_status_time_and_number_of_referrals(imported):
    rows = {row.external_id: row for row in Referral.objects.select_related("key")}
    assert {key: row.status for key, row in rows.items()} == {
        "R1": "initiated",
        "R2": "declined",
        "R3": "received",
        "R4": "received",
    }
    assert rows["R1"].received_at == datetime.datetime(2024, 3, 1, 9, 0, tzinfo=datetime.UTC)
    assert [rows[key].number for key in ("R1", "R2", "R3", "R4")] == [
        "R-2024-000001",
        "R-2024-000002",
        "R-2024-000003",
        "R-2025-000001",
    ]
    assert {key: row.source_group for key, row in rows.items()} == {
        "R1": "law-enforcement",
        "R2": "self",
        "R3": "ngo-io",
        "R4": "law-enforcement",
    }
    assert not Deadline.objects.exists()  # old referrals start no clocks


def test_a_case_is_opened_at_the_earliest_record_without_a_caseworker(imported):
    case = Case.objects.get()
    assert (case.opened_on, case.caseworker, case.victim_status) == (
        datetime.date(2024, 2, 27),
        None,
        "officially-recognised-child",
    )
    assert not Assignment.objects.exists()
    assert referral("R1").case == case
    assert [row.status for row in case.victim_statuses.all()] == ["potential-victim", "officially-recognised-child"]
    assert case.victim_statuses.last().decision_id == Decision.objects.get(on_appeal=True).pk


def test_an_unassigned_imported_case_is_on_the_supervisors_list(imported, cast):
    assert Case.objects.visible_to(cast.vesna).get() == Case.objects.get()
    assert not Case.objects.visible_to(cast.ana).exists()
    assert not Case.objects.visible_to(cast.dragan).exists()


def test_an_appeal_that_changes_a_decision_is_a_decision_of_its_own(imported):
    identification = Identification.objects.select_related("key").get()
    assert identification.status == "decided"
    assert identification.panel == {"psychologist": "Mira M.", "social_worker": "yes"}
    assert [(row.outcome, row.on_appeal, row.forms, row.age_at_decision) for row in identification.decisions.all()] == [
        ("not_identified", False, [], 16),
        ("inconclusive", False, [], 16),
        ("recognised", True, ["forced-begging"], 16),
    ]
    appeal = Appeal.objects.get()
    assert appeal.outcome == "decision_changed"
    assert appeal.decision == Decision.objects.get(on_appeal=True)


def test_houses_and_beds_are_created_and_a_family_is_not_named_in_the_open(imported):
    assert [(house.name, house.kind) for house in Shelter.objects.all()] == [("Kuća", "ngo-shelter")]
    assert Bed.objects.get().name == "1"
    bed, family = Placement.objects.select_related("key").order_by("starts_on")
    assert (bed.age_at_start, bed.age_next_january) == (15, 16)
    assert (family.shelter, family.facility, family.ends_on) == (None, "Porodica Jović", None)
    assert (family.age_at_start, family.age_next_january) == (16, 16)


def test_a_status_granted_on_no_known_day_is_kept_without_one(imported):
    status = WitnessStatus.objects.get(kind="protective-witness")
    assert (status.status, status.decided_on, status.age_at_decision, status.imported) == ("granted", None, None, True)
    assert WitnessStatus.objects.get(kind="especially-vulnerable-witness").age_at_decision == 17


def test_one_act_in_the_trail_with_counts_and_nothing_else(imported, cast):
    event = Event.objects.get()
    assert (event.verb, event.actor, event.subjects) == ("import_records", None, [str(cast.home.pk)])
    assert event.note == "referrals=4+0 identifications=2+0 placements=2+0 witness_statuses=2+0"


def counts() -> list[int]:
    models = (Person, Referral, Case, Identification, Decision, Appeal, Placement, WitnessStatus, Shelter, Bed)
    return [model.objects.count() for model in models]


def test_a_dry_run_reports_and_writes_nothing(import_records, tmp_path):
    before = counts()
    ran = import_records(write(tmp_path / "in", FILES), "--dry-run")
    assert (ran.code, ran.out[0], ran.out[-1]) == (
        0,
        "referrals: 4 new, 0 already there",
        "Dry run: nothing was written.",
    )
    assert counts() == before
    assert not Event.objects.exists()


def test_the_same_folder_twice_adds_nothing_and_says_so(import_records, tmp_path):
    folder = world.make_folder(tmp_path / "in", seed=7, persons=60)
    assert import_records(folder).code == 0
    before = counts()
    again = import_records(folder)
    assert all(" 0 new, " in line for line in again.out[:4])
    assert again.out[4:] == ["Nothing new: everything was already there."]
    assert counts() == before


def test_the_same_key_with_different_content_is_refused_later_too(imported, import_records, tmp_path):
    changed = {"referrals": FILES["referrals"].replace("2024-05-03", "2024-05-04")}
    ran = import_records(write(tmp_path / "two", changed))
    assert ran.places == ["referrals.csv:3:referral_id"]


def test_another_name_for_a_person_on_record_is_refused(imported, import_records, tmp_path):
    other = {"referrals": HEAD + "R9,2024-07-01T10:00,police,P1,Jana,,,,,,,,\n"}
    assert import_records(write(tmp_path / "two", other)).places == ["referrals.csv:2:given_name"]


def test_other_writing_of_the_same_content_is_the_same(imported, import_records, tmp_path):
    referrals = FILES["referrals"].replace("2024-03-01T10:00,", "2024-03-01T09:00:00Z,").replace("\n", "\r\n")
    ran = import_records(write(tmp_path / "two", {**FILES, "referrals": referrals}))
    assert ran.out[-1] == "Nothing new: everything was already there."


def test_a_later_folder_adds_to_what_is_there(imported, import_records, tmp_path):
    more = {
        "referrals": HEAD + ANA + "R5,2025-06-01T10:00,school,P1,,,,,2008-01-15,,,,\n",
        "identifications": "referral_id,authority,decided_on,outcome,forms\nR1,csw,2025-02-01,inconclusive,\n",
        "placements": "person_id,kind,facility,bed,starts_on,ends_on\nP1,ngo-shelter,Kuća,2,2024-01-01,2024-01-05\n",
    }
    ran = import_records(write(tmp_path / "two", more))
    assert ran.out == [
        "referrals: 1 new, 1 already there",
        "identifications: 1 new, 0 already there",
        "placements: 1 new, 0 already there",
    ]
    case = Case.objects.get()
    assert (case.opened_on, case.victim_status) == (datetime.date(2024, 1, 1), "potential-victim")
    person = Person.objects.select_related("key").get(pk=case.person_id)
    assert person.birth_date == datetime.date(2008, 1, 15)
    assert referral("R1").age_at_referral == 16
    assert [house.name for house in Shelter.objects.all()] == ["Kuća"]


def test_a_later_folder_may_bring_several_decisions_for_a_referral_that_had_none(imported, import_records, tmp_path):
    head = "referral_id,authority,decided_on,outcome,forms,psychologist,pedagogist\n"
    rows = "R4,cptv,2025-02-01,inconclusive,,Mira M.,\nR4,cptv,2025-03-01,identified,forced-begging,,Iva I.\n"
    ran = import_records(write(tmp_path / "two", {"referrals": FILES["referrals"], "identifications": head + rows}))
    assert (ran.code, ran.out[1]) == (0, "identifications: 2 new, 0 already there")
    made = Identification.objects.select_related("key").get(referral=referral("R4"))
    assert made.panel == {"psychologist": "Mira M.", "pedagogist": "Iva I."}
    more = "R4,cptv,2025-04-01,discontinued,,Zoe Z.,\nR4,cptv,2025-05-01,identified,forced-begging,,\n"
    ran = import_records(write(tmp_path / "three", {"referrals": FILES["referrals"], "identifications": head + more}))
    assert (ran.code, ran.out[1]) == (0, "identifications: 2 new, 0 already there")
    made = Identification.objects.select_related("key").get(referral=referral("R4"))
    assert made.panel == {"psychologist": "Mira M.; Zoe Z.", "pedagogist": "Iva I."}
    assert made.decisions.count() == 4


def test_the_newest_referral_that_knows_holds_across_folders(import_records, tmp_path):
    head = "referral_id,received_at,source,person_id,sex,citizenships,age\n"
    first = "R1,2020-01-01T10:00,police,P1,male,RS,30\nR2,2024-01-01T10:00,police,P1,,,\n"
    between = "R3,2022-01-01T10:00,police,P1,female,BA,17\n"
    before = "R4,2021-01-01T10:00,police,P1,other,ME,40\n"
    import_records(write(tmp_path / "one", {"referrals": head + first}))
    import_records(write(tmp_path / "two", {"referrals": head + between}))
    import_records(write(tmp_path / "three", {"referrals": head + before}))
    person = Person.objects.get()
    assert (person.sex, person.citizenships, person.given_age) == ("female", ["BA"], 17)
    assert referral("R2").age_at_referral == 19


def test_what_somebody_amended_here_yields_only_to_a_referral_newer_than_all(imported, import_records, tmp_path, cast):
    person = referral("R1").person
    people.amend_person(person=person, version=person.version, amended_by=cast.vesna, sex="other")
    older = "R5,2024-08-01T10:00,school,P1,,,,male,,,,,\n"
    import_records(write(tmp_path / "two", {"referrals": HEAD + older}))
    assert Person.objects.get(pk=person.pk).sex == "other"
    newer = "R6,2025-02-01T10:00,school,P1,,,,male,,,,,\n"
    import_records(write(tmp_path / "three", {"referrals": HEAD + newer}))
    assert Person.objects.get(pk=person.pk).sex == "male"


def test_on_one_day_the_later_line_is_newer_also_when_it_was_there_before(import_records, tmp_path):
    referrals = "referral_id,received_at,source,person_id\nR1,2024-01-01T10:00,police,P1\n"
    head = (
        "referral_id,authority,decided_on,outcome,forms,appeal_lodged_on,appeal_decided_on,appeal_outcome,"
        "forms_after_appeal\n"
    )
    new = "R1,cptv,2024-02-01,inconclusive,,,,,\n"
    old = "R1,cptv,2024-02-01,identified,forced-begging,2024-02-01,2024-03-01,decision_changed,prostitution\n"
    import_records(write(tmp_path / "one", {"referrals": referrals, "identifications": head + old}))
    import_records(write(tmp_path / "two", {"referrals": referrals, "identifications": head + new + old}))
    day = datetime.date(2024, 2, 1)
    in_order = Decision.objects.order_by("decided_on", "on_appeal", "sequence")
    assert [decision.outcome for decision in in_order.filter(decided_on=day)] == ["inconclusive", "identified"]
    changed = in_order.get(on_appeal=True)
    assert changed.sequence == in_order.get(outcome="identified", on_appeal=False).sequence
    before = list(in_order.values_list("pk", "sequence"))
    import_records(write(tmp_path / "three", {"referrals": referrals, "identifications": head + old + new}))
    assert list(in_order.values_list("pk", "sequence")) == before  # nothing new, so nothing moves


def test_stays_on_record_count_when_more_arrive(imported, import_records, tmp_path):
    files = {
        "referrals": FILES["referrals"] + "R7,2025-01-01T00:00,police,P7,Nova,,,,,,,,\n",
        "placements": (
            "person_id,kind,facility,bed,starts_on,ends_on\n"
            "P7,ngo-shelter,Kuća,1,2024-03-31,2024-04-02\n"
            "P1,orphanage,,,2026-01-01,2026-01-02\n"
            "P7,ngo-shelter,Kuća,1,2024-04-02,2024-04-03\n"
        ),
    }
    ran = import_records(write(tmp_path / "two", files))
    assert ran.places == ["placements.csv:2:bed", "placements.csv:3:starts_on"]


# Workbooks -----------------------------------------------------------------------------------------------------------


def sheets() -> dict[str, list[list[object]]]:
    """The same content as FILES, with the dates, numbers and times of a spreadsheet."""

    def typed(column: str, text: str) -> object:
        if not text:
            return None
        if column.endswith("_on") or column == "birth_date":
            return datetime.datetime.fromisoformat(text)
        if column in ("age", "bed"):
            return int(text)
        if column.endswith("_at") and not text.endswith("Z"):
            return datetime.datetime.fromisoformat(text)
        return text

    found = {}
    for name, text in FILES.items():
        head, *rows = (line.split(",") for line in text.splitlines())
        found[name] = [head, *([typed(c, v) for c, v in zip(head, row, strict=True)] for row in rows)]
    return found


def test_a_workbook_is_the_same_thing_as_its_folder(imported, import_records, tmp_path):
    ran = import_records(workbook(tmp_path / "all.xlsx", sheets()))
    assert (ran.err, ran.out[-1]) == ([], "Nothing new: everything was already there.")


def test_a_workbook_alone(import_records, tmp_path):
    assert import_records(workbook(tmp_path / "all.xlsx", sheets())).out[0] == "referrals: 4 new, 0 already there"


TYPED = {
    "formula": ("given_name", "=1+1", "referrals:2:given_name"),
    "a date with a time": ("birth_date", datetime.datetime(2001, 1, 1, 12), "referrals:2:birth_date"),  # noqa: DTZ001
    "a number for a date": ("birth_date", 36892, "referrals:2:birth_date"),
    "a number for a time": ("initiated_at", 45352.5, "referrals:2:initiated_at"),
    "a date for a name": ("given_name", datetime.datetime(2001, 1, 1), "referrals:2:given_name"),  # noqa: DTZ001
    "a truth for a code": ("source", True, "referrals:2:source"),
    "a time of day": ("initiated_at", datetime.time(12, 0), "referrals:2:initiated_at"),
    "half an age": ("age", 16.5, "referrals:2:age"),
}


@pytest.mark.parametrize(("column", "value", "place"), TYPED.values(), ids=list(TYPED))
def test_typed_cells_that_do_not_fit(import_records, tmp_path, column, value, place):
    row = {"referral_id": "R1", "received_at": "2024-03-01T10:00", "source": "police", column: value}
    book = workbook(tmp_path / "in.xlsx", {"referrals": [list(row), list(row.values())]})
    ran = import_records(book)
    assert ran.places == [place]
    assert not Referral.objects.exists()


def test_typed_cells_that_fit(import_records, tmp_path):
    head = ["referral_id", "received_at", "source", "person_id", "unaccompanied", "age", "summary"]
    rows = [head, [1, datetime.datetime(2024, 3, 1, 14, 30), "police", 7.0, True, 16.0, "'=not a formula"], [None] * 7]  # noqa: DTZ001
    assert import_records(workbook(tmp_path / "in.xlsx", {"referrals": rows})).code == 0
    saved = referral("1")
    assert saved.received_at == datetime.datetime(2024, 3, 1, 13, 30, tzinfo=datetime.UTC)
    assert (saved.person.external_id, saved.person.unaccompanied, saved.given_age) == ("7", "yes", 16)


def test_hidden_and_unknown_sheets_are_not_passed_over(import_records, tmp_path):
    import openpyxl

    path = workbook(tmp_path / "in.xlsx", sheets() | {"notes": [["a"]]})
    book = openpyxl.load_workbook(path)
    book["notes"].sheet_state = "hidden"
    book.save(path)
    assert import_records(path).places == ["notes:1:1"]


# The page ------------------------------------------------------------------------------------------------------------


def test_data_quality_names_cases_to_the_supervisor_and_only_counts_to_the_admin(imported, cast, as_user):
    url, number = reverse("exchange:data-quality"), Case.objects.get().number
    page = as_user(cast.vesna).get(url).content.decode()
    assert number in page
    assert "Witness statuses granted on a day that is not known" in page
    page = as_user(cast.ivana).get(url).content.decode()
    assert number not in page
    assert "Witness statuses granted on a day that is not known" in page
    assert number not in as_user(cast.dragan).get(url).content.decode()
    for user in (cast.ana, cast.nada, cast.petar, cast.milan, cast.jelena):
        assert as_user(user).get(url).status_code == 404


def test_looking_at_data_quality_is_in_the_trail(imported, cast, as_user):
    as_user(cast.vesna).get(reverse("exchange:data-quality"))
    assert Event.objects.filter(verb="data_quality", kind="read", actor=cast.vesna).count() == 1
