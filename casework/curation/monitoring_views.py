"""Pages on what the organisation itself does: recommendations, plans, trainings, licences, declarations."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.models import User
from casework.access.requests import SignedIn
from casework.curation import published, services
from casework.curation.figures import by_year, by_year_and_group
from casework.curation.forms import DeclarationForm, ProgressForm, TrainingForm
from casework.curation.models import (
    ACTIVITIES,
    LICENCES,
    RECOMMENDATIONS,
    Declaration,
    Progress,
    ProgressStatus,
    Training,
)
from casework.curation.pages import sub_pages
from casework.workflow import Stale
from reference import codes
from reference.models import Entry
from reference.sections import BY_SLUG
from reference.views.cells import entry_cell, source_cell

COLOURS = {"not-started": "grey", "in-progress": "blue", "done": "green", "not-ours": "grey"}


# Recommendations and plans -------------------------------------------------------------------------------------------


def _progress(request: SignedIn, section: str) -> dict[int, Progress]:
    rows = Progress.objects.visible_to(request.user).filter(entry__section=section)
    return {row.entry_id: row for row in rows}


def _status(held: Progress | None) -> Any:
    if held is None:
        return _("Nothing recorded")
    return {"status": held.status, "label": held.get_status_display(), "colour": COLOURS[held.status]}


def _record(entry: Entry) -> dict[str, str]:
    return {
        "text": _("Record"),
        "url": reverse("curation:record-progress", args=[entry.kind_of_entry.slug, entry.slug]),
    }


@require_safe
@permission_required("curation.view_progress", raise_exception=True)
def recommendations(request: SignedIn) -> HttpResponse:
    """The twelve recommendations in their order: what serves each, and what the organisation does about it."""
    entries = sorted(
        Entry.objects.active().filter(section=RECOMMENDATIONS).with_text(), key=lambda entry: entry.data["number"]
    )
    held = _progress(request, RECOMMENDATIONS)
    may_record = request.user.has_perm("curation.record_progress")
    headers = [_("No."), _("Recommendation"), _("Served here by"), _("Status"), _("What we do"), _("Evidence")]
    done = sum(1 for one in held.values() if one.status == ProgressStatus.DONE)
    page = {
        "pages": sub_pages(request.user, "recommendations"),
        "lead": _("%(recorded)d of %(all)d have something recorded, %(done)d are done.")
        % {"recorded": len(held), "all": len(entries), "done": done},
        "headers": headers + ([""] if may_record else []),
        "rows": [
            [
                str(entry.data["number"]),
                {"text": entry.title, "url": entry.get_absolute_url()},
                published.features(entry.code, request.user) or _("Nothing here"),
                _status(held.get(entry.pk)),
                _text(held.get(entry.pk), "what"),
                _text(held.get(entry.pk), "evidence"),
                *([_record(entry)] if may_record else []),
            ]
            for entry in entries
        ],
    }
    return render(request, "curation/recommendations.html", page)


def _text(held: Progress | None, field: str) -> str:
    return (getattr(held, field) if held else "") or "–"


@require_safe
@permission_required("curation.view_progress", raise_exception=True)
def activities(request: SignedIn) -> HttpResponse:
    """The plans with their periods; each activity as the documents have it and, apart, as the organisation does."""
    entries = list(Entry.objects.active().filter(section=ACTIVITIES).with_text().order_by("position", "pk"))
    plans = list(Entry.objects.active().filter(section="directory.plans").with_text().order_by("position", "pk"))
    held = _progress(request, ACTIVITIES)
    may_record = request.user.has_perm("curation.record_progress")
    headers = [_("Activity"), _("Indicator"), _("Target"), _("Actual"), _("Status"), _("Evidence")]
    page = {
        "pages": sub_pages(request.user, "activities"),
        "plan_headers": [_("Plan"), _("Period of the plan"), _("Period of the funding"), _("Funding")],
        "plans": [
            [
                {"text": plan.title, "url": plan.get_absolute_url()},
                *(_said(plan, field) for field in ("period", "funding_period", "funding")),
            ]
            for plan in plans
        ],
        "headers": headers,
        "published": [
            [
                {"text": entry.title, "url": entry.get_absolute_url()},
                *(_said(entry, field) for field in ("indicator", "target", "actual")),
                published.choice_words(entry, "status"),
                _said(entry, "evidence"),
            ]
            for entry in entries
        ],
        "own_headers": headers + ([""] if may_record else []),
        "own": [
            [
                {"text": entry.title, "hint": held[entry.pk].what if entry.pk in held else ""},
                _said(entry, "indicator"),
                _text(held.get(entry.pk), "target"),
                _text(held.get(entry.pk), "actual"),
                _status(held.get(entry.pk)),
                _text(held.get(entry.pk), "evidence"),
                *([_record(entry)] if may_record else []),
            ]
            for entry in entries
        ],
    }
    return render(request, "curation/activities.html", page)


def _said(entry: Entry, field: str) -> str:
    return str(entry.data.get(field) or _("Not stated"))


@permission_required("curation.record_progress", raise_exception=True)
def record_progress(request: SignedIn, section: str, slug: str) -> HttpResponse:
    """Record what the organisation does about one of them; two at once are shown what differs."""
    kind = BY_SLUG.get(section)
    if kind is None or kind.key not in services.FOLLOWED:
        raise Http404
    entry = Entry.objects.active().filter(section=kind.key, slug=slug).first()
    if entry is None:
        raise Http404
    held = Progress.objects.visible_to(request.user).filter(entry=entry).first()
    form = bind(request, ProgressForm, initial=_saved_progress(held))
    back = reverse("curation:recommendations" if kind.key == RECOMMENDATIONS else "curation:activities")
    if form.is_bound and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"]
        try:
            done = attempt(
                form,
                lambda: services.record_progress(
                    entry=entry, version=version, recorded_by=request.user, now=timezone.now(), **said
                ),
            )
        except Stale as stale:
            form.show_conflict(_saved_progress(stale.record), stale.record.version)  # type: ignore[arg-type,attr-defined]
            messages.warning(request, stale.sentence)
            done = None
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    page = {"form": form, "title": _("What we do"), "about": entry.title, "back": back, "held": held}
    return render(request, "curation/form.html", page)


def _saved_progress(held: Progress | None) -> dict[str, Any]:
    if held is None:
        return {"version": 0}
    return {name: getattr(held, name) for name in ("status", "what", "target", "actual", "evidence", "version")}


# Trainings -----------------------------------------------------------------------------------------------------------


@require_safe
@permission_required("curation.view_progress", raise_exception=True)
def trainings(request: SignedIn) -> HttpResponse:
    """The organisation's own trainings and counts; apart from them, what others published."""
    own = list(Training.objects.visible_to(request.user).select_related("body"))
    may_record = request.user.has_perm("curation.record_training")
    page = {
        "pages": sub_pages(request.user, "trainings"),
        "may_record": may_record,
        "headers": [_("Held on"), _("Topic"), _("Groups trained"), _("Body"), _("People"), _("Satisfaction")],
        "rows": [_training_row(training, may_record) for training in own],
        "year_headers": [_("Year"), _("Trainings"), _("People")],
        "years": by_year(own),
        "group_headers": [_("Year"), _("Group"), _("Trainings"), _("People in them")],
        "groups": by_year_and_group(own),
        "published_headers": [_("Figure"), _("Year"), _("Value"), _("Published by"), _("Doubt")],
        "published": published.trainings(),
        "provider_headers": [_("Provider"), _("Trained"), _("Last training")],
        "providers": published.providers(own),
    }
    return render(request, "curation/trainings.html", page)


def _training_row(training: Training, may_record: bool) -> list[Any]:
    url = reverse("curation:amend-training", args=[training.pk]) if may_record else ""
    return [
        training.held_on,
        {"text": training.topic, "url": url},
        [str(codes.label("trained_groups", group)) for group in training.groups],
        training.body.title if training.body else "–",
        training.head_count,
        _score(training),
    ]


def _score(training: Training) -> str:
    if training.satisfaction is None or training.scale_min is None or training.scale_max is None:
        return _("Not asked")
    return _("%(value)s on a scale of %(least)s to %(most)s") % {
        "value": services.plain(training.satisfaction),
        "least": services.plain(training.scale_min),
        "most": services.plain(training.scale_max),
    }


@permission_required("curation.record_training", raise_exception=True)
def record_training(request: SignedIn) -> HttpResponse:
    """Write down a training that was held."""
    form = bind(request, TrainingForm, initial={"version": 0})
    if form.is_bound and form.is_valid():
        done = attempt(
            form, lambda: services.record_training(recorded_by=request.user, now=timezone.now(), **form.said)
        )
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("curation:trainings")
    page = {"form": form, "title": _("Record a training"), "back": reverse("curation:trainings")}
    return render(request, "curation/form.html", page)


@permission_required("curation.record_training", raise_exception=True)
def amend_training(request: SignedIn, training_id: uuid.UUID) -> HttpResponse:
    """Correct what was recorded of a training; two at once are shown what differs."""
    training = Training.objects.visible_to(request.user).select_related("body").filter(pk=training_id).first()
    if training is None:
        raise Http404
    form = bind(request, TrainingForm, initial=_saved_training(training))
    if form.is_bound and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            done = attempt(
                form,
                lambda: services.amend_training(
                    training=training, version=version, amended_by=request.user, now=timezone.now(), **form.said
                ),
            )
        except Stale as stale:
            form.show_conflict(_saved_training(stale.record), stale.record.version)  # type: ignore[arg-type,attr-defined]
            messages.warning(request, stale.sentence)
            done = None
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("curation:trainings")
    page = {"form": form, "title": _("Correct a training"), "back": reverse("curation:trainings")}
    return render(request, "curation/form.html", page)


def _saved_training(training: Training) -> dict[str, Any]:
    names = ("held_on", "topic", "groups", "head_count", "satisfaction", "scale_min", "scale_max", "version")
    return {name: getattr(training, name) for name in names} | {"body": training.body.code if training.body else ""}


# Licences ------------------------------------------------------------------------------------------------------------


@require_safe
@permission_required("curation.view_progress", raise_exception=True)
def licences(request: SignedIn) -> HttpResponse:
    """Who holds which licence until when; and what was allocated beside what was disbursed."""
    today = timezone.localdate()
    entries = Entry.objects.active().filter(section=LICENCES).with_text().order_by("valid_until", "position", "pk")
    page = {
        "pages": sub_pages(request.user, "licences"),
        "headers": [_("Holder"), _("Kind"), _("Status"), _("Valid until"), _("Days left")],
        "rows": [
            [
                {"text": entry.title, "url": entry.get_absolute_url()},
                _said(entry, "kind"),
                published.choice_words(entry, "status"),
                entry.valid_until or _("Not stated"),
                _days_left(entry, today),
            ]
            for entry in entries
        ],
        "money_headers": [_("Money"), _("Year"), _("Allocated"), _("Disbursed"), _("Gap")],
        "money": published.allocations(),
    }
    return render(request, "curation/licences.html", page)


def _days_left(entry: Entry, today: Any) -> Any:
    if entry.valid_until is None:
        return "–"
    left = (entry.valid_until - today).days
    if left < 0:
        return {"status": "expired", "label": _("Expired"), "colour": "red"}
    return {"text": left, "numeric": True}


# Declarations --------------------------------------------------------------------------------------------------------


@permission_required("curation.record_declaration", raise_exception=True)
def declarations(request: SignedIn) -> HttpResponse:
    """Which colleagues have declared that none of the four legal consequences applies to them, and which have not."""
    colleagues = User.objects.visible_to(request.user).filter(is_active=True).order_by("full_name", "pk")
    form = bind(request, DeclarationForm, colleagues=colleagues)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.record_declaration(
                user=form.cleaned_data["user"],
                made_on=form.cleaned_data["made_on"],
                recorded_by=request.user,
                now=timezone.now(),
            ),
        )
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("curation:declarations")
    newest: dict[Any, Declaration] = {}
    for one in Declaration.objects.visible_to(request.user).select_related("recorded_by").order_by("made_on"):
        newest[one.user_id] = one
    consequences = Entry.objects.active().filter(section="measures.legal_consequences_of_conviction").with_text()
    page = {
        "pages": sub_pages(request.user, "declarations"),
        "form": form,
        "law_headers": [_("Consequence"), _("Source")],
        "law": [[entry_cell(entry), source_cell(entry)] for entry in consequences.order_by("position")],
        "headers": [_("Colleague"), _("Declared on"), _("Recorded by")],
        "rows": [_declaration_row(user, newest.get(user.pk)) for user in colleagues],
    }
    return render(request, "curation/declarations.html", page)


def _declaration_row(user: User, declared: Declaration | None) -> list[Any]:
    if declared is None:
        return [str(user), {"status": "waiting", "label": _("Not declared"), "colour": "yellow"}, "–"]
    return [str(user), declared.made_on, str(declared.recorded_by)]
