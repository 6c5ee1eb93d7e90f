"""The files of a referral: the tab that lists and takes them, handing one out, striking one through."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.access.uploads import takes_files
from casework.audit import services as audit
from casework.workflow import Refused
from referrals import services
from referrals.forms import AttachFilesForm, MarkInErrorForm
from referrals.models import Attachment, Referral
from referrals.views.finding import ask, concerned, referral_frame, url_of, visible_referral, who


@takes_files
def attach_files(request: SignedIn, number: str) -> HttpResponse:
    """The tab: every file with who brought it and when, and the form for more, where the role may add."""
    ask(request, "referrals.view_referral")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "files")
    may_add = request.user.has_perm("referrals.amend_referral") and not referral.entered_in_error
    form = bind(request, AttachFilesForm) if may_add else None
    if form is not None and form.is_bound and form.is_valid():
        kept = attempt(
            form,
            lambda: services.attach_files(
                referral=referral, brought=form.brought(), now=timezone.now(), attached_by=request.user
            ),
        )
        if kept is not None:
            said = ngettext("%(count)d file is attached.", "%(count)d files are attached.", len(kept))
            messages.success(request, said % {"count": len(kept)})
            return redirect("referrals:attach-files", number)
    elif request.method == "POST" and form is None:
        ask(request, "referrals.amend_referral")
    page = {
        **frame,
        "form": form,
        "headers": [_("File"), _("Kind of file"), _("Size"), _("Attached"), _("By"), ""],
        "rows": _rows(request, referral),
    }
    return render(request, "referrals/attach_files.html", page)


def _rows(request: SignedIn, referral: Referral) -> list[dict[str, Any]]:
    held = Attachment.objects.visible_to(request.user).filter(referral=referral)
    may_mark = request.user.has_perm("cases.mark_in_error")
    hidden = referral.person is not None and referral.person.identity_protected
    rows = []
    for row in held.select_related("key", "file", "attached_by").order_by("position"):
        row.referral = referral
        cells: list[Any] = [
            {
                "text": _("%(place)d. Name hidden") % {"place": row.position} if hidden else row.name,
                "url": reverse("referrals:download-attachment", args=[referral.number, row.pk]),
            },
            row.get_kind_display(),
            filesizeformat(row.file.size),
            row.attached_at,
            str(row.attached_by),
        ]
        mark = reverse("referrals:mark-attachment-in-error", args=[referral.number, row.pk])
        offered = may_mark and not row.entered_in_error
        cells.append({"text": _("Mark as entered in error"), "url": mark} if offered else "")
        rows.append({"cells": cells, "struck": row.entered_in_error, "reason": row.error_why})
    return rows


@require_safe
def download_attachment(request: SignedIn, number: str, attachment_id: UUID) -> HttpResponse:
    """Hand out one file, as a download under its number; in the trail before the first byte."""
    ask(request, "referrals.view_referral")
    found = _visible_attachment(request, number, attachment_id)
    audit.read(request, "download_attachment", found, *concerned(found.referral))
    try:
        content = services.download_attachment(attachment=found)
    except Refused as refusal:
        audit.trace_refusal(request)
        messages.error(request, refusal.sentence)
        return redirect("referrals:attach-files", number)
    response = HttpResponse(content, content_type=found.media_type)
    response["Content-Disposition"] = f'attachment; filename="{found.download_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def mark_attachment_in_error(request: SignedIn, number: str, attachment_id: UUID) -> HttpResponse:
    """A file that should not be there: it stays, struck through."""
    ask(request, "cases.mark_in_error")
    found = _visible_attachment(request, number, attachment_id)
    referral = found.referral
    audit.read(request, "referral", *concerned(referral), note="files")
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        marked = attempt(
            form,
            lambda: services.mark_attachment_in_error(attachment=found, marked_by=request.user, **form.cleaned_data),
        )
        if marked is not None:
            messages.success(request, _("The file is marked as entered in error."))
            return redirect("referrals:attach-files", number)
    page = {
        "form": form,
        "referral": referral,
        "who": who(referral),
        "back_url": reverse("referrals:attach-files", args=[number]),
        "place": found.position,
        "referral_url": url_of(referral),
    }
    return render(request, "referrals/mark_attachment_in_error.html", page)


def _visible_attachment(request: SignedIn, number: str, attachment_id: UUID) -> Attachment:
    """The file of this key on the referral of this number, if this user may see both. Raises Http404 otherwise."""
    referral = visible_referral(request, number)
    held = Attachment.objects.visible_to(request.user).select_related("key", "file__key", "attached_by")
    found = held.filter(referral=referral, pk=attachment_id).first()
    if found is None:
        raise Http404
    found.referral = referral
    return found
