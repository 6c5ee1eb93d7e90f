"""Schemathesis asks the API what nobody would ask: never an error of ours, never an answer that is not documented."""

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import urllib3
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from casework.access import key_services
from referrals import services

pytestmark = pytest.mark.django_db
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
OPERATIONS = [
    "GET /api/v1/codes",
    "POST /api/v1/referrals",
    "GET /api/v1/referrals",
    "GET /api/v1/referrals/{number}",
    "POST /api/v1/referrals/{number}/files",
]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(tmp_path / "files")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    settings.API_REQUESTS_PER_MINUTE = 10**6


def answered(case: Any, token: str) -> requests.Response:
    """The answer to a case, through Django's own test client: it keeps to the test's transaction."""
    asked = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    asked.headers["Authorization"] = f"Bearer {token}"
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    headers = {name: str(value) for name, value in asked.headers.items() if name not in ("Content-Type", "Host")}
    kind = asked.headers.get("Content-Type", "")
    answer = Client(raise_request_exception=False).generic(
        str(asked.method), str(asked.url).removeprefix("http://localhost"), body, kind, headers=headers
    )
    found = requests.Response()
    found.status_code, found._content, found.request, found.url = answer.status_code, answer.content, asked, asked.url
    found.headers.update(dict(answer.items()))
    found.raw = urllib3.HTTPResponse(status=answer.status_code, headers=dict(answer.items()), version=11)
    return found


def fuzz(cast: Any, name: str, *, examples: int) -> None:
    """Ask one operation, in ways that fit its description and in ways that do not, of things that are there or not."""
    now = timezone.now()
    key, token = key_services.make_key(
        name="Teren",
        body=cast.csw,
        scopes=["submit", "attach", "status"],
        expires_on=timezone.localdate(now) + datetime.timedelta(days=9),
        now=now,
        made_by=cast.ivana,
    )
    sent = services.submit_referral(organisation=cast.home, source="ngo", now=now, submitted_by=key.account)
    client = Client()
    client.force_login(cast.ana)
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    method, _blank, path = name.partition(" ")
    operation = schema[path][method]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode), own=st.booleans())
        def ask(case: Any, own: bool) -> None:
            if own and "number" in (case.path_parameters or {}):
                case.path_parameters["number"] = sent.number
            case.validate_response(answered(case, token), checks=CHECKS)

        ask()


@pytest.mark.requirement("s-outside-submitters")
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_is_undocumented(cast: Any, name: str) -> None:
    fuzz(cast, name, examples=8)


@pytest.mark.soak
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_is_undocumented_however_long_one_asks(cast: Any, name: str) -> None:
    fuzz(cast, name, examples=60 if os.environ.get("CASEWORK_SOAK") == "ci" else 1_000)


def test_every_operation_is_asked() -> None:
    from casework.config.api import api

    described = api.get_openapi_schema()["paths"]
    found = {f"{method.upper()} {path}" for path, operations in described.items() for method in operations}
    assert {name for name in found if "/v1/" in name} == set(OPERATIONS)
    for operations in described.values():
        for operation in operations.values():
            assert {"401", 401} & set(operation["responses"])
