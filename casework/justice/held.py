"""What proceedings hold about a person, and which of it stands in the way of an erasure."""

import datetime
from collections.abc import Iterator

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.justice.models import Proceeding, WitnessOutcome, WitnessStatus
from casework.justice.proceedings import OFFENCES
from casework.people import holdings
from casework.people.holdings import BOOKKEEPING, Block, Held, Subject
from reference import codes
from reference.models import Entry

holdings.declare(
    Held(
        WitnessStatus,
        _("Witness statuses"),
        "person",
        shown={
            "case": _("Case"),
            "kind": (_("Kind"), lambda row: str(codes.label("witness_statuses", row.kind))),
            "status": _("Status"),
            "requested_on": _("Requested"),
            "decided_on": _("Decided"),
            "decided_by_body": _("Decided by"),
            "reasons": _("Reasons"),
            "age_at_decision": _("Age at the decision"),
            "error_why": _("Entered in error because"),
        },
        withheld={"requested_by": "staff"},
        apart=BOOKKEEPING | {"person"},
    )
)
holdings.declare(
    Held(
        Proceeding,
        _("Proceedings"),
        "case__person",
        shown={
            "case": _("Case"),
            "reference": _("Reference number"),
            "prosecutors_office": _("Prosecutor's office"),
            "court": _("Court"),
            "offence": (_("Offence"), lambda row: offence_name(row.offence)),
            "opened_on": _("Opened"),
            "committed_on": _("Day of the act"),
            "ended_on": _("Ended"),
            "cyber": _("Information technology used"),
            "suspect_juvenile": _("Suspect under 18"),
            "specialised_prosecutor": _("Specialised prosecutor"),
            "why_no_specialist": _("Why no specialised prosecutor"),
            "stage": (_("Stage"), lambda row: str(codes.label("proceedings_stages", row.stage)) if row.stage else ""),
            "proceeds_confiscated": _("Proceeds confiscated"),
            "confiscation_note": _("About the confiscation"),
            "error_why": _("Entered in error because"),
        },
        withheld={"opened_by": "staff"},
        apart=BOOKKEEPING,
    )
)


def offence_name(code: str) -> str:
    """An offence as its entry prints it; its code when the entry is gone, empty when none is known."""
    found = Entry.objects.filter(section=OFFENCES, code=code).first() if code else None
    return found.title if found else code


@holdings.blocks
def pending_requests(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    if subject.person is None:
        return
    waiting = WitnessStatus.objects.filter(person=subject.person, status=WitnessOutcome.PENDING, error_at=None)
    for status in waiting.select_related("case"):
        sentence = _t("A witness status is requested and not decided in case %(number)s.")
        yield Block("witness-status", sentence % {"number": status.case.number})
