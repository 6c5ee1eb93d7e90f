"""Every form and every address × input that nobody means: a sentence, nothing typed lost, never an error of ours.

The normal suite fills all fields of a form at once with two of six hostile values; `-m soak` with all 400, and goes
field by field, the other fields filled so that the service behind the form is reached.
"""

import os
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from tests.support.hostile import BODIES, MARK, VALUES
from tests.support.trail import text_of
from tests.test_permissions import POSTED, cells, world  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

KEPT = "Zapisano"
# What the normal suite posts into every form; `-m soak` posts all of VALUES.
TRIED = {
    "NUL": VALUES["invisible: U+0000 within"],
    "right to left": VALUES["invisible: U+202E within"],
    "markup": VALUES["markup: piece 1"],
    "huge number": "9" * 400,
    "year 0": "1.1.0000.",
    "empty": "",
}
# What `-m soak` posts into one field after the other, the rest filled so that the service behind the form is reached.
INTO_EACH = TRIED | {
    "alone": "\x00",
    "control": "\x07\x1b[2J\x7f",
    "negative": "-1",
    "beyond integer": str(2**63),
    "year 1": "1.1.1.",
    "year 9999": "31.12.9999.",
    "no such day": "31.2.2026.",
    "not a number": "NaN",
    "infinity": "1e999",
    "a key of nothing": "00000000-0000-0000-0000-000000000000",
    "blank": "   ",
    "long": "š" * 30_000,
}
PARAMETERS = [
    "after",
    "before",
    "page",
    "status",
    "source_group",
    "shelter",
    "start",
    "nights",
    "case",
    "from",
    "until",
]
PARAMETERS += ["bed", "person", "year", "organisation", "kind", "earlier", "actor", "record", "draft", "next"]


def users_of_pages(world: SimpleNamespace) -> Iterator[tuple[str, str, str]]:  # noqa: F811
    """Name and address of every page about home's record, and one user who may."""
    for name, url, which, who in cells(world):
        if which == "home" and who:
            yield name, url, min(who & {"boris", "vesna", "ivana", "milan", "nada", "petar"} or who)


def pages_with_forms(world: SimpleNamespace, as_user: Any) -> Iterator[tuple[str, str, Client, forms.BaseForm]]:  # noqa: F811
    clients: dict[str, Client] = {}
    pages = list(users_of_pages(world))
    bed = f"?shelter={world.home.shelter.pk}&bed={world.home.bed.pk}&from=2026-01-01"
    pages += [(name, url + bed, user) for name, url, user in pages if name == "shelter:place-person"]
    pages += [
        (name, f"{url}?person={world.home.case.person_id}", user)
        for name, url, user in pages
        if name == "referrals:log-referral"
    ]
    for name, url, user in pages:
        client = clients.setdefault(user, as_user(getattr(world.cast, user)))
        client.raise_request_exception = False
        response = client.get(url)
        form = form_of(response)
        if response.status_code == 200 and form is not None and 'method="post"' in text_of(response):
            yield name, url, client, form


def form_of(response: Any) -> forms.BaseForm | None:
    held = (context.get("form") for context in response.context or [])
    return next((form for form in held if isinstance(form, forms.BaseForm)), None)


def post(client: Client, url: str, posted: Any, **kwargs: Any) -> Any:
    point = transaction.savepoint()  # not an atomic block: the trail insists on being outermost
    response = client.generic("POST", url, posted, **kwargs) if isinstance(posted, bytes) else client.post(url, posted)
    transaction.savepoint_rollback(point)
    return response


def names_in(form: forms.BaseForm) -> Iterator[tuple[str, forms.Field]]:
    """Names as they are posted, with their fields: a moment posts a day and a time."""
    for name, field in form.fields.items():
        if isinstance(field, forms.SplitDateTimeField):
            yield from ((f"{name}_{part}", field) for part in (0, 1))
        else:
            yield name, field


def is_text(field: forms.Field) -> bool:
    return type(field).__name__ in ("TextField", "LongTextField")


def plausible(form: forms.BaseForm) -> dict[str, Any]:
    """What somebody might type: enough that most forms reach their service."""
    typed: dict[str, Any] = {}
    for name, field in names_in(form):
        value = form.get_initial_for_field(field, name)
        if isinstance(field, forms.SplitDateTimeField):
            value = f"{timezone.localdate():%d.%m.%Y.}" if name.endswith("_0") else "00:00"
        elif isinstance(field, forms.DateField):
            value = f"{timezone.localdate():%d.%m.%Y.}"
        elif isinstance(field, forms.ModelChoiceField):
            value = [str(one.pk) for one in field.queryset[:3]] if field.queryset else ""
        elif isinstance(field, forms.ChoiceField):
            value = value or next((str(code) for code, _label in field.choices if code), "")
        elif is_text(field):
            value = KEPT
        typed[name] = "" if value is None else value
    return typed


class Reflected(HTMLParser):
    """Tags and attributes that a browser would act on and that came out of what was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within = tag
        for name, value in attrs:
            followed = name in ("href", "src", "action", "formaction", "srcdoc", "content", "style")
            if MARK in (value or "") and (name.startswith(("on", "hx-", "data-hx")) or (followed and value[0] != "?")):
                self.found.append(f"<{tag} {name}=…> reflected")

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if MARK in data and self.within in ("script", "style"):
            self.found.append(f"<{self.within}> reflected")


def reflected(text: str) -> list[str]:
    if MARK not in text:
        return []
    parser = Reflected()
    parser.feed(text)
    return parser.found


def test_what_would_run_is_noticed_and_what_is_escaped_is_not() -> None:
    for number in range(23):
        piece = VALUES[f"markup: piece {number}"]
        assert reflected(f"<p>{escape(piece)}</p><input value='{escape(piece)}'>") == [], piece
    assert reflected(VALUES["markup: piece 0"]) == ["<script> reflected"]
    assert reflected(VALUES["markup: piece 3"]) == ["<img onerror=…> reflected"]


def judged(response: Any, what: str, kept: str = "") -> Iterator[str]:
    """What is wrong with an answer."""
    if response.status_code >= 500:
        yield f"{what}: {response.status_code}"
    elif response.status_code == 200:
        text = text_of(response)
        form = form_of(response)
        if form is None or not form.errors:
            return
        if "error-summary" not in text:
            yield f"{what}: refused without a sentence"
        if kept and kept not in text:
            yield f"{what}: what was typed is lost"
        yield from (f"{what}: {found}" for found in reflected(text))


def in_all_fields(form: forms.BaseForm, value: str) -> dict[str, str]:
    return {each: KEPT + value if is_text(field) and value.strip() else value for each, field in names_in(form)}


def test_every_form_answers_hostile_input_with_a_sentence(world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    """Two of the values into every form, in turn; `-m soak` posts more."""
    wrong, seen, values = [], set(), cycle(TRIED.items())
    for name, url, client, form in pages_with_forms(world, as_user):
        seen.add(name)
        texts = any(is_text(field) for _name, field in names_in(form))
        for what, value in islice(values, 2):
            wrong += judged(
                post(client, url, in_all_fields(form, value)),
                f"{name}, {what}",
                KEPT if texts and value.strip() else "",
            )
        wrong += judged(post(client, url, {}), f"{name}, nothing")
        repeated = {each: ["x", "y", "x"] for each, _field in names_in(form)}
        wrong += judged(post(client, url, repeated), f"{name}, repeated")
    assert wrong == []
    assert len(seen) > 30, seen


STRANGE = ("cases:add-note", "referrals:submit-referral", "people:search", "shelter:add-shelter", "access:create-user")


def test_forms_answer_strange_bodies(world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    wrong = []
    for name, url, client, _form in pages_with_forms(world, as_user):
        if name not in STRANGE:
            continue
        for what, (kind, body) in BODIES.items():
            wrong += judged(post(client, url, body, content_type=kind), f"{name}, {what}")
        for method in ("head", "options", "put", "patch", "delete", "trace"):
            point = transaction.savepoint()
            response = getattr(client, method)(url)
            transaction.savepoint_rollback(point)
            wrong += judged(response, f"{name}, {method}")
    assert wrong == []


# Every parameter gets another of these, and the next one in the next crawl.
OF_ADDRESSES = ["alone", "huge number", "beyond integer", "year 1", "right to left", "year 9999"]


@pytest.mark.parametrize("crawl", range(2))
def test_every_address_answers_hostile_parameters(crawl: int, world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    def hostile(names: Iterable[str]) -> dict[str, str]:
        return {name: INTO_EACH[OF_ADDRESSES[(at + crawl) % len(OF_ADDRESSES)]] for at, name in enumerate(names)}

    wrong = []
    clients: dict[str, Client] = {}
    for name, url, user in users_of_pages(world):
        client = clients.setdefault(user, as_user(getattr(world.cast, user)))
        client.raise_request_exception = False
        point = transaction.savepoint()
        response = client.get(url, hostile(PARAMETERS))
        transaction.savepoint_rollback(point)
        wrong += judged(response, f"{name}, {crawl}")
        if POSTED.get(name):
            point = transaction.savepoint()
            response = client.post(url, hostile(POSTED[name](world.home)))
            transaction.savepoint_rollback(point)
            wrong += judged(response, f"{name}, {crawl}, posted")
    assert wrong == []


@pytest.mark.parametrize(
    "address",
    [
        "/referrals/R-2026-%00/",
        "/referrals/%00/amend/",
        "/referrals/?after=%00",
        "/referrals/?before=R%00",
        "/shelter/?case=%00",
        "/cases/C-2026-%00/",
        "/people/%00/",
        "/reference/codes/%00/",
        "/%00",
        f"/referrals/{'R' * 5_000}/",
        "/referrals/%F0%9F%98%80%E2%80%AE/",
        "/referrals/%FF%FE/",
        "/audit/?actor=%00&record=%00&before=" + "9" * 60,
        "/notifications/?page=-1&page=" + "9" * 5_000,
    ],
)
def test_strange_addresses_are_not_found(address: str, cast: SimpleNamespace, as_user: Any) -> None:
    for user in (cast.vesna, cast.petar):
        client = as_user(user)
        client.raise_request_exception = False
        assert client.get(address).status_code in (200, 403, 404)
        assert client.post(address).status_code in (200, 302, 400, 403, 404, 405)


def test_a_session_cookie_that_holds_nul_is_no_session(client: Client, cast: SimpleNamespace) -> None:
    """A quoted cookie may hold octal escapes, which a database text cannot."""
    client.raise_request_exception = False
    response = client.get("/cases/", headers={"cookie": 'session="abcdefgh\\000ijkl"; csrf="\\000"'})
    assert response.status_code == 302


def test_too_many_fields_and_too_much_text_are_answered_with_a_sentence(
    world: SimpleNamespace,  # noqa: F811
    as_user: Any,
    settings: Any,
) -> None:
    client = as_user(world.cast.boris)
    url = reverse("cases:add-note", args=[world.home.case.number])
    response = client.post(url, {f"field{number}": "x" for number in range(10_000)})
    assert response.status_code == 400
    assert "was not understood" in text_of(response)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    response = client.post(url, f"body={'x' * 5_000}", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "was not understood" in text_of(response)


def test_no_file_that_nobody_asked_for_reaches_the_disk(world: SimpleNamespace, as_user: Any, settings: Any) -> None:  # noqa: F811
    """A large upload would lie in a temporary file, in plain."""
    import io
    from unittest import mock

    client = as_user(world.cast.boris)
    url = reverse("cases:add-note", args=[world.home.case.number])
    attached = io.BytesIO(b"Kanarinka" * 400_000)
    attached.name = "passport.jpg"
    with mock.patch("django.core.files.temp.NamedTemporaryFile", side_effect=AssertionError("written to disk")):
        response = post(client, url, {"kind": "note", "body": KEPT, "file": attached})
    assert response.status_code == 200
    assert KEPT in text_of(response)


def and_where_it_leads(client: Client, url: str, posted: dict[str, Any]) -> Iterator[Any]:
    """The answer, and the page to which it sends: what was taken stands there."""
    point = transaction.savepoint()
    response = client.post(url, posted)
    yield response
    if response.status_code == 302 and response.headers["Location"].startswith("/"):
        yield client.get(response.headers["Location"])
    transaction.savepoint_rollback(point)


@pytest.mark.soak
def test_four_hundred_values_over_every_form(world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    """All of them in every form; in the continuous run each form takes four, and each value is in some form."""
    assert len(VALUES) + len(BODIES) >= 400
    few = os.environ.get("CASEWORK_SOAK") == "ci"
    wrong, tried, following = [], set(), cycle(VALUES.items())
    for name, url, client, form in pages_with_forms(world, as_user):
        for what, value in islice(following, 4) if few else VALUES.items():
            tried.add(what)
            typed = in_all_fields(form, value)
            # fields of choices take no text: with one of theirs, the service behind the form is reached as well
            for posted in (
                typed,
                plausible(form) | {each: typed[each] for each, kind in names_in(form) if is_text(kind)},
            ):
                for answer in and_where_it_leads(client, url, posted):
                    wrong += judged(answer, f"{name}, {what}")
                    wrong += [f"{name}, {what}: {found}" for found in reflected(text_of(answer))]
        for what, (kind, body) in BODIES.items() if not few else ():
            wrong += judged(post(client, url, body, content_type=kind), f"{name}, {what}")
    assert wrong == []
    assert tried == set(VALUES)


@pytest.mark.soak
def test_every_field_of_every_form_takes_every_hostile_value(world: SimpleNamespace, as_user: Any) -> None:  # noqa: F811
    few = os.environ.get("CASEWORK_SOAK") == "ci"
    values = {"NUL": TRIED["NUL"]} if few else INTO_EACH
    wrong = []
    for name, url, client, form in pages_with_forms(world, as_user):
        good = plausible(form)
        fields = dict(names_in(form))
        for each in list(fields)[:2] if few else fields:
            others = any(is_text(field) for key, field in fields.items() if key != each)
            for what, value in values.items():
                answer = post(client, url, good | {each: value})
                wrong += judged(answer, f"{name}.{each}, {what}", KEPT if others else "")
            missing = {key: value for key, value in good.items() if key != each}
            wrong += judged(post(client, url, missing), f"{name}.{each}, missing")
        texts = [each for each, field in fields.items() if is_text(field)]
        enormous = "ž" * 5_000_000
        for each in texts if not few else texts[-1:] if name in ("referrals:log-referral", "cases:add-note") else []:
            wrong += judged(post(client, url, good | {each: enormous}), f"{name}.{each}, 10 MB", enormous)
    assert wrong == []
