"""Pages of shelters and placements. Every page that shows a person is in the trail before it is rendered."""

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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import attempt, bind
from casework.access.models import User
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.cases.forms import MarkInErrorForm
from casework.cases.models import Case, CaseStatus
from casework.cases.restricted_models import Opening
from casework.cases.views import case_frame, visible_case
from casework.shelter import services
from casework.shelter.board import FreeUrl, draw
from casework.shelter.forms import (
    AddBedForm,
    AddShelterForm,
    BoardFilter,
    EndPlacementForm,
    PlaceElsewhereForm,
    PlaceInBedForm,
    family_warnings,
    saved_placement,
)
from casework.shelter.models import INTO_A_FAMILY, Bed, Placement, Shelter, ShelterAddress
from casework.shelter.occupancy import houses
from casework.workflow import Stale
from reference import codes

OVERRIDES = 200


# The board ------------------------------------------------------------------------------------------------------------
@require_safe
@permission_required("shelter.view_board", raise_exception=True)
def board(request: SignedIn) -> HttpResponse:
    """Beds by nights of one shelter. Reached from a case, its free stretches are links that place the person."""
    today = timezone.localdate()
    form = BoardFilter(_filled(request, today), user=request.user)
    asked = form.cleaned_data if form.is_valid() else {}
    case = _case_to_place(request, request.GET.get("case", ""))
    shelter = asked.get("shelter") or Shelter.objects.visible_to(request.user).first()
    page: dict[str, Any] = {"form": form, "case": case, "shelter": shelter, "today": today, "clear_url": "?"}
    if case is not None:
        page["clear_url"] = f"?{urlencode({'case': case.number})}"
    if shelter is None:
        return render(request, "shelter/board.html", page)
    start, nights = asked.get("start") or today, int(asked.get("nights") or 14)
    drawn = draw(
        shelter,
        request.user,
        start=start,
        nights=nights,
        today=today,
        free_url=_free_url(case, shelter) if case else None,
    )
    audit.read(request, "board", *_subjects(drawn.shown, case))
    page |= {
        "board": drawn,
        "earlier_url": _window_url(shelter, case, start - datetime.timedelta(days=nights), nights),
        "later_url": _window_url(shelter, case, start + datetime.timedelta(days=nights), nights),
        "any_bed_url": _place_url(case, shelter) if case else "",
        "headers": [_("Name"), _("From"), _("Until"), _("Bed")],
        "changing_headers": [_("Name"), _("What"), _("From"), _("Until"), _("Bed")],
        "changing": [_changing_row(placed, today) for placed in drawn.changing],
        "without_bed": [_who_row(placed) for placed in drawn.without_bed],
    }
    return render(request, "shelter/board.html", page)


def _filled(request: SignedIn, today: datetime.date) -> dict[str, str]:
    """The filter as it is shown: what was asked for, with today and 14 nights where nothing was."""
    asked = {name: request.GET.get(name, "") for name in ("shelter", "start", "nights", "case")}
    return asked | {"start": asked["start"] or f"{today:%d.%m.%Y.}", "nights": asked["nights"] or "14"}


def _case_to_place(request: SignedIn, number: str) -> Case | None:
    """The case that the board was opened from, if its person may be placed by this user. Raises Http404 otherwise."""
    if not number:
        return None
    case = visible_case(request, number)
    may = case.status == CaseStatus.OPEN and request.user.has_perm("shelter.place_person")
    return case if may else None


def _subjects(placements: list[Placement], case: Case | None) -> list[Any]:
    """Who is named on a page, for the trail: each case and person once."""
    named = [record for placed in placements for record in (placed, placed.case, placed.person)]
    own = [case, case.person] if case else []
    return list({record.pk: record for record in [*own, *named]}.values())


def _place_url(case: Case, shelter: Shelter, **more: str) -> str:
    query = urlencode({"shelter": shelter.pk, **more})
    return f"{reverse('shelter:place-person', args=[case.number])}?{query}"


def _free_url(case: Case, shelter: Shelter) -> FreeUrl:
    def url(bed: Bed, first: datetime.date, until: datetime.date | None) -> str:
        more = {"bed": str(bed.pk), "from": first.isoformat()}
        return _place_url(case, shelter, **more, **({"until": until.isoformat()} if until else {}))

    return url


def _window_url(shelter: Shelter, case: Case | None, start: datetime.date, nights: int) -> str:
    asked = {"shelter": shelter.pk, "start": f"{start:%d.%m.%Y.}", "nights": nights}
    return f"?{urlencode(asked | ({'case': case.number} if case else {}))}"


def _who_row(placed: Placement) -> list[Any]:
    name = {"text": placed.person.name, "url": reverse("shelter:placement", args=[placed.pk])}
    return [name, placed.starts_on, placed.ends_on, str(placed.bed) if placed.bed else "–"]


def _changing_row(placed: Placement, today: datetime.date) -> list[Any]:
    """As `_who_row`, with whether the person comes or leaves: after a day's stay both."""
    name, *rest = _who_row(placed)
    what = [
        *([_("Coming today")] if placed.starts_on == today else []),
        *([_("Leaving today")] if placed.ends_on == today else []),
    ]
    return [name, ", ".join(what), *rest]


# Shelters and beds ----------------------------------------------------------------------------------------------------
@require_safe
@permission_required("shelter.view_board", raise_exception=True)
def shelters(request: SignedIn) -> HttpResponse:
    """The shelters this user works with, and how many beds each has."""
    today, may_add_bed = timezone.localdate(), request.user.has_perm("shelter.add_bed")
    known = set(ShelterAddress.objects.visible_to(request.user).values_list("shelter", flat=True))
    kept = {each.shelter_id: each for each in ShelterAddress.objects.kept_by(request.user).select_related("key")}
    if kept:
        audit.read(request, "shelters", *(each.shelter for each in kept.values()), note="address")
    change = [_("Change")] if may_add_bed else []
    page = {
        "headers": [_("Name"), _("Kind"), _("Beds"), _("Keepers"), _("Address"), *change],
        "rows": [
            _shelter_row(house, may_add_bed, _address_cell(house, request.user, known, kept))
            for house in houses(request.user, today)
        ],
        "may_add": request.user.has_perm("shelter.add_shelter"),
    }
    return render(request, "shelter/shelters.html", page)


def _address_cell(house: Shelter, user: User, known: set[Any], kept: dict[Any, ShelterAddress]) -> Any:
    """The address for the house's keepers; for others that there is one, and the way to reveal or to change it."""
    if house.pk in kept:
        return kept[house.pk].address
    if house.pk in known and user.has_perm("cases.reveal"):
        return {"text": _("Hidden: show"), "url": reverse("shelter:reveal-address", args=[house.pk])}
    if house.pk in known:
        return _("Hidden")
    if user.has_perm("shelter.add_shelter"):
        return {"text": _("Write it down"), "url": reverse("shelter:set-address", args=[house.pk])}
    return "–"


def _shelter_row(house: Shelter, may_add_bed: bool, address: Any) -> list[Any]:
    board_url = f"{reverse('shelter:board')}?{urlencode({'shelter': house.pk})}"
    row = [
        {"text": house.name, "url": board_url, "hint": _("For short stays only") if house.short_term else ""},
        codes.label("placement_types", house.kind),
        {"text": str(house.beds_now), "numeric": True},  # type: ignore[attr-defined]
        ", ".join(str(keeper) for keeper in house.keepers.all()) or "–",
        address,
    ]
    return [*row, {"text": _("Add a bed"), "url": reverse("shelter:add-bed", args=[house.pk])}] if may_add_bed else row


@permission_required("shelter.add_shelter", raise_exception=True)
def add_shelter(request: SignedIn) -> HttpResponse:
    """Add a shelter; its beds come next."""
    form = bind(request, AddShelterForm, organisation=request.user.organisation_id)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.add_shelter(
                organisation=request.user.organisation, added_by=request.user, **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, _("%(shelter)s is added. Now add its beds.") % {"shelter": done.name})
            return redirect("shelter:add-bed", done.pk)
    return render(request, "shelter/add_shelter.html", {"form": form})


@permission_required("shelter.add_bed", raise_exception=True)
def add_bed(request: SignedIn, shelter_id: uuid.UUID) -> HttpResponse:
    """Add a bed to a shelter; the page stays for the next one."""
    shelter = visible_shelter(request, shelter_id)
    form = bind(request, AddBedForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.add_bed(shelter=shelter, added_by=request.user, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("“%(bed)s” is added.") % {"bed": done.name})
            return redirect("shelter:add-bed", shelter.pk)
    page = {"form": form, "shelter": shelter, "beds": [bed.name for bed in shelter.beds.all()]}
    return render(request, "shelter/add_bed.html", page)


def visible_shelter(request: SignedIn, shelter_id: uuid.UUID | None) -> Shelter:
    shelter = Shelter.objects.visible_to(request.user).filter(pk=shelter_id).first() if shelter_id else None
    if shelter is None:
        raise Http404
    return shelter


# Placements of a case -------------------------------------------------------------------------------------------------
@require_safe
def placements(request: SignedIn, number: str) -> HttpResponse:
    """The tab: where the person is, was and will be."""
    case = visible_case(request, number)
    page = case_frame(request, case, active="placements")
    found = case.placements.visible_to(request.user).select_related("key", "shelter", "bed")
    page["headers"] = [_("Where"), _("From"), _("Until"), _("State")]
    page["rows"] = [_placement_row(placed, timezone.localdate()) for placed in found]
    page["may_place"] = case.status == CaseStatus.OPEN and request.user.has_perm("shelter.place_person")
    page["board_url"] = f"{reverse('shelter:board')}?{urlencode({'case': number})}"
    return render(request, "shelter/placements.html", page)


def _placement_row(placed: Placement, today: datetime.date) -> Any:
    where = {
        "text": codes.label("placement_types", placed.kind),
        "url": reverse("shelter:placement", args=[placed.pk]),
        "hint": " · ".join(filter(None, (str(placed.shelter or placed.facility), str(placed.bed or "")))),
    }
    state, label = _state(placed, today)
    cells = [where, placed.starts_on, placed.ends_on or _("not known"), {"status": state, "label": label}]
    return {"cells": cells, "struck": placed.entered_in_error, "reason": placed.error_why}


def _state(placed: Placement, today: datetime.date) -> tuple[str, str]:
    if placed.entered_in_error:
        return "entered-in-error", _("Entered in error")
    if placed.starts_on > today:
        return "planned", _("Planned")
    if placed.ends_on is None or placed.ends_on > today:
        return "current", _("There now")
    return "ended", _("Left")


@permission_required("shelter.place_person", raise_exception=True)
def place_person(request: SignedIn, number: str) -> HttpResponse:
    """Confirm a bed that was picked on the board, or name a family or an institution."""
    case = visible_case(request, number)
    if "shelter" in request.GET:
        return _place_in_bed(request, case)
    return _place_elsewhere(request, case)


def _place_in_bed(request: SignedIn, case: Case) -> HttpResponse:
    shelter = visible_shelter(request, _key(request.GET["shelter"]))
    picked = {
        "bed": _key(request.GET.get("bed", "")),
        "starts_on": _day(request.GET.get("from", "")) or timezone.localdate(),
    }
    form = bind(request, PlaceInBedForm, shelter=shelter, initial=picked)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.place_person(
                case=case,
                kind=shelter.kind,
                shelter=shelter,
                placed_by=request.user,
                today=timezone.localdate(),
                **form.cleaned_data,
            ),
        )
        if done is not None:
            messages.success(request, _("Placed: %(shelter)s, %(bed)s.") % {"shelter": shelter, "bed": done.bed})
            return redirect("shelter:placements", case.number)
    page = case_frame(request, case, active="placements") | {
        "form": form,
        "shelter": shelter,
        "free_until": _day(request.GET.get("until", "")),
        "board_url": f"{reverse('shelter:board')}?{urlencode({'case': case.number, 'shelter': shelter.pk})}",
    }
    return render(request, "shelter/place_person.html", page)


def _place_elsewhere(request: SignedIn, case: Case) -> HttpResponse:
    today = timezone.localdate()
    form = bind(
        request,
        PlaceElsewhereForm,
        may_override=request.user.has_perm("shelter.override_gate"),
        initial={"starts_on": today},
    )
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.place_person(case=case, placed_by=request.user, today=today, **form.cleaned_data),
        )
        if done is not None:
            kind = codes.label("placement_types", done.kind)
            messages.success(request, _("Placed: %(kind)s.") % {"kind": kind})
            return redirect("shelter:placements", case.number)
    page = case_frame(request, case, active="placements") | {
        "form": form,
        "warnings": family_warnings(case.person, today),
        "board_url": f"{reverse('shelter:board')}?{urlencode({'case': case.number})}",
    }
    return render(request, "shelter/place_person.html", page)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> datetime.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


# One placement --------------------------------------------------------------------------------------------------------
@require_safe
def placement(request: SignedIn, placement_id: uuid.UUID) -> HttpResponse:
    """A stay: for the shelter's keeper the name and what they must know, for the case's people everything."""
    placed = _visible_placement(request, placement_id)
    page = _placement_frame(request, placed)
    state, label = _state(placed, timezone.localdate())
    page |= {
        "state": state,
        "state_label": label,
        "into_family": placed.kind in INTO_A_FAMILY,
        "may_end": not placed.entered_in_error and request.user.has_perm("shelter.end_placement"),
        "may_mark": not placed.entered_in_error and request.user.has_perm("cases.mark_in_error"),
    }
    return render(request, "shelter/placement.html", page)


def _visible_placement(request: SignedIn, placement_id: uuid.UUID) -> Placement:
    found = Placement.objects.visible_to(request.user).filter(pk=placement_id)
    placed = found.select_related("key", "shelter", "bed", "case", "person__key", "placed_by", "overridden_by").first()
    if placed is None:
        raise Http404
    return placed


def _placement_frame(request: SignedIn, placed: Placement) -> dict[str, Any]:
    """The head of a placement's pages: the frame of its case for those who see it; a keeper sees only the stay."""
    page: dict[str, Any] = {"placement": placed, "who": placed.person.name}
    if request.user.has_perm("cases.view_case"):
        case = visible_case(request, placed.case.number)
        back = reverse("shelter:placements", args=[case.number])
        return page | {"back_url": back} | case_frame(request, case, active="placements")
    audit.read(request, "placement", placed, placed.case, placed.person)
    return page | {"back_url": f"{reverse('shelter:board')}?{urlencode({'shelter': placed.shelter_id})}"}


@permission_required("shelter.end_placement", raise_exception=True)
def end_placement(request: SignedIn, placement_id: uuid.UUID) -> HttpResponse:
    """Record the day of leaving, or move it."""
    placed, today = _visible_placement(request, placement_id), timezone.localdate()
    form = bind(request, EndPlacementForm, initial=saved_placement(placed, today))
    if form.is_bound and form.is_valid():
        done = None
        try:
            done = attempt(
                form,
                lambda: services.end_placement(placement=placed, ended_by=request.user, **form.cleaned_data),
            )
        except Stale as stale:
            form.show_conflict(saved_placement(stale.record, today), stale.record.version)  # type: ignore[arg-type,attr-defined]
            messages.warning(request, str(stale.sentence))
        if done is not None:
            messages.success(request, _("The day of leaving is recorded."))
            return redirect("shelter:placement", placed.pk)
    page = _placement_frame(request, placed) | {"form": form}
    return render(request, "shelter/end_placement.html", page)


@permission_required("cases.mark_in_error", raise_exception=True)
def mark_placement_in_error(request: SignedIn, placement_id: uuid.UUID) -> HttpResponse:
    """Mark a placement as entered in error, with the reason."""
    placed = _visible_placement(request, placement_id)
    form = bind(request, MarkInErrorForm)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: services.mark_placement_in_error(placement=placed, marked_by=request.user, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The placement is marked as entered in error."))
            return redirect("shelter:placement", placed.pk)
    page = _placement_frame(request, placed) | {"form": form}
    return render(request, "shelter/mark_placement_in_error.html", page)


# For the auditor ------------------------------------------------------------------------------------------------------
@require_safe
@permission_required("shelter.read_overrides", raise_exception=True)
def overrides(request: SignedIn) -> HttpResponse:
    """Who overrode a gate of protection, when and why. The reason is shown; the person and the case are not."""
    found = Placement.objects.overrides_read_by(request.user).select_related("key", "overridden_by")
    shown = list(found.order_by("-created_at")[:OVERRIDES])
    opened = list(
        Opening.objects.reasons_read_by(request.user).select_related("key", "user", "reviewed_by")[:OVERRIDES]
    )
    audit.read(request, "overrides", *shown, *opened)
    headers = [_("When"), _("Who"), _("Placement"), _("Reason"), _("Record")]
    rows = [
        [
            timezone.localtime(each.created_at),
            str(each.overridden_by),
            codes.label("placement_types", each.kind),
            each.override_reason,
            _trail_of(request, each.pk),
        ]
        for each in shown
    ]
    page = {
        "headers": headers,
        "rows": rows,
        "opened_headers": [_("When"), _("Who"), _("What"), _("Reason"), _("Review"), _("Record")],
        "opened": [_opened_row(request, each) for each in opened],
    }
    return render(request, "shelter/overrides.html", page)


def _trail_of(request: SignedIn, key: uuid.UUID) -> Any:
    """The way to what the trail says about a record that has no number."""
    if not request.user.has_perm("audit.read_trail"):
        return str(key)[:8]
    return {"text": _("Audit trail"), "url": f"{reverse('audit:trail')}?{urlencode({'record': key})}"}


def _opened_row(request: SignedIn, opening: Opening) -> list[Any]:
    what = {"text": opening.get_what_display(), "hint": opening.get_kind_display()}
    reason = {"text": opening.get_reason_kind_display(), "hint": opening.reason}
    word: dict[str, Any] = {
        "status": opening.verdict,
        "label": opening.get_verdict_display(),
        "hint": opening.review_reason,
    }
    review = word if opening.reviewed_at else {"text": _("Not yet")}
    return [opening.opened_at, str(opening.user), what, reason, review, _trail_of(request, opening.pk)]
