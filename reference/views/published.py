"""What others published: figures by year and by indicator, apart from targets, beside what contradicts them."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reference import sums
from reference.forms import PublishedFilter
from reference.models import Contradiction, Entry, PublishedFigure
from reference.views.cells import source_cell, value_cell

SHOWN_YEARS = 4


@require_safe
def published(request: HttpRequest) -> HttpResponse:
    """Every published figure on one line: its newest results, what was planned apart from them, and what is doubted."""
    names: dict[str, list[PublishedFigure]] = {}
    for figure in PublishedFigure.objects.for_page():
        names.setdefault(figure.indicator, []).append(figure)
    lines = sorted((_line(figures) for figures in names.values()), key=lambda line: str(line[0]["text"]))
    page = {
        "tabs": _tabs("published"),
        "headers": [_("Figure"), _("Results, newest first"), _("Targets and the like"), _("Doubts")],
        "rows": lines,
    }
    return render(request, "reference/published.html", page)


@require_safe
def by_year(request: HttpRequest) -> HttpResponse:
    """Published figures by year, results apart from targets, with the contradictions that touch them.

    Without a question it is the newest year that has results.
    """
    published = PublishedFigure.objects.for_page()
    newest = next(figure.year for figure in published if figure.is_result and figure.year)
    form = PublishedFilter(request.GET or {"year": newest}, figures=published)
    doubted = form.is_valid() and form.cleaned_data["disputed"]
    figures = [figure for figure in published if form.fits(figure) and (_doubts(figure) or not doubted)]
    years = []
    for year, group in groupby(figures, key=lambda figure: figure.year):
        of_year = list(group)
        years.append(
            {
                "heading": str(year) if year else _("No year stated"),
                "results": [_row(figure) for figure in of_year if figure.is_result],
                "others": [_row(figure, kind=True) for figure in of_year if not figure.is_result],
            }
        )
    headers = [_("Figure"), _("Value"), _("Parts"), _("Doubts"), _("Source")]
    page = {
        "tabs": _tabs("by-year"),
        "form": form,
        "years": years,
        "headers": headers,
        "other_headers": [*headers[:1], _("Kind"), *headers[1:]],
    }
    return render(request, "reference/by_year.html", page)


@require_safe
def doubts(request: HttpRequest) -> HttpResponse:
    """Every contradiction with its readings side by side, and the sums that hold."""
    figures = {figure.code: figure for figure in PublishedFigure.objects.for_page()}
    page = {
        "tabs": _tabs("doubts"),
        "contradiction_headers": [_("Contradiction"), _("Readings"), _("How we handle it"), _("Source")],
        "contradictions": [
            [
                {"text": found.statement, "url": found.get_absolute_url()},
                [_reading(figures[code]) for code in found.figures if code in figures] or "–",
                found.handling,
                source_cell(found),
            ]
            for found in Contradiction.objects.with_text()
        ],
        "sum_headers": [_("Sum"), _("Recomputed"), _("Source")],
        "sums": _sums(figures),
    }
    return render(request, "reference/doubts.html", page)


@require_safe
def indicator(request: HttpRequest, indicator: str) -> HttpResponse:
    """One indicator through the years: results as a chart and a table, what was planned apart, doubts beside."""
    figures = PublishedFigure.objects.for_page(indicator=indicator)
    if not figures:
        raise Http404
    results = [figure for figure in figures if figure.is_result]
    units = list(dict.fromkeys(figure.unit for figure in figures))
    headers = [_("Year"), _("Figure"), _("Value"), _("Parts"), _("Doubts"), _("Source")]
    page = {
        "indicator": indicator,
        "title": figures[0].title,
        "definition": [
            (_("Unit"), units if len(units) > 1 else units[0]),
            (_("Counting body"), _each(figures, "counted_by")),
            (_("Published by"), _each(figures, "publisher")),
            (_("Period"), _each(figures, "period", "year_basis")),
        ],
        "chart": [
            (_chart_label(figure), int(figure.number))
            for figure in sorted(results, key=lambda figure: (figure.year or 0, figure.position))
            if figure.number is not None and figure.year
        ],
        "unit": units[0] if len(units) == 1 else "",
        "headers": headers,
        "results": [[figure.year or _("Not stated"), *_row(figure)] for figure in results],
        "other_headers": [headers[0], headers[1], _("Kind"), *headers[2:]],
        "others": [
            [figure.year or _("Not stated"), *_row(figure, kind=True)] for figure in figures if not figure.is_result
        ],
        "part_charts": [(figure.title, sums.part_rows(figure)) for figure in results if sums.part_rows(figure)],
    }
    return render(request, "reference/indicator.html", page)


def _tabs(active: str) -> list[dict[str, Any]]:
    names = {"published": _("By figure"), "by-year": _("By year"), "doubts": _("Contradictions and sums")}
    return [
        {"label": label, "url": reverse(f"reference:{name}"), "active": name == active} for name, label in names.items()
    ]


def _line(figures: list[PublishedFigure]) -> list[Any]:
    """One figure through the years, newest first; what is doubted in any of them is marked with its year."""
    results = [figure for figure in figures if figure.is_result]
    planned = [figure for figure in figures if not figure.is_result]
    marks = {
        f"{found['label']} ({figure.year})" if figure.year else found["label"]: found
        for figure in figures
        for found in _doubts(figure)
        if "status" in found
    }
    url = reverse("reference:indicator", args=[figures[0].indicator])
    return [
        {"text": figures[0].title, "url": url, "hint": ", ".join(dict.fromkeys(figure.unit for figure in figures))},
        [_dated(figure) for figure in results[:SHOWN_YEARS]] or "–",
        [f"{figure.kind_name}: {_dated(figure)}" for figure in planned[:SHOWN_YEARS]] or "–",
        [{**mark, "label": label} for label, mark in marks.items()] or "–",
    ]


def _dated(figure: PublishedFigure) -> str:
    value = value_cell(figure)["text"]
    return f"{figure.year}: {value}" if figure.year else str(value)


def _reading(figure: PublishedFigure) -> dict[str, Any]:
    return {"text": _dated(figure), "url": figure.get_absolute_url(), "hint": figure.title}


def _chart_label(figure: PublishedFigure) -> str:
    return f"{figure.year} ({_('disputed')})" if figure.disputed else str(figure.year)


def _each(figures: list[PublishedFigure], *fields: str) -> list[str] | str:
    found = list(
        dict.fromkeys(str(figure.data[field]) for figure in figures for field in fields if figure.data.get(field))
    )
    return found or _("Not stated")


def _doubts(figure: PublishedFigure) -> list[dict[str, Any]]:
    """What speaks against a figure: contradictions, sums that fail, what is unclear about it."""
    found: list[dict[str, Any]] = []
    if figure.disputed:
        found.append({"status": "disputed", "label": _("Disputed"), "colour": "red"})
    elif figure.contradictions:
        found.append({"status": "disputed", "label": _("Contradicted"), "colour": "orange"})
    if figure.ambiguous:
        found.append({"status": "ambiguous", "label": _("Ambiguous"), "colour": "yellow"})
    found += [{"text": check.numbers} for check in sums.part_checks(figure) if not check.holds]
    found += [{"text": other.statement, "url": other.get_absolute_url()} for other in figure.contradictions]
    return found


def _row(figure: PublishedFigure, *, kind: bool = False) -> list[Any]:
    return [
        {"text": figure.title, "url": figure.get_absolute_url(), "hint": figure.indicator},
        *([figure.kind_name] if kind else []),
        value_cell(figure),
        [_("%(field)s: %(value)s") % {"field": part, "value": number} for part, number in figure.parts] or "–",
        _doubts(figure) or "–",
        source_cell(figure),
    ]


def _sums(figures: sums.Figures) -> list[list[Any]]:
    rows = []
    for check in Entry.objects.in_section("published_figures.consistency_checks").with_text():
        found = sums.recompute(check, figures)
        what = {"text": check.title, "url": check.get_absolute_url(), "hint": check.data["check"]}
        rows.append([what, _verdict(found), source_cell(check)])
    return rows


def _verdict(found: sums.Checked | None) -> Any:
    if found is None:
        return _("Not worked out here")
    label = _("Holds") if found.holds else _("Fails")
    return {"status": "ok" if found.holds else "failed", "label": label, "hint": found.numbers}
