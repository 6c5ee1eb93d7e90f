"""Pages of proceedings. Every page that shows a person is in the trail before it is rendered."""

import datetime
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.cases.forms import MarkInErrorForm
from casework.cases.models import Case, CaseStatus
from casework.cases.views import case_frame, visible_case
from casework.justice import law as published
from casework.justice import proceedings as services
from casework.justice.counts import programme_cases, specialists_of
from casework.justice.forms import AmendProceedingForm, OpenProceedingForm, ProceedingFilter, saved_proceeding
from casework.justice.held import offence_name
from casework.justice.law import LawOnDay
from casework.justice.models import Proceeding
from casework.people.models import Answer
from casework.workflow import Stale
from reference import codes
from reference.models import Entry
from reference.offence_finder import article_of
from reference.views.cells import entry_cell, source_cell, validity
from reference.views.finding import hypothetical_url, in_short, in_short_headers, penalty_row

PAGE = 25


# On a case ------------------------------------------------------------------------------------------------------------
@require_safe
def case_proceedings(request: SignedIn, number: str) -> HttpResponse:
    """The tab: every proceeding of the case, and whom to turn to at the prosecution."""
    case = visible_case(request, number)
    page = case_frame(request, case, active="proceedings")
    found = case.proceedings.visible_to(request.user).select_related("key")
    names = published.offence_names()
    page["headers"] = [_("Offence"), _("Opened"), _("Stage"), _("Specialised prosecutor")]
    page["rows"] = [_row_of_case(one, names) for one in found]
    page["may_open"] = case.status == CaseStatus.OPEN and request.user.has_perm("justice.open_proceeding")
    return render(request, "justice/case_proceedings.html", page | _around(request, case))


def _around(request: SignedIn, case: Case) -> dict[str, Any]:
    """The contact points at the prosecution; for a case in the programme, its law and how often it is used."""
    points = published.contact_points(timezone.localdate())
    page: dict[str, Any] = {
        "points": [
            [entry_cell(point), point.data.get("purpose", _("Not stated")), source_cell(point)] for point in points
        ],
        "point_headers": [_("Contact point"), _("What for"), _("Source")],
    }
    if published.is_in_the_programme(case):
        programme = published.law(published.WITNESS_PROTECTION)
        page["programme"] = programme and [_law_row(programme)]
        page["law_headers"] = _law_headers()
        if request.user.has_perm("justice.list_proceedings"):
            page["programme_cases"] = programme_cases(request.user)
    return page


def _row_of_case(one: Proceeding, names: dict[str, str]) -> Any:
    offence = {
        "text": names.get(one.offence, one.offence) or _("Offence not known"),
        "url": reverse("justice:proceeding", args=[one.pk]),
        "hint": " · ".join(filter(None, (one.reference, one.prosecutors_office, one.court))),
    }
    cells = [offence, one.opened_on, _stage(one), _specialised(one)]
    return {"cells": cells, "struck": one.entered_in_error, "reason": one.error_why}


def _stage(one: Proceeding) -> str:
    named = str(codes.label("proceedings_stages", one.stage)) if one.stage else _("Not known")
    return named[:1].upper() + named[1:]


_COLOURS = {Answer.YES: "green", Answer.NO: "red", Answer.UNKNOWN: "grey"}


def _specialised(one: Proceeding) -> dict[str, Any]:
    return {
        "status": one.specialised_prosecutor,
        "label": one.get_specialised_prosecutor_display(),
        "colour": _COLOURS[Answer(one.specialised_prosecutor)],
        "hint": one.why_no_specialist,
    }


@permission_required("justice.open_proceeding", raise_exception=True)
def open_proceeding(request: SignedIn, number: str) -> HttpResponse:
    """Write a proceeding down. Whether a specialised prosecutor has it is asked every time."""
    case, today = visible_case(request, number), timezone.localdate()
    form = bind(request, OpenProceedingForm, initial={"opened_on": today})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.open_proceeding(case=case, opened_by=request.user, today=today, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The proceeding is recorded."))
            return redirect("justice:proceeding", done.pk)
    page = case_frame(request, case, active="proceedings") | {"form": form}
    return render(request, "justice/open_proceeding.html", page)


# One proceeding -------------------------------------------------------------------------------------------------------
@require_safe
def proceeding(request: SignedIn, proceeding_id: uuid.UUID) -> HttpResponse:
    """What is known of it, the law of its own day, who is competent, and the contact point."""
    one, case = _visible(request, proceeding_id)
    page = case_frame(request, case, active="proceedings")
    law = published.law_on_its_day(one)
    page |= {
        "one": one,
        "facts": _facts(one),
        "law": law,
        "day_words": _day_words(one),
        "offence": _offence_rows(law),
        "penalty_headers": [_("Victim"), _("Least"), _("Most"), _("In months")],
        "penalties": [penalty_row(penalty) for penalty in law.penalties],
        "law_headers": _law_headers(),
        "laws": [_law_row(entry, law.day, in_force) for entry, in_force in law.laws],
        "competence_headers": in_short_headers(),
        "competence": in_short(law.competence),
        "notes": law.competence.notes,
        "hypothetical_url": hypothetical_url(law.competence.facts),
        "may_amend": not one.entered_in_error and request.user.has_perm("justice.amend_proceeding"),
        "may_mark": not one.entered_in_error and request.user.has_perm("cases.mark_in_error"),
    }
    return render(request, "justice/proceeding.html", page | _around(request, case))


def _facts(one: Proceeding) -> list[Any]:
    confiscation = published.law(published.CONFISCATION)
    confiscated: dict[str, Any] = {
        "text": one.get_proceeds_confiscated_display(),
        "hint": one.confiscation_note,
    }
    rows = [
        (_("Reference number"), one.reference or _("Not known")),
        (_("Prosecutor's office"), one.prosecutors_office or _("Not known")),
        (_("Court"), one.court or _("Not known")),
        (_("Specialised prosecutor"), _specialised(one)),
        (_("Stage"), _stage(one)),
        (_("Opened on"), one.opened_on),
        (_("Day of the act"), one.committed_on or _("Not known")),
        (_("Information technology used"), one.get_cyber_display()),
        (_("Suspect under 18"), one.get_suspect_juvenile_display()),
        (_("Proceeds confiscated"), confiscated),
    ]
    if confiscation is not None:
        rows.append((_("Law on confiscation"), entry_cell(confiscation)))
    if one.ended_on is not None:
        rows.append((_("Ended on"), one.ended_on))
    return rows


def _day_words(one: Proceeding) -> str:
    day = {"day": date_format(one.law_day, "SHORT_DATE_FORMAT")}
    if one.committed_on:
        return _("As published for %(day)s, the day of the act.") % day
    return _("As published for %(day)s, the day it was opened: the day of the act is not known.") % day


def _offence_rows(law: LawOnDay) -> list[Any]:
    """The offence with its article and source; for one that was added later, that and by what."""
    known = law.offence or law.later
    if known is None:
        return []
    rows: list[Any] = [(_("Offence"), entry_cell(known)), (_("Article"), article_of(known))]
    if law.later is not None:
        rows.append((_("On that day"), _not_yet(law.later, law.day)))
        source = law.added_by or law.later
        rows.append((_("Source"), {**source_cell(source), "url": source.get_absolute_url()}))
    else:
        rows.append((_("Source"), source_cell(known)))
    return rows


def _not_yet(later: Entry, day: datetime.date) -> str:
    if later.valid_from is None or later.valid_from <= day:
        return _("Not published as an offence for that day.")
    return _("Not yet an offence of its own on that day (added on %(day)s)") % {
        "day": date_format(later.valid_from, "SHORT_DATE_FORMAT")
    }


def _law_headers() -> list[str]:
    return [_("Law"), _("In force"), _("Source")]


def _law_row(entry: Entry, day: datetime.date | None = None, in_force: bool = True) -> list[Any]:
    since = validity(entry) or _("From when is not stated")
    state: Any = since
    if day is not None:
        label = _("Yes") if in_force else _("Not on that day")
        state = {"status": "in-force", "label": label, "colour": "green" if in_force else "grey", "hint": since}
    return [entry_cell(entry), state, source_cell(entry)]


@permission_required("justice.amend_proceeding", raise_exception=True)
def amend_proceeding(request: SignedIn, proceeding_id: uuid.UUID) -> HttpResponse:
    """Change what is known; two people at once are shown what differs."""
    one, case = _visible(request, proceeding_id)
    form = bind(request, AmendProceedingForm, initial=saved_proceeding(one))
    if form.is_bound and form.is_valid():
        done = None
        try:
            done = attempt(
                form,
                lambda: services.amend_proceeding(
                    proceeding=one, amended_by=request.user, today=timezone.localdate(), **form.cleaned_data
                ),
            )
        except Stale as stale:
            form.show_conflict(saved_proceeding(stale.record), stale.record.version)  # type: ignore[arg-type,attr-defined]
            messages.warning(request, stale.sentence)
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("justice:proceeding", one.pk)
    page = case_frame(request, case, active="proceedings") | {"form": form, "one": one}
    return render(request, "justice/amend_proceeding.html", page)


@permission_required("cases.mark_in_error", raise_exception=True)
def mark_proceeding_in_error(request: SignedIn, proceeding_id: uuid.UUID) -> HttpResponse:
    """Mark a proceeding as entered in error, with the reason."""
    one, case = _visible(request, proceeding_id)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.mark_proceeding_in_error(proceeding=one, marked_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("It is marked as entered in error."))
            return redirect("justice:case-proceedings", case.number)
    page = case_frame(request, case, active="proceedings") | {
        "form": form,
        "one": one,
        "offence": offence_name(one.offence) or _("Offence not known"),
    }
    return render(request, "justice/mark_proceeding_in_error.html", page)


def _visible(request: SignedIn, proceeding_id: uuid.UUID) -> tuple[Proceeding, Case]:
    """The proceeding and its case, if this user may see them. Raises Http404 otherwise."""
    found = Proceeding.objects.select_related("key", "case").one_visible_to(request.user, pk=proceeding_id)
    if found is None:
        raise Http404
    found.case = visible_case(request, found.case.number)
    return found, found.case


# Of the organisation --------------------------------------------------------------------------------------------------
@require_safe
@permission_required("justice.list_proceedings", raise_exception=True)
def proceedings(request: SignedIn) -> HttpResponse:
    """The organisation's proceedings, newest first, those without a specialised prosecutor with the reason given."""
    form = ProceedingFilter(request.GET)
    answer = form.cleaned_data["specialised"] if form.is_valid() else ""
    found = Proceeding.objects.valid().filter(case__error_at=None)
    if answer:
        found = found.filter(specialised_prosecutor=answer)
    after = _key(request.GET.get("after", ""))
    page = found.select_related("key", "case__person__key").page_visible_to(
        request.user, order_by=("-opened_on", "-id"), size=PAGE + 1, after=after
    )
    shown, more, names = page[:PAGE], page[PAGE:], published.offence_names()
    audit.read(
        request, "proceedings", *{each.pk: each for one in shown for each in (one, one.case, one.case.person)}.values()
    )
    here, counted = reverse("justice:proceedings"), specialists_of(request.user)
    programme = published.law(published.WITNESS_PROTECTION)
    return render(
        request,
        "justice/proceedings.html",
        {
            "form": form,
            "clear_url": here,
            "headers": [_("Case"), _("Offence"), _("Opened"), _("Specialised prosecutor")],
            "rows": [_row(one, names) for one in shown],
            "counted": counted,
            "here": here,
            "count": found.count_visible_to(request.user),
            "first_url": f"{here}?{urlencode({'specialised': answer})}" if after else "",
            "next_url": _next_url(here, answer, shown[-1]) if more else "",
            "programme": programme,
            "programme_cases": programme_cases(request.user),
        },
    )


def _row(one: Proceeding, names: dict[str, str]) -> list[Any]:
    case = one.case
    return [
        {"text": case.number, "url": reverse("justice:case-proceedings", args=[case.number]), "hint": case.person.name},
        {
            "text": names.get(one.offence, one.offence) or _("Offence not known"),
            "url": reverse("justice:proceeding", args=[one.pk]),
            "hint": " · ".join(filter(None, (one.prosecutors_office, one.court))),
        },
        one.opened_on,
        _specialised(one),
    ]


def _next_url(here: str, answer: str, last: Proceeding) -> str:
    return f"{here}?{urlencode({'specialised': answer, 'after': f'{last.opened_on:%Y-%m-%d}_{last.pk}'})}"


def _key(text: str) -> tuple[datetime.date, uuid.UUID] | None:
    """The day and the id after which a page goes on; None for anything else."""
    day, _underscore, key = text.partition("_")
    try:
        opened_on, last = parse_date(day), uuid.UUID(key)
    except ValueError:
        return None
    return (opened_on, last) if opened_on else None
