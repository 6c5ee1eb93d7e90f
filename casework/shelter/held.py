"""What placements hold about a person, and which of them stand in the way of an erasure."""

import datetime
from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.people import holdings
from casework.people.holdings import BOOKKEEPING, Block, Held, Subject
from casework.shelter.models import Placement, ShelterAddress
from reference import codes

holdings.declare(
    Held(
        Placement,
        _("Placements"),
        "person",
        shown={
            "case": _("Case"),
            "kind": (_("Kind of placement"), lambda row: str(codes.label("placement_types", row.kind))),
            "shelter": _("House"),
            "bed": _("Bed"),
            "facility": _("Family or institution"),
            "starts_on": _("First day"),
            "ends_on": _("Day of leaving"),
            "needs": _("Needs and risks"),
            "family_trained": _("Family trained"),
            "age_at_start": _("Age on the first day"),
            "error_why": _("Entered in error because"),
        },
        withheld={"override_reason": "reasons", "overridden_by": "staff", "placed_by": "staff"},
        apart=BOOKKEEPING | {"person", "age_next_january"},
    )
)
holdings.exempt(ShelterAddress, "where a house is: about the house, under a key of its own")


@holdings.blocks
def current_placements(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    if subject.person is None:
        return
    still = Q(ends_on=None) | Q(ends_on__gt=timezone.localdate(now))
    for placement in Placement.objects.filter(still, person=subject.person, error_at=None).select_related("case"):
        sentence = _t("A placement of case %(number)s has not ended. Record the day of leaving first.")
        yield Block("placement", sentence % {"number": placement.case.number})
