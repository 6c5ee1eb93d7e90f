"""The form to print: three scripts, whole names, and no word in name, title or metadata that tells what it is about."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from pypdf import PdfReader

from casework.audit.models import Event
from referrals.models import Onward

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-referral-to-services")]
LONG = "Ђорђијана Љубица Đorđević-Čvorović Ćosić Šćepanović Жујовић од Њгуша " * 3
FORBIDDEN = re.compile("traffick|victim|trgovin|žrtv|трговин|жртв", re.IGNORECASE)
ALL = ["name", "birth_date", "sex", "citizenship", "language", "safe_contact", "indicators", "summary", "opinion"]


@pytest.fixture
def sent(passing: Any) -> Onward:
    given, _blank, family = LONG.strip().partition(" ")
    passing.case(names=[{"given": given, "family": family, "kind": "used"}])
    return passing.sent(ALL, summary="Sažetak: đak, џез, ћуприја.\n#let x = 1", opinion="Мишљење")  # type: ignore[no-any-return]


def printed(client: Any, onward: Onward, lang: str) -> tuple[Any, PdfReader]:
    response = client.get(reverse("referrals:print-onward", args=[onward.number, lang]))
    assert response.status_code == 200, response.status_code
    return response, PdfReader(io.BytesIO(response.content))


def text_of(reader: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Onward referral", "Female", "Serbia", "Official identification"]),
        ("sr", ["Ђорђијана", "Србија", "Формална идентификација"]),
        ("sr-latn", ["Srbija", "Formalna identifikacija"]),
    ],
)
def test_the_form_is_whole_in_three_scripts(
    cast: SimpleNamespace, sent: Onward, as_user: Any, lang: str, words: list[str]
) -> None:
    response, reader = printed(as_user(cast.ana), sent, lang)
    text = text_of(reader)
    for wanted in [*LONG.split(), "03.02.1995.", "Call after five", "#let x = 1", "Мишљење", sent.number, *words]:
        assert wanted in text, wanted
    assert "+381 60 000" not in text and "Pasoš 77" not in text and sent.case.number not in text
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="{sent.number}.pdf"'
    about = f"{dict(reader.metadata or {})} {response.headers}" + reader.trailer["/Root"].get_object().__repr__()
    assert (reader.metadata or {}).get("/Title") == sent.number
    xmp = reader.xmp_metadata
    assert not FORBIDDEN.search(about + (xmp.stream.get_data().decode() if xmp else ""))


def test_one_pinned_font_draws_every_letter(cast: SimpleNamespace, sent: Onward, as_user: Any) -> None:
    """A letter that the font lacked would be drawn by another one, or as an empty box."""
    _response, reader = printed(as_user(cast.ana), sent, "sr")
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts and all(font.startswith("LibertinusSerif") for font in fonts), fonts
    assert "\ufffd" not in text_of(reader)


def test_printing_is_in_the_trail_and_leaves_no_file(cast: SimpleNamespace, sent: Onward, as_user: Any) -> None:
    before = default_storage.listdir("")[1] if default_storage.exists("") else []
    printed(as_user(cast.ana), sent, "en")
    event = Event.objects.filter(verb="export_onward").get()
    assert event.note == "en" and str(sent.pk) in event.subjects and str(sent.case.person_id) in event.subjects
    assert (default_storage.listdir("")[1] if default_storage.exists("") else []) == before


def test_what_is_not_sent_is_not_printed_and_an_old_sign_in_is_asked_again(
    cast: SimpleNamespace, passing: Any, sent: Onward, as_user: Any
) -> None:
    draft = passing.prepare()
    client = as_user(cast.ana)
    assert client.get(reverse("referrals:print-onward", args=[draft.number, "en"])).status_code == 404
    assert client.get(reverse("referrals:print-onward", args=[sent.number, "fr"])).status_code == 404
    assert as_user(cast.boris).get(reverse("referrals:print-onward", args=[sent.number, "en"])).status_code == 404
    old = as_user(cast.ana, recent=False).get(reverse("referrals:print-onward", args=[sent.number, "en"]))
    assert old.status_code == 302
