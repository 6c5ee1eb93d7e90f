"""The directory: whom one turns to in a municipality, and what the page of a body says."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from reference import directory, files, services
from reference.models import Entry

pytestmark = pytest.mark.django_db

DIRECTORY = reverse("reference:directory")
QUERIES = 10
NIS = {"place": "nis"}


@pytest.fixture
def ana(cast, as_user):
    return as_user(cast.ana)


def page(client, address=DIRECTORY, **query):
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def part(text, name, after):
    """The text of one part of the page, from its heading to that of the next."""
    return text[text.index(f'id="{name}"') : text.index(f'id="{after}"')]


def body(code):
    return reverse("reference:body", args=[code])


def end(code, on):
    contact = Entry.objects.get(section="directory.contacts", code=code)
    return services.end_entry(entry=contact, on=on, reason="The number was given up.")


# The page by municipality --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", [{}, NIS, {**NIS, "age": "child"}, {"show": "bodies"}, {"show": "teams", "formal": "informal"}]
)
def test_it_needs_few_queries(query, ana, django_assert_max_num_queries):
    page(ana)
    with django_assert_max_num_queries(QUERIES):
        page(ana, **query)


def test_it_is_read_and_not_posted_to(ana):
    assert ana.post(DIRECTORY).status_code == 405
    assert ana.post(reverse("reference:glossary")).status_code == 405
    assert ana.post(body("cptv")).status_code == 405


@pytest.mark.parametrize("query", [{"place": "atlantis"}, {"age": "-1"}, {"show": "nothing"}, {"formal": "maybe"}])
def test_what_there_is_not_is_said_and_nothing_is_hidden(query, ana):
    text = page(ana, **query)
    assert "Select a valid choice" in text
    assert "childprotection@mup.gov.rs" in text


@pytest.mark.requirement("s-nrm")
def test_for_nis_it_proposes_the_pathway_of_the_report_and_of_the_municipality(ana):
    steps = part(page(ana, **NIS), "pathway", "hotlines")
    for code in ("cptv", "csw", "local-networks", "labor-inspectorate", "moi-accd"):
        assert body(code) in steps
    assert "Local network of Niš" in steps
    assert "Local network of Vranje" not in steps
    assert "Proposed by us" in steps


@pytest.mark.requirement("s-nrm")
def test_a_child_goes_to_social_work_and_an_adult_to_the_center(ana):
    adult = part(page(ana, age="adult"), "pathway", "hotlines")
    child = part(page(ana, age="child"), "pathway", "hotlines")
    assert "Official identification of an adult" in adult
    assert body("csw") not in adult
    assert body("csw") in child
    assert "Official identification of an adult" not in child
    assert "SOS address for children" in child
    assert "SOS address for children" not in adult


def test_without_a_municipality_only_the_steps_for_everywhere_are_proposed(ana):
    steps = part(page(ana), "pathway", "hotlines")
    assert body("local-networks") not in steps
    assert "Choose a municipality" in steps


def test_the_steps_are_in_their_order(ana):
    found = directory.pathway(place="nis", day=date(2026, 11, 23))
    assert [step.data["order"] for step in found] == sorted(step.data["order"] for step in found)
    assert [step.data["to"] for step in found][:2] == ["cptv", "cptv"]


@pytest.mark.requirement("s-sos-email")
def test_the_sos_address_stands_first_among_the_hotlines_as_a_link(ana):
    hotlines = part(page(ana), "hotlines", "focal-points")
    first = hotlines[: hotlines.index("</tr>", hotlines.index("<tbody"))]
    assert 'href="mailto:childprotection@mup.gov.rs"' in first
    assert "request for help" in first
    assert "report of a criminal offence" in first


@pytest.mark.requirement("s-help-line")
def test_the_help_line_stands_with_its_guide(ana):
    hotlines = part(page(ana), "hotlines", "focal-points")
    assert "National Help Line/Call Centre on the Cyber Safety of Children" in hotlines
    assert reverse("reference:entry", args=["documents", "operational-guide"]) in hotlines


@pytest.mark.requirement("s-cyber-evidence", "s-prosecutor-contact", "s-help-line-contacts")
def test_focal_points_have_year_hours_and_purpose(ana):
    points = part(page(ana), "focal-points", "specialists")
    for entry in files.read("directory")["focal_points"]:
        assert escape(entry["name"]) in points
        assert escape(entry["purpose"][1:]) in points
        assert entry.get("since", "Not stated") in points
    assert "Around the clock" in points
    assert "Round the clock" in points
    assert "points of contact for investigators and care providers" in points
    assert body("moi-crime-police-authority") in points


@pytest.mark.requirement("s-labour-inspectors")
def test_labour_inspectors_are_listed_by_city(ana):
    everywhere = part(page(ana), "specialists", "teams")
    for city in ("Belgrade", "Nis", "Novi Sad", "Kragujevac"):
        assert f"Specialised labour inspectors, {city}" in everywhere
    in_nis = part(page(ana, **NIS), "specialists", "teams")
    assert "Specialised labour inspectors, Nis" in in_nis
    assert "Specialised labour inspectors, Belgrade" not in in_nis
    assert "Specialised prosecutors for trafficking cases" in in_nis
    assert "Not stated" in in_nis  # how many inspectors are in each city


@pytest.mark.requirement("s-municipal-mdts", "s-social-assistance-teams")
def test_teams_are_narrowed_to_informal_ones_and_the_old_ones_are_of_the_past(ana):
    everything = page(ana, show="teams")
    assert everything.count("Local network<") == 7
    old = everything[everything.index("Municipal (social assistance) teams") :]
    assert "2007" in old[: old.index("</tr>")]
    assert "Of the past" in old[: old.index("</tr>")]
    informal = page(ana, show="teams", formal="informal")
    assert "19 of them" in informal
    assert "Local network<" not in informal
    assert "Municipal (social assistance) teams" not in informal
    assert "No team that the documents name fits." in page(ana, show="teams", plan="yes")


def test_teams_of_a_place_stand_with_those_whose_places_nobody_names(ana):
    teams = page(ana, show="teams", place="vranje")
    assert "Local anti-trafficking network of Vranje" in teams
    assert "Local anti-trafficking network of Niš" not in teams
    assert "19 of them" in teams


@pytest.mark.requirement("f-ngo-licensing")
def test_trainings_and_the_delayed_licences_are_shown(ana):
    text = page(ana, show="training")
    assert "NGOs that provide victim assistance" in text
    assert "Delayed" in text
    assert "Basic Training on Combating" in text
    assert "439 professionals" in text


def test_all_bodies_are_listed_for_whoever_asks(ana):
    text = page(ana, show="bodies")
    for entry in Entry.objects.in_section("organisations.organisations"):
        assert entry.get_absolute_url() in text
    assert body("icac-cops") not in page(ana, show="bodies", place="nis")


def test_the_links_to_the_parts_keep_the_municipality(ana):
    text = page(ana, place="nis", age="child")
    assert "?place=nis&amp;age=child&amp;show=teams" in text
    narrowed = page(ana, place="nis", show="hotlines")
    assert '<input type="hidden" name="show" value="hotlines"' in narrowed
    assert 'name="formal"' not in narrowed


def test_it_speaks_the_language_of_the_page(ana):
    ana.cookies["django_language"] = "sr"
    assert "Ниш" in page(ana, **NIS)


# What has ended ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("s-help-line-contacts")
def test_an_expired_contact_is_not_offered_and_its_body_says_that_it_ended(ana):
    yesterday = timezone.localdate() - timedelta(days=1)
    contact = end("mods-phone", yesterday)
    assert "18 244 894" not in page(ana)
    assert "18 244 894" not in page(ana, show="contacts")
    text = page(ana, body("mods"))
    assert "18 244 894" not in text[: text.index("Contacts that have ended")].replace(_fact(text), "")
    assert "18 244 894" in text[text.index("Contacts that have ended") :]
    assert "Until" in page(ana, contact.get_absolute_url())
    assert "mods-phone" not in {c.code for c in directory.contacts_of("mods", day=timezone.localdate())}


def _fact(text):
    """The row that repeats what the organisations file prints."""
    start = text.index("Contact</dt>")
    return text[start : text.index("</dd>", start)]


def test_a_contact_is_offered_on_its_last_day(ana):
    end("mods-phone", timezone.localdate())
    assert "18 244 894" in page(ana)
    assert "Contacts that have ended" not in page(ana, body("mods"))


def test_a_contact_is_not_offered_before_it_begins(ana):
    tomorrow = timezone.localdate() + timedelta(days=1)
    services.write_entry(
        section="directory.contacts",
        code="csw-new",
        data={"body": "csw", "kind": "phone", "value": "018 000 000", "purpose": "referrals", "ours": True,
              "valid_from": tomorrow.isoformat()},
        reason="They told us.",
    )  # fmt: skip
    assert "018 000 000" not in page(ana)
    assert directory.contacts_of("csw", day=tomorrow)
    assert not directory.contacts_of("csw", day=timezone.localdate())


def test_a_licence_that_has_ended_is_shown_as_expired(ana):
    services.write_entry(
        section="directory.licences",
        code="shelter-licence",
        data={"holder": "Primer NGO", "kind": "shelter", "status": "granted", "ours": True, "body": "atina",
              "valid_from": "2020-01-01", "valid_until": "2024-12-31"},
        reason="Copy of the licence seen.",
    )  # fmt: skip
    text = page(ana, show="training")
    row = text[text.index("Primer NGO") :]
    assert "Expired" in row[: row.index("</tr>")]
    assert "Expired" in page(ana, body("atina"))


# The page of a body --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["moi", "moi-accd", "cptv", "mods", "atc", "ppo"])
def test_a_body_needs_few_queries(code, ana, django_assert_max_num_queries):
    page(ana, body(code))
    with django_assert_max_num_queries(QUERIES):
        page(ana, body(code))


@pytest.mark.requirement("s-aliases")
def test_every_name_of_a_body_stands_with_the_place_that_prints_it(ana):
    text = page(ana, body("cptv"))
    names = text[text.index("Names</caption>") :]
    names = names[: names.index("</table>")]
    assert "Center for Protection of Trafficking Victims" in names
    other = names[names.index("Centre for Protection of Victims of Trafficking in Human Beings") :]
    assert "International Rescue Committee" in other[: other.index("</tr>")]
    assert "Main government body" in other[: other.index("</tr>")]


@pytest.mark.requirement("s-organisations", "s-aliases")
def test_a_search_for_another_name_finds_the_body(ana):
    found = page(ana, reverse("reference:search"), q="Centre for Protection of Victims")
    assert body("cptv") in found


@pytest.mark.requirement("s-organisations")
@pytest.mark.parametrize(
    ("asked", "code"), [("Centre for Protection", "cptv"), ("ZIR", "zir"), ("police section", "moi-accd-section-ip")]
)
def test_the_list_of_bodies_is_narrowed_by_name_other_name_and_kind(asked, code, ana):
    text = page(ana, reverse("reference:section", args=["organisations"]), q=asked)
    assert body(code) in text
    assert body("facebook") not in text


def test_units_lead_down_and_the_parent_leads_up(ana):
    assert body("moi-accd-section-content") in page(ana, body("moi-accd"))
    assert body("moi") in page(ana, body("moi-accd"))


def test_what_the_page_of_a_body_has_said_is_not_listed_again(ana):
    text = page(ana, body("moi-accd"))
    assert text.count(reverse("reference:entry", args=["focal-points", "cyber-2009"])) == 1
    assert text.count(reverse("reference:entry", args=["contacts", "sos-email"])) == 1


@pytest.mark.requirement("s-atc-onac")
def test_the_council_has_six_officials_and_one_meeting_in_each_year(ana):
    text = page(ana, body("atc"))
    assert "six ministerial level officials" in text
    meetings = text[text.index("Meetings</caption>") :]
    meetings = meetings[: meetings.index("</table>")]
    assert "2024" in meetings
    assert "2023" in meetings
    assert "the ATC convened once in 2024 and 2023" in meetings
    assert "2024-2029 National Program" in page(ana, body("onac"))


@pytest.mark.requirement("s-national-rapporteur")
def test_the_rapporteur_has_its_role_and_source(ana):
    text = page(ana, body("ombudsman"))
    assert "independently monitor and assess anti-trafficking efforts" in text
    assert "The Ombudsman also served as the national rapporteur on trafficking" in text


@pytest.mark.requirement("s-police-leaflets")
def test_the_leaflets_show_who_adopted_them(ana):
    text = page(ana, reverse("reference:entry", args=["documents", "police-leaflets"]))
    assert body("moi") in text
    assert "officially adopted by the Ministry of Interior for nationwide police use" in text
    assert reverse("reference:entry", args=["documents", "police-leaflets"]) in page(ana, body("moi"))


@pytest.mark.requirement("s-awareness")
def test_lectures_and_campaigns_are_listed_with_their_money(ana):
    text = page(ana, reverse("reference:section", args=["awareness"]))
    listed = Entry.objects.in_section("directory.awareness")
    assert len(listed) >= 10
    for entry in listed:
        assert escape(entry.title) in text
    radio = page(ana, reverse("reference:entry", args=["awareness", "radio-campaign"]))
    assert reverse("reference:entry", args=["figures", "tip-awareness-2024"]) in radio


@pytest.mark.requirement("s-social-assistance-teams")
def test_the_teams_of_2007_are_an_entry_with_their_period(ana):
    text = page(ana, reverse("reference:entry", args=["teams", "municipal-teams-2007"]))
    assert "2007" in text
    assert "until when they worked is not stated" in text


def test_points_of_contact_are_found_for_a_body():
    (found,) = directory.points_of_contact("ppo", day=date(2026, 11, 23))
    assert found.code == "specialised-prosecutors"
    assert not directory.points_of_contact("moi-accd", day=date(2008, 12, 31))
