"""Counts that a supervisor sees beside the records: of the own organisation, and of what they may see."""

from dataclasses import dataclass

from django.db.models import Count

from casework.access.models import User
from casework.justice.chain import PROGRAMME
from casework.justice.models import Proceeding, WitnessOutcome, WitnessStatus
from casework.people.models import Answer


@dataclass(frozen=True)
class Specialists:
    """Proceedings by whether a specialised prosecutor has them."""

    yes: int = 0
    no: int = 0
    unknown: int = 0

    @property
    def all(self) -> int:
        return self.yes + self.no + self.unknown

    @property
    def share(self) -> int | None:
        """Of all, how many in a hundred are with a specialised prosecutor; None where there are none."""
        return round(100 * self.yes / self.all) if self.all else None


def specialists_of(user: User) -> Specialists:
    """The valid proceedings of the user's organisation that the user may see."""
    found = Proceeding.objects.visible_to(user).valid()
    found = found.filter(case__organisation=user.organisation_id, case__error_at=None).order_by()
    counted = dict(found.values_list("specialised_prosecutor").annotate(Count("pk")))
    return Specialists(**{answer: counted.get(answer, 0) for answer in Answer.values})


def programme_cases(user: User) -> int:
    """In how many of the organisation's cases that the user may see the Witness Protection Law was used.

    Used is granted; what was asked for only is not counted (document 002, “used its 2006 Witness Protection Law”).
    """
    granted = WitnessStatus.objects.visible_to(user).valid()
    granted = granted.filter(kind=PROGRAMME, status=WitnessOutcome.GRANTED, case__organisation=user.organisation_id)
    return granted.filter(case__error_at=None).order_by().values("case").distinct().count()
