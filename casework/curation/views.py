"""Pages on which two people agree what the reference says."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.audit.services import trace_refusal
from casework.curation import proposals as changing
from casework.curation.comparison import compared, name_of
from casework.curation.forms import (
    DecideForm,
    EndEntryForm,
    EntryForm,
    ProposalFilter,
    entry_initial,
    source_initial,
)
from casework.curation.models import Proposal, ProposalStatus
from casework.curation.pages import sub_pages
from casework.workflow import Refused, may
from reference.models import Entry
from reference.sections import BY_SLUG, Section

PAGE = 25


def _oversees(request: SignedIn) -> None:
    """Those who propose and those who decide see what waits. Others are told 403."""
    if not (request.user.has_perm("curation.propose_change") or request.user.has_perm("curation.decide_change")):
        raise PermissionDenied


def _editable(slug: str) -> Section:
    section = BY_SLUG.get(slug)
    if section is None or not section.editable:
        raise Http404
    return section


def _entry(section: Section, slug: str) -> Entry:
    found = Entry.objects.active().filter(section=section.key)
    entry = found.filter(slug=slug).first() or found.filter(code=slug).first()
    if entry is None:
        raise Http404
    return entry


def _kind(proposal: Proposal) -> str:
    if proposal.is_new:
        return _("New entry")
    if proposal.ends_on:
        return _("End")
    return _("New wording") if proposal.holds_from else _("Correction")


def _who(user: Any, request: SignedIn) -> str:
    """A colleague by name; somebody of another organisation by the organisation."""
    if user is None:
        return ""
    return str(user) if user.organisation_id == request.user.organisation_id else str(user.organisation)


def _status(proposal: Proposal) -> dict[str, str]:
    return {"status": proposal.status, "label": proposal.get_status_display()}


@require_safe
def proposals(request: SignedIn) -> HttpResponse:
    """What waits for a second person first, then what was decided."""
    _oversees(request)
    form = ProposalFilter(request.GET or None)
    asked = form.cleaned_data["status"] if form.is_valid() else ""
    rows = Proposal.objects.visible_to(request.user).select_related(
        "base", "proposed_by__organisation", "decided_by__organisation"
    )
    waiting = rows.waiting().exclude(proposed_by=request.user).count()
    if asked:
        rows = rows.filter(status=asked)
    first = Case(When(status=ProposalStatus.PROPOSED, then=Value(0)), default=Value(1))
    page = Paginator(rows.order_by(first, "-number"), PAGE).get_page(request.GET.get("page"))
    decides = request.user.has_perm("curation.decide_change")
    return render(
        request,
        "curation/proposals.html",
        {
            "pages": sub_pages(request.user, "proposals"),
            "form": form,
            "lead": ngettext(
                "%(count)d change waits for your decision.", "%(count)d changes wait for your decision.", waiting
            )
            % {"count": waiting}
            if decides
            else "",
            "headers": [_("Number"), _("Entry"), _("Kind"), _("Status"), _("Proposed by"), _("Proposed")],
            "rows": [
                [
                    {"text": one.number, "url": reverse("curation:proposal", args=[one.number])},
                    {
                        "text": name_of(one.base.data if one.base else one.data, one.code),
                        "hint": str(one.kind_of_entry.title),
                    },
                    _kind(one),
                    _status(one),
                    _who(one.proposed_by, request),
                    one.proposed_at,
                ]
                for one in page
            ],
            "count": page.paginator.count,
            "previous_url": _turn(page.previous_page_number(), asked) if page.has_previous() else "",
            "next_url": _turn(page.next_page_number(), asked) if page.has_next() else "",
        },
    )


def _turn(number: int, status: str) -> str:
    return f"?{urlencode({'status': status, 'page': number})}"


# Proposing -----------------------------------------------------------------------------------------------------------


def _waiting(request: SignedIn, section: Section, code: str) -> Proposal | None:
    rows = Proposal.objects.visible_to(request.user).waiting()
    return rows.filter(section=section.key, code=code).first()


def _again(request: SignedIn, section: Section, code: str) -> dict[str, Any] | None:
    """What an earlier proposal said, to propose it again on what stands now."""
    number = request.GET.get("from", "")[:20]
    if not number:
        return None
    rows = Proposal.objects.visible_to(request.user)
    earlier = rows.filter(number=number, section=section.key, code=code, ends_on=None).first()
    if earlier is None:
        return None
    return {**entry_initial(section, earlier.data), "reason": earlier.reason} | (
        {"change": "succession"} if earlier.holds_from else {}
    )


@permission_required("curation.propose_change", raise_exception=True)
def propose(request: SignedIn, section: str, slug: str) -> HttpResponse:
    """Propose what an entry should say; two at once are shown what differs."""
    kind = _editable(section)
    entry = _entry(kind, slug)
    wording = changing.current(entry)
    base = wording.data if wording else entry.data
    shown = _again(request, kind, entry.code) or entry_initial(kind, base)
    form = bind(request, EntryForm, section=kind, base=base, initial={**shown, "version": wording.pk if wording else 0})
    if form.is_bound and form.is_valid():
        try:
            done = attempt(
                form,
                lambda: changing.propose_change(
                    section=kind.key,
                    entry=entry,
                    base=form.saved_version(),
                    data=form.entry_data,
                    holds_from=form.holds_from,
                    reason=form.cleaned_data["reason"],
                    proposed_by=request.user,
                    now=timezone.now(),
                ),
            )
        except changing.Outdated as outdated:
            form.show_conflict(entry_initial(kind, outdated.wording.data), outdated.wording.pk)
            messages.warning(request, outdated.sentence)
            done = None
        if done is not None:
            return _proposed(request, done)
    page = {
        "form": form,
        "entry": entry,
        "kind": kind,
        "title": _("Propose a change"),
        "back": entry.get_absolute_url(),
        "waiting": _waiting(request, kind, entry.code),
    }
    return render(request, "curation/propose.html", page)


@permission_required("curation.propose_change", raise_exception=True)
def propose_new(request: SignedIn, section: str) -> HttpResponse:
    """Propose an entry that is not there yet."""
    kind = _editable(section)
    form = bind(request, EntryForm, section=kind, base=None, initial={"version": 0})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: changing.propose_change(
                section=kind.key,
                entry=None,
                base=None,
                data=form.entry_data,
                holds_from=None,
                reason=form.cleaned_data["reason"],
                proposed_by=request.user,
                now=timezone.now(),
            ),
        )
        if done is not None:
            return _proposed(request, done)
    back = reverse("reference:section", args=[kind.slug])
    page = {"form": form, "kind": kind, "title": _("Propose a new entry"), "back": back}
    return render(request, "curation/propose.html", page)


@permission_required("curation.propose_change", raise_exception=True)
def end_entry(request: SignedIn, section: str, slug: str) -> HttpResponse:
    """Propose that an entry holds until a day. It stays where it is, marked as ended."""
    kind = _editable(section)
    entry = _entry(kind, slug)
    wording = changing.current(entry)
    form = bind(request, EndEntryForm, initial={"version": wording.pk if wording else 0})
    if form.is_bound and form.is_valid():
        try:
            done = attempt(
                form,
                lambda: changing.propose_end(
                    entry=entry,
                    base=form.saved_version(),
                    ends_on=form.cleaned_data["ends_on"],
                    source=form.source,
                    reason=form.cleaned_data["reason"],
                    proposed_by=request.user,
                    now=timezone.now(),
                ),
            )
        except changing.Outdated as outdated:
            saved = {"ends_on": outdated.wording.valid_until, **source_initial(outdated.wording.data)}
            form.show_conflict(saved, outdated.wording.pk)
            messages.warning(request, outdated.sentence)
            done = None
        if done is not None:
            return _proposed(request, done)
    page = {
        "form": form,
        "entry": entry,
        "kind": kind,
        "title": _("Propose an end"),
        "back": entry.get_absolute_url(),
        "waiting": _waiting(request, kind, entry.code),
    }
    return render(request, "curation/propose.html", page)


def _proposed(request: SignedIn, proposal: Proposal) -> HttpResponse:
    messages.success(request, _("Proposed. It stands in the reference when a second person has approved it."))
    return redirect("curation:proposal", proposal.number)


# Deciding ------------------------------------------------------------------------------------------------------------


def _visible(request: SignedIn, number: str) -> Proposal:
    _oversees(request)
    rows = Proposal.objects.visible_to(request.user).select_related(
        "base", "made__entry", "proposed_by__organisation", "decided_by__organisation"
    )
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def proposal(request: SignedIn, number: str) -> HttpResponse:
    """One proposal: before and after, why, who says so; and the decision, or the form for it."""
    found = _visible(request, number)
    own = found.proposed_by_id == request.user.pk
    if own and request.method == "POST":  # no form is shown for it; the service would refuse it too
        trace_refusal(request)
        messages.error(request, _("You proposed this: somebody else decides it."))
        return redirect("curation:proposal", number)
    form = bind(request, DecideForm)
    if form.is_bound and form.is_valid():
        approving = form.cleaned_data["outcome"] == "approve"
        act = changing.approve_change if approving else changing.reject_change
        done = attempt(
            form,
            lambda: act(
                proposal=found,
                reason=form.cleaned_data["decision_reason"],
                decided_by=request.user,
                now=timezone.now(),
            ),
        )
        if done is not None:
            messages.success(request, _("Approved. The reference says so now.") if approving else _("Rejected."))
            return redirect("curation:proposal", number)
        found = _visible(request, number)  # what came first may have been somebody else's decision
    wording = changing.current_of(found)
    waits = found.status == ProposalStatus.PROPOSED
    outdated = changing.is_outdated(found)
    headers, rows = compared(found, wording if outdated else None)
    url = wording.entry.get_absolute_url() if wording else ""
    propose_again = ""
    if wording and not waits and found.made_id is None and own and not found.ends_on:
        address = reverse("curation:propose", args=[found.kind_of_entry.slug, wording.entry.slug])
        propose_again = f"{address}?{urlencode({'from': found.number})}"
    page = {
        "proposal": found,
        "kind": _kind(found),
        "name": name_of(found.base.data if found.base else found.data, found.code),
        "url": url,
        "headers": headers,
        "rows": rows,
        "outdated": outdated,
        "proposed_by": _who(found.proposed_by, request),
        "decided_by": _who(found.decided_by, request),
        "form": None if own else form,
        "own": own and waits,
        "may_decide": may(found, "approve_change", request.user) and not own,
        "may_withdraw": own and may(found, "withdraw_change", request.user),
        "propose_again": propose_again,
    }
    return render(request, "curation/proposal.html", page)


@require_POST
@permission_required("curation.propose_change", raise_exception=True)
def withdraw_change(request: SignedIn, number: str) -> HttpResponse:
    """Take back what one proposed oneself."""
    found = _visible(request, number)
    try:
        changing.withdraw_change(proposal=found, withdrawn_by=request.user)
    except Refused as refusal:
        trace_refusal(request)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Withdrawn."))
    return redirect("curation:proposal", number)
