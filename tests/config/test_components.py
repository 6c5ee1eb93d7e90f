"""Components show what they are given, escaped, with unknown values said and nothing that a strict CSP would block."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation
from django.utils.datastructures import MultiValueDict

NOW = datetime(2026, 6, 4, 12, 0, tzinfo=UTC)
TODAY = date(2026, 6, 4)
HOSTILE = "<script>alert(1)</script>\"'&"
ESCAPED = "&lt;script&gt;"


def show(source: str, **values: Any) -> str:
    return Template("{% load i18n ui %}" + source).render(Context(values))


class Intake(forms.Form):
    number = forms.CharField(label="Number", max_length=20, help_text="As on the letter")
    received = forms.DateField(label="Received on", widget=forms.DateInput(attrs={"data-max": "31.12.2026"}))
    danger = forms.ChoiceField(
        label="Danger", choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")], widget=forms.RadioSelect
    )
    indicators = forms.MultipleChoiceField(
        label="Indicators",
        choices=[("Seen", [("a", "No papers")]), ("Said", [("b", "Owes money")])],
        widget=forms.CheckboxSelectMultiple,
        help_text="All that apply",
    )
    body = forms.ChoiceField(label="Body", choices=[("", "Choose"), ("x", HOSTILE)])
    notes = forms.CharField(label="Notes", max_length=200, widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="Agrees", help_text="Ask again")
    letter = forms.FileField(label="Letter", required=False)
    secret = forms.CharField(label="Password", widget=forms.PasswordInput)
    hearing = forms.SplitDateTimeField(label="Hearing", required=False)
    nights = forms.IntegerField(label="Nights", required=False, min_value=0)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=3)

    def clean(self) -> None:
        raise forms.ValidationError("The two do not fit together.")


@pytest.fixture
def refused() -> Intake:
    return Intake({"version": "3", "number": HOSTILE, "received": "31.13.2026", "notes": HOSTILE, "letter": ""})


# Values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "Not known"),
        ("", "Not known"),
        ([], "Not known"),
        (0, ">0<"),
        (False, "No"),
        (True, "Yes"),
        (TODAY, "04.06.2026."),
        (NOW, "04.06.2026. 14:00"),
        (["a", None], "Not known"),
        (HOSTILE, ESCAPED),
        ({"text": HOSTILE, "url": "/x"}, ESCAPED),
        ({"status": "closed"}, "Closed"),
    ],
)
def test_a_value_is_shown_and_an_unknown_one_is_said(value: Any, expected: str) -> None:
    html = show("{{ value|shown }}", value=value)
    assert expected in html
    assert "<script>" not in html


def test_dates_are_day_first_and_moments_are_belgrade_time() -> None:
    winter = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert show("{{ at|date_only }} {{ at|moment }}", at=winter) == "01.02.2026. 01.02.2026. 00:30"
    assert show("{{ at|date_only }}{{ at|moment }}", at=None) == ""


def test_codes_are_shown_by_their_labels() -> None:
    html = show(
        "{{ 'potential-victim'|code_label:'victim_statuses' }}|{{ none|code_label:'victim_statuses' }}"
        "|{{ many|code_labels:'victim_statuses' }}|{{ none|code_labels:'victim_statuses' }}",
        none=None,
        many=["potential-victim", "not-identified"],
    )
    first, unknown, many, nothing = html.split("|")
    assert first
    assert first != "potential-victim"
    assert (unknown, nothing) == ("Not known", "Not known")
    assert many.startswith(f"{first}, ")


def test_the_page_says_which_serbian_it_is() -> None:
    assert show("{{ 'sr'|html_lang }} {{ 'sr-latn'|html_lang }} {{ 'en'|html_lang }}") == "sr-Cyrl sr-Latn en"


# Records --------------------------------------------------------------------------------------------------------------


def test_a_summary_list_says_not_known_and_names_its_change_links() -> None:
    html = show(
        "{% summary_list rows %}", rows=[("Age", 0), ("Phone", None, "/change"), {"label": HOSTILE, "value": 1}]
    )
    assert "Not known" in html
    assert 'href="/change"' in html
    assert re.search(r'visually-hidden">: Phone', html)
    assert ESCAPED in html
    by_row = show("{% summary %}{% row 'Age' 0 %}{% rowblock 'Phone' %}<b>x</b>{% endrowblock %}{% endsummary %}")
    assert "<b>x</b>" in by_row


def test_a_table_escapes_marks_numbers_and_strikes_errors() -> None:
    html = show(
        "{% table heads rows caption='Stays' numeric='2' %}",
        heads=["Number", "Nights"],
        rows=[[{"text": HOSTILE, "url": "/p"}, 0], {"cells": ["P-2", None], "struck": True, "reason": HOSTILE}],
    )
    assert html.count("__cell--numeric") == 2
    assert "<s>" in html
    assert "Entered in error" in html
    assert "<script>" not in html
    assert 'data-head="Nights"' in html
    assert 'tabindex="0"' in html
    assert 'aria-label="Stays"' in html


def test_a_table_without_rows_is_a_sentence() -> None:
    assert "No stays yet." in show("{% table heads rows empty='No stays yet.' %}", heads=["a"], rows=[])
    by_hand = (
        "{% datatable 'Stays' empty='No stays yet.' %}{% headrow %}{% head 'a' %}{% endheadrow %}{% enddatatable %}"
    )
    assert "No stays yet." in show(by_hand)
    filled = by_hand.replace("{% enddatatable %}", "{% bodyrow %}{% cell x %}{% endbodyrow %}{% enddatatable %}")
    html = show(filled, x=HOSTILE)
    assert "No stays yet." not in html
    assert ESCAPED in html


def test_a_timeline_strikes_through_what_was_entered_in_error() -> None:
    html = show(
        "{% timeline items %}",
        items=[
            {"title": HOSTILE, "when": NOW, "by": "Ana", "body": HOSTILE},
            {"title": "Placed", "when": NOW, "entered_in_error": True, "reason": "Wrong bed"},
        ],
    )
    assert html.count("<s>Placed</s>") == 1
    assert "Wrong bed" in html
    assert html.count("Entered in error") == 1
    assert "<script>" not in html
    assert "Nothing has happened yet." in show("{% timeline items %}", items=[])


@pytest.mark.parametrize(
    ("due_in", "done_in", "words"),
    [
        (timedelta(hours=3), None, "Due in 3 hours"),
        (timedelta(days=3), None, "Due in 3 days"),
        (timedelta(minutes=1), None, "Due in 1 minute"),
        (-timedelta(hours=47), None, "Overdue by 47 hours"),
        (-timedelta(hours=48), None, "Overdue by 2 days"),
        (timedelta(hours=3), timedelta(hours=1), "Done in time"),
        (timedelta(hours=3), timedelta(hours=4), "Done, late by 1 hour"),
    ],
)
def test_a_clock_says_what_is_left(due_in: timedelta, done_in: timedelta | None, words: str) -> None:
    html = show("{% due at now done_at=done %}", at=NOW + due_in, now=NOW, done=NOW + done_in if done_in else None)
    assert words in html


def test_a_masked_value_is_not_in_the_page() -> None:
    assert "+381" not in show("{% masked 'Phone' '/reveal' %}", value="+381 11 000")
    assert 'href="/reveal"' in show("{% masked 'Phone' '/reveal' %}")
    assert "+381" in show("{% masked 'Phone' '/reveal' value=value %}", value="+381 11 000")


def test_a_conflict_marks_the_fields_that_differ() -> None:
    html = show("{% conflict rows %}", rows=[("Risk", "high", "low"), ("Note", "same", "same"), ("Age", None, HOSTILE)])
    assert html.count("Different") == 2
    assert ESCAPED in html
    assert "Not known" in html


# Numbers --------------------------------------------------------------------------------------------------------------


def test_a_bar_chart_draws_zero_and_says_unknown() -> None:
    html = show("{% bar_chart rows 'Forms' %}", rows=[(HOSTILE, 30), ("Marriage", 0), ("Other", None)])
    assert 'role="img"' in html
    assert "<title" in html
    assert "<desc" in html
    assert "Marriage: 0; Other: Not known" in html
    assert "<script>" not in html
    assert 'width="82.00%"' in html
    assert 'width="0.00%"' in html
    with translation.override("sr"):
        assert 'width="82.00%"' in show("{% bar_chart rows 'Forms' %}", rows=[("x", 30)]), "no decimal comma in SVG"
    assert "Nothing to draw." in show("{% bar_chart rows 'Forms' %}", rows=[])


def test_a_pager_says_that_counting_stopped() -> None:
    assert "1,000+ results" in show("{% pager '' '/next' count=1001 %}")
    assert "1,000 results" in show("{% pager '' '/next' count=1000 %}")
    assert "0 results" in show("{% pager '' '' count=0 %}")
    assert 'rel="prev"' in show("{% pager '/before' '' %}")


def test_the_board_says_each_state_in_words() -> None:
    nights = [TODAY + timedelta(days=n) for n in range(4)]
    rows = [
        {"group": HOSTILE},
        {
            "label": "Bed 1",
            "cells": [
                {"state": "free", "url": "/place"},
                {"state": "occupied", "label": HOSTILE, "nights": 2},
                {"state": "held"},
            ],
        },
    ]
    html = show("{% occupancy_board nights rows today 'Beds' %}", nights=nights, rows=rows, today=TODAY)
    assert "Free" in html
    assert ", Occupied" in html
    assert "Held" in html
    assert "Tonight" in html
    assert 'colspan="2"' in html
    assert 'href="/place"' in html
    assert "<script>" not in html


# Forms ----------------------------------------------------------------------------------------------------------------


def test_errors_link_to_the_fields_they_are_about(refused: Intake) -> None:
    html = show("{% form_page form 'Log' cancel_url='/back' %}", form=refused)
    assert "The two do not fit together." in html
    links = re.findall(r'<a href="#([^"]+)">', html)
    assert links, "no error links to a field"
    for target in links:
        assert f'id="{target}"' in html, f"an error links to {target}, which is not on the page"
    assert "#id_danger_0" in html, "a group of choices is reached at its first choice"
    assert "Received on: Enter a valid date." in html


def test_a_refused_form_keeps_what_was_typed_and_escapes_it(refused: Intake) -> None:
    html = show("{% form_page form 'Log' %}", form=refused)
    assert 'value="31.13.2026"' in html
    assert html.count(ESCAPED) >= 3
    assert "<script>" not in html


def test_fields_are_described_to_screen_readers(refused: Intake) -> None:
    html = show("{% form_page form 'Log' %}", form=refused)
    described = {part for ids in re.findall(r'aria-describedby="([^"]+)"', html) for part in ids.split()}
    assert {"id_number_helptext", "id_received_error", "id_indicators_error", "id_notes-info"} <= described
    for target in described:
        assert f'id="{target}"' in html, f"{target} describes a field and is not on the page"
    assert html.count("Error:</span>") >= 6
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "an id is used twice"
    for label in re.findall(r'<label[^>]* for="([^"]+)"', html):
        assert label in ids


def test_the_browser_neither_checks_nor_cuts_what_is_typed() -> None:
    html = show("{% form_page form 'Log' %}", form=Intake())
    assert "novalidate" in html
    assert not re.search(r"\s(maxlength|required|placeholder)[=\s>]", html)
    assert 'enctype="multipart/form-data"' in html
    assert 'data-maxlength="200"' in html
    assert "You can enter up to 200 characters" in html


def test_a_form_carries_its_tokens_once(refused: Intake) -> None:
    refused.draft_token = "d-1"  # type: ignore[attr-defined]
    for source in (
        "{% form_page form 'Log' %}",
        "{% form_around form %}{{ form.number.as_field_group }}{% endform_around %}",
    ):
        html = Template("{% load ui %}" + source).render(Context({"form": refused, "csrf_token": "t-1"}))
        assert html.count('name="csrfmiddlewaretoken"') == 1
        assert html.count('name="draft_token" value="d-1"') == 1
        assert html.count('name="version"') == 1


def test_optional_fields_are_marked_and_a_filter_marks_none() -> None:
    assert "(optional)" in show("{% form_page form 'Log' %}", form=Intake())
    html = show("{% filter_panel form clear_url='/all' %}", form=Intake())
    assert "(optional)" not in html
    assert 'method="get"' in html
    assert "csrfmiddlewaretoken" not in html


def test_groups_of_choices_have_a_legend_and_group_names() -> None:
    html = show("{% form_page form 'Log' %}", form=Intake())
    assert re.search(r"<legend[^>]*>Indicators", html)
    assert 'role="group" aria-label="Seen"' in html
    assert "govuk-radios--inline" in html
    assert 'data-max-date="31.12.2026"' in html


def test_an_uploaded_form_is_a_form_like_any_other() -> None:
    letter = SimpleUploadedFile("letter.txt", b"x")
    assert "Letter" in show(
        "{% form_page form 'Log' %}", form=Intake({"version": "3"}, MultiValueDict({"letter": [letter]}))
    )


def test_formsets_bring_their_errors_to_the_summary() -> None:
    formset = forms.formset_factory(Intake)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-number": "x" * 30}
    )
    html = show("{% error_summary formset %}", formset=formset)
    assert 'href="#id_form-0-number"' in html


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html"])
def test_an_error_page_needs_no_request_and_no_database(name: str) -> None:
    html = get_template(name).render()
    assert "<h1>" in html
    assert "<title>" in html


def test_a_visitor_sees_a_page_with_a_way_out() -> None:
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/somewhere")
    request.user = AnonymousUser()
    html = get_template("404.html").render({}, request)
    assert 'data-leave="true"' in html
    assert 'rel="nofollow noreferrer"' in html
    assert 'lang="en"' in html
    assert "Sign out" not in html
    with translation.override("sr-latn"):
        assert 'lang="sr-Latn"' in get_template("404.html").render({}, request)


def _templates() -> list[Path]:
    root = Path(settings.BASE_DIR) / "templates"
    return sorted(root.rglob("*.html"))


def test_no_template_has_anything_inline() -> None:
    """The content security policy would silently drop it."""
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    offenders = [str(path) for path in _templates() if inline.search(path.read_text())]
    assert not offenders
    scripts = [
        str(path)
        for path in _templates()
        for tag in re.findall(r"<script[^>]*>", path.read_text())
        if "src=" not in tag or "nonce=" not in tag
    ]
    assert not scripts


def test_only_components_know_the_design_system() -> None:
    root = Path(settings.BASE_DIR) / "templates"
    allowed = ("components/", "django/forms/", "base.html")
    offenders = [
        str(path.relative_to(root))
        for path in _templates()
        if not str(path.relative_to(root)).startswith(allowed) and re.search(r"\b(govuk|moj)-", path.read_text())
    ]
    assert not offenders
