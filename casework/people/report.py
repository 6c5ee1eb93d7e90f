"""The answer to an access request as a PDF: typst sets it, with the fonts that its wheel brings.

The title, the header and the file name say a number and nothing else. The texts go in as data, never as markup.
"""

import json
from typing import Any

import typst
from django.utils.translation import gettext as _

_MARKUP = r"""
#let answer = json(bytes(sys.inputs.answer))
#let words = json(bytes(sys.inputs.words))
#set document(title: answer.number, author: ())
#set text(font: "Libertinus Serif", size: 10.5pt, lang: sys.inputs.lang)
#set page(
  paper: "a4", margin: (x: 2.2cm, y: 2.4cm),
  header: text(size: 9pt, fill: luma(90))[#answer.number],
  footer: context text(size: 9pt, fill: luma(90))[
    #h(1fr) #counter(page).display("1 / 1", both: true)
  ],
)
#show heading: set block(above: 1.6em, below: 0.7em, sticky: true)
#heading(level: 1, answer.number)
#text(words.lead)

#table(columns: (auto, 1fr), stroke: none, inset: (x: 0pt, y: 3pt), column-gutter: 14pt,
  text(weight: "bold", words.received), text(answer.received_on),
  text(weight: "bold", words.compiled), text(answer.compiled_at),
)
#let said(value) = if type(value) == array { value.map(str).join(", ") } else { str(value) }
#for section in answer.sections [
  #heading(level: 2, section.title)
  #if section.withheld != "" { emph(section.withheld) }
  #for row in section.rows {
    table(columns: (32%, 1fr), stroke: (x, y) => (top: 0.4pt + luma(190)), inset: (x: 4pt, y: 4pt),
      ..row.map(line => (text(fill: luma(70), line.at(0)), text(said(line.at(1))))).flatten())
    v(0.4em)
  }
]
#if answer.sections.len() == 0 { text(words.nothing) }
"""
_LANGUAGES = {"en": "en", "sr": "sr", "sr-latn": "sr"}


def access_pdf(answer: dict[str, Any]) -> bytes:
    """Set an answer (`access_requests.answer_of`) in the active language. Needs no font of the machine."""
    words = {
        "lead": _("This is what is held on you, as far as it may be handed out."),
        "received": _("Request received"),
        "compiled": _("Compiled"),
        "nothing": _("Nothing is held."),
    }
    made = typst.compile(
        _MARKUP.encode(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={
            "answer": json.dumps(answer, ensure_ascii=False),
            "words": json.dumps(words, ensure_ascii=False),
            "lang": _LANGUAGES.get(str(answer["language"]), "en"),
        },
    )
    assert isinstance(made, bytes)  # noqa: S101  (one document, no output path)
    return made
