"""Input that nobody means: some 400 values by kind, made from rules rather than collected.

`VALUES` maps a name (`kind: what`) to the text that is typed; `BODIES` are request bodies that are no form at all.
"""

import io
import struct
import zipfile
from collections.abc import Iterator
from itertools import product

MARK = "xqz"  # stands in every piece of markup, so that a page can be searched for it unescaped


def _homoglyphs() -> Iterator[tuple[str, str]]:
    """Words that look like ours and are written with letters of another alphabet."""
    alike = {"a": "аɑ𝖺", "e": "еⅇ𝐞", "o": "оο𝗈0", "c": "сϲ", "p": "рρ", "x": "хⅹ", "i": "іⅰı", "j": "јϳ", "s": "ѕꜱ"}
    for latin, others in alike.items():
        for other in others:
            yield f"{latin} as U+{ord(other):04X}", "police cases exploitation project".replace(latin, other)
    yield "capitals of Greek", "ΡΟLΙCΕ"
    yield "capitals of Cyrillic", "РОLІСЕ"
    yield "Cherokee", "ᏢOᏞIᏟᎬ"
    yield "letters that lean", "𝘱𝘰𝘭𝘪𝘤𝘦 𝕡𝕠𝕝𝕚𝕔𝕖"
    yield "digits of others", "٠٦٤ ०६४ ０６４ 𝟎𝟔𝟒"
    yield "full width", "ｐｏｌｉｃｅ　９９"
    yield "bold", "𝐩𝐨𝐥𝐢𝐜𝐞"
    yield "small capitals", "ᴘᴏʟɪᴄᴇ"
    yield "ligatures", "ﬁﬂﬃ ﷺ Ǆ ǈ ĳ"


def _invisible() -> Iterator[tuple[str, str]]:
    """NUL, controls, marks of direction, what has no width: before, within and after a word."""
    marks = [0, *range(1, 32), 127, *range(0x80, 0xA0, 5)]
    marks += [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029]
    marks += [0x00AD, 0x034F, 0x061C, 0x180E, 0x2060, 0x3164, 0xFE0F, 0xFEFF, 0xFFF9, 0xFFFD, 0xFFFE, 0xFFFF, 0xE0001]
    for mark in marks:
        yield f"U+{mark:04X} within", f"Ime{chr(mark)}prezime"
        if mark in (0, 10, 13, 27, 0x202E, 0x2066, 0x200B, 0xFEFF):
            yield f"U+{mark:04X} before", f"{chr(mark)}Ime"
            yield f"U+{mark:04X} alone", chr(mark)
    yield "never closed", "\u202e\u2066\u202b" * 40 + "Ime"
    yield "marks on marks", "Z" + "\u0300\u0301\u0316" * 300
    yield "alone on nothing", "\u0301\u0300"
    yield "flags and families", "👩‍👩‍👧‍👦🏳️‍🌈🇷🇸" * 20
    yield "tags", "".join(chr(0xE0000 + ord(letter)) for letter in "hidden")
    yield "private use", "\ue000\uf8ff\U0010fffd"


def _formulas() -> Iterator[tuple[str, str]]:
    starts = {
        "equals": "=",
        "plus": "+",
        "minus": "-",
        "at": "@",
        "tab": "\t=",
        "return": "\r=",
        "wide": "＝",
        "quote": "'=",
    }
    bodies = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.invalid";"x")', "SUM(A1:A9)", "IMPORTXML(A1;B1)")
    for (name, start), body in product(starts.items(), bodies):
        yield f"{name} {body[:8]}", start + body


def _markup() -> Iterator[tuple[str, str]]:
    pieces = [
        f"<script>{MARK}()</script>",
        f"</textarea><script>{MARK}()</script>",
        f"</title><script>{MARK}()</script>",
        f'"><img src=x onerror={MARK}()>',
        f"'><svg onload={MARK}()>",
        f"<svg><script href=data:,{MARK}() /></svg>",
        f"<iframe srcdoc='<script>{MARK}()</script>'>",
        f"<a href=javascript:{MARK}()>x</a>",
        f"<math><mtext></form><form><mglyph><style></math><img src onerror={MARK}()>",
        f"<!--><script>{MARK}()</script>-->",
        f"<![CDATA[<script>{MARK}()</script>]]>",
        f"<style>*{{background:url(//x.invalid/{MARK})}}</style>",
        f"<base href=//x.invalid/{MARK}/>",
        f"<meta http-equiv=refresh content=0;url=//x.invalid/{MARK}>",
        f"<form action=//x.invalid/{MARK}><input name=a>",
        f"<template><slot onslotchange={MARK}()>",
        f"<details open ontoggle={MARK}()>",
        f"<input autofocus onfocus={MARK}()>",
        f'" autofocus onfocus="{MARK}()',
        f"' onmouseover='{MARK}()",
        f"` onclick=`{MARK}()",
        f"<div hx-get=//x.invalid/{MARK} hx-trigger=load>",
        f"<x data-hx-on:click={MARK}()>",
    ]
    for number, piece in enumerate(pieces):
        yield f"piece {number}", piece
        yield f"piece {number} twice escaped", piece.replace("<", "&lt;").replace("&", "&amp;")
    yield from {
        "django": "{{ settings.SECRET_KEY }}{% debug %}",
        "jinja": "{{7*7}}{{''.__class__.__mro__}}",
        "dollar": "${7*7}#{7*7}<%= 7*7 %>",
        "format": "%s%n%(name)s{0.__class__}{name!r}",
        "entities": "&lt;b&gt; &#x3c;b&#x3e; &nbsp; &amp;amp;",
        "markdown": "[x](javascript:alert(1)) ![y](http://x.invalid/z)",
        "typst": '#read("/etc/passwd") #import "x" $sum$ \\ *b* _i_ @cite <l>',
        "latex": "\\input{/etc/passwd}\\write18{id}",
    }.items()


def _injections() -> Iterator[tuple[str, str]]:
    pieces = [
        "'; DROP TABLE access_user; --",
        "' OR '1'='1",
        '" OR ""="',
        "1); SELECT pg_sleep(3); --",
        "\\'; SELECT 1; --",
        "%' AND 1=0 UNION SELECT password FROM access_user --",
        "$$ $1 %s ? :name",
        "E'\\x00'",
        "{1,2}",
        "{NULL,NULL}",
        "[1,2)",
        "NULL",
        "infinity",
        "-infinity",
        "epoch",
        "%",
        "_%_",
        "a\\",
        "*",
        "*)(uid=*",
        "$(id)`id`|id;id&id\nid",
        '{"$gt": ""}',
        '{"__proto__": {"a": 1}}',
        "[" * 5_000,
        "{" * 5_000,
        "((a+)+)+$" + "a" * 40 + "!",
        "Set-Cookie: a=b\r\nX: y",
        "a\r\nBcc: somebody@x.invalid",
        "a\n2026-11-22 ERROR casework forged line",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "True",
        "None",
        "undefined",
        "[object Object]",
        "on",
        "__class__",
        "pk",
        "id__gt",
    ]
    for number, piece in enumerate(pieces):
        yield f"piece {number}", piece


def _paths() -> Iterator[tuple[str, str]]:
    ups = ("../", "..\\", "%2e%2e/", "..%2f", "%252e%252e%252f", "....//", "..;/", "..%c0%af")
    for up, target in product(ups, ("etc/passwd", "windows/win.ini", ".env")):
        yield f"{up} {target}", up * 8 + target
    for whole in (
        "file:///etc/passwd",
        "\\\\x.invalid\\share",
        "/proc/self/environ",
        "C:\\CON",
        "NUL",
        "a/b\x00.pdf",
        "~root",
        "|id",
    ):
        yield whole, whole
    for url in (
        "//x.invalid",
        "http://169.254.0.1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "gopher://x",
        "http:\\x",
    ):
        yield url, url


def _numbers() -> Iterator[tuple[str, str]]:
    for text in (
        *(
            "-1",
            "0",
            "-0",
            "+1",
            "1.5",
            "1,5",
            "1e3",
            "1e999",
            "NaN",
            "0x10",
            "0b1",
            "1_000",
            "١٢٣",
            "１２",
            "½",
            "²",
            "Ⅷ",
            "五",
        ),
        *(str(2**power + off) for power in (15, 16, 31, 32, 53, 63, 64) for off in (-1, 0)),
        "9" * 400,
        "-" + "9" * 400,
        "1" + "0" * 5_000,
        " 7 ",
        "7\x00",
    ):
        yield f"{text[:12]} of {len(text)}", text


def _days() -> Iterator[tuple[str, str]]:
    for text in (
        *(
            "0.0.0.",
            "1.1.0000.",
            "1.1.1.",
            "31.12.9999.",
            "1.1.10000.",
            "31.2.2026.",
            "29.2.2025.",
            "32.1.2026.",
            "1.13.2026.",
        ),
        *(
            "-1.1.2026.",
            "1.1.-2026.",
            "1.1.26.",
            "2026-02-30",
            "2026-W01-1",
            "2026-001",
            "13/13/2026",
            "١.١.٢٠٢٦.",
            "1. 1. 2026",
        ),
        *(
            "24:00",
            "23:60",
            "23:59:60",
            "02:30",
            "-1:00",
            "99:99",
            "12:00Z",
            "12:00+99:00",
            "now",
            "yesterday",
            "1.1.2026. 25:61",
        ),
    ):
        yield text, text


def _long() -> Iterator[tuple[str, str]]:
    for letter, name in (
        ("a", "a"),
        ("š", "š"),
        ("😀", "emoji"),
        (" ", "blanks"),
        ("\n", "lines"),
        ("<", "less than"),
        ("&", "and"),
    ):
        for many in (256, 4_097, 30_001):
            yield f"{name} × {many}", letter * many
    yield "words", "reč " * 8_000
    yield "one word in blanks", " " * 5_000 + "Ime" + " " * 5_000
    yield "lines that return", "a\r\nb\rc\n" * 500


KINDS = {
    "homoglyph": _homoglyphs,
    "invisible": _invisible,
    "formula": _formulas,
    "markup": _markup,
    "injection": _injections,
    "path": _paths,
    "number": _numbers,
    "day": _days,
    "long": _long,
}
VALUES: dict[str, str] = {f"{kind}: {what}": text for kind, made in KINDS.items() for what, text in made()}


def zip_bomb() -> bytes:
    """Sixty-four megabytes of nothing in some sixty kilobytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("word/document.xml", b"\0" * 64 * 1024 * 1024)
    return packed.getvalue()


def photo_with_a_place() -> bytes:
    """The head of a JPEG whose EXIF block holds the coordinates 44.8 N 20.5 E: what a telephone's camera writes."""
    degrees = struct.pack("<6I", 44, 1, 48, 1, 0, 1)
    gps = (
        struct.pack("<H", 2) + struct.pack("<HHI4s", 1, 2, 2, b"N\0\0\0") + struct.pack("<HHII", 2, 5, 3, 56) + bytes(4)
    )
    ifd = struct.pack("<H", 1) + struct.pack("<HHII", 0x8825, 4, 1, 26) + bytes(4)
    tiff = b"II*\0" + struct.pack("<I", 8) + ifd + gps + degrees
    exif = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + b"\xff\xd9"


def _part(head: str, body: bytes = b"x") -> bytes:
    return b"--x\r\n" + head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body + b"\r\n"


MULTIPART = "multipart/form-data; boundary=x"
BODIES: dict[str, tuple[str, bytes]] = {
    "not UTF-8": ("application/x-www-form-urlencoded", b"\xff\xfe=%FF%00&why=\xed\xa0\x80&body=\xc3("),
    "UTF-7": ("application/x-www-form-urlencoded; charset=utf-7", b"why=+ADw-"),
    "unknown charset": ("application/x-www-form-urlencoded; charset=nonsense", b"why=x"),
    "half a percent": ("application/x-www-form-urlencoded", b"why=%&body=%G1&%=%"),
    "only separators": ("application/x-www-form-urlencoded", b"&" * 5_000),
    "no boundary": ("multipart/form-data", b"no boundary"),
    "empty boundary": ("multipart/form-data; boundary=", b"--\r\n"),
    "long boundary": (f"multipart/form-data; boundary={'x' * 300}", b"--x--"),
    "boundary with a line break": ('multipart/form-data; boundary="a\\nb"', b"--a"),
    "never closed": (MULTIPART, _part('Content-Disposition: form-data; name="why"', b"ab")[:-2]),
    "no name": (MULTIPART, _part("Content-Disposition: form-data") + b"--x--"),
    "no disposition": (MULTIPART, _part("X: y") + b"--x--"),
    "name with NUL": (MULTIPART, _part('Content-Disposition: form-data; name="wh\0y"') + b"--x--"),
    "endless head": (MULTIPART, _part("X: " + "y" * 100_000) + b"--x--"),
    "wrong encoding": (
        MULTIPART,
        _part('Content-Disposition: form-data; name="why"\r\nContent-Transfer-Encoding: base64', b"@@@") + b"--x--",
    ),
    "nested": (
        MULTIPART,
        _part('Content-Disposition: form-data; name="why"\r\nContent-Type: multipart/mixed; boundary=x') + b"--x--",
    ),
    "path as file name": (
        MULTIPART,
        _part('Content-Disposition: form-data; name="file"; filename="../../etc/passwd"') + b"--x--",
    ),
    "line break in file name": (
        MULTIPART,
        _part("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''a%0d%0aX:%20y") + b"--x--",
    ),
    "zip bomb": (
        MULTIPART,
        _part('Content-Disposition: form-data; name="file"; filename="a.docx"', zip_bomb()) + b"--x--",
    ),
    "photo with a place": (
        MULTIPART,
        _part('Content-Disposition: form-data; name="file"; filename="a.jpg"', photo_with_a_place()) + b"--x--",
    ),
    "charset of the form": ("multipart/form-data; boundary=x; charset=nonsense", b"--x--"),
    "JSON": ("application/json", b'{"why": "\\u0000"}'),
    "deep JSON": ("application/json", b"[" * 100_000),
    "XML": ("text/xml", b"<a/>"),
    "no type": ("", b""),
    "a type that is none": ("x/y; q=\x01", b"why=x"),
}
