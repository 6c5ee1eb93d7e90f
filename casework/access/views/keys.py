"""Keys of other bodies' programs, for admins."""

import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access import key_services
from casework.access.forms import ConfirmForm, MakeKeyForm, attempt, bind
from casework.access.key_models import ApiKey, Scope
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.access.views.accounts import needs

PAGE = 25


@require_safe
@needs("access.manage_keys")
def keys(request: SignedIn) -> HttpResponse:
    """The keys that one's organisation gave or that write in its name, newest first: never the key itself."""
    visible = ApiKey.objects.visible_to(request.user)
    held = visible.select_related("body", "issuer", "account").order_by("-made_at", "-prefix")
    last = visible.filter(prefix=request.GET.get("after", "")[:12]).first()
    found = list((held.filter(made_at__lt=last.made_at) if last else held)[: PAGE + 1])
    labels = {"live": _("Works"), "revoked": _("Revoked"), "expired": _("Expired")}
    rows = [
        {
            "cells": [
                key.name,
                f"{key.prefix}…",
                key.body.name,
                [str(Scope(scope).label) for scope in key.scopes],
                timezone.localdate(key.expires_at - datetime.timedelta(seconds=1)),
                key.last_used_at or _("Never"),
                {"text": labels[key.state], "status": key.state, "label": labels[key.state]},
                {"text": _("Revoke"), "url": reverse("access:revoke-key", args=[key.pk])}
                if key.state == "live"
                else "",
            ],
            "struck": False,
        }
        for key in found[:PAGE]
    ]
    page = {
        "headers": [
            _("Program"),
            _("Begins with"),
            _("In the name of"),
            _("May"),
            _("Last day"),
            _("Last used"),
            _("State"),
            "",
        ],
        "rows": rows,
        "next_url": f"{reverse('access:keys')}?after={found[PAGE - 1].prefix}" if len(found) > PAGE else "",
    }
    return render(request, "access/keys.html", page)


@needs("access.manage_keys")
@recently_signed_in
def make_key(request: SignedIn) -> HttpResponse:
    """A new key. The page after it shows the key, once."""
    form = bind(request, MakeKeyForm)
    if form.is_bound and form.is_valid():
        made = attempt(
            form,
            lambda: key_services.make_key(**form.cleaned_data, now=timezone.now(), made_by=request.user),
        )
        if made is not None:
            key, token = made
            return render(request, "access/new_key.html", {"key": key, "token": token})
    return render(request, "access/make_key.html", {"form": form})


@needs("access.manage_keys")
@recently_signed_in
def revoke_key(request: SignedIn, pk: UUID) -> HttpResponse:
    """End a key at once."""
    key = get_object_or_404(ApiKey.objects.visible_to(request.user).select_related("body"), pk=pk)
    form = bind(request, ConfirmForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: key_services.revoke_key(key=key, now=timezone.now(), revoked_by=request.user))
        if done is not None:
            messages.success(request, _("The key %(prefix)s… is revoked.") % {"prefix": key.prefix})
            return redirect("access:keys")
    return render(request, "access/revoke_key.html", {"form": form, "key": key})
