"""Pages on the published world. No personal data: everybody who is signed in may read them."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from .forms import PublishedFilter
from .models import Code, CodeList, Contradiction, Entry, PublishedFigure, Sourced
from .sections import SECTIONS


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What there is, with counts."""
    counts = Entry.objects.counts()
    rows = [
        [
            {"text": _("Published figures"), "url": reverse("reference:published")},
            PublishedFigure.objects.active().count(),
        ],
        [{"text": _("Code lists"), "url": reverse("reference:codes")}, CodeList.objects.active().count()],
    ]
    for name, title in SECTIONS.items():
        rows.append([{"text": title, "url": reverse("reference:section", args=[name])}, counts.get(name, 0)])
    return render(request, "reference/index.html", {"headers": [_("What"), _("Entries")], "rows": rows})


@require_safe
def code_lists(request: HttpRequest) -> HttpResponse:
    """Every code list, with the number of its codes."""
    rows = [
        [{"text": found.name, "url": reverse("reference:code-list", args=[found.pk])}, found.code_count]
        for found in CodeList.objects.active().with_counts()
    ]
    return render(request, "reference/code_lists.html", {"headers": [_("List"), _("Codes")], "rows": rows})


@require_safe
def code_list(request: HttpRequest, list_name: str) -> HttpResponse:
    """The codes of one list, with what each is called and where it comes from."""
    found = get_object_or_404(CodeList.objects.active(), pk=list_name)
    rows = [
        [code.code, {"text": code.shown_label, "hint": _remarks(code)}, _source(code)] for code in found.codes.active()
    ]
    headers = [_("Code"), _("Label"), _("Source")]
    return render(request, "reference/code_list.html", {"found": found, "headers": headers, "rows": rows})


@require_safe
def section(request: HttpRequest, section: str) -> HttpResponse:
    """The entries of one section of the data files, with source document and phrase."""
    if section not in SECTIONS:
        raise Http404
    rows = [
        [
            {"text": entry.name, "hint": entry.summary},
            [_("%(field)s: %(value)s") % {"field": field, "value": value} for field, value in entry.facts],
            _source(entry),
        ]
        for entry in Entry.objects.in_section(section)
    ]
    headers = [_("Entry"), _("Details"), _("Source")]
    return render(request, "reference/section.html", {"title": SECTIONS[section], "headers": headers, "rows": rows})


@require_safe
def published(request: HttpRequest) -> HttpResponse:
    """Published figures by year, results apart from targets, with the contradictions that touch them."""
    form = PublishedFilter(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    figures = PublishedFigure.objects.for_page(year=asked.get("year"), indicator=asked.get("indicator") or "")
    years = []
    for year, group in groupby(figures, key=lambda figure: figure.year):
        of_year = list(group)
        years.append(
            {
                "heading": str(year) if year else _("No year stated"),
                "results": [_published_row(figure) for figure in of_year if figure.is_result],
                "others": [_published_row(figure, kind=True) for figure in of_year if not figure.is_result],
            }
        )
    headers = [_("Figure"), _("Value"), _("Parts"), _("Contradictions"), _("Source")]
    page = {
        "form": form,
        "years": years,
        "headers": headers,
        "other_headers": [*headers[:1], _("Kind"), *headers[1:]],
        "contradiction_headers": [_("Contradiction"), _("How we handle it"), _("Source")],
        "contradictions": [
            [found.statement, found.handling, _source(found)] for found in Contradiction.objects.on_no_figure()
        ],
    }
    return render(request, "reference/published.html", page)


def _published_row(figure: PublishedFigure, *, kind: bool = False) -> list[Any]:
    printed = figure.value if isinstance(figure.value, str) else number_format(figure.value, force_grouping=True)
    # The unit stands below the number, because a unit in the plural beside a 1 reads badly.
    value = {"text": printed or _("No total printed"), "hint": "; ".join(filter(None, [figure.unit, figure.remark]))}
    return [
        {"text": figure.label, "hint": figure.indicator},
        *([figure.kind_name] if kind else []),
        value,
        [_("%(field)s: %(value)s") % {"field": part, "value": number} for part, number in figure.parts] or "–",
        [found.statement for found in figure.contradictions.all()] or (_("Disputed") if figure.disputed else "–"),
        _source(figure),
    ]


def _source(row: Sourced) -> dict[str, str]:
    more = ngettext("and %(count)d more place", "and %(count)d more places", len(row.also)) % {"count": len(row.also)}
    phrase = f"“{row.source_locator}”" if row.source_locator else ""
    return {"text": row.document_title or _("Our own"), "hint": f"{phrase} {more}" if row.also else phrase}


def _remarks(code: Code) -> str:
    remarks = [code.notes, ", ".join(code.other_labels)]
    if code.parent:
        remarks.append(_("A kind of %(code)s") % {"code": code.parent})
    if code.ours:
        remarks.append(_("Added by us"))
    return "; ".join(filter(None, remarks))
