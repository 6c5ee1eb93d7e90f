"""Who has looked: what the trail says about a case and its person, in words, for those who may see the case."""

from django.db.models import Q

from casework.audit.models import Event
from casework.cases.models import Case

SHOWN = 50


def events(case: Case, *, before: int | None = None) -> list[Event]:
    """The newest events that name the case or its person, or those before the event of this id."""
    found = Event.objects.filter(
        Q(subjects__contains=[str(case.pk)]) | Q(subjects__contains=[str(case.person_id)])
    ).select_related("actor__organisation")
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:SHOWN])
