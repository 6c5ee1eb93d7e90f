"""What a file is by what it holds, never by its name or by what the sender says; and what is left out of it.

Pictures are drawn anew, so that nothing but the picture remains: no place, camera, time, comment, preview or profile.
A document is kept as it is, once it shows that it is one and holds no program.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, UnidentifiedImageError

from casework.vault.models import LARGEST_FILE

JPEG_QUALITY = 88
LARGEST_UNPACKED = 8 * LARGEST_FILE  # bytes of all parts of a Word or Excel file
MOST_PARTS = 2_000


class Kind(models.TextChoices):
    """What is kept. The label is what a page calls it."""

    JPEG = "jpeg", gettext_lazy("Picture (JPEG)")
    PNG = "png", gettext_lazy("Picture (PNG)")
    PDF = "pdf", gettext_lazy("PDF document")
    TEXT = "text", gettext_lazy("Plain text")
    WORD = "docx", gettext_lazy("Word document")
    EXCEL = "xlsx", gettext_lazy("Excel workbook")


# The type that a download has, and the end of its name.
MEDIA_TYPES: dict[str, tuple[str, str]] = {
    Kind.JPEG: ("image/jpeg", "jpg"),
    Kind.PNG: ("image/png", "png"),
    Kind.PDF: ("application/pdf", "pdf"),
    Kind.TEXT: ("text/plain; charset=utf-8", "txt"),
    Kind.WORD: ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    Kind.EXCEL: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
# What a browser offers to choose. HEIC is not among them: a telephone that takes such pictures then sends JPEG.
OFFERED = "image/jpeg,image/png,image/webp,application/pdf,text/plain,.docx,.xlsx"


class NotTaken(ValueError):
    """The message is a sentence for the person who brought the file."""


@dataclass(frozen=True)
class Checked:
    """A file that may be kept: its kind and its content as it will be kept."""

    kind: Kind
    content: bytes

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind][0]


# Beginnings of what people bring and is not kept, so that the answer can say why.
_MOVING = (b"\x1aE\xdf\xa3", b"OggS", b"ID3", b"fLaC", b"FLV\x01", b"#!AMR", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
# In a PDF: scripts, programs that it starts, files and films within it.
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|XFA)\b")
_PARTS = {b"wordprocessingml.document.main+xml": Kind.WORD, b"spreadsheetml.sheet.main+xml": Kind.EXCEL}
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def check(content: bytes) -> Checked:
    """Find out what a file is and make of it what is kept. Raises `NotTaken` with a sentence."""
    if not content:
        raise NotTaken(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise NotTaken(too_large())
    if content.startswith(b"\xff\xd8\xff"):
        return _picture(content, "JPEG")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(content, "PNG")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _picture(content, "WEBP")
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content[4:8] == b"ftyp":
        if content[8:12] in _HEIC:
            raise NotTaken(_("Pictures in the format HEIC or AVIF are not kept. Save it as JPEG and choose it again."))
        raise NotTaken(_no_films())
    sound = content[0] == 0xFF and content[1:2] >= b"\xe0" and content[1:2] != b"\xfe"  # text in UTF-16 begins FF FE
    if content[:4] == b"RIFF" or content.startswith(_MOVING) or sound:
        raise NotTaken(_no_films())
    return _text(content)


def too_large() -> str:
    """What is said of a file that is larger than may be kept."""
    return _("The file is larger than %(largest)s MB. Choose a smaller one.") % {"largest": LARGEST_FILE // 2**20}


def _no_films() -> str:
    return _("Films and sound are not kept here. Write down in words what they show.")


def _what_is_kept() -> str:
    return _("This kind of file is not kept. Choose a picture (JPEG, PNG, WebP), a PDF, a text, a Word or Excel file.")


def _picture(content: bytes, named: str) -> Checked:
    """Draw the picture anew: upright, within the bounds, and nothing beside it."""
    damaged = _("The picture is damaged or not whole. Choose it again, or take it anew.")
    too_many = _("The picture has more than %(most)s million dots. Save it smaller and choose it again.") % {
        "most": settings.ATTACHMENT_MEGAPIXELS
    }
    try:
        with Image.open(io.BytesIO(content), formats=(named,)) as found:
            if found.width * found.height > settings.ATTACHMENT_MEGAPIXELS * 1_000_000:
                raise NotTaken(too_many)
            longest = settings.ATTACHMENT_LONGEST_SIDE
            found.draft("RGB", (longest, longest))  # a JPEG is then read no larger than needed
            found.seek(0)  # of several pictures in one file, the first
            found.load()
            return _drawn(_upright(found), named, longest)
    except (Image.DecompressionBombError, MemoryError):
        raise NotTaken(too_many) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError) as bad:
        if isinstance(bad, NotTaken):
            raise
        raise NotTaken(damaged) from None


def _upright(picture: Any) -> Any:
    """As it was held; where what the camera says of that cannot be read, as it is."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # a damaged note beside a whole picture, and it has many names
        return picture


def _drawn(picture: Any, named: str, longest: int) -> Checked:
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    kind = Kind.PNG if see_through or named == "PNG" else Kind.JPEG
    mode = "RGBA" if see_through else "L" if picture.mode in ("L", "1") else "RGB"
    if picture.mode.startswith("I"):  # sixteen bits a dot: the upper eight are what a screen shows
        picture, mode = picture.point(lambda value: value / 256).convert("L"), "L"
    clean = picture.convert(mode)
    clean.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    clean.info = {}  # comments, profiles and resolutions are written from here
    out = io.BytesIO()
    if kind == Kind.PNG:
        clean.save(out, "PNG", optimize=False)
    else:
        clean.save(out, "JPEG", quality=JPEG_QUALITY, exif=b"", icc_profile=None, comment=b"")
    if out.tell() > LARGEST_FILE:
        raise NotTaken(too_large())
    return Checked(kind, out.getvalue())


def _pdf(content: bytes) -> Checked:
    if not re.match(rb"%PDF-[12]\.\d", content) or b"%%EOF" not in content[-2048:]:
        raise NotTaken(_("The PDF is damaged or not whole. Choose it again."))
    if _ACTIVE_PDF.search(content):
        raise NotTaken(
            _("This PDF holds scripts, forms that run, or other files. Print it to a new PDF and choose that.")
        )
    return Checked(Kind.PDF, content)


def _office(content: bytes) -> Checked:
    """A Word or Excel file: whole, of a bearable size, without macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            members = parts.infolist()
            if len(members) > MOST_PARTS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
                raise NotTaken(_what_is_kept())
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or parts.getinfo("[Content_Types].xml").file_size > 2**20:
                raise NotTaken(_what_is_kept())
            types = parts.read("[Content_Types].xml")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError, KeyError) as bad:
        if isinstance(bad, NotTaken):
            raise
        raise NotTaken(_what_is_kept()) from None
    except Exception:  # what the compressor says of damaged bytes has many names
        raise NotTaken(_what_is_kept()) from None
    if b"macroEnabled" in types or any(name.endswith(("vbaProject.bin", ".exe", ".js")) for name in names):
        raise NotTaken(_("This file holds macros. Save it without them and choose it again."))
    for part, kind in _PARTS.items():
        if part in types:
            return Checked(kind, content)
    raise NotTaken(_what_is_kept())


def _text(content: bytes) -> Checked:
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise NotTaken(_what_is_kept()) from None
    if _CONTROL.search(text) or text.startswith(("{\\rtf", "%!PS")):
        raise NotTaken(_what_is_kept())
    return Checked(Kind.TEXT, text.encode())
