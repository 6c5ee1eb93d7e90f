"""The auditor's page: who did, saw or was refused what. References only, no content."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from casework.audit.models import Event, Kind
from casework.audit.words import words

PAGE = 50


class TrailForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *Kind.choices], required=False)
    actor = forms.CharField(label=_("User name"), max_length=150, required=False)
    record = forms.UUIDField(label=_("Key of a record"), required=False)
    before = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def trail(request: HttpRequest) -> HttpResponse:
    """The organisation's trail, newest first, by kind, person acting, or record."""
    form = TrailForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    user: Any = request.user
    events = Event.objects.visible_to(user).select_related("actor").order_by("-id")
    if asked.get("kind"):
        events = events.filter(kind=asked["kind"])
    if asked.get("actor"):
        events = events.filter(actor__username=asked["actor"])
    if isinstance(asked.get("record"), uuid.UUID):
        events = events.filter(subjects__contains=[str(asked["record"])])
    if asked.get("before"):
        events = events.filter(id__lt=asked["before"])
    rows = list(events[: PAGE + 1])
    following = None
    if len(rows) > PAGE:
        query = request.GET.copy()
        query["before"] = str(rows[PAGE - 1].id)
        following = f"?{query.urlencode()}"
    shown = [(event, words(event.verb)) for event in rows[:PAGE]]
    return render(request, "audit/trail.html", {"form": form, "events": shown, "following": following})
