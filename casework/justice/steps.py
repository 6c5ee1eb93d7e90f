"""The witness chain of a case as its page shows it: what is done, what comes next, what waits for the step before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from casework.cases.models import Case, CaseStatus
from casework.justice.chain import (
    AFTER_DESIGNATION,
    DESIGNATION,
    PROGRAMME,
    designation_of,
    is_official,
    official_since,
)
from casework.justice.models import WitnessOutcome, WitnessStatus
from reference import codes

if TYPE_CHECKING:
    from casework.access.models import User


def steps_of(case: Case, statuses: Sequence[WitnessStatus], user: "User") -> list[dict[str, Any]]:
    """The steps in their order, as `task_list` wants them. `statuses` are those of the case that the user may see."""
    official, designation = is_official(case), designation_of(case)
    may = case.status == CaseStatus.OPEN and user.has_perm("justice.request_witness_status")
    since = official_since(case)
    first = {
        "label": _("Official identification or recognition"),
        "hint": case.victim_status_label,
        "status": "done" if official else "not-started",
        "status_label": _("Done, %(day)s") % {"day": date_format(since, "d.m.Y.")} if since else _("Next"),
    }
    open_to = {DESIGNATION: official, PROGRAMME: True} | dict.fromkeys(
        AFTER_DESIGNATION, official and bool(designation)
    )
    waits = {
        DESIGNATION: _("By the prosecutor. Waits for the official identification."),
        **dict.fromkeys(AFTER_DESIGNATION, _("Waits for the prosecutor's designation.")),
    }
    kinds = (DESIGNATION, *AFTER_DESIGNATION, PROGRAMME)
    return [first, *(_step(case, kind, statuses, open_to[kind], waits.get(kind, ""), may) for kind in kinds)]


def _step(
    case: Case, kind: str, statuses: Sequence[WitnessStatus], is_open: bool, waits: str, may: bool
) -> dict[str, Any]:
    """One step: where it stands, and a link to ask for it where it can be asked for."""
    own = [one for one in statuses if one.kind == kind and not one.entered_in_error]
    live = [one for one in own if one.status in (WitnessOutcome.GRANTED, WitnessOutcome.PENDING)]
    newest = (live or own)[-1] if own else None
    step: dict[str, Any] = {"label": codes.label("witness_statuses", kind), "hint": _hint(kind)}
    if newest is not None and live:
        day = newest.decided_on if newest.status == WitnessOutcome.GRANTED else newest.requested_on
        words = f"{newest.get_status_display()}, {date_format(day, 'd.m.Y.')}" if day else newest.get_status_display()
        return step | {"status": newest.status, "status_label": words}
    if not is_open:
        return step | {"status": "cannot-start", "status_label": _("Cannot start yet"), "hint": waits}
    if newest is not None:
        words = _("%(before)s before; can be requested again") % {"before": newest.get_status_display()}
        step["hint"] = words
    url = f"{reverse('justice:request-witness-status', args=[case.number])}?kind={kind}" if may else ""
    return step | {"status": "not-started", "status_label": _("Next") if kind != PROGRAMME else _("Open"), "url": url}


def _hint(kind: str) -> str:
    if kind == DESIGNATION:
        return _("By the prosecutor's office.")
    if kind == PROGRAMME:
        return _("Beside the chain: it needs no step before it.")
    return ""
