"""The page and the command."""

import io
import json
import re

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse

from casework.statistics import checks, registry
from reference.models import PublishedFigure
from tests.statistics.records import Day

pytestmark = pytest.mark.django_db
URL = "/statistics/annual-report/"


@pytest.fixture
def some_records(cast, records):
    for sex in ("female", "female", "male"):
        person = records.person(sex=sex, birth_date=Day(1990, 1, 1), citizenships=["RS"])
        records.decision(records.referral(person, Day(2024, 2, 1)), Day(2024, 3, 1))
    records.referral(records.person(organisation=cast.other), Day(2024, 5, 1))
    return records


def run(*arguments, **options):
    out = io.StringIO()
    call_command("annual_report", *arguments, stdout=out, **options)
    return out.getvalue()


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# The page ------------------------------------------------------------------------------------------------------------


def test_the_url_is_where_the_navigation_looks():
    assert reverse("statistics:annual-report") == URL


@pytest.mark.requirement("s-annual-statistics")
@pytest.mark.requirement("s-disaggregation")
def test_ivana_reads_the_figures_of_a_year(cast, as_user, some_records):
    page = as_user(cast.ivana).get(URL, {"year": "2024"})
    assert page.status_code == 200
    text = text_of(page)
    assert "Figures of 2024" in text
    assert cast.home.name in text
    figures = {figure["id"]: figure for figure in page.context["figures"]}
    assert list(figures) == [figure.id for figure in registry.all_figures()]
    identified = figures["victims-officially-identified"]
    assert identified["value"] == 3
    sex_age = identified["breakdowns"][2]
    assert [(str(label), number) for label, number in sex_age["rows"]] == [
        ("Women", 2),
        ("Men", 1),
        ("Girls", 0),
        ("Boys", 0),
        ("Not known", 0),
    ]
    assert "of which Forced begging 0" in text  # zero prints 0
    assert "Period Received in the calendar year, in Belgrade time." in text
    assert "checks hold" in text
    assert "2 + 1 + 0 + 0 + 0 = 3" in text
    assert "Victims officially identified or recognised: Sex and age" in text
    assert "partition:" not in text and "forced-begging" not in text
    assert identified["trend"] == [("2020", 0), ("2021", 0), ("2022", 0), ("2023", 0), ("2024", 3)]


@pytest.mark.requirement("s-own-vs-published")
def test_published_figures_of_the_year_stand_beside_the_own(cast, as_user, some_records):
    page = as_user(cast.ivana).get(URL, {"year": "2024"})
    identified = next(f for f in page.context["figures"] if f["id"] == "victims-officially-identified")
    assert [row[1]["text"] for row in identified["published"]] == ["3", "64", "51"]
    assert "2025 Trafficking in Persons Report: Serbia" in text_of(page)
    protective = next(f for f in page.context["figures"] if f["id"] == "protective-witness")
    assert [row[1]["text"] for row in protective["published"]] == ["0", "0"]
    # never mixed: what was counted here is stored nowhere among the published figures
    assert not PublishedFigure.objects.filter(file="").exists()
    assert PublishedFigure.objects.count() == 127


def test_the_installation_is_open_to_admins_of_the_home_organisation_only(cast, as_user, some_records, settings):
    everybody = {"year": "2024", "organisation": "all"}
    page = as_user(cast.ivana).get(URL, everybody)
    assert page.context["report"].organisation is None
    assert page.context["figures"][0]["value"] == 4
    assert "All organisations of this installation" in text_of(page)
    settings.HOME_ORGANISATION = "other"
    page = as_user(cast.ivana).get(URL, everybody)
    assert page.context["report"].organisation == cast.home
    assert page.context["figures"][0]["value"] == 3
    assert "All organisations of this installation" not in text_of(page)


def test_without_a_setting_the_first_organisation_is_the_home(cast, settings):
    from casework.statistics.scope import home_organisation

    settings.HOME_ORGANISATION = ""
    assert home_organisation() == cast.home
    settings.HOME_ORGANISATION = "nowhere"
    assert home_organisation() is None


@pytest.mark.parametrize("name", ["ana", "vesna", "dragan", "jelena", "milan", "nada", "petar"])
def test_no_other_role_sees_figures(cast, as_user, name):
    assert as_user(getattr(cast, name)).get(URL).status_code == 403


def test_a_visitor_is_sent_to_sign_in(client, cast):
    assert client.get(URL).status_code == 302


def test_the_page_takes_no_other_method(cast, as_user):
    assert as_user(cast.ivana).post(URL).status_code == 405


@time_machine.travel("2026-11-22 12:00:00+00:00", tick=False)
@pytest.mark.parametrize("year", ["2027", "1999", "abc", ""])
def test_a_year_without_figures_gets_a_sentence(cast, as_user, year):
    page = as_user(cast.ivana).get(URL, {"year": year})
    assert page.status_code == 200
    assert "report" not in page.context
    if year == "2027":
        assert "There are figures for the years 2000 to 2026." in text_of(page)


@time_machine.travel("2024-12-31 23:30:00+00:00", tick=False)
def test_the_year_in_belgrade_is_offered_first(cast, as_user):
    page = as_user(cast.ivana).get(URL)
    assert page.context["report"].year == 2025


def test_the_page_shows_which_check_fails(cast, as_user, some_records, monkeypatch):
    wrong = registry.Check("partition:made-up", False, "1 + 1 = 2 ≠ 3")
    monkeypatch.setattr(checks, "CHECKS", [lambda counts: [wrong]])
    page = as_user(cast.ivana).get(URL, {"year": "2024"})
    assert page.context["report"].failed == [wrong]
    text = text_of(page)
    assert "Some numbers contradict each other" in text
    assert "partition:made-up: 1 + 1 = 2 ≠ 3" in text
    assert "1 check fails" in text


def test_the_number_of_queries_is_pinned(cast, as_user, some_records, django_assert_num_queries):
    ivana = as_user(cast.ivana)
    ivana.get(URL, {"year": "2024"})
    with django_assert_num_queries(11):
        ivana.get(URL, {"year": "2024"})


# The command ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("s-annual-statistics")
def test_the_command_prints_the_exchange_format(some_records):
    found = json.loads(run("2024", "--format", "json"))
    values = {figure["id"]: figure["value"] for figure in found["figures"]}
    assert values["referrals-received"] == 4
    assert values["victims-officially-identified"] == 3
    assert all(check["ok"] for check in found["checks"])


def test_the_command_counts_one_organisation(some_records):
    found = json.loads(run("2024", "--format", "json", "--organisation", "other"))
    assert [figure["value"] for figure in found["figures"]] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, None]


def test_the_command_prints_for_people(some_records):
    lines = [" ".join(line.split()) for line in run("2024").splitlines()]
    assert lines[0] == "Figures of 2024: All organisations of this installation"
    assert "3 Victims officially identified or recognised (Persons)" in lines
    assert "0 of which Forced begging" in lines
    assert lines[-1].startswith("Holds: within:")


def test_labels_follow_the_language(some_records):
    from django.utils import translation

    with translation.override("sr-latn"):
        found = json.loads(run("2024", "--format", "json"))
    assert found["figures"][0]["id"] == "referrals-received"


@time_machine.travel("2026-11-22 12:00:00+00:00", tick=False)
def test_the_command_refuses_with_sentences(some_records):
    with pytest.raises(CommandError, match="figures for the years 2000 to 2026"):
        run("2027")
    with pytest.raises(CommandError, match=r"no organisation “nobody” here\. There are: cptv, csw, home, other"):
        run("2024", organisation="nobody")
    with pytest.raises(CommandError, match="invalid choice: 'pdf'"):
        run("2024", "--format", "pdf")


def test_the_command_fails_when_numbers_contradict_each_other(some_records, monkeypatch):
    monkeypatch.setattr(checks, "CHECKS", [lambda counts: [registry.Check("made-up", False, "1 ≠ 2")]])
    with pytest.raises(CommandError, match="contradict each other: made-up: 1 ≠ 2"):
        run("2024")
