"""Proposing and deciding through the pages: nothing typed is lost, every section has a form, few queries."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.curation import proposals
from casework.curation.models import Proposal
from reference.models import Entry
from reference.sections import SECTIONS
from tests.curation.conftest import contact, propose

pytestmark = pytest.mark.django_db
EDITABLE = [section for section in SECTIONS.values() if section.editable]


def fields_of(page):
    """What a browser would send back of the form that is shown."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, kind = re.search(r'name="([^"]*)"', tag), re.search(r'type="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and not (kind and kind[1] in ("radio", "checkbox") and " checked" not in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', page, re.S):
        found[name] = [unescape(text).lstrip("\n")]
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', page, re.S):
        found[name] = [unescape(value) for value in re.findall(r'<option value="([^"]*)" selected', options)]
    return {name: values for name, values in found.items() if name not in ("csrfmiddlewaretoken",)}


@pytest.mark.parametrize("section", EDITABLE, ids=lambda section: section.slug)
def test_the_form_of_every_section_gives_back_each_entry_as_it_is(section, loaded, as_user):
    """Whoever sends the form unchanged proposes nothing: no field of any section loses or bends what stands there."""
    client = as_user(loaded.ivana)
    for entry in Entry.objects.in_section(section.key)[:6]:
        url = reverse("curation:propose", args=[section.slug, entry.slug])
        page = client.get(url).content.decode()
        sent = fields_of(page) | {"reason": ["Just looking"]}
        if not entry.data.get("source"):
            sent["source_document"] = ["004_8f75dfcab4ca9d96.txt"]
            sent["source_locator"] = ["of"]
        answer = client.post(url, sent)
        if entry.data.get("source"):
            assert "This is what stands there already" in answer.content.decode(), entry.code
            assert not Proposal.objects.exists()
    assert client.get(reverse("curation:propose-new", args=[section.slug])).status_code == 200


def test_a_change_from_the_entry_to_the_reference(loaded, as_user, django_assert_max_num_queries):
    entry = contact()
    ivana, vesna = as_user(loaded.ivana), as_user(loaded.vesna)
    page = ivana.get(entry.get_absolute_url()).content.decode()
    assert reverse("curation:propose", args=["contacts", "mods-phone"]) in page
    for other in (loaded.vesna, loaded.ana):
        assert "/curation/propose" not in as_user(other).get(entry.get_absolute_url()).content.decode()
    url = reverse("curation:propose", args=["contacts", "mods-phone"])
    with django_assert_max_num_queries(10):
        page = ivana.get(url).content.decode()
    sent = fields_of(page) | {"entry_purpose": "Answered on weekdays", "reason": "They wrote to us"}
    sent |= {"source_document": "", "source_locator": "", "given_by": "The body itself", "given_on": "1.3.2026."}
    assert ivana.post(url, sent).status_code == 302
    proposal = Proposal.objects.get()
    page_url = reverse("curation:proposal", args=[proposal.number])
    with django_assert_max_num_queries(10):
        page = vesna.get(page_url).content.decode()
    assert "Answered on weekdays" in page and "The body itself" in page and "Before" in page
    assert "Record the decision" not in ivana.get(page_url).content.decode()
    lost = vesna.post(page_url, {"outcome": "reject", "decision_reason": " "}).content.decode()
    assert "Say why." in lost
    assert vesna.post(page_url, {"outcome": "approve"}).status_code == 302
    page = vesna.get(entry.get_absolute_url()).content.decode()
    assert "Answered on weekdays" in page and "The body itself, given on" in page and proposal.number in page
    section = vesna.get(reverse("reference:section", args=["contacts"])).content.decode()
    assert "The body itself, given on" in section
    assert (
        vesna.get(reverse("api:entry", args=["contacts", "mods-phone"])).json()["data"]["source"]["given_by"]
        == "The body itself"
    )


def test_what_the_schema_refuses_stands_on_the_form_with_what_was_typed(loaded, as_user):
    ivana, url = as_user(loaded.ivana), reverse("curation:propose-new", args=["contacts"])
    sent = {"version": 0, "entry_body": "mods", "entry_kind": "phone", "entry_purpose": "Typed for long", "reason": "x"}
    given = {"given_by": "S", "given_on": "1.1.2026."}
    for more, sentence in (
        ({}, "Name the source"),
        ({"source_document": "004_8f75dfcab4ca9d96.txt"}, "Write the phrase"),
        ({"given_by": "Somebody"}, "Say when this was given"),
        (given | {"source_document": "004_8f75dfcab4ca9d96.txt"}, "one source"),
        (
            {"given_by": "S", "given_on": "1.1.2026.", "valid_from": "2.1.2026.", "valid_until": "1.1.2026."},
            "ends before",
        ),
        (given | {"entry_body": "nobody"}, "Select a valid choice"),
    ):
        page = ivana.post(url, sent | more).content.decode()
        assert sentence in page and "Typed for long" in page, sentence
    assert not Proposal.objects.exists()


def test_a_stale_form_shows_both_and_loses_nothing(loaded, as_user):
    ivana, url = as_user(loaded.ivana), reverse("curation:propose", args=["contacts", "mods-phone"])
    sent = fields_of(ivana.get(url).content.decode()) | {"entry_purpose": "Mine", "reason": "Because"}
    proposals.approve_change(proposal=propose(loaded.ivana), reason="", decided_by=loaded.vesna, now=timezone.now())
    page = ivana.post(url, sent).content.decode()
    assert "Mine" in page and "Answered on weekdays" in page and "Nothing of yours is lost" in page
    assert ivana.post(url, fields_of(page)).status_code == 302


def test_the_list_shows_what_waits_first_and_names_of_others_by_their_organisation(
    loaded, as_user, django_assert_max_num_queries
):
    first = propose(loaded.ivana)
    proposals.withdraw_change(proposal=first, withdrawn_by=loaded.ivana)
    second = propose(loaded.ivana)
    client = as_user(loaded.vesna)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("curation:proposals")).content.decode()
    assert "1 change waits for your decision" in page
    assert page.index(second.number) < page.index(first.number) and str(loaded.ivana) in page
    other = as_user(loaded.dragan).get(reverse("curation:proposals")).content.decode()
    assert str(loaded.ivana) not in other.partition("<main")[2] and str(loaded.home) in other
    filtered = as_user(loaded.vesna).get(reverse("curation:proposals"), {"status": "withdrawn"}).content.decode()
    assert first.number in filtered and second.number not in filtered


def test_sections_of_the_documents_alone_have_no_form(loaded, as_user):
    ivana = as_user(loaded.ivana)
    assert ivana.get(reverse("curation:propose-new", args=["figures"])).status_code == 404
    assert ivana.get(reverse("curation:propose", args=["nonsense", "x"])).status_code == 404
    assert ivana.get(reverse("curation:propose", args=["contacts", "x"])).status_code == 404
    assert "/curation/propose" not in ivana.get(reverse("reference:section", args=["figures"])).content.decode()
