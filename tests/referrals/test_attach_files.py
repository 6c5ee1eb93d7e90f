"""Files on a referral: attached, downloaded, struck through, sealed anew with the person, erased with the key."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from casework.audit.models import Event
from casework.outbox.models import Message
from casework.people import holdings
from casework.vault import erasures
from casework.vault.models import StoredFile
from casework.workflow import Refused
from referrals import services
from referrals.models import Attachment, Referral
from referrals.services.attachments import Brought
from tests.support.pictures import jpeg, pdf

pytestmark = pytest.mark.django_db
NAME = "Kanarinka pasoš.jpg"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(tmp_path / "files")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path / "files"


def upload(content: bytes, name: str = NAME, said: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=said)


def attach(referral: Referral, *contents: bytes, by: Any) -> list[Attachment]:
    brought = [Brought(NAME, content) for content in contents]
    return services.attach_files(referral=referral, brought=brought, now=timezone.now(), attached_by=by)


@pytest.mark.requirement("s-mobile-app")
def test_ana_attaches_several_at_once_and_downloads_one(cast: Any, log: Any, as_user: Any, folder: Path) -> None:
    referral, ana = log(), as_user(cast.ana)
    url = f"/referrals/{referral.number}/files/"
    page = ana.get(url).content.decode()
    assert 'capture="environment"' in page and 'enctype="multipart/form-data"' in page and "multiple" in page
    taken = jpeg(comment=b"Kanarinka", gps=True)
    sent = {"photos": [upload(taken)], "files": [upload(pdf(), "pismo.exe", "application/x-msdownload")]}
    page = ana.post(url, sent, follow=True).content.decode()
    assert "2 files are attached" in page and NAME in page and "PDF document" in page and "Files" in page
    photo, letter = Attachment.objects.order_by("position")
    answer = ana.get(f"{url}{photo.pk}/")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == f'attachment; filename="{referral.number}-1.jpg"'
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    assert b"Kanarinka" not in answer.content and Image.open(io.BytesIO(answer.content)).size == (60, 40)
    assert ana.get(f"{url}{letter.pk}/")["Content-Disposition"].endswith('-2.pdf"')
    verbs = list(Event.objects.filter(subjects__contains=[str(photo.pk)]).values_list("kind", "verb"))
    assert ("act", "attach_file") in verbs and ("read", "download_attachment") in verbs
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert stored and b"JFIF" not in stored and b"%PDF" not in stored


def test_nobody_else_reaches_it(cast: Any, log: Any, as_user: Any) -> None:
    referral, other = log(), log()
    (photo,) = attach(referral, jpeg(), by=cast.ana)
    url = f"/referrals/{referral.number}/files/{photo.pk}/"
    refused = {
        user: as_user(getattr(cast, user)).get(url).status_code for user in ("boris", "dragan", "milan", "ivana")
    }
    assert refused == {"boris": 404, "dragan": 404, "milan": 403, "ivana": 403}
    assert as_user(cast.ana).get(f"/referrals/{other.number}/files/{photo.pk}/").status_code == 404
    assert as_user(cast.vesna).get(url).status_code == 200
    with pytest.raises(Refused, match="no longer yours"):
        attach(referral, jpeg(), by=cast.boris)


def test_what_cannot_be_kept_is_a_sentence_and_keeps_nothing(cast: Any, log: Any, as_user: Any, settings: Any) -> None:
    referral, ana = log(), as_user(cast.ana)
    url = f"/referrals/{referral.number}/files/"
    assert "Take a photograph or choose a file" in ana.post(url, {}).content.decode()
    page = ana.post(url, {"files": [upload(pdf()), upload(b"MZ\x90\x00", "slika.jpg")]}).content.decode()
    assert "File 2 of 2" in page and "is not kept" in page and "slika" not in page
    settings.ATTACHMENTS_PER_REFERRAL = 1
    page = ana.post(url, {"files": [upload(jpeg(seed="one")), upload(jpeg(seed="two"))]}).content.decode()
    assert "at most 1 file" in page
    assert not Attachment.objects.exists() and not StoredFile.objects.exists()


def test_a_file_that_is_too_large_is_not_read_to_its_end(cast: Any, log: Any, as_user: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("casework.access.uploads.LARGEST_FILE", 1000)
    referral, ana = log(), as_user(cast.ana)
    page = ana.post(f"/referrals/{referral.number}/files/", {"files": [upload(bytes(5000))]}).content.decode()
    assert "larger than" in page and not Attachment.objects.exists()


def test_other_pages_take_no_files(cast: Any, log: Any, as_user: Any) -> None:
    ana = as_user(cast.ana)
    answer = ana.post(f"/referrals/{log().number}/decline/", {"reason": "", "files": [upload(jpeg())]})
    assert answer.status_code == 200 and not answer.wsgi_request.FILES


@pytest.mark.requirement("s-mobile-app", "s-outside-submitters")
def test_milan_sends_a_photograph_with_his_referral(cast: Any, as_user: Any) -> None:
    typed = {
        "organisation": str(cast.home.pk),
        "source": "social-welfare-center",
        "immediate_danger": "no",
        "sex": "female",
        "photos": [upload(jpeg(gps=True), "IMG_0001.JPG")],
    }
    milan = as_user(cast.milan)
    assert "is received" in milan.post("/referrals/submit/", typed, follow=True).content.decode()
    photo = Attachment.objects.get()
    assert photo.attached_by == cast.milan and photo.name == "IMG_0001.JPG" and photo.kind == "jpeg"
    assert milan.get(f"/referrals/{photo.referral.number}/files/{photo.pk}/").status_code == 403
    typed["photos"] = [upload(b"not a picture \x00")]
    page = milan.post("/referrals/submit/", typed | {"summary": "Dugo pisano"}).content.decode()
    assert "is not kept" in page and "Dugo pisano" in page and Referral.objects.count() == 1
    typed["photos"] = [upload(jpeg())]
    page = milan.post("/referrals/submit/", typed | {"given_age": "x"}).content.decode()
    assert "Choose the files again" in page


@pytest.mark.requirement("s-mobile-app")
def test_pictures_of_somebody_seen_in_material_are_never_kept(cast: Any, log: Any) -> None:
    referral = log(seen_in_material="yes")
    for content in (jpeg(), pdf()):
        with pytest.raises(Refused, match="reference number"):
            attach(referral, content, by=cast.ana)
    assert attach(referral, b"Reference 2026/17", by=cast.ana)


def test_the_same_content_is_kept_once(cast: Any, log: Any) -> None:
    referral = log()
    first, again = attach(referral, jpeg(), by=cast.ana)[0], attach(referral, jpeg(), jpeg(), by=cast.ana)
    assert [row.pk for row in again] == [first.pk, first.pk] and Attachment.objects.count() == 1
    services.mark_attachment_in_error(attachment=first, why="Pogrešno.", marked_by=cast.ana)
    assert attach(referral, jpeg(), by=cast.ana)[0].position == 2


def test_marked_in_error_it_stays_struck_through(cast: Any, log: Any, as_user: Any) -> None:
    referral = log()
    (photo,) = attach(referral, jpeg(), by=cast.ana)
    ana, url = as_user(cast.ana), f"/referrals/{referral.number}/files/{photo.pk}/"
    assert ana.post(f"{url}mark-in-error/", {"why": "  "}).status_code == 200
    assert Attachment.objects.valid().exists()  # without a reason nothing is marked
    page = ana.post(f"{url}mark-in-error/", {"why": "Druga osoba."}, follow=True).content.decode()
    assert "Druga osoba." in page and not Attachment.objects.valid().exists()
    assert ana.get(url).status_code == 200
    with pytest.raises(Refused, match="already marked"):
        services.mark_attachment_in_error(attachment=photo, why="Opet.", marked_by=cast.ana)


def test_when_the_person_is_named_the_files_get_the_persons_key(cast: Any, log: Any) -> None:
    referral = log(person=None, given_age=None)
    (photo,) = attach(referral, jpeg(), by=cast.ana)
    old, content = photo.file, photo.file.read()
    lone = holdings.Subject(referral.organisation_id, number=referral.number)
    assert holdings.counts_of(lone)["referrals.Attachment"] == 1
    services.amend_referral(
        referral=referral,
        version=referral.version,
        person={"names": [{"given": "Probica", "kind": "used"}]},
        amended_by=cast.ana,
    )
    photo = Attachment.objects.select_related("key", "file__key", "referral__person").get()
    person = photo.referral.person
    assert photo.key_id == photo.file.key_id == person.key_id and photo.file_id != old.pk
    assert photo.file.read() == content and photo.name == NAME
    old.refresh_from_db()
    assert old.forgotten_at is not None
    assert attach(photo.referral, jpeg(), by=cast.ana)[0].pk == photo.pk  # still known as the same content
    assert holdings.counts_of(holdings.Subject(referral.organisation_id, person=person))["referrals.Attachment"] == 1


def test_a_lost_file_does_not_hold_up_the_naming(cast: Any, log: Any, as_user: Any) -> None:
    referral = log(person=None, given_age=None)
    (photo,) = attach(referral, jpeg(), by=cast.ana)
    default_storage.delete(photo.file.name)
    services.amend_referral(referral=referral, version=referral.version, given_age=20, amended_by=cast.ana)
    photo.refresh_from_db()
    assert Attachment.objects.select_related("key").get().name == NAME
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/files/{photo.pk}/", follow=True)
    assert "has lost this file" in page.content.decode()


def test_erasing_the_person_erases_name_and_content(
    cast: Any, log: Any, as_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    referral = log()
    (photo,) = attach(referral, jpeg(), by=cast.ana)
    name = photo.file.name
    with django_capture_on_commit_callbacks(execute=True):
        erasures.erase([referral.key])
    assert not default_storage.exists(name)
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/files/").content.decode()
    assert NAME not in page and "Erased" in page
    shown = as_user(cast.ana).get(f"/referrals/{referral.number}/files/{photo.pk}/", follow=True).content.decode()
    assert "erased for good" in shown
    assert (
        "erased"
        in as_user(cast.ana).post(f"/referrals/{referral.number}/files/", {"files": [upload(pdf())]}).content.decode()
    )


def test_name_and_content_stay_out_of_trail_mail_and_log(cast: Any, log: Any, as_user: Any, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    referral = log()
    as_user(cast.ana).post(f"/referrals/{referral.number}/files/", {"files": [upload(jpeg())]})
    rows = list(Event.objects.values()) + list(Message.objects.values()) + list(StoredFile.objects.values())
    rows += list(Attachment.objects.values("digest", "kind", "position"))
    assert "Kanarinka" not in str(rows) and "pasoš" not in str(rows)
    assert "Kanarinka" not in caplog.text


def test_a_protected_name_is_not_shown_by_a_file(cast: Any, log: Any, as_user: Any) -> None:
    from casework.people.masking import protect_identity

    referral = log()
    attach(referral, jpeg(), by=cast.ana)
    protect_identity(referral.person)
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/files/").content.decode()
    assert "Kanarinka" not in page and "1. Name hidden" in page


def test_the_tab_asks_the_same_few_questions_for_one_file_and_for_ten(
    cast: Any, log: Any, as_user: Any, django_assert_num_queries: Any
) -> None:
    referral, ana = log(), as_user(cast.ana)
    url = f"/referrals/{referral.number}/files/"
    attach(referral, jpeg(), by=cast.ana)
    ana.get(url)
    with django_assert_num_queries(QUERIES):
        ana.get(url)
    attach(referral, *[jpeg(seed=f"{n}{n}") for n in range(1, 10)], by=cast.ana)
    with django_assert_num_queries(QUERIES):
        ana.get(url)


QUERIES = 13


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\slika.png", "slika.png"),
        ("", "?"),
        ("a\u202egpj.exe\n", "agpj.exe"),
    ],
)
def test_names_are_made_plain(given: str, kept: str) -> None:
    from referrals.services.attachments import plain_name

    assert plain_name(given) == kept
    assert len(plain_name("š" * 500)) == 200
