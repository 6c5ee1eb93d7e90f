"""The components that pages are built of. `ui` is a builtin library: no `{% load %}` is needed.

A page extends `base.html` and fills these blocks:

    {% block title %}C-2026-000123{% endblock %}       the number, never a name; the product name is added
    {% block before %}{% back_link url %}{% endblock %}  breadcrumbs or a back link, above the page heading
    {% block content %}...{% endblock %}               the page
    {% block wide %}cw-wide{% endblock %}              only for boards that need the whole screen (see occupancy board)

Inside `content`, plain `<p> <h2> <h3> <ul> <ol> <a> <hr> <strong>` are styled without a class. Everything else
is a tag below. No page names a class of the design system.

WORDS AND VALUES (filters)
    {{ day|date_only }}                    4.6.2026 -> 04.06.2026.
    {{ at|moment }}                        04.06.2026. 14:30, in Europe/Belgrade
    {{ code|code_label:"victim_statuses" }}      label of a code; Not known when empty
    {{ codes|code_labels:"exploitation_forms" }} labels of a list of codes, joined by commas
    {{ value|shown }}                      any value as the lists show it: None, "" and [] are "Not known", 0 is 0,
                                           True/False are Yes/No, dates day-first, a list is a bulleted list
    {{ number|counted }}                   1234 -> 1,234 as the active language writes it

HEADINGS, TEXT, LAYOUT
    {% page_header "Referral" caption=referral.number status=status label=words lead="" %}
    {% tag status label="" colour="" %}    coloured label; colour from STATUS_COLOURS, words from the status if empty
    {% section "Heading" id="" %}...{% endsection %}
    {% columns %}{% column "two-thirds" %}...{% endcolumn %}{% column "one-third" %}...{% endcolumn %}{% endcolumns %}
    {% inset %}...{% endinset %}           {% warning %}...{% endwarning %}
    {% details "Summary" open=False %}...{% enddetails %}
    {% banner "Title" kind="info" %}...{% endbanner %}      kind: info, success, error
    {% back_link url "Back" %}             {% breadcrumbs items %}   items: {label, url}; the last without url
    {% sub_navigation items label="" %}    tabs as links; items: {label, url, active, count}
    {% hidden "words for screen readers" %}

RECORDS
    {% summary_list rows %}                rows: (label, value), (label, value, change_url) or {label, value, change}
    {% summary "Heading" %}{% row "Label" value change=url %}{% endsummary %}      the same, row by row
    {% rowblock "Label" change=url %}any html{% endrowblock %}                     a row with components in it
    {% table headers rows caption="" numeric="3,4" empty="" stacked=True %}
                                           cells: values, or {text, url, status, label, colour, hint, numeric};
                                           a row is a list of cells, or {cells, struck, reason}
    {% datatable "Caption" empty="" %}{% headrow %}{% head "Number" %}{% head "Nights" numeric=True %}{% endheadrow %}
      {% bodyrow struck=False %}{% cell value url="" status="" label="" %}{% cell n numeric=True %}
        {% cellblock %}html{% endcellblock %}{% endbodyrow %}
    {% enddatatable %}                     the same, cell by cell
    {% timeline items empty="" %}          items: {title, when, by, body, url, entered_in_error, reason}, as
                                           objects or mappings; struck through when entered_in_error is truthy
    {% masked "Phone" reveal_url value="" %}      hidden value with a link that asks why; shows `value` when given
    {% due due_at now done_at=None %}      "Due in 3 hours", "Overdue by 2 days", "Done"
    {% task_list items %}                  items: {label, url, hint, status, status_label}
    {% conflict rows %}                    rows: (label, typed, saved), for a form saved by somebody else meanwhile
    {% struck reason="" %}...{% endstruck %}      something entered in error, shown struck through with the reason

NUMBERS
    {% cards %}{% card 3 "Due today" url=url tone="warn" %}{% endcards %}     tone: plain, warn, late, calm
    {% progress value max "Label" %}
    {% bar_chart rows "Title" unit="" %}   rows: (label, value); 0 is printed, None is Not known
    {% pager previous_url next_url count=None cap=1000 %}      count above cap shows "1,000+"
    {% occupancy_board nights rows today caption %}
                                           nights: dates; rows: {label, hint, url, cells}; a cell: {state, label, url,
                                           title, nights}: state is free, occupied, held or closed, nights is how many
                                           it spans (1 if left out);
                                           a row {group: "Shelter name"} is a heading across

ACTS
    {% button "Save" %}                    a submit button; variant: primary, secondary, warning
    {% button "Open" url=url variant="secondary" %}   a link that looks like one;  name= value= form= as in HTML
    {% post_button "Close" url variant="warning" name="" value="" %}   a form with one button
    {% button_group %}...{% endbutton_group %}

FORMS (the widgets themselves are drawn by templates/django/forms)
    {% error_summary form another_form %}  all errors, linked to their fields; nothing when there are none
    {% form_page form "Save" cancel_url="" action="" variant="primary" note="" %}    the whole form: errors, csrf,
                                           hidden fields, draft token, fields, button, cancel link
    {% form_around form action="" id="" %}{{ form.name.as_field_group }}...{% endform_around %}    the same with a body
                                           of your own: csrf, hidden fields and draft token are put in; errors above
    {% fieldset "Legend" hint="" %}...{% endfieldset %}
    {% filter_panel form clear_url="" submit="" %}    a GET form beside or above a list
    In Python: `form.mark_optional = False` leaves out "(optional)". A Select with attrs={"data-autocomplete": "true"}
    gets a search box where there is JavaScript. A DateInput is a text field with a calendar; data-min and data-max
    in dd.mm.yyyy bound the calendar. attrs={"data-width": "5"} (2, 3, 4, 5, 10, 20) narrows a text field to what it
    expects; CharField(max_length) on a Textarea shows a character count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count as counter
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.template import Context
from django.template.loader import get_template
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from reference import codes

register = template.Library()

BELGRADE = ZoneInfo("Europe/Belgrade")

NOT_KNOWN = _("Not known")

STATUS_COLOURS = {
    # The only place that gives a status a colour. A status that is not here is grey.
    "received": "blue",
    "in-hand": "teal",
    "initiated": "teal",
    "linked": "grey",
    "declined": "grey",
    "closed": "grey",
    "open": "green",
    "reopened": "orange",
    "provisional": "yellow",
    "unassigned": "orange",
    "assigned": "teal",
    "confirmed": "green",
    "sealed": "purple",
    "potential-victim": "blue",
    "officially-identified": "purple",
    "officially-recognised-child": "purple",
    "identified": "purple",
    "recognised": "purple",
    "not-identified": "grey",
    "inconclusive": "yellow",
    "discontinued": "grey",
    "requested": "blue",
    "designated": "teal",
    "granted": "green",
    "refused": "red",
    "withdrawn": "grey",
    "sent": "blue",
    "acknowledged": "teal",
    "accepted": "green",
    "concluded": "green",
    "given": "green",
    "not-possible": "yellow",
    "ground": "purple",
    "planned": "blue",
    "current": "green",
    "ended": "grey",
    "free": "green",
    "held": "yellow",
    "occupied": "blue",
    "full": "red",
    "pending": "yellow",
    "waiting": "yellow",
    "proposed": "yellow",
    "asked": "yellow",
    "review": "yellow",
    "approved": "green",
    "active": "green",
    "disabled": "grey",
    "not-started": "blue",
    "in-progress": "teal",
    "done": "green",
    "cannot-start": "grey",
    "overdue": "red",
    "due-today": "orange",
    "due": "teal",
    "high": "red",
    "medium": "orange",
    "low": "green",
    "danger": "red",
    "new": "blue",
    "draft": "grey",
    "frozen": "purple",
    "ok": "green",
    "failed": "red",
    "entered-in-error": "red",
}

LANGUAGES = {
    # Django's code -> (tag for the lang attribute, the language's name for itself)
    "en": ("en", "English"),
    "sr-latn": ("sr-Latn", "Srpski"),
    "sr": ("sr-Cyrl", "Српски"),
}

# What stays on one line where there is room: the number of a record, a day, a moment; a status of few letters.
_UNBROKEN = re.compile(r"[A-Z]{1,2}-\d{4}-\d{6}|\d{2}\.\d{2}\.\d{4}\.(?: \d{2}:\d{2})?")
_SHORT = 24

_ids = counter(1)


# Values --------------------------------------------------------------------------------------------------------------


@register.filter
def date_only(value: date | datetime | None) -> str:
    """A day, day first: 04.06.2026. A moment is shown as its day in Belgrade. Empty when there is none."""
    if value in (None, ""):
        return ""
    if isinstance(value, datetime):
        value = _in_belgrade(value)
    return f"{value:%d.%m.%Y}."


@register.filter
def moment(value: datetime | None) -> str:
    """A moment in Europe/Belgrade: 04.06.2026. 14:30. Empty when there is none."""
    if value in (None, ""):
        return ""
    if not isinstance(value, datetime):
        return date_only(value)
    return f"{_in_belgrade(value):%d.%m.%Y. %H:%M}"


def _in_belgrade(value: datetime) -> datetime:
    return value.astimezone(BELGRADE) if value.tzinfo else value


@register.filter
def code_label(code: str | None, list_name: str) -> str:
    """The label of a code of a list, in the active language; "Not known" when there is no code."""
    return codes.label(list_name, code) if code else str(NOT_KNOWN)


@register.filter
def code_labels(chosen: Iterable[str] | None, list_name: str) -> str:
    """The labels of several codes, joined by commas; "Not known" when there are none."""
    return ", ".join(str(codes.label(list_name, code)) for code in chosen or []) or str(NOT_KNOWN)


@register.filter
def counted(value: int | float | None) -> str:
    """A number as the active language writes it, thousands grouped. Unknown is said, zero is 0."""
    return str(NOT_KNOWN) if value is None else number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def shown(value: Any) -> str:
    """A value as summary lists and tables show it. Unknown is a value and is written out; zero prints 0."""
    if value is None or value == "" or (isinstance(value, list | tuple | set | frozenset) and not value):
        return format_html('<span class="cw-unknown">{}</span>', NOT_KNOWN)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), moment(value))
    if isinstance(value, date):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_only(value))
    if isinstance(value, Mapping):
        return _render("value", {"cell": value})
    if isinstance(value, list | tuple | set | frozenset):
        return _render("value_list", {"values": value})
    if isinstance(value, SafeString):
        return value
    kind = "cw-text cw-unbroken" if _UNBROKEN.fullmatch(str(value)) else "cw-text"
    return format_html('<span class="{}">{}</span>', kind, value)  # not a component file: a table has hundreds of these


@register.filter
def html_lang(language: str | None) -> str:
    """Django's language code as HTML writes it: `sr` is Serbian in Cyrillic letters."""
    return LANGUAGES.get((language or "en").lower(), (language or "en", ""))[0]


@register.simple_tag
def page_languages() -> list[dict[str, str]]:
    """The languages of the product, each named in itself."""
    return [{"code": code, "lang": lang, "name": name} for code, (lang, name) in LANGUAGES.items()]


def _render(component: str, values: Mapping[str, Any], context: Context | None = None) -> SafeString:
    """Render a component. The caller's context gives only what a form needs: a component sees what it is handed."""
    handed = dict(values)
    if context is not None and "csrf_token" in context:
        handed["csrf_token"] = context["csrf_token"]
    return mark_safe(get_template(f"components/{component}.html").render(handed))  # noqa: S308


def _unique(prefix: str) -> str:
    return f"{prefix}-{next(_ids)}"


# Headings, text, layout ----------------------------------------------------------------------------------------------


@register.inclusion_tag("components/tag.html")
def tag(status: str | None, label: str = "", colour: str = "") -> dict[str, Any]:
    """A status in words, with a colour beside the words and never instead of them."""
    key = str(status or "").replace("_", "-").lower()
    words = label or (str(status).replace("_", " ").replace("-", " ").capitalize() if status else NOT_KNOWN)
    short = len(str(words)) <= _SHORT
    return {"label": words, "colour": colour or STATUS_COLOURS.get(key, "grey"), "short": short}


@register.inclusion_tag("components/page_header.html")
def page_header(heading: str, caption: str = "", status: str = "", label: str = "", lead: str = "") -> dict[str, Any]:
    """The page's one h1, with the reference number above it and its status beside it."""
    return {"heading": heading, "caption": caption, "status": status, "label": label, "lead": lead}


@register.simple_block_tag
def section(content: str, heading: str, id: str = "") -> str:
    """A part of a page under a second-level heading."""
    return _render("section", {"content": content, "heading": heading, "id": id or _unique("section")})


@register.simple_block_tag
def columns(content: str) -> str:
    """Columns side by side, stacked on a phone."""
    return _render("columns", {"content": content})


@register.simple_block_tag
def column(content: str, width: str = "full") -> str:
    """One column; width is full, two-thirds, one-third, one-half, one-quarter or three-quarters."""
    return _render("column", {"content": content, "width": width})


@register.simple_block_tag
def inset(content: str) -> str:
    """Text that stands out from the page without alarm."""
    return _render("inset", {"content": content})


@register.simple_block_tag
def warning(content: str) -> str:
    """A consequence that must not be overlooked."""
    return _render("warning", {"content": content})


@register.simple_block_tag
def details(content: str, summary: str, open: bool = False) -> str:
    """Text that opens when asked for."""
    return _render("details", {"content": content, "summary": summary, "open": open})


@register.simple_block_tag
def banner(content: str, title: str = "", kind: str = "info") -> str:
    """A notification at the top of the page; kind is info, success or error."""
    titles = {"success": _("Done"), "error": _("There is a problem")}
    return _render(
        "banner",
        {"content": content, "title": title or titles.get(kind, _("Important")), "kind": kind, "id": _unique("banner")},
    )


@register.inclusion_tag("components/back_link.html")
def back_link(url: str, label: str = "") -> dict[str, Any]:
    """The way back, above the heading."""
    return {"url": url, "label": label or _("Back")}


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the page stands: items with label and url, the last one without url."""
    return {"items": items}


@register.inclusion_tag("components/sub_navigation.html")
def sub_navigation(items: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """Tabs as links: items with label, url, active and, where wanted, count."""
    return {"items": items, "label": label or _("Parts of this record")}


@register.simple_tag
def hidden(words: str) -> str:
    """Words that only screen readers say."""
    return _render("hidden", {"words": words})


# Records -------------------------------------------------------------------------------------------------------------


def _summary_row(row: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    if isinstance(row, Mapping):
        return {"label": row["label"], "value": row.get("value"), "change": row.get("url") or row.get("change")}
    label, value, *rest = row
    return {"label": label, "value": value, "change": rest[0] if rest else ""}


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows: Iterable[Mapping[str, Any] | Sequence[Any]], heading: str = "") -> dict[str, Any]:
    """Label and value, row by row, with a change link where there is a URL. Unknown values are said."""
    return {"rows": [_summary_row(row) for row in rows], "heading": heading}


@register.simple_block_tag
def summary(content: str, heading: str = "") -> str:
    """A summary list written row by row with `row` and `rowblock`."""
    return _render("summary_list", {"content": content, "heading": heading})


@register.inclusion_tag("components/summary_row.html")
def row(label: str, value: Any, change: str = "") -> dict[str, Any]:
    """One row of a summary list."""
    return {"row": {"label": label, "value": value, "change": change}}


@register.simple_block_tag
def rowblock(content: str, label: str, change: str = "") -> str:
    """One row of a summary list that holds other components."""
    return _render("summary_row", {"row": {"label": label, "value": mark_safe(content), "change": change}})  # noqa: S308


def _numeric_columns(numeric: str | Iterable[int]) -> frozenset[int]:
    parts = numeric.split(",") if isinstance(numeric, str) else numeric
    return frozenset(int(part) for part in parts if str(part).strip())


@register.inclusion_tag("components/table.html")
def table(
    headers: Sequence[str],
    rows: Iterable[Any],
    caption: str = "",
    numeric: str | Iterable[int] = "",
    empty: str = "",
    stacked: bool = True,
) -> dict[str, Any]:
    """Headers and rows. `numeric` names the right-aligned columns, counted from 1. On a phone a stacked table turns
    each row into a small card; one that is not stacked scrolls in a container of its own."""
    right = _numeric_columns(numeric)
    heads = [{"label": header, "numeric": place in right} for place, header in enumerate(headers, start=1)]

    def cells(row: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {"head": head["label"], "numeric": head["numeric"] or _is_numeric(value), "value": value}
            for head, value in zip(heads, row, strict=True)
        ]

    lines = [
        {"cells": cells(row["cells"]), "struck": row.get("struck"), "reason": row.get("reason", "")}
        if isinstance(row, Mapping)
        else {"cells": cells(row), "struck": False, "reason": ""}
        for row in rows
    ]
    return {
        "heads": heads,
        "rows": lines,
        "caption": caption,
        "empty": empty or _("Nothing to show yet."),
        "stacked": stacked,
    }


def _is_numeric(cell: Any) -> bool:
    return isinstance(cell, Mapping) and bool(cell.get("numeric"))


@register.simple_block_tag
def datatable(content: str, caption: str = "", empty: str = "") -> str:
    """A table written cell by cell. `empty` is the sentence to show when no body row was written."""
    rows = _name_cells(content)
    return _render(
        "datatable",
        {"content": rows, "caption": caption, "empty": empty if "cw-body-row" not in content else ""},
    )


def _name_cells(content: str) -> str:
    """Give each cell its column's header: on a telephone the cells stand under each other, and say what they are."""
    names = [
        strip_tags(found).strip()
        for found in re.findall(r"<t[hd] [^>]*govuk-table__header[^>]*>(.*?)</t[hd]>", content, re.S)
    ]

    def name(row: re.Match[str]) -> str:
        left = iter(names)
        return re.sub(r"<td ", lambda _cell: f'<td data-head="{next(left, "")}" ', row.group())

    named = re.sub(r"<tr [^>]*cw-body-row.*?</tr>", name, content, flags=re.DOTALL)
    return mark_safe(named)  # noqa: S308  (only headers, escaped already, moved)


@register.simple_block_tag
def headrow(content: str) -> str:
    """The row of headers of a `datatable`."""
    return _render("headrow", {"content": content})


@register.inclusion_tag("components/head.html")
def head(label: str, numeric: bool = False) -> dict[str, Any]:
    """One header of a `datatable`."""
    return {"label": label, "numeric": numeric}


@register.simple_block_tag
def bodyrow(content: str, struck: bool = False) -> str:
    """One row of a `datatable`, struck through when it was entered in error."""
    return _render("bodyrow", {"content": content, "struck": struck})


@register.inclusion_tag("components/cell.html")
def cell(value: Any, url: str = "", numeric: bool = False, status: str = "", label: str = "") -> dict[str, Any]:
    """One cell of a `datatable`: a value, a link where there is a URL, a coloured label where there is a status."""
    if url or status:
        value = {"text": value, "url": url, "status": status, "label": label or ("" if url else value)}
    return {"value": value, "numeric": numeric}


@register.simple_block_tag
def cellblock(content: str, numeric: bool = False) -> str:
    """One cell of a `datatable` that holds other components."""
    return _render("cell", {"value": mark_safe(content), "numeric": numeric})  # noqa: S308


@register.inclusion_tag("components/timeline.html")
def timeline(items: Iterable[Any], empty: str = "") -> dict[str, Any]:
    """What happened, newest first as given; what was entered in error is struck through with the reason."""
    return {"items": list(items), "empty": empty or _("Nothing has happened yet.")}


@register.simple_block_tag
def struck(content: str, reason: str = "") -> str:
    """Something entered in error: still readable, out of every figure."""
    return _render("struck", {"content": content, "reason": reason})


@register.inclusion_tag("components/masked.html")
def masked(label: str, reveal_url: str = "", value: str = "") -> dict[str, Any]:
    """A value that is shown only to somebody who gave a reason."""
    return {"label": label, "reveal_url": reveal_url, "value": value}


@register.inclusion_tag("components/due.html")
def due(due_at: datetime | None, now: datetime, done_at: datetime | None = None) -> dict[str, Any]:
    """How long is left until `due_at`, or how long ago it passed. Clocks do not pause at night or on weekends."""
    if due_at is None:
        return {"words": _("No time limit"), "colour": "grey", "due_at": None}
    if done_at is not None:
        late = done_at > due_at
        words = (
            gettext("Done, late by %(time)s") % {"time": _span(done_at - due_at)} if late else gettext("Done in time")
        )
        return {"words": words, "colour": "grey" if late else "green", "due_at": due_at}
    left = due_at - now
    if left < timedelta(0):
        return {
            "words": gettext("Overdue by %(time)s") % {"time": _span(-left)},
            "colour": STATUS_COLOURS["overdue"],
            "due_at": due_at,
        }
    soon = left <= timedelta(hours=4)
    return {
        "words": gettext("Due in %(time)s") % {"time": _span(left)},
        "colour": STATUS_COLOURS["due-today" if soon else "due"],
        "due_at": due_at,
    }


@register.filter
def span(seconds: int) -> str:
    """A number of seconds in words: 900 are 15 minutes."""
    return _span(timedelta(seconds=seconds))


def _span(length: timedelta) -> str:
    """A length of time in its largest whole unit, rounded down: 47 hours are 47 hours, 48 are 2 days."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = hours // 24
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.inclusion_tag("components/task_list.html")
def task_list(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Things to do with their state: items with label, url, hint, status and status_label."""
    return {"items": list(items), "id": _unique("task")}


@register.inclusion_tag("components/conflict.html")
def conflict(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Field by field, what was typed beside what somebody else saved meanwhile: rows of (label, typed, saved)."""
    return {
        "rows": [
            {"label": label, "typed": typed, "saved": saved, "differs": typed != saved} for label, typed, saved in rows
        ]
    }


# Numbers -------------------------------------------------------------------------------------------------------------


@register.simple_block_tag
def cards(content: str) -> str:
    """A row of cards with big numbers."""
    return _render("cards", {"content": content})


@register.inclusion_tag("components/card.html")
def card(number: int | str, label: str, url: str = "", tone: str = "plain", hint: str = "") -> dict[str, Any]:
    """A big number with what it counts; tone is plain, calm, warn or late. Zero is shown as 0."""
    return {
        "number": counted(number) if isinstance(number, int) else number,
        "label": label,
        "url": url,
        "tone": tone if number else "plain",
        "hint": hint,
    }


@register.inclusion_tag("components/progress.html")
def progress(value: int, max: int, label: str) -> dict[str, Any]:
    """How much of a whole is done, in words and as a bar."""
    return {"value": value, "max": max, "label": label, "id": _unique("progress")}


_CHART_LINE = 46  # characters that fit on a phone 320 px wide
_CHART_WIDTH = 82  # percent of the width the longest bar takes: the number stands behind it


def _lines(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(rows: Iterable[tuple[str, int | None]], title: str, unit: str = "") -> dict[str, Any]:
    """Bars with their labels and numbers as a drawing that scales without shrinking its text. An unknown value has no
    bar and says so; the description names every value for those who do not see the bars."""
    named = [(str(label), value) for label, value in rows]
    largest = max([value for _label, value in named if value], default=0)
    bars, y = [], 0
    for label, value in named:
        lines = [{"text": text, "y": y + 18 + 20 * place} for place, text in enumerate(_lines(label, _CHART_LINE))]
        top = y + 20 * len(lines) + 4
        share = (value or 0) / largest * _CHART_WIDTH if largest else 0
        bars.append(
            {
                "lines": lines,
                "top": top,
                "width": f"{share:.2f}%",
                "number_x": f"{share:.2f}%",
                "number_y": top + 15,
                "number": counted(value),
            }
        )
        y = top + 20 + 12
    words = "; ".join(f"{label}: {counted(value)}" for label, value in named)
    return {
        "title": title,
        "unit": unit,
        "bars": bars,
        "height": max(y, 1),
        "words": words,
        "id": _unique("chart"),
    }


@register.inclusion_tag("components/pager.html")
def pager(
    previous_url: str = "", next_url: str = "", count: int | None = None, cap: int | None = 1000
) -> dict[str, Any]:
    """Links to the page before and after. The database stops counting above `cap`, so the page says "1,000+"."""
    words = ""
    if count is not None:
        shown_count = counted(cap) + "+" if cap is not None and count > cap else counted(count)
        words = ngettext("%(count)s result", "%(count)s results", count) % {"count": shown_count}
    return {"previous_url": previous_url, "next_url": next_url, "words": words}


_BOARD_WORDS = {"free": _("Free"), "occupied": _("Occupied"), "held": _("Held"), "closed": _("Closed")}


@register.inclusion_tag("components/occupancy_board.html")
def occupancy_board(
    nights: Sequence[date], rows: Iterable[Mapping[str, Any]], today: date | None = None, caption: str = ""
) -> dict[str, Any]:
    """Beds by nights. A cell says its state in words and pattern, not by colour alone; one stay may span nights."""
    shown_nights = [
        {"date": night, "today": night == today, "weekend": night.weekday() >= 5, "weekday": _weekday(night)}
        for night in nights
    ]

    def cells(row: Mapping[str, Any]) -> list[dict[str, Any]]:
        at, drawn = 0, []
        for given in row.get("cells", ()):
            span = max(1, min(given.get("nights", 1), len(nights) - at))
            first = nights[at]
            word = _BOARD_WORDS[given.get("state", "free")]
            drawn.append(
                {
                    "state": given.get("state", "free"),
                    "word": word,
                    "label": given.get("label") or "",
                    "url": given.get("url") or "",
                    "title": given.get("title") or "",
                    "span": span,
                    "first": first,
                    "today": today is not None and first <= today < first + timedelta(days=span),
                }
            )
            at += span
        return drawn

    return {
        "nights": shown_nights,
        "rows": [{**row, "cells": cells(row)} for row in rows],
        "caption": caption or _("Beds and nights"),
        "width": len(nights) + 1,
        "id": _unique("board"),
    }


def _weekday(day: date) -> str:
    return (
        pgettext("weekday, two letters", "Mo"),
        pgettext("weekday, two letters", "Tu"),
        pgettext("weekday, two letters", "We"),
        pgettext("weekday, two letters", "Th"),
        pgettext("weekday, two letters", "Fr"),
        pgettext("weekday, two letters", "Sa"),
        pgettext("weekday, two letters", "Su"),
    )[day.weekday()]


# Acts ----------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/button.html")
def button(
    label: str, url: str = "", variant: str = "primary", name: str = "", value: str = "", form: str = "", id: str = ""
) -> dict[str, Any]:
    """A submit button, or a link that looks like one; variant is primary, secondary or warning."""
    return {"label": label, "url": url, "variant": variant, "name": name, "value": value, "form": form, "id": id}


@register.inclusion_tag("components/post_button.html", takes_context=True)
def post_button(
    context: Context, label: str, url: str, variant: str = "secondary", name: str = "", value: str = ""
) -> dict[str, Any]:
    """A form that is one button, for an act without fields."""
    return {"label": label, "url": url, "variant": variant, "name": name, "value": value}


@register.simple_block_tag
def button_group(content: str) -> str:
    """Buttons and links side by side."""
    return _render("button_group", {"content": content})


# Forms ---------------------------------------------------------------------------------------------------------------


def _form_errors(form: BaseForm) -> list[dict[str, str]]:
    found = [{"href": "", "text": str(message)} for message in form.non_field_errors()]
    for bound in form:
        for message in bound.errors:
            words = str(message) if bound.is_hidden else f"{bound.label}: {message}"
            found.append({"href": "" if bound.is_hidden else _first_input(bound), "text": words})
    return found


def _first_input(bound: Any) -> str:
    """Where a link to a field must lead: of a group of choices only a choice can take focus, so to its first."""
    widget = bound.field.widget
    if hasattr(widget, "id_for_label") and bound.use_fieldset:
        first = next((sub.data["attrs"].get("id") for sub in bound.subwidgets if "attrs" in sub.data), "")
        return f"#{first or bound.auto_id}"
    return f"#{bound.id_for_label or bound.auto_id}"


def _all_errors(forms: Iterable[Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            if form.is_bound:
                found += [{"href": "", "text": str(message)} for message in form.non_form_errors()]
                found += _all_errors(form.forms)
        elif form and form.is_bound:
            found += _form_errors(form)
    return found


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """All errors of the given forms and formsets at the top of the page, each a link to its field."""
    return {"errors": _all_errors(forms)}


def _form_values(form: Any, action: str) -> dict[str, Any]:
    return {
        "form": form,
        "action": action,
        "multipart": form.is_multipart(),
        "draft_token": getattr(form, "draft_token", ""),
        "errors": _all_errors([form]),
    }


@register.inclusion_tag("components/form_page.html", takes_context=True)
def form_page(
    context: Context,
    form: BaseForm,
    submit: str = "",
    cancel_url: str = "",
    action: str = "",
    variant: str = "primary",
    note: str = "",
) -> dict[str, Any]:
    """A whole form: what is wrong, the fields, the button and the way out. The server checks; the browser does not."""
    return {
        **_form_values(form, action),
        "submit": submit or _("Save"),
        "cancel_url": cancel_url,
        "variant": variant,
        "note": note,
    }


@register.simple_block_tag(takes_context=True)
def form_around(context: Context, content: str, form: BaseForm, action: str = "", id: str = "") -> str:
    """A form whose fields and buttons the page writes itself; errors, hidden fields and tokens are put in."""
    return _render("form_around", {**_form_values(form, action), "content": content, "id": id}, context)


@register.simple_block_tag
def fieldset(content: str, legend: str, hint: str = "") -> str:
    """Fields that belong together under one legend."""
    return _render("fieldset", {"content": content, "legend": legend, "hint": hint, "id": _unique("fieldset")})


@register.inclusion_tag("components/filter_panel.html")
def filter_panel(form: Any, clear_url: str = "", submit: str = "", title: str = "", action: str = "") -> dict[str, Any]:
    """A GET form that narrows a list, or asks another page (`action`). Its fields are not marked as optional."""
    form.mark_optional = False
    return {
        "form": form,
        "clear_url": clear_url,
        "submit": submit or _("Apply"),
        "title": title or _("Filter"),
        "action": action,
        "id": _unique("filter"),
    }


# What the form templates need ----------------------------------------------------------------------------------------


@register.filter
def is_single_checkbox(bound: Any) -> bool:
    """Whether a field is one box with its label beside it."""
    return getattr(bound.field.widget, "input_type", "") == "checkbox" and not bound.use_fieldset


@register.filter
def is_password(bound: Any) -> bool:
    """Whether a field hides what is typed, so that it gets a button that shows it."""
    return getattr(bound.field.widget, "input_type", "") == "password"


@register.filter
def option_count(optgroups: Sequence[tuple[Any, Sequence[Any], int]]) -> int:
    """How many choices a group of boxes has."""
    return sum(len(options) for _group, options, _index in optgroups)


@register.simple_tag
def count_words(limit: int) -> str:
    """What a text area with a limit says before anything is typed."""
    return ngettext("You can enter up to %(n)s character", "You can enter up to %(n)s characters", int(limit)) % {
        "n": counted(int(limit))
    }


@register.simple_tag
def count_attributes() -> str:
    """The character counter's sentences in the active language, as the design system's script wants them."""
    # The script picks one, few or other by the rules of the page's language; %{count} is its own place-holder.
    number = {"one": 1, "few": 2, "other": 5}
    attributes = {}
    for form, n in number.items():
        attributes[f"data-i18n.characters-under-limit.{form}"] = ngettext(
            "You have %(count)s character left", "You have %(count)s characters left", n
        )
        attributes[f"data-i18n.characters-over-limit.{form}"] = ngettext(
            "You have %(count)s character too many", "You have %(count)s characters too many", n
        )
    attributes["data-i18n.characters-at-limit"] = gettext("You have no characters left")
    return format_html_join(
        "", ' {}="{}"', ((name, sentence.replace("%(count)s", "%{count}")) for name, sentence in attributes.items())
    )


@register.simple_tag
def picker_words() -> str:
    """The calendar's words in the order in which app.js looks for them."""
    words = (
        gettext("Choose date"),
        gettext("Previous year"),
        gettext("Previous month"),
        gettext("Next month"),
        gettext("Next year"),
        gettext("Select"),
        gettext("Close"),
    )
    return "|".join(words)


@register.filter
def item(values: Mapping[str, Any], name: str) -> Any:
    """A value of a mapping whose name a template cannot write with a dot, such as `data-min`."""
    return values.get(name, "")


@register.filter
def get_width(attrs: Mapping[str, Any]) -> str:
    """How many characters a text field is drawn for, one of the widths that the design system has."""
    width = str(attrs.get("data-width", ""))
    return width if width in {"2", "3", "4", "5", "10", "20"} else ""


@register.filter
def has_error(attrs: Mapping[str, Any]) -> bool:
    """Whether the field of a widget was refused; Django says so to screen readers with this attribute."""
    return attrs.get("aria-invalid") == "true"


@register.filter
def fit_in_line(optgroups: Sequence[tuple[Any, Sequence[Any], int]]) -> bool:
    """Whether choices stand side by side: at most three, with short labels."""
    options = [option for _group, group, _index in optgroups for option in group]
    return len(options) <= 3 and all(len(str(option["label"])) <= 20 for option in options)
