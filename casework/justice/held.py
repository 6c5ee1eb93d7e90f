"""What proceedings hold about a person, and which of it stands in the way of an erasure."""

import datetime
from collections.abc import Iterator

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.justice.models import WitnessOutcome, WitnessStatus
from casework.people import holdings
from casework.people.holdings import BOOKKEEPING, Block, Held, Subject
from reference import codes

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


@holdings.blocks
def pending_requests(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    if subject.person is None:
        return
    waiting = WitnessStatus.objects.filter(person=subject.person, status=WitnessOutcome.PENDING, error_at=None)
    for status in waiting.select_related("case"):
        sentence = _t("A witness status is requested and not decided in case %(number)s.")
        yield Block("witness-status", sentence % {"number": status.case.number})
