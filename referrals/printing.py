"""An onward referral as a PDF in one of three scripts: typst sets it, with the font that its wheel brings.

Title, header and file name say a number and nothing else. The texts go in as data, never as markup; the machine's own
fonts are left out, so that the page looks the same everywhere. Nothing is written to a disk.
"""

import json
from typing import Any

import typst
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from reference import codes
from referrals.models import Onward
from referrals.services.sharing import rows_of

LANGUAGES = {"en": "en", "sr": "sr", "sr-latn": "sr"}  # ours -> typst's
FONT = "Libertinus Serif"  # the one of typst's own fonts that has Latin and Cyrillic for text

_MARKUP = r"""
#let page-of = json(bytes(sys.inputs.page))
#set document(title: page-of.number, author: ())
#set text(font: sys.inputs.font, size: 11pt, lang: sys.inputs.lang, script: sys.inputs.script, hyphenate: false)
#set page(
  paper: "a4", margin: (x: 2.2cm, y: 2.4cm),
  header: text(size: 9pt, fill: luma(90))[#page-of.number],
  footer: context text(size: 9pt, fill: luma(90))[
    #page-of.confidential #h(1fr) #counter(page).display("1 / 1", both: true)
  ],
)
#show heading: set block(above: 1.6em, below: 0.7em, sticky: true)
#heading(level: 1, page-of.heading + " " + page-of.number)
#let lines(rows) = table(
  columns: (32%, 1fr), stroke: (x, y) => (top: 0.4pt + luma(190)), inset: (x: 4pt, y: 5pt),
  ..rows.map(row => (text(fill: luma(70), row.at(0)), text(row.at(1)))).flatten())
#lines(page-of.about)
#heading(level: 2, page-of.shared-heading)
#lines(page-of.shared)
#if page-of.safe != "" [
  #block(stroke: 0.8pt + luma(60), inset: 8pt, width: 100%, breakable: false)[
    #strong(page-of.safe-label) \ #text(page-of.safe)
  ]
]
#heading(level: 2, page-of.answer-heading)
#text(page-of.answer-lead)
#v(0.6em)
#for line in page-of.answer [
  #grid(columns: (32%, 1fr), row-gutter: 14pt, text(line), box(width: 100%, stroke: (bottom: 0.5pt), height: 1.1em))
  #v(0.5em)
]
"""


def onward_pdf(onward: Onward, language: str) -> bytes:
    """What was sent, as it was frozen, in this language (a key of `LANGUAGES`). Needs no font of the machine."""
    with translation.override(language):
        page = _page(onward)
    made = typst.compile(
        _MARKUP.encode(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={
            "page": json.dumps(page, ensure_ascii=False),
            "font": FONT,
            "lang": LANGUAGES[language],
            "script": "cyrl" if language == "sr" else "latn",
        },
    )
    assert isinstance(made, bytes)  # noqa: S101  (one document, no output path)
    return made


def _page(onward: Onward) -> dict[str, Any]:
    sent: Any = onward.sent_at
    snapshot = dict(onward.snapshot or {})
    safe = str(snapshot.pop("safe_contact", ""))
    consent = onward.consent
    allowed = str(consent.get_answer_display()) if consent else ""
    if consent and consent.ground:
        allowed = str(codes.label("consent_grounds", consent.ground))
    return {
        "number": onward.number,
        "confidential": _("Confidential"),
        "heading": _("Onward referral"),
        "about": [
            [_("Sender"), onward.organisation.name],
            [_("Sent by"), onward.sent_by.full_name if onward.sent_by else ""],
            [_("Recipient"), onward.to_whom],
            [_("Purpose"), str(codes.label("consent_purposes", onward.purpose))],
            [_("Date and time"), f"{timezone.localtime(sent):%d.%m.%Y. %H:%M}"],
            [_("Consent"), f"{allowed}, {consent.answered_on:%d.%m.%Y.}" if consent else ""],
        ],
        "shared-heading": _("What is shared"),
        "shared": [[str(label), _line(value)] for label, value in rows_of(snapshot)],
        "safe-label": _("Safe contact: read this before you call or write"),
        "safe": safe,
        "answer-heading": _("Your answer"),
        "answer-lead": _("Please tell us that you have this, and whether you accept it."),
        "answer": [_("Your number"), _("Received on"), _("Accepted or refused, and why"), _("Name and signature")],
    }


def _line(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
