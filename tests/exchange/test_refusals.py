"""Every refusal of EXCHANGE.md, section 1, at its exact place; and what looks odd and is accepted."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from casework.people.models import Person
from referrals.models import Referral
from tests.exchange.folders import write

pytestmark = pytest.mark.django_db

REFERRALS = "referral_id,received_at,source,person_id\nR1,2024-03-01T10:00,police,P1\nR2,2024-03-02T10:00,self,P2\n"
HEAD = "referral_id,received_at,source,person_id"
DECISIONS = "referral_id,authority,decided_on,outcome,forms,appeal_decided_on,appeal_outcome,forms_after_appeal"
STAYS = "person_id,kind,facility,bed,starts_on,ends_on"
STATUSES = "person_id,kind,requested_on,decided_on,outcome"


def referrals(*rows: str, head: str = HEAD) -> dict[str, str]:
    return {"referrals": "\n".join([head, *rows]) + "\n"}


def decisions(*rows: str) -> dict[str, str]:
    return {"referrals": REFERRALS, "identifications": "\n".join([DECISIONS, *rows]) + "\n"}


def stays(*rows: str) -> dict[str, str]:
    return {"referrals": REFERRALS, "placements": "\n".join([STAYS, *rows]) + "\n"}


def statuses(*rows: str) -> dict[str, str]:
    return {"referrals": REFERRALS, "witness_statuses": "\n".join([STATUSES, *rows]) + "\n"}


GOOD = "R1,2024-03-01T10:00,police,P1"
REFUSED = {
    "unknown file": ({"referrals": REFERRALS, "refferals": "a,b\n"}, ["refferals.csv:1:1"]),
    "a kind not read yet": ({"referrals": REFERRALS, "services": "person_id\n"}, ["services.csv:1:1"]),
    "no referrals": ({"placements": STAYS + "\n"}, ["referrals.csv:1:referral_id"]),
    "unknown column": (referrals(GOOD + ",x", head=HEAD + ",colour"), ["referrals.csv:1:colour"]),
    "duplicate column": (referrals(GOOD + ",self", head=HEAD + ",source"), ["referrals.csv:1:source"]),
    "missing required column": (
        referrals("R1,2024-03-01T10:00", head="referral_id,received_at"),
        ["referrals.csv:1:source"],
    ),
    "no header": (referrals(head=GOOD), ["referrals.csv:1:referral_id"]),
    "empty file": ({"referrals": ""}, ["referrals.csv:1:referral_id"]),
    "missing required value": (referrals("R1,,police,"), ["referrals.csv:2:received_at"]),
    "missing required key": (referrals(",2024-03-01T10:00,police,"), ["referrals.csv:2:referral_id"]),
    "unknown code": (referrals("R1,2024-03-01T10:00,polis,"), ["referrals.csv:2:source"]),
    "code in capitals": (referrals("R1,2024-03-01T10:00,Police,"), ["referrals.csv:2:source"]),
    "unknown code among several": (
        referrals(GOOD + ",threats;thread", head=HEAD + ",indicators"),
        ["referrals.csv:2:indicators"],
    ),
    "unknown source group": (referrals(GOOD + ",press", head=HEAD + ",source_group"), ["referrals.csv:2:source_group"]),
    "unknown channel": (referrals(GOOD + ",pigeon", head=HEAD + ",channel"), ["referrals.csv:2:channel"]),
    "unknown country": (referrals(GOOD + ",RS;ZZ", head=HEAD + ",citizenships"), ["referrals.csv:2:citizenships"]),
    "country in small letters": (
        referrals(GOOD + ",rs", head=HEAD + ",citizenships"),
        ["referrals.csv:2:citizenships"],
    ),
    "unknown language": (referrals(GOOD + ",qq", head=HEAD + ",languages"), ["referrals.csv:2:languages"]),
    "unknown sex": (referrals(GOOD + ",f", head=HEAD + ",sex"), ["referrals.csv:2:sex"]),
    "unknown answer": (referrals(GOOD + ",maybe", head=HEAD + ",unaccompanied"), ["referrals.csv:2:unaccompanied"]),
    "day-first date": (referrals(GOOD + ",1.3.2001", head=HEAD + ",birth_date"), ["referrals.csv:2:birth_date"]),
    "date without hyphens": (referrals(GOOD + ",20010301", head=HEAD + ",birth_date"), ["referrals.csv:2:birth_date"]),
    "no such day": (referrals(GOOD + ",2023-02-29", head=HEAD + ",birth_date"), ["referrals.csv:2:birth_date"]),
    "birth in the future": (referrals(GOOD + ",2999-01-01", head=HEAD + ",birth_date"), ["referrals.csv:2:birth_date"]),
    "no time": (referrals("R1,yesterday,police,"), ["referrals.csv:2:received_at"]),
    "time off the clock": (referrals("R1,2024-03-01T25:00,police,"), ["referrals.csv:2:received_at"]),
    "time at the end of the calendar": (
        referrals("R1,9999-12-31T23:59-12:00,police,"),
        ["referrals.csv:2:received_at"],
    ),
    "age in words": (referrals(GOOD + ",ten", head=HEAD + ",age"), ["referrals.csv:2:age"]),
    "age below nought": (referrals(GOOD + ",-1", head=HEAD + ",age"), ["referrals.csv:2:age"]),
    "age with a fraction": (referrals(GOOD + ",16.5", head=HEAD + ",age"), ["referrals.csv:2:age"]),
    "NUL byte": (referrals("R1,2024-03-01T10:00,police,P\x001"), ["referrals.csv:2:person_id"]),
    "cell over 1 MB": (referrals(f"{GOOD},{'ж' * 500_001}", head=HEAD + ",summary"), ["referrals.csv:2:summary"]),
    "too few cells": (referrals("R1,2024-03-01T10:00,police"), ["referrals.csv:2:person_id"]),
    "too many cells": (referrals(GOOD + ",x"), ["referrals.csv:2:person_id"]),
    "wrong encoding": (
        {"referrals": HEAD.encode() + b",summary\n" + GOOD.encode() + b",ok\nR2,2024-03-01T10:00,self,,\x9aapat\n"},
        ["referrals.csv:3:summary"],
    ),
    "UTF-16": ({"referrals": REFERRALS.encode("utf-16")}, ["referrals.csv:1:referral_id"]),
    "quotes that never end": (referrals('R1,2024-03-01T10:00,"police,'), ["referrals.csv:2:referral_id"]),
    "received in the future": (referrals("R1,2999-01-01T10:00,police,"), ["referrals.csv:2:received_at"]),
    "initiated before it was received": (
        referrals(GOOD + ",2024-03-01T09:59", head=HEAD + ",initiated_at"),
        ["referrals.csv:2:initiated_at"],
    ),
    "declined before it was received": (
        referrals(GOOD + ",2024-02-29", head=HEAD + ",declined_on"),
        ["referrals.csv:2:declined_on"],
    ),
    "line as an editor counts it": (
        referrals('"R1",2024-03-01T10:00,police,P1,"two\nlines\nand three"', "R2,x,self,,", head=HEAD + ",summary"),
        ["referrals.csv:5:received_at"],
    ),
    "same referral_id, different content": (
        referrals(GOOD, "R1,2024-03-01T10:00,self,P1"),
        ["referrals.csv:3:referral_id"],
    ),
    "same person_id, different name": (
        referrals(GOOD + ",Ana", "R2,2024-03-02T10:00,self,P1,Mara", head=HEAD + ",given_name"),
        ["referrals.csv:3:given_name"],
    ),
    "unknown referral_id": (decisions("R9,cptv,2024-04-01,inconclusive,,,,"), ["identifications.csv:2:referral_id"]),
    "decision before its referral": (
        decisions("R1,cptv,2024-02-29,inconclusive,,,,"),
        ["identifications.csv:2:decided_on"],
    ),
    "unknown authority": (decisions("R1,police,2024-04-01,inconclusive,,,,"), ["identifications.csv:2:authority"]),
    "unknown outcome": (decisions("R1,cptv,2024-04-01,not-identified,,,,"), ["identifications.csv:2:outcome"]),
    "positive decision without a form": (
        decisions("R1,cptv,2024-04-01,identified,,,,"),
        ["identifications.csv:2:forms"],
    ),
    "changed decision without its date": (
        decisions("R1,cptv,2024-04-01,not_identified,,,decision_changed,forced-begging"),
        ["identifications.csv:2:appeal_decided_on"],
    ),
    "decision that turns positive without forms": (
        decisions("R1,cptv,2024-04-01,not_identified,,2024-05-01,decision_changed,"),
        ["identifications.csv:2:forms_after_appeal"],
    ),
    "appeal decided before the decision": (
        decisions("R1,cptv,2024-04-01,not_identified,,2024-03-31,decision_confirmed,"),
        ["identifications.csv:2:appeal_decided_on"],
    ),
    "unknown person_id": (stays("P9,ngo-shelter,K,1,2024-04-01,"), ["placements.csv:2:person_id"]),
    "unknown kind of placement": (stays("P1,hotel,K,1,2024-04-01,"), ["placements.csv:2:kind"]),
    "stay that ends before it starts": (
        stays("P1,ngo-shelter,K,1,2024-04-02,2024-04-01"),
        ["placements.csv:2:ends_on"],
    ),
    "second person in the same bed": (
        stays("P1,ngo-shelter,K,1,2024-04-01,2024-04-10", "P2,ngo-shelter,K,1,2024-04-09,"),
        ["placements.csv:3:bed"],
    ),
    "second person in the same bed, earlier": (
        stays("P1,ngo-shelter,K,1,2024-04-09,", "P2,ngo-shelter,K,1,2024-04-01,2024-04-10"),
        ["placements.csv:3:bed"],
    ),
    "one person in two beds": (
        stays("P1,ngo-shelter,K,1,2024-04-01,2024-04-10", "P1,ngo-shelter,K,2,2024-04-09,"),
        ["placements.csv:3:bed"],
    ),
    "one person in two places": (
        stays("P1,ngo-shelter,K,1,2024-04-01,", "P1,foster-family,F,,2025-01-01,"),
        ["placements.csv:3:starts_on"],
    ),
    "status of an unknown person": (statuses("P9,protective-witness,,,pending"), ["witness_statuses.csv:2:person_id"]),
    "status decided before it was requested": (
        statuses("P1,protective-witness,2024-04-02,2024-04-01,refused"),
        ["witness_statuses.csv:2:decided_on"],
    ),
    "several at once, in the order of the files": (
        {
            "referrals": REFERRALS + "R3,x,polis,\n",
            "placements": STAYS + "\nP1,hotel,K,1,2024-04-01,\n",
            "identifications": DECISIONS + "\nR3,cptv,2024-13-01,identified,slavery,,,\n",
        },
        [
            "referrals.csv:4:received_at",
            "referrals.csv:4:source",
            "identifications.csv:2:decided_on",
            "identifications.csv:2:forms",
            "placements.csv:2:kind",
        ],
    ),
}


@pytest.mark.parametrize(("files", "places"), REFUSED.values(), ids=list(REFUSED))
def test_refused_at_its_place_and_nothing_written(import_records, tmp_path, files, places):
    ran = import_records(write(tmp_path / "in", files))
    assert ran.places == places
    assert ran.code == 1
    assert all(re.fullmatch(r"[^:]+:\d+:[^:]+: \S.*[.]", line) for line in ran.problems)
    assert not Referral.objects.exists()
    assert not Person.objects.exists()


ACCEPTED = {
    "the header alone": referrals(),
    "a BOM, CRLF, another order of columns": {
        "referrals": b"\xef\xbb\xbfsource,received_at,referral_id\r\npolice,2024-03-01T10:00,R1\r\n"
    },
    "blank lines at the end": {"referrals": REFERRALS + "\n\n"},
    "a cell of exactly 1 MB": referrals(f"{GOOD},{'ж' * 500_000}", head=HEAD + ",summary"),
    "times with offset, Z, seconds": referrals("R1,2024-03-01T10:00:30+02:00,self,", "R2,2024-03-01T10:00Z,self,"),
    "hours that the clock shows twice or leaps over": referrals(
        "R1,2024-10-27T02:30,self,", "R2,2024-03-31T02:30,self,"
    ),
    "lists with blanks": referrals(GOOD + ",RS; BA;", head=HEAD + ",citizenships"),
    "names that look like formulas": referrals(GOOD + ",=1+1", head=HEAD + ",given_name"),
    "leaving on the day the next one comes": stays(
        "P1,ngo-shelter,K,1,2024-04-01,2024-04-10", "P2,ngo-shelter,K,1,2024-04-10,", "P1,foster-family,F,,2024-04-10,"
    ),
    "same-day stays": stays(
        "P1,ngo-shelter,K,1,2024-04-01,2024-04-01",
        "P1,ngo-shelter,K,1,2024-04-01,",
        "P2,ngo-shelter,K,1,2024-04-01,2024-04-01",
    ),
    "a status granted on no known day": statuses("P1,protective-witness,,,granted"),
    "a decision on a referral without a person": {
        "referrals": HEAD + "\nR1,2024-03-01T10:00,police,\n",
        "identifications": DECISIONS + "\nR1,cptv,2024-04-01,identified,forced-begging,,,\n",
    },
    "a decision on the very day of the referral": decisions("R1,cptv,2024-03-01,discontinued,,,,"),
    "a decision changed to no": decisions("R1,cptv,2024-04-01,identified,forced-begging,2024-05-01,decision_changed,"),
}


@pytest.mark.parametrize("files", ACCEPTED.values(), ids=list(ACCEPTED))
def test_accepted_and_the_second_time_nothing_new(import_records, tmp_path, files):
    folder = write(tmp_path / "in", files)
    first = import_records(folder)
    assert (first.code, first.err) == (0, [])
    again = import_records(folder)
    assert again.code == 0
    assert again.out[-1] == "Nothing new: everything was already there."


def test_other_files_are_left_alone(import_records, tmp_path: Path):
    folder = write(tmp_path / "in", {"referrals": REFERRALS})
    (folder / "readme.txt").write_text("hello")
    (folder / "archive").mkdir()
    assert import_records(folder).code == 0


def test_a_thousand_problems_are_shown_and_the_rest_counted(import_records, tmp_path):
    ran = import_records(write(tmp_path / "in", referrals(*["R,x,police,"] * 1_205)))
    assert len(ran.problems) == 1_001
    assert ran.problems[0].startswith("referrals.csv:2:received_at: ")
    assert ran.problems[999].startswith("referrals.csv:1001:received_at: ")
    assert ran.problems[1_000] == "… and 205 more."


def test_no_sentence_repeats_a_name_or_free_text(import_records, tmp_path):
    secret = "Тајна Tajić"
    head = HEAD + ",given_name,family_name,other_names,summary,municipality,referrer_body,sex"
    rows = [
        f"R1,2024-03-01T10:00,police,P1,{secret},{secret},{secret},{secret},{secret},{secret},f",
        f"R1,2024-03-01T10:00,police,P1,{secret}\x00,{secret},{secret},{secret},{secret},{secret},female",
        f"R2,2024-03-01T10:00,police,P1,x{secret},{secret},{secret},{secret},{secret},{secret},female,{secret}",
    ]
    ran = import_records(write(tmp_path / "in", referrals(*rows, head=head)))
    assert ran.code == 1
    assert not any(part in line for line in ran.err + ran.out for part in secret.split())


def test_control_characters_are_not_echoed(import_records, tmp_path):
    ran = import_records(write(tmp_path / "in", referrals("R1,2024-03-01T10:00,\x1b[2Jpolice,")))
    assert ran.places == ["referrals.csv:2:source"]
    assert "\x1b" not in ran.err[0]


def test_what_is_neither_folder_nor_workbook(import_records, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.xlsx").write_text("x")
    assert "Give a folder" in import_records(tmp_path / "a.txt").err[0]
    assert "not an XLSX" in import_records(tmp_path / "b.xlsx").err[0]
    assert "no such" in import_records(tmp_path / "c").err[0]
    assert "short name" in import_records(tmp_path, "--organisation", "nobody").err[0]


def _workbook(path: Path, sheet: bytes | Iterator[bytes], *, parts: int = 0) -> Path:
    """A workbook with one sheet of this XML, packed as tightly as it goes, and any number of empty parts."""
    book = openpyxl.Workbook()
    book.active.title = "referrals"
    book.save(plain := path.with_suffix(".plain.xlsx"))
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for part in old.namelist():
            if not part.startswith("xl/worksheets/sheet"):
                new.writestr(part, old.read(part))
                continue
            with new.open(part, "w", force_zip64=True) as out:
                for piece in [sheet] if isinstance(sheet, bytes) else sheet:
                    out.write(piece)
        for number in range(parts):
            new.writestr(f"xl/media/{number}.png", b"")
    return path


@pytest.mark.asvs("5.2.1", "5.2.3")
def test_a_workbook_that_unpacks_without_end_is_not_unpacked(import_records, tmp_path):
    small = openpyxl.Workbook()
    small.save(tmp_path / "small.xlsx")
    endless = _workbook(tmp_path / "bomb.xlsx", (b" " * 2**20 for _megabyte in range(600)))
    assert endless.stat().st_size < 1_000_000
    for path in (endless, _workbook(tmp_path / "parts.xlsx", b"<worksheet/>", parts=1_001)):
        ran = import_records(path)
        assert ran.code == 1
        assert "512 MB when it is unpacked" in ran.err[0]


def test_a_workbook_that_lies_about_its_size_is_damaged(import_records, tmp_path):
    path = _workbook(tmp_path / "liar.xlsx", b"<worksheet><sheetData/></worksheet>" + b" " * 100_000)
    held = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = next(part.file_size for part in archive.infolist() if "sheet1" in part.filename)
    said = size.to_bytes(4, "little")
    while said in held:
        held[held.index(said) : held.index(said) + 4] = (10).to_bytes(4, "little")
    path.write_bytes(held)
    ran = import_records(path)
    assert ran.code == 1
    assert "damaged" in ran.err[0] or "not an XLSX" in ran.err[0], ran.err


def test_entities_that_grow_and_files_from_elsewhere_are_not_followed(import_records, tmp_path):
    """XML that names a file of the server, or multiplies itself."""
    secret = tmp_path / "secret"
    secret.write_text("Tajna")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for name, entities in (
        ("file", f'<!ENTITY l9 SYSTEM "file://{secret}">'),
        ("laughs", f'<!ENTITY l0 "ha">{laughs}'),
    ):
        sheet = (
            f'<?xml version="1.0"?><!DOCTYPE w [{entities}]><worksheet xmlns="http://schemas.openxmlformats.org/'
            'spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>'
            "</sheetData></worksheet>"
        )
        ran = import_records(_workbook(tmp_path / f"{name}.xlsx", sheet.encode()))
        assert ran.code == 1
        assert not any("Tajna" in line or "haha" in line for line in ran.err + ran.out)
