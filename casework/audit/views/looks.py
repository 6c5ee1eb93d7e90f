"""Who looked at what: per person acting, per record, or everybody."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.audit.forms import LooksForm
from casework.audit.looks import PAGE, Look, Window, looks, reads_by_day
from casework.audit.references import keys_of, references
from casework.audit.views.common import accounts, frame, next_page, record_cell, trail_url

CHART_DAYS = 14  # the newest of the period


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def looked(request: HttpRequest) -> HttpResponse:
    """Counts and times of what was read in a period: of one person, of one record, or of everybody."""
    user: Any = request.user
    form = LooksForm(request.GET)
    context = frame(request, "looked") | {"form": form, "here": reverse("audit:looked")}
    if not form.is_valid():
        return render(request, "audit/looked.html", context | {"rows": [], "heads": []})
    asked = form.cleaned_data
    first, last = form.period(asked)
    window = Window.of_days(user.organisation_id, first, last)
    who = None
    if asked["actor"]:
        who = (
            get_user_model()
            ._default_manager.filter(username=asked["actor"], organisation_id=user.organisation_id)
            .first()
        )
    keys = keys_of(asked["record"]) if asked["record"] else None
    if (asked["actor"] and who is None) or keys == []:
        found: list[Look] = []
    else:
        found = looks(window, actor_id=who.pk if who else None, keys=keys, after=_place(asked["after"]))
    shown = found[:PAGE]
    days = reads_by_day(window)[-CHART_DAYS:]
    return render(
        request,
        "audit/looked.html",
        context
        | {
            "first": first,
            "last": last,
            "heads": _heads(bool(who)),
            "rows": _rows(shown, of_person=bool(who), record=asked["record"]),
            "following": _following(request, shown[-1]) if len(found) > PAGE else None,
            "chart": [(f"{day:%d.%m.}", count) for day, count in days],
            "days": days,
        },
    )


def _place(text: str) -> tuple[int, str, str] | None:
    """The place of the last row of the page before: event, person, record."""
    parts = text.split("_")
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 19):
        return None
    return int(parts[0]), parts[1], parts[2]


def _following(request: HttpRequest, last: Look) -> str:
    return next_page(request, after=f"{last.newest}_{last.actor_id or ''}_{last.key}")


def _heads(of_person: bool) -> list[str]:
    first = _("Record") if of_person else _("Who")
    return [first, _("Opened"), _("Seen in lists"), _("First"), _("Last")]


def _rows(shown: list[Look], *, of_person: bool, record: str) -> list[list[Any]]:
    named = references((look.key, look.label) for look in shown if look.key)
    users = accounts(look.actor_id for look in shown)
    rows = []
    for look in shown:
        if of_person:
            first: Any = record_cell(named[look.key])
        else:
            user = users.get(look.actor_id)
            link = trail_url(actor=user.username, record=record, kind="read") if user else trail_url(kind="read")
            if user and not record:
                link = f"{reverse('audit:looked')}?{urlencode({'actor': user.username})}"
            first = {"text": str(user or _("The system")), "url": link}
        rows.append([first, look.opened, look.listed, look.first, look.last])
    return rows
