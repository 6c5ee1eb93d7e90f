"""reference/directory.yaml: what the documents say about bodies beyond the organisations file, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from reference import files
from tests.support.sources import citations, fold, needs_sources, not_found

DIRECTORY = files.read("directory")
ENTRIES = [(section, entry) for section, entries in DIRECTORY.items() for entry in entries]
BODIES = {body["id"]: body for body in files.read("organisations")["organisations"]}
FIGURES = {figure["id"]: figure for figure in files.read("published_figures")["figures"]}

KNOWN = {
    "body": set(BODIES),
    "partners": set(BODIES),
    "adopted_by": set(BODIES),
    "published_by": set(BODIES),
    "to": set(BODIES),
    "instrument": {law["id"] for law in files.read("laws")["instruments"]},
    "city": {place["id"] for place in files.read_code_lists()["places"]},
    "municipality": {place["id"] for place in files.read_code_lists()["places"]},
    "figures": set(FIGURES),
    "groups": {group["id"] for group in files.read_code_lists()["trained_groups"]},
    "plan": {plan["id"] for plan in DIRECTORY["plans"]},
}
"""Field -> the ids it may name."""

CHOICES = {
    ("contacts", "kind"): {"email", "phone", "address", "website", "person"},
    ("teams", "formal"): {"formal", "informal", "not stated"},
    ("teams", "local_action_plan"): {"yes", "no", "not stated"},
    ("pathways", "for"): {"adult", "child", "anybody"},
    ("activities", "status"): {"not started", "in progress", "done", "not stated"},
    ("sop_steps", "binding"): {"binding", "recommended", "not stated"},
    ("documents", "kind"): {"leaflet", "brochure", "guide", "report", "study"},
}


def entry(section: str, code: str) -> dict[str, Any]:
    return next(found for found in DIRECTORY[section] if found["id"] == code)


def named(entry: dict[str, Any], field: str) -> Iterator[str]:
    value = entry.get(field, [])
    yield from [value] if isinstance(value, str) else value


def test_the_sections_are_those_that_are_asked_for():
    assert list(DIRECTORY) == [
        "contacts", "focal_points", "specialists", "teams", "pathways", "meetings", "plans", "activities", "licences",
        "trainings", "sop_steps", "documents", "awareness",
    ]  # fmt: skip


def test_ids_are_unique_in_their_section_and_fit_an_address():
    for section, entries in DIRECTORY.items():
        codes = [entry["id"] for entry in entries]
        assert len(set(codes)) == len(codes), section
        assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in codes), section


def test_every_entry_says_where_it_stands_or_that_it_is_ours():
    for section, found in ENTRIES:
        assert found.get("source") or (found.get("ours") is True and found.get("note")), (section, found["id"])
        if found.get("ours"):
            assert "our proposal" in found["note"], found["id"]


@needs_sources
def test_every_phrase_stands_in_its_document():
    assert len(list(citations(DIRECTORY))) > 100
    assert not not_found(DIRECTORY)


@pytest.mark.parametrize("field", sorted(KNOWN))
def test_every_reference_names_an_entry(field):
    found = [(section, entry["id"], name) for section, entry in ENTRIES for name in named(entry, field)]
    assert found
    assert not [place for place in found if place[2] not in KNOWN[field]]


@pytest.mark.parametrize(("section", "field"), sorted(CHOICES))
def test_every_choice_is_one_that_there_is(section, field):
    assert {entry[field] for entry in DIRECTORY[section]} <= CHOICES[section, field]


def test_what_is_not_stated_is_not_said_either():
    for section, found in ENTRIES:
        left_open = [field.removesuffix("_not_stated") for field in found if field.endswith("_not_stated")]
        assert not [field for field in left_open if field in found and field != "holder"], (section, found["id"])
        assert all(found[f"{field}_not_stated"] is True for field in left_open)


def test_nothing_ends_that_no_document_ends():
    assert not [found["id"] for _, found in ENTRIES if "valid_until" in found or "valid_from" in found]


# Figures --------------------------------------------------------------------------------------------------------------


def test_every_count_is_the_published_one():
    counted = [(section, found) for section, found in ENTRIES if "count" in found]
    assert len(counted) >= 8
    for section, found in counted:
        (figure,) = (FIGURES[code] for code in found["figures"])
        assert found["count"] == figure["value"], (section, found["id"])
        if section == "meetings":
            assert found["year"] == figure["year"], found["id"]


def test_every_sum_of_money_is_the_published_one():
    for section, found in ENTRIES:
        said = " ".join(str(found.get(field, "")) for field in ("funding", "note", "disbursed"))
        sums = {int(amount.replace(",", "")) for amount in re.findall(r"\d{1,3}(?:,\d{3})+", said)}
        published = {FIGURES[code].get(field) for code in found.get("figures", ()) for field in ("value", "usd")}
        assert sums <= published, (section, found["id"])


def test_the_plan_has_money_for_three_of_its_six_years():
    plan = entry("plans", "npap-2024-2029")
    assert (plan["period"], plan["funding_period"]) == ("2024-2029", FIGURES["tip-npap-total"]["period"])
    assert plan["figures"] == ["tip-npap-total", "tip-npap-2024"]


def test_activities_repeat_the_published_figures():
    for found in DIRECTORY["activities"]:
        if "actual" in found:
            (figure,) = (FIGURES[code] for code in found["figures"])
            assert int(found["actual"]) in (figure["value"], figure.get("municipalities")), found["id"]
        assert found["status"] != "done" or found.get("evidence"), found["id"]


@pytest.mark.requirement("f-ngo-licensing")
def test_the_delayed_licences_stand_with_the_money_that_was_not_paid_out():
    found = entry("licences", "ngos-victim-assistance")
    assert found["status"] == "delayed"
    (figure,) = (FIGURES[code] for code in found["figures"])
    assert (figure["kind"], figure["value"]) == ("allocation", 22_000_000)
    assert found["disbursed"] == figure["disbursed"]


# What each kind has ---------------------------------------------------------------------------------------------------


def test_every_contact_of_the_organisations_file_is_here():
    given = {
        (body["id"], kind, value) for body in BODIES.values() for kind, value in (body.get("contact") or {}).items()
    }
    here = {(found["body"], found["kind"], found.get("value")) for found in DIRECTORY["contacts"]}
    assert given
    assert given <= here


def test_nobody_has_a_contact_that_the_organisations_file_calls_not_stated():
    for found in DIRECTORY["contacts"]:
        if BODIES[found["body"]].get("contact_not_stated"):
            assert found["value_not_stated"], found["id"]


@needs_sources
def test_every_contact_is_printed_so():
    phrases = {found["id"]: fold(found["source"]["locator"]) for found in DIRECTORY["contacts"]}
    for found in DIRECTORY["contacts"]:
        if "value" in found:
            # One comma and one blank are ours, where the print breaks a line or forgets it.
            squeezed = re.sub(r"[ ,]", "", found["value"])
            assert squeezed in re.sub(r"[ ,]", "", phrases[found["id"]]), found["id"]


@pytest.mark.requirement("s-sos-email")
def test_the_sos_address_is_open_to_a_report_and_to_a_request_for_help():
    found = entry("contacts", "sos-email")
    assert (found["body"], found["kind"], found["value"]) == ("moi-accd", "email", "childprotection@mup.gov.rs")
    assert "report" in found["purpose"]
    assert "help" in found["purpose"]


@pytest.mark.requirement("s-cyber-evidence")
def test_the_focal_points_have_year_purpose_and_hours_as_printed():
    listed = {found["id"]: (found.get("since"), found.get("hours")) for found in DIRECTORY["focal_points"]}
    assert listed["cyber-2009"] == ("2009", "around the clock")
    assert listed["europol-twins"] == ("2014", None)
    assert listed["facebook-2017"] == ("2017", "round the clock")
    assert all(found["purpose"] for found in DIRECTORY["focal_points"])


@pytest.mark.requirement("s-labour-inspectors")
def test_labour_inspectors_are_in_the_four_cities_of_the_figure():
    cities = [found["city"] for found in DIRECTORY["specialists"] if found["kind"] == "labour inspector"]
    labels = {place["id"]: place["label"] for place in files.read_code_lists()["places"]}
    assert [labels[city] for city in cities] == FIGURES["tip-labour-inspectors"]["cities"]
    assert FIGURES["tip-labour-inspectors"]["per_city_not_stated"]


@pytest.mark.requirement("s-municipal-mdts")
def test_networks_and_teams_are_those_of_the_documents():
    networks = [found for found in DIRECTORY["teams"] if found["kind"] == "local network"]
    places = {
        place["id"]: {place["label"], *place.get("other_labels", ())} for place in files.read_code_lists()["places"]
    }
    printed = FIGURES["irc-p1-municipalities"]["municipalities"]
    assert len(networks) == FIGURES["irc-p1-municipalities"]["value"] == len(printed)
    assert all(name in places[found["municipality"]] for found, name in zip(networks, printed, strict=True))
    informal = [found for found in DIRECTORY["teams"] if found["formal"] == "informal"]
    assert [found["count"] for found in informal] == [19]
    assert BODIES["local-networks"]["municipalities"] == printed


@pytest.mark.requirement("s-social-assistance-teams")
def test_the_teams_of_2007_are_historic_and_have_no_end_that_nobody_states():
    found = entry("teams", "municipal-teams-2007")
    assert (found["period"], found["historic"], found["count"]) == ("2007", True, 11)


@pytest.mark.requirement("s-nrm")
def test_the_pathways_send_adults_and_children_where_the_report_says():
    nationwide = [found for found in DIRECTORY["pathways"] if "municipality" not in found]
    assert {(found["for"], found["to"]) for found in nationwide} >= {("adult", "cptv"), ("child", "csw")}
    in_nis = {found["to"] for found in DIRECTORY["pathways"] if found.get("municipality") == "nis"}
    assert in_nis == {"local-networks", "labor-inspectorate"}
    ours = [found["id"] for found in DIRECTORY["pathways"] if found.get("ours")]
    assert len(ours) == 7


@pytest.mark.requirement("f-sop-recommended")
def test_every_step_of_the_procedures_carries_the_sentence_that_they_are_recommended():
    sentence = 'implementation remained "recommended" rather than required'
    for found in DIRECTORY["sop_steps"]:
        assert found["instrument"] == "sops-cptv-new"
        assert found["binding"] == "recommended"
        assert sentence in [cited["locator"] for cited in found["also"]]
    assert {found["hours"] for found in DIRECTORY["sop_steps"] if "hours" in found} == {24}


@pytest.mark.requirement("s-police-leaflets")
def test_the_leaflets_have_their_adopter():
    found = entry("documents", "police-leaflets")
    assert (found["kind"], found["adopted_by"]) == ("leaflet", "moi")
    assert found["adoption"] in found["source"]["locator"]
    assert {code["id"] for code in files.read_code_lists()["resources"]} <= {
        doc["id"] for doc in DIRECTORY["documents"]
    }


@pytest.mark.requirement("s-awareness")
def test_every_awareness_activity_of_the_code_list_is_an_entry():
    codes = {code["id"] for code in files.read_code_lists()["awareness_activities"]}
    assert len(codes) == 10
    assert codes <= {found["id"] for found in DIRECTORY["awareness"]}


@pytest.mark.requirement("s-atc-onac")
def test_meetings_are_counted_as_published():
    council = {found["year"]: found["count"] for found in DIRECTORY["meetings"] if found.get("body") == "atc"}
    assert council == {2023: 1, 2024: 1}
    assert FIGURES["tip-atc-members"]["value"] == 6
