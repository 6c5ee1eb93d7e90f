"""What the pages of sites, allegations and screenings share: the parts of the area, finding, marking in error."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.forms import attempt
from casework.access.requests import SignedIn
from casework.workflow import Stale
from referrals.views.finding import ask

PAGE = 25
VIEW, RECORD = "referrals.view_screening", "referrals.record_screening"


def parts(active: str) -> list[dict[str, Any]]:
    """The sub-navigation of the area; `active` is the URL name of the open list."""
    named = (
        ("sites", _("Sites")),
        ("allegations", _("Allegations")),
        ("screenings", _("Screenings")),
        ("coverage", _("Coverage")),
    )
    return [{"label": label, "url": reverse(f"referrals:{name}"), "active": name == active} for name, label in named]


def numbered_visible_to(request: SignedIn, records: Any, number: str, permission: str = VIEW) -> Any:
    """The visible record of this number. Raises Http404, or PermissionDenied for a role without `permission`."""
    ask(request, permission)
    found = records.one_visible_to(request.user, number=number)
    if found is None:
        raise Http404
    return found


def keyed_visible_to(request: SignedIn, records: Any, key: Any, permission: str = RECORD) -> Any:
    """As `numbered_visible_to`, by the record's key."""
    ask(request, permission)
    found = records.one_visible_to(request.user, pk=key)
    if found is None:
        raise Http404
    return found


def act_page(
    request: SignedIn,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    done: str,
    back_url: str,
    page: Mapping[str, Any],
    template: str = "referrals/screening_act.html",
    current: Callable[[], tuple[dict[str, Any], int]] | None = None,
    to: Callable[[Any], str] | None = None,
) -> HttpResponse:
    """A page with one form: does the act and goes back, or shows the form with what is wrong.

    `current` gives what is saved now and its version, for a form that somebody else's save has overtaken.
    """
    if form.is_bound and form.is_valid():
        typed = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = {"version": form.cleaned_data["version"]} if "version" in form.fields else {}
        try:
            result = attempt(form, lambda: act({**typed, **version}))
        except Stale:
            if current is None:
                raise
            form.show_conflict(*current())  # type: ignore[attr-defined]
        else:
            if result is not None:
                messages.success(request, done)
                return redirect(to(result) if to else back_url)
    return render(request, template, {**page, "form": form, "back_url": back_url})
