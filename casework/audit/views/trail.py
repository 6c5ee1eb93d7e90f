"""The trail, and the views of it that show one kind of event."""

import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.audit.forms import TrailForm
from casework.audit.models import Event, EventQuerySet, Kind
from casework.audit.references import Reference, choice, naming, references
from casework.audit.views.common import frame, next_page, trail_url
from casework.audit.words import note_words, verbs_of, words

PAGE = 50
_NUMBER = re.compile(r"[RC]-\d{4}-\d{1,9}")
RECORDS = 3  # of one event that a row names


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def trail(request: HttpRequest) -> HttpResponse:
    """The organisation's trail, newest first, by kind, verb, person acting, record and day."""
    user: Any = request.user
    lead = _("Who did, saw or was refused what. It holds references and never what the records say.")
    return _page(request, "trail", Event.objects.visible_to(user), TrailForm(request.GET), _("Audit trail"), lead)


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def reveals(request: HttpRequest) -> HttpResponse:
    """What was opened although it is masked or closed: reveals and emergency access."""
    lead = _("Masked fields that were revealed, and cases that were opened with emergency access.")
    return _group(request, "reveals", _("Reveals"), lead)


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def exports(request: HttpRequest) -> HttpResponse:
    """What left the product, and what was brought in."""
    return _group(request, "exports", _("Exports"), _("What left the product as a file, and what was brought in."))


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def refusals(request: HttpRequest) -> HttpResponse:
    """What was refused to whom."""
    user: Any = request.user
    events = Event.objects.visible_to(user).filter(kind=Kind.REFUSAL)
    lead = _("What somebody asked for and was not given: a page, a record or an act.")
    return _page(request, "refusals", events, TrailForm(request.GET, kinds=False), _("Refusals"), lead)


def _group(request: HttpRequest, group: str, title: str, lead: str) -> HttpResponse:
    user: Any = request.user
    verbs = verbs_of(group)
    events = Event.objects.visible_to(user).filter(verb__in=verbs)
    return _page(request, group, events, TrailForm(request.GET, verbs=verbs), title, lead)


def _chosen(events: EventQuerySet, asked: dict[str, Any]) -> EventQuerySet:
    zone = ZoneInfo(settings.TIME_ZONE)
    if asked.get("kind"):
        events = events.filter(kind=asked["kind"])
    if asked.get("verb"):
        events = events.filter(verb=asked["verb"])
    if asked.get("actor"):
        events = events.filter(actor__username=asked["actor"])
    if asked.get("record"):
        events = events.filter(naming(asked["record"]))
    if asked.get("since"):
        events = events.filter(at__gte=datetime.datetime.combine(asked["since"], datetime.time(), zone))
    if asked.get("until"):
        after = asked["until"] + datetime.timedelta(days=1)
        events = events.filter(at__lt=datetime.datetime.combine(after, datetime.time(), zone))
    if asked.get("before"):
        events = events.filter(id__lt=asked["before"])
    return events


def _page(
    request: HttpRequest, name: str, events: EventQuerySet, form: TrailForm, title: str, lead: str
) -> HttpResponse:
    asked = form.cleaned_data if form.is_valid() else {}
    found = list(_chosen(events, asked).select_related("actor").order_by("-id")[: PAGE + 1]) if form.is_valid() else []
    shown = found[:PAGE]
    named = references(
        (key, label) for event in shown for key, label in zip(event.subjects, event.labels, strict=False)
    )
    return render(
        request,
        "audit/trail.html",
        frame(request, name)
        | {
            "title": title,
            "lead": lead,
            "form": form,
            "here": request.path,
            "rows": [_row(event, named) for event in shown],
            "following": next_page(request, before=shown[-1].pk) if len(found) > PAGE else None,
        },
    )


def _row(event: Event, named: dict[str, Reference]) -> dict[str, Any]:
    """An event as the page shows it. Records with a number come first: an auditor knows those."""
    records = [named[key] for key in event.subjects if key in named]
    if any(record.has_number for record in records):
        records = [record for record in records if record.has_number or record.kind != "Person"]
    records.sort(key=lambda record: not record.has_number)
    note = event.note
    if not records and _NUMBER.fullmatch(note):  # a refusal knows what was asked for, not whether it exists
        records, note = [Reference(note, note, True)], ""
    return {
        "event": event,
        "who": event.actor or _("The system"),
        "what": words(event.verb),
        "refused": event.kind == Kind.REFUSAL,
        "note": choice(note, dict.fromkeys(event.labels)) or note_words(note),
        "records": [
            {"text": record.text, "url": trail_url(record=record.text if record.has_number else record.key)}
            for record in records[:RECORDS]
        ],
        "more": len(records) - RECORDS if len(records) > RECORDS else 0,
    }
