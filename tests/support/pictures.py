"""Small files of every kind that people attach, with and without what must not stay in them."""

import io
import zipfile
from typing import Any

from PIL import Image

WORD_TYPES = (
    '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    "</Types>"
)


def picture(kind: str, *, mode: str = "RGB", size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    """A picture whose left half is not its right half."""
    drawn = Image.new("RGB", size, (200, 30, 30))
    drawn.paste((20, 60, 220), (size[0] // 2, 0, *size))
    made: Any = drawn
    if mode == "I;16":
        made = drawn.convert("I").convert("I;16")
    elif mode == "RGBA":
        made = drawn.convert("RGBA")
        made.putalpha(128)
    elif mode != "RGB":
        made = drawn.convert(mode)
    out = io.BytesIO()
    made.save(out, kind, **how)
    return out.getvalue()


def jpeg(
    *, comment: bytes = b"", gps: bool = False, orientation: int = 1, size: tuple[int, int] = (60, 40), seed: str = ""
) -> bytes:
    """A photograph as a telephone takes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Kanarinka telephone"
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (44.0, 49.0, 12.0), 3: "E", 4: (20.0, 27.0, 0.0)})
    colour = tuple(seed.encode()[:3].ljust(3, b"\x10")) if seed else (200, 30, 30)
    drawn = Image.new("RGB", size, colour)
    drawn.paste((20, 60, 220), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    drawn.save(out, "JPEG", exif=exif, comment=comment, quality=90)
    return out.getvalue()


def pdf(within: bytes = b"") -> bytes:
    """A document that shows that it is one."""
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog " + within + b" >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def office(types: str, *others: str) -> bytes:
    """A Word or Excel file by its list of types."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", types)
        for name in others:
            package.writestr(name, "x")
    return out.getvalue()
