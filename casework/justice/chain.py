"""The witness chain: official identification, then the prosecutor's designation, then the statuses of a witness.

Source: document 004, “The law allowed prosecutors to designate officially recognized victims as a ‘particularly
vulnerable group’”, which makes them “eligible for the status of an ‘especially vulnerable witness’ and/or ‘protective
witness’” (code list witness_statuses, `precondition`).

The programme of the 2006 Witness Protection Law (document 002, “used its 2006 Witness Protection Law to protect only
one”) stands beside the chain: the documents do not say how it relates to the protective witness, so it has no gate.
"""

import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from casework.workflow import Refused

if TYPE_CHECKING:
    from casework.cases.models import Case
    from casework.justice.models import WitnessStatus

DESIGNATION = "particularly-vulnerable-group"
AFTER_DESIGNATION = ("especially-vulnerable-witness", "protective-witness")
PROGRAMME = "witness-protection-law"
OFFICIAL = ("officially-identified", "officially-recognised-child")


def is_official(case: "Case") -> bool:
    """Whether a competent body has identified or recognised the person of this case, as things stand now."""
    return case.victim_status in OFFICIAL


def official_since(case: "Case") -> datetime.date | None:
    """The day of the first decision that made the person officially a victim; None when there is none that holds."""
    if not is_official(case):
        return None
    days = case.victim_statuses.filter(status__in=OFFICIAL).order_by("since").values_list("since", flat=True)
    return days.first()


def designation_of(case: "Case", *, without: "WitnessStatus | None" = None) -> "WitnessStatus | None":
    """The designation that opens the gate: granted on this case, not entered in error, and itself in order.

    An imported one counts only when the case was officially identified by the day it was granted.
    """
    since = official_since(case)
    granted = case.witness_statuses.filter(kind=DESIGNATION, status="granted", error_at=None)
    for designation in granted.exclude(pk__in=[without.pk] if without else []).order_by("decided_on"):
        if not designation.imported:
            return designation
        if since is not None and designation.decided_on is not None and since <= designation.decided_on:
            return designation
    return None


def refuse_shut_gate(case: "Case", kind: str) -> None:
    """Raise `Refused` when the step before this one in the chain has not been made."""
    if kind == DESIGNATION and not is_official(case):
        raise Refused(
            _(
                "Only an officially identified victim or an officially recognised child can be designated."
                " Record the decision of CPTV or the centre for social work first."
            ),
            field="kind",
            missing="identification",
        )
    if kind not in AFTER_DESIGNATION:
        return
    if not is_official(case):
        raise Refused(
            _(
                "This comes after the official identification and the prosecutor's designation, and this person is not"
                " officially identified. Record the decision of CPTV or the centre for social work first."
            ),
            field="kind",
            missing="identification",
        )
    if designation_of(case) is None:
        raise Refused(
            _("This needs the prosecutor's designation as a particularly vulnerable group first."),
            field="kind",
            missing="designation",
        )


def refuse_out_of_order(status: "WitnessStatus") -> None:
    """The guard of granting: the gate is open still, and no decision comes before what it rests on."""
    case, decided_on = status.case, status.decided_on
    refuse_shut_gate(case, status.kind)
    if decided_on is None:
        raise Refused(_("Say on which day it was granted."), field="decided_on")
    before: datetime.date | None = None
    sentence = ""
    if status.kind == DESIGNATION:
        before = official_since(case)
        sentence = _("The person was officially identified on %(day)s: the designation cannot be granted before that.")
    elif status.kind in AFTER_DESIGNATION:
        designation = designation_of(case)
        before = designation.decided_on if designation else None
        sentence = _("The prosecutor's designation is of %(day)s: this status cannot be granted before that.")
    if before is not None and decided_on < before:
        raise Refused(sentence % {"day": date_format(before, "j.n.Y.")}, field="decided_on", not_before=before)
