"""The read-only API: each entry as JSON, described by OpenAPI, closed to visitors."""

import pytest
from django.urls import reverse

from reference.models import Entry
from reference.sections import SECTIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(cast, as_user):
    client = as_user(cast.ana)
    return lambda path, **query: client.get(f"/api/reference{path}", query)


def test_an_entry_as_json_is_the_entry_of_the_file(get):
    for section in SECTIONS.values():
        entry = Entry.objects.in_section(section.key).first()
        if entry is None:
            continue
        answer = get(f"/{section.slug}/{entry.slug}").json()
        assert answer["data"] == entry.data
        assert answer["url"] == entry.get_absolute_url()
        if entry.source_document:
            assert answer["source"]["phrase"] == entry.source_locator


def test_the_address_of_the_json_is_that_of_the_page_below_api(get):
    entry = get("/offences/388").json()
    assert (entry["id"], entry["url"]) == ("human-trafficking", reverse("reference:entry", args=["offences", "388"]))
    assert [penalty["min_months"] for penalty in entry["data"]["penalties"]] == [24, 36]


def test_a_list_is_given_in_parts(get):
    answer = get("/organisations", limit=10, offset=80).json()
    assert (answer["count"], len(answer["items"])) == (87, 7)


def test_a_list_is_given_as_it_stood_on_a_day(get):
    before, after = (
        {item["id"] for item in get("/offences", on=day, limit=100).json()["items"]}
        for day in ("2017-05-31", "2017-06-01")
    )
    assert after - before == {"sexual-harassment"}


def test_the_search_answers_as_the_page_does(get):
    assert get("/search", q="čl. 388").json()["items"][0]["id"] in {"cc-388", "human-trafficking"}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/nothing", {}, 404),
        ("/laws/nothing", {}, 404),
        ("/search", {}, 422),
        ("/laws", {"limit": "many"}, 422),
        ("/laws", {"limit": 1000}, 422),
        ("/laws", {"on": "yesterday"}, 422),
    ],
)
def test_what_does_not_fit_is_a_problem_with_a_reason(get, path, query, status):
    answer = get(path, **query)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_only_reads(cast, as_user, method):
    assert getattr(as_user(cast.ivana), method)("/api/reference/offences/388").status_code == 405


def test_a_visitor_is_told_to_sign_in(client):
    answer = client.get("/api/reference/offences/388")
    assert (answer.status_code, answer.json()["title"]) == (401, "Sign in first.")


def test_openapi_describes_every_operation(cast, as_user):
    described = as_user(cast.ana).get(reverse("api:openapi-json")).json()
    paths = {path: operations for path, operations in described["paths"].items() if "/v1/" not in path}
    assert set(paths) == {
        "/api/reference",
        "/api/reference/search",
        "/api/reference/{section}",
        "/api/reference/{section}/{slug}",
    }
    for path in paths.values():
        assert set(path) == {"get"}
        assert path["get"]["summary"]
