"""The other side: what was sent to this organisation, and the answers, whoever gives or records them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework import workflow
from casework.access.forms import attempt, bind
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from referrals import services
from referrals.forms import AcceptOnwardForm, AcknowledgeOnwardForm, RefuseOnwardForm
from referrals.models import Onward, Received, Referral
from referrals.printing import LANGUAGES, onward_pdf
from referrals.services.sharing import rows_of
from referrals.views.finding import ask, url_of
from referrals.views.onward_pages import answer_rows, onward_tabs, received_row
from referrals.views.onward_sent import NUMBER, with_all

PAGE = 25


def _received(request: SignedIn, number: str) -> Received | None:
    """What was sent to this user's organisation under this number, or None."""
    if not request.user.has_perm("referrals.answer_onward"):
        return None
    rows: Any = with_all(Received.objects.all())
    found: Received | None = rows.one_visible_to(request.user, number=number)
    return found


@require_safe
def onward_inbox(request: SignedIn) -> HttpResponse:
    """What other organisations of this installation sent to this one, the newest first."""
    ask(request, "referrals.answer_onward")
    after = request.GET.get("after", "")
    after = after if NUMBER.fullmatch(after) else ""
    rows: Any = with_all(Received.objects.all())
    page = rows.page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=(after,) if after else None)
    shown, more = page[:PAGE], page[PAGE:]
    audit.read(request, "onward_inbox", *shown)
    here, now = reverse("referrals:onward-inbox"), timezone.now()
    context = {
        "tabs": onward_tabs(request.user, "inbox"),
        "headers": [_("Number"), _("Sender"), _("Purpose"), _("Status"), _("Sent")],
        "rows": [received_row(row, now) for row in shown],
        "count": Received.objects.count_visible_to(request.user),
        "first_url": here if after else "",
        "next_url": f"{here}?after={shown[-1].number}" if more else "",
    }
    return render(request, "referrals/onward_inbox.html", context)


@require_safe
def received_onward(request: SignedIn, number: str) -> HttpResponse:
    """What was shared with this organisation, and nothing else; with the buttons for the answer."""
    ask(request, "referrals.answer_onward")
    found = _received(request, number)
    if found is None:
        raise Http404
    page = _received_frame(request, found)
    as_sent = Onward(status=found.status)
    acts = [
        ("acknowledge-onward", _("Acknowledge"), "acknowledge_onward"),
        ("accept-onward", _("Accept"), "accept_onward"),
        ("refuse-onward", _("Refuse"), "refuse_onward"),
    ]
    page |= {
        "answers": answer_rows(found),
        "acts": [
            {"label": label, "url": reverse(f"referrals:{name}", args=[number])}
            for name, label, verb in acts
            if workflow.may(as_sent, verb, request.user)
        ],
        "became_url": _became_url(request, found),
    }
    return render(request, "referrals/received_onward.html", page)


def _became_url(request: SignedIn, found: Received) -> str:
    if found.became_id is None:
        return ""
    ours = Referral.objects.visible_to(request.user).filter(pk=found.became_id).first()
    return url_of(ours) if ours else ""


def _received_frame(request: SignedIn, found: Received) -> dict[str, Any]:
    """The trail names the sender's case and person too: their own people see who read what was shared."""
    audit.read(request, "received_onward", found, found.case, found.case.person)
    return {
        "onward": found,
        "purpose": codes.label("consent_purposes", found.purpose),
        "shared": rows_of(found.snapshot),
        "safe_contact": (found.snapshot or {}).get("safe_contact", ""),
        "here_url": reverse("referrals:received-onward", args=[found.number]),
    }


def acknowledge_onward(request: SignedIn, number: str) -> HttpResponse:
    """They have it: written down by the sender, or said by the organisation itself."""
    return _answer(
        request,
        number,
        AcknowledgeOnwardForm,
        lambda onward, given: services.acknowledge_onward(
            onward=onward, now=timezone.now(), acknowledged_by=request.user, **given
        ),
        _("Acknowledge"),
        _("It is recorded that they have it."),
    )


def accept_onward(request: SignedIn, number: str) -> HttpResponse:
    """They take it. Here that makes a referral and a person of their own."""
    return _answer(
        request,
        number,
        AcceptOnwardForm,
        lambda onward, given: services.accept_onward(
            onward=onward, now=timezone.now(), accepted_by=request.user, **given
        ),
        _("Accept"),
        _("It is accepted."),
    )


def refuse_onward(request: SignedIn, number: str) -> HttpResponse:
    """They say no."""
    return _answer(
        request,
        number,
        RefuseOnwardForm,
        lambda onward, given: services.refuse_onward(
            onward=onward, now=timezone.now(), refused_by=request.user, **given
        ),
        _("Refuse"),
        _("It is recorded that it was refused."),
    )


def _answer(request: SignedIn, number: str, form_class: Any, act: Any, heading: str, said: str) -> HttpResponse:
    ask(request, "referrals.answer_onward")
    mine = _received(request, number)
    found: Any = mine or with_all(Onward.objects.all()).one_visible_to(request.user, number=number)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    form = bind(request, form_class, initial={"at": timezone.now()})
    if mine is not None and "their_number" in form.fields:
        form.fields["their_number"].label = _("Our number, if there is one")
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: act(found, form.cleaned_data))
        if done is not None:
            messages.success(request, said)
            return redirect("referrals:received-onward" if mine else "referrals:onward", number)
    if mine is not None:
        page = _received_frame(request, mine)
    else:
        audit.read(request, "onward", found, found.case, found.case.person)
        page = {"onward": found, "here_url": reverse("referrals:onward", args=[number])}
    page |= {"form": form, "heading": heading, "mine": mine is not None}
    page["makes_referral"] = mine is not None and form_class is AcceptOnwardForm
    return render(request, "referrals/onward_answer.html", page)


@require_safe
@recently_signed_in
def print_onward(request: SignedIn, number: str, lang: str) -> HttpResponse:
    """The form to print, as PDF: made now, in the trail before the first byte, kept nowhere."""
    ask(request, "referrals.send_onward")
    found: Any = with_all(Onward.objects.all()).one_visible_to(request.user, number=number)  # type: ignore[attr-defined]
    if found is None or found.sent_at is None or lang not in LANGUAGES:
        raise Http404
    audit.read(request, "export_onward", found, found.case, found.case.person, note=lang)
    response = HttpResponse(onward_pdf(found, lang), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
