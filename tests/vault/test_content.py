"""What a file is by its content, what is refused, and what is left out of a picture."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from casework.vault.content import Kind, NotTaken, check
from tests.support.pictures import WORD_TYPES, jpeg, office, pdf, picture

SECRETS = (b"Kanarinka", b"GPS", b"Exif", b"44.8", b"adobe:xmp", b"ICC")


def test_a_photograph_keeps_nothing_but_the_picture() -> None:
    taken = jpeg(comment=b"Kanarinka", gps=True, orientation=6, size=(60, 40))
    assert b"Exif" in taken and b"Kanarinka" in taken
    kept = check(taken)
    assert kept.kind == Kind.JPEG
    assert not any(secret in kept.content for secret in SECRETS)
    with Image.open(io.BytesIO(kept.content)) as found:
        assert found.size == (40, 60)  # upright
        assert dict(found.getexif()) == {} and "comment" not in found.info and "icc_profile" not in found.info
        left, right = found.getpixel((5, 5)), found.getpixel((5, 55))
    assert left != right  # it is still the picture


def test_a_png_loses_its_texts_and_keeps_its_transparency() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Kanarinka")
    texts.add_itxt("XML:com.adobe.xmp", "Kanarinka adobe:xmp")
    kept = check(picture("PNG", mode="RGBA", pnginfo=texts))
    assert kept.kind == Kind.PNG and b"Kanarinka" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as found:
        assert found.mode == "RGBA" and "XML:com.adobe.xmp" not in found.info


@pytest.mark.parametrize(("mode", "kind"), [("RGB", Kind.JPEG), ("RGBA", Kind.PNG)])
def test_webp_becomes_what_every_program_opens(mode: str, kind: Kind) -> None:
    kept = check(picture("WEBP", mode=mode, exif=b"Exif\x00\x00Kanarinka"))
    assert kept.kind == kind and b"Kanarinka" not in kept.content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "I;16", "CMYK"])
def test_every_kind_of_dots_is_drawn(mode: str) -> None:
    named = "JPEG" if mode == "CMYK" else "PNG"
    assert check(picture(named, mode="P" if mode == "PA" else mode)).kind in (Kind.JPEG, Kind.PNG)


def test_a_large_picture_is_made_smaller(settings: Any) -> None:
    settings.ATTACHMENT_LONGEST_SIDE = 100
    with Image.open(io.BytesIO(check(picture("PNG", size=(400, 200))).content)) as found:
        assert found.size == (100, 50)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """A PNG of a few kilobytes that would fill gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(NotTaken, match="million dots"):
        check(bomb)


@pytest.mark.parametrize("cut", [3, 20, 200])
def test_half_a_picture_is_refused(cut: int) -> None:
    with pytest.raises(NotTaken, match="damaged"):
        check(jpeg()[:cut] if cut < 200 else jpeg(size=(400, 400))[:-3000])


def test_documents_are_kept_as_they_are() -> None:
    for kind, content in (
        (Kind.PDF, pdf()),
        (Kind.TEXT, "Ђорђе, šđčćž\r\nred\ttab".encode()),
        (Kind.WORD, office(WORD_TYPES)),
        (Kind.EXCEL, office(WORD_TYPES.replace("wordprocessingml.document.main", "spreadsheetml.sheet.main"))),
    ):
        assert check(content) == type(check(content))(kind, content)
    assert check("Ђорђе".encode("utf-16")).content == "Ђорђе".encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\nhalf", "damaged"),
        (pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "scripts"),
        (pdf(b"/Type /EmbeddedFile"), "other files"),
        (office(WORD_TYPES, "word/vbaProject.bin"), "macros"),
        (office("<Types/>"), "is not kept"),
        (b"PK\x03\x04 broken", "is not kept"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "is not kept"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00", "is not kept"),
        (b"II*\x00\x08\x00\x00\x00", "is not kept"),
        (b"{\\rtf1 x}", "is not kept"),
        (b"<svg>\x00", "is not kept"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00", "Films and sound"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "JPEG"),
        (b"\x1aE\xdf\xa3webm", "Films and sound"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "Films and sound"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "Films and sound"),
        (b"ID3\x03\x00", "Films and sound"),
        (b"\xff\xfb\x90\x00", "Films and sound"),
    ],
)
def test_everything_else_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(NotTaken, match=said) as refused:
        check(content)
    assert str(refused.value).endswith(".")


def test_a_package_that_unpacks_without_end_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", WORD_TYPES)
        for part in range(5):
            package.writestr(f"word/{part}.xml", bytes(50 * 2**20))
    with pytest.raises(NotTaken, match="is not kept"):
        check(out.getvalue())
