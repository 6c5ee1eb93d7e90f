"""Who is told of a referral: the list, adding to it, and recording that somebody was told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.cases.consent import Verdict
from reference.views.cells import entry_cell
from referrals import services
from referrals.forms import AddParticipantsForm, InformParticipantForm, RecordInformedForm, WithdrawParticipantForm
from referrals.models import ClockKind, Participant, ParticipantStatus, Referral, ReferralStatus
from referrals.services.participants import Proposal, names_of, proposals, verdicts
from referrals.views.finding import ask, referral_frame, visible_referral


def participants(request: SignedIn, number: str) -> HttpResponse:
    """The list with its clock, and the form that adds to it."""
    ask(request, "referrals.view_referral")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "participants")
    may = _may_work(referral, request)
    proposed = proposals(referral) if may else []
    listed = list(
        Participant.objects.visible_to(request.user)
        .filter(referral=referral)
        .select_related("key", "informed_by", "added_by", "withdrawn_by")
    )
    names = names_of([row.body for row in listed] + [proposal.body for proposal in proposed])
    waiting = [row for row in listed if row.status == ParticipantStatus.WAITING]
    agreed = verdicts(waiting, timezone.localdate())
    form = bind(request, AddParticipantsForm, choices=[_choice(proposal, names) for proposal in proposed])
    if may and form.is_bound and form.is_valid():
        typed = form.cleaned_data
        added = attempt(
            form,
            lambda: services.add_participants(
                referral=referral, bodies=typed.get("bodies", []), name=typed["name"], added_by=request.user
            ),
        )
        if added is not None:
            messages.success(request, _("The list is longer now."))
            return redirect(_page(referral))
    page = {
        **frame,
        "form": form if may else None,
        "headers": [_("Who"), _("State"), _("When and how"), _("What can be done")],
        "rows": [_row(row, names, agreed.get(row.pk), may=may) for row in listed],
        "consent_url": _consent_url(referral, request) if agreed else "",
        "clock": referral.deadlines.visible_to(request.user).filter(kind=ClockKind.INFORM).first(),
        "now": timezone.now(),
        "several_wait": may and len(waiting) > 1,
    }
    return render(request, "referrals/participants.html", page)


def record_informed(request: SignedIn, number: str) -> HttpResponse:
    """Everybody who waits was told at the same time."""
    ask(request, "referrals.record_informed")
    referral = visible_referral(request, number)
    frame = referral_frame(request, referral, "participants")
    form = bind(request, RecordInformedForm, initial={"informed_at": timezone.now()})
    if form.is_bound and form.is_valid():
        informed = attempt(
            form,
            lambda: services.record_informed(
                referral=referral, now=timezone.now(), informed_by=request.user, **form.cleaned_data
            ),
        )
        if informed is not None:
            messages.success(request, _("It is recorded that everyone concerned was told."))
            return redirect(_page(referral))
    return render(request, "referrals/record_informed.html", {**frame, "form": form, "back_url": _page(referral)})


def inform_participant(request: SignedIn, participant_id: UUID) -> HttpResponse:
    """One of them was told."""
    participant, page = _one(request, participant_id)
    form = bind(request, InformParticipantForm, initial={"informed_at": timezone.now()})
    if form.is_bound and form.is_valid():
        told = attempt(
            form,
            lambda: services.inform_participant(
                participant=participant, now=timezone.now(), informed_by=request.user, **form.cleaned_data
            ),
        )
        if told is not None:
            messages.success(request, _("It is recorded that they were told."))
            return redirect(_page(participant.referral))
    return render(request, "referrals/inform_participant.html", {**page, "form": form})


def withdraw_participant(request: SignedIn, participant_id: UUID) -> HttpResponse:
    """One of them is taken off the list."""
    participant, page = _one(request, participant_id)
    form = bind(request, WithdrawParticipantForm)
    if form.is_bound and form.is_valid():
        withdrawn = attempt(
            form,
            lambda: services.withdraw_participant(
                participant=participant, now=timezone.now(), withdrawn_by=request.user, **form.cleaned_data
            ),
        )
        if withdrawn is not None:
            messages.success(request, _("They are no longer on the list."))
            return redirect(_page(participant.referral))
    return render(request, "referrals/withdraw_participant.html", {**page, "form": form})


def _one(request: SignedIn, participant_id: UUID) -> tuple[Participant, dict[str, Any]]:
    ask(request, "referrals.record_informed")
    found = Participant.objects.visible_to(request.user).select_related("key", "referral").filter(pk=participant_id)
    participant = found.first()
    if participant is None:
        raise Http404
    referral = visible_referral(request, participant.referral.number)
    frame = referral_frame(request, referral, "participants")
    name = _name(participant, names_of([participant.body]))
    verdict = verdicts([participant], timezone.localdate()).get(participant.pk)
    return participant, {
        **frame,
        "told": name,
        "verdict": verdict,
        "consent_url": _consent_url(referral, request) if verdict else "",
        "back_url": _page(referral),
    }


def _may_work(referral: Referral, request: SignedIn) -> bool:
    works_here = request.user.organisation_id == referral.organisation_id
    is_open = referral.status in (ReferralStatus.RECEIVED, ReferralStatus.INITIATED) and not referral.entered_in_error
    return works_here and is_open and request.user.has_perm("referrals.record_informed")


def _choice(proposal: Proposal, names: dict[str, Any]) -> tuple[str, str]:
    entry = names.get(proposal.body)
    why = proposal.why.title
    if proposal.condition:
        why = _("%(field)s: %(value)s") % {"field": why, "value": proposal.condition}
    said = {"who": entry.title if entry else proposal.body, "why": why}
    return proposal.body, _("%(who)s (%(why)s)") % said


def _name(participant: Participant, names: dict[str, Any]) -> str:
    entry = names.get(participant.body)
    return entry.title if entry else participant.name or participant.body


def _consent_url(referral: Referral, request: SignedIn) -> str:
    """Where an answer is recorded: with the case, which a referral that was only received does not have."""
    may = referral.case is not None and request.user.has_perm("cases.record_consent")
    return reverse("cases:consents", args=[referral.case.number]) if may and referral.case else ""


def _row(participant: Participant, names: dict[str, Any], verdict: Verdict | None, *, may: bool) -> dict[str, Any]:
    entry = names.get(participant.body)
    who: Any = entry_cell(entry) if entry else {"text": participant.name or participant.body}
    state = {
        "status": participant.status,
        "label": participant.get_status_display(),
        "colour": {"waiting": "yellow", "informed": "green", "withdrawn": "grey"}[participant.status],
        "hint": verdict.sentence if verdict else "",
    }
    said: Any = ""
    if participant.informed_at is not None:
        by = [participant.get_how_display(), str(participant.informed_by), participant.spoke_with]
        said = {"text": participant.informed_at, "hint": " · ".join(part for part in by if part)}
    acts = []
    if may and participant.status == ParticipantStatus.WAITING:
        acts.append({"text": _("Record that they were told"), "url": _act("inform", participant)})
    if may and participant.status != ParticipantStatus.WITHDRAWN:
        acts.append({"text": _("Take off the list"), "url": _act("withdraw", participant)})
    off = participant.status == ParticipantStatus.WITHDRAWN
    why = participant.withdrawn_why if off else participant.error_why
    return {"cells": [who, state, said, acts or ""], "struck": off or participant.entered_in_error, "reason": why}


def _act(verb: str, participant: Participant) -> str:
    return reverse(f"referrals:{verb}-participant", args=[participant.pk])


def _page(referral: Referral) -> str:
    return reverse("referrals:participants", args=[referral.number])
