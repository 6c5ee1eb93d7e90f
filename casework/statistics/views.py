"""The annual figures. Numbers only: no page of this app shows a person or a case."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from casework.access.requests import SignedIn
from casework.statistics import engine
from casework.statistics.forms import ALL, OWN, AnnualReportFilter
from casework.statistics.registry import Breakdown, Check, Counted
from casework.statistics.replica import Reading
from casework.statistics.shares import CountedShare, per_cent
from reference.models import PublishedFigure

TREND = 4  # years before the one reported


@require_safe
@permission_required("statistics.view_figures", raise_exception=True)
def annual_report(request: SignedIn) -> HttpResponse:
    """The figures of a year with their breakdowns, checks, definitions and what others published for it."""
    asked: dict[str, Any] = {"year": timezone.localdate().year, "organisation": OWN} | request.GET.dict()
    form = AnnualReportFilter(asked, user=request.user)
    if not form.is_valid():
        return render(request, "statistics/annual_report.html", {"form": form})
    everybody = form.cleaned_data.get("organisation") == ALL
    report = engine.annual_report(
        form.cleaned_data["year"], None if everybody else request.user.organisation, years_before=TREND
    )
    published = PublishedFigure.objects.for_page(year=report.year)
    whose = _("All organisations of this installation") if everybody else request.user.organisation.name
    page = {
        "form": form,
        "report": report,
        "about_the_copy": _about_the_copy(report.read),
        "whose": whose,
        "figures": [_shown(counted, published, whose) for counted in report.figures],
        "shares": [_share(counted) for counted in report.shares],
        "share_headers": [_("Year"), _("Per cent"), _("Of them"), _("Persons")],
        "headers": [_("Category"), _("Number")],
        "published_headers": [_("Figure"), _("Value"), _("Published by")],
        "check_headers": [_("Check"), _("Numbers")],
        "check_rows": [
            [
                {"status": "ok" if check.ok else "failed", "label": _("Holds") if check.ok else _("Fails")},
                {"text": what, "hint": numbers},
            ]
            for check, what, numbers in _in_words(report.checks, report.figures, report.shares)
        ],
        "failed": [
            (what, numbers) for _check, what, numbers in _in_words(report.failed, report.figures, report.shares)
        ],
    }
    return render(request, "statistics/annual_report.html", page)


def _about_the_copy(read: Reading) -> str:
    """What a reader must know about where the figures were counted; empty when there is nothing to know."""
    if read.fell_back:
        return _("The copy of the database for figures does not answer. These were counted in the main one, as of now.")
    if read.late and read.age is not None:
        minutes = max(1, round(read.age.total_seconds() / 60))
        return ngettext(
            "These figures were counted in a copy of the database that is %(minutes)s minute behind.",
            "These figures were counted in a copy of the database that is %(minutes)s minutes behind.",
            minutes,
        ) % {"minutes": number_format(minutes, force_grouping=True)}
    return ""


def _in_words(
    checks: Iterable[Check], figures: Iterable[Counted], shares: Iterable[CountedShare]
) -> list[tuple[Check, str, str]]:
    """Each check, the failed ones first, with what it is about and its numbers in the words of the tables."""
    words: dict[str, str] = {counted.share.id: str(counted.share.label) for counted in shares}
    for counted in figures:
        words[counted.figure.id] = str(counted.figure.label)
        for breakdown in counted.breakdowns:
            words[breakdown.dimension.id] = str(breakdown.dimension.label)
            cells = [*breakdown.cells, *(part for cell in breakdown.cells for part in cell.of_which)]
            words |= {cell.category: str(cell.label) for cell in cells}

    def about(check: Check) -> str:
        _kind, *parts = check.id.split(":")
        return ": ".join(words[part] for part in parts) if parts and words.keys() >= set(parts) else check.id

    def numbers(check: Check) -> str:
        return re.sub(r"[a-z][\w-]+", lambda found: words.get(found[0], found[0]), check.detail)

    return [(check, about(check), numbers(check)) for check in sorted(checks, key=lambda check: check.ok)]


def _share(counted: CountedShare) -> dict[str, Any]:
    share = counted.share
    value = _in_per_cent(counted.value)
    return {
        "id": share.id,
        "anchor": f"#{share.id}",
        "label": share.label,
        "value": value,
        "definition": [
            (_("Per cent"), value),
            (_("Of them"), counted.numerator),
            (share.figure.label, counted.denominator),
            (_("Counted by"), share.counting_body),
            (_("Period"), share.period_rule),
        ],
        "trend": [[str(year), _in_per_cent(per_cent(part, whole)), part, whole] for year, part, whole in counted.trend],
    }


def _in_per_cent(value: Decimal | None) -> str:
    return "–" if value is None else _("%(share)s %%") % {"share": number_format(value, decimal_pos=1)}


def _shown(counted: Counted, published: Any, whose: str) -> dict[str, Any]:
    figure = counted.figure
    others = [found for found in published if found.indicator == figure.id and found.is_result]
    own = [figure.label, {"text": number_format(counted.value, force_grouping=True), "numeric": True}, whose]
    return {
        "id": figure.id,
        "anchor": f"#{figure.id}",
        "label": figure.label,
        "value": counted.value,
        "unit": figure.unit_label,
        "definition": [
            (_("Number"), counted.value),
            (_("Unit"), figure.unit_label),
            (_("Counted by"), figure.counting_body),
            (_("Period"), figure.period_rule),
        ],
        "breakdowns": [_table(breakdown) for breakdown in counted.breakdowns],
        "trend": [(str(year), value) for year, value in counted.trend],
        "published": [own, *([found.title, _printed(found), found.publisher] for found in others)] if others else [],
    }


def _table(breakdown: Breakdown) -> dict[str, Any]:
    rows: list[list[Any]] = []
    whole = sum(cell.value for cell in breakdown.cells)
    for cell in breakdown.cells:
        rows.append([cell.label, _with_share(cell.value, whole) if breakdown.dimension.shares else cell.value])
        rows += [[_("of which %(part)s") % {"part": part.label}, part.value] for part in cell.of_which]
    return {
        "title": breakdown.dimension.label,
        "rows": rows,
        "bars": [(str(cell.label), cell.value) for cell in breakdown.cells],
    }


def _with_share(value: int, whole: int) -> Any:
    """A number with its share of the whole below it; without a whole there is no share."""
    if not whole:
        return value
    share = _("%(share)s %%") % {"share": number_format(round(100 * value / whole))}
    return {"text": number_format(value, force_grouping=True), "hint": share, "numeric": True}


def _printed(figure: PublishedFigure) -> dict[str, Any]:
    value = figure.value if isinstance(figure.value, str) else number_format(figure.value, force_grouping=True)
    parts = [_("%(field)s: %(value)s") % {"field": part, "value": number} for part, number in figure.parts]
    remarks = [figure.remark, *parts, *(found.statement for found in figure.contradictions)]
    return {"text": value or _("No total printed"), "hint": "; ".join(filter(None, remarks)), "numeric": True}
