"""Who is competent for a referral, which procedures held on its day, and a supervisor's choice of authority."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.forms import attempt, bind
from casework.access.models import User
from casework.access.requests import SignedIn
from reference.models import Entry
from reference.procedures import procedures_on
from reference.routing import QUESTIONS, Candidate, Competence
from reference.views.cells import entry_cell
from reference.views.finding import hypothetical_url, in_short, in_short_headers
from referrals import services
from referrals.forms import ChooseAuthorityForm
from referrals.models import AuthorityChoice, Referral
from referrals.services.competence import choices_of, competence_of
from referrals.views.finding import referral_to_work_on, url_of, who


def competence(referral: Referral, user: User) -> dict[str, Any]:
    """What the referral's page shows of the competent authorities, and of the choices made."""
    found = competence_of(referral)
    return {
        "rows": in_short(found),
        "headers": in_short_headers(),
        "notes": found.notes,
        "choices": _choices(referral, user, found),
        "choice_headers": [_("What for"), _("Authority"), _("Why"), _("Chosen by")],
        "hypothetical_url": hypothetical_url(found.facts),
        "several": bool(choices_of(found)),
    }


def procedures(referral: Referral) -> list[Any]:
    """The procedures of the day of receipt, whether they bind, and what was written down then if it differs."""
    found = procedures_on(timezone.localdate(referral.received_at))
    rows: list[Any] = [(_("Procedures in force on the day of receipt"), _procedures_cell(found))]
    if found is not None:
        said = found.data.get("binding")
        source = f"“{said}” ({found.document_title})"
        words = _("Recommended") if "recommended" in str(said) else said
        rows.append((_("Do they bind?"), {"text": words, "hint": source} if said else _("Not stated")))
    if referral.sop_version and (found is None or found.code != referral.sop_version):
        rows.append((_("Written down at receipt"), referral.sop_version))
    return rows


def choose_authority(request: SignedIn, number: str) -> HttpResponse:
    """A supervisor says which rule is followed, where the rules leave several authorities."""
    referral = referral_to_work_on(request, number, "referrals.choose_authority")
    found = competence_of(referral)
    offered = [
        (f"{question} {candidate.rule.code}", _label(found, question, candidate))
        for question, candidate in choices_of(found)
    ]
    form = bind(request, ChooseAuthorityForm, choices=offered)
    if form.is_bound and form.is_valid():
        question, rule = form.cleaned_data["choice"].split(" ", 1)
        chosen = attempt(
            form,
            lambda: services.choose_authority(
                referral=referral,
                question=question,
                rule=rule,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
                chosen_by=request.user,
            ),
        )
        if chosen is not None:
            messages.success(request, _("The authority is chosen."))
            return redirect(url_of(referral))
    page = {
        "referral": referral,
        "form": form,
        "who": who(referral),
        "back_url": url_of(referral),
        "offered": offered,
        "rows": in_short(found),
        "headers": in_short_headers(),
    }
    return render(request, "referrals/choose_authority.html", page)


def _label(found: Competence, question: str, candidate: Candidate) -> str:
    return _("%(question)s: %(authority)s (%(rule)s)") % {
        "question": QUESTIONS[question],
        "authority": _name(found, candidate.authority),
        "rule": candidate.rule.title,
    }


def _name(found: Competence, authority: str) -> str:
    entry = found.authorities.get(authority)
    return entry.title if entry else authority


def _choices(referral: Referral, user: User, found: Competence) -> list[Any]:
    """The choices made, newest first; those that a later one replaced are struck through."""
    chosen = AuthorityChoice.objects.visible_to(user).filter(referral=referral)
    rules = {step.rule.code: step.rule.title for step in found.steps}
    rows, seen = [], set()
    for choice in chosen.select_related("key", "chosen_by").order_by("-chosen_at"):
        replaced = choice.question in seen
        seen.add(choice.question)
        cells = [
            QUESTIONS.get(choice.question, choice.question),
            {"text": _name(found, choice.authority), "hint": rules.get(choice.rule, choice.rule)},
            choice.reason,
            {
                "text": choice.chosen_by.full_name,
                "hint": timezone.localtime(choice.chosen_at).strftime("%d.%m.%Y. %H:%M"),
            },
        ]
        struck = replaced or choice.entered_in_error
        rows.append({"cells": cells, "struck": struck, "reason": _("A later choice replaced it.") if replaced else ""})
    return rows


def _procedures_cell(found: Entry | None) -> Any:
    return entry_cell(found) if found else _("Not stated")
