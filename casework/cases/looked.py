"""Who has looked: what the trail says about a case and its person, in words, for those who may see the case."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.audit.models import Event
from casework.cases.models import Case

SHOWN = 50

# Verbs of the trail in words. A verb that is missing here is shown with its own words.
WORDS = {
    "add_note": _("Wrote a note"),
    "amend_case": _("Amended risk and safety plan"),
    "amend_person": _("Amended the person"),
    "assignment_board": _("Saw the assignment board"),
    "board": _("Saw the board of beds"),
    "case": _("Saw the case"),
    "cases": _("Saw the list of cases"),
    "close_case": _("Closed the case"),
    "confirm_assignment": _("Confirmed the assignment"),
    "create_person": _("Wrote the person down"),
    "end_assignment": _("Ended an assignment"),
    "end_placement": _("Recorded that the person left"),
    "initiate_case": _("Initiated the case"),
    "mark_in_error": _("Marked something as entered in error"),
    "name_colleague": _("Named a colleague on the case"),
    "note_given_age": _("Noted an age that was stated"),
    "open_case": _("Opened the case"),
    "override_gate": _("Overrode a rule of protection"),
    "person": _("Saw the person"),
    "place_person": _("Placed the person"),
    "placement": _("Saw where the person stays"),
    "reassign_case": _("Gave the case to another caseworker"),
    "record_decision": _("Recorded a decision"),
    "release_colleague": _("Released a named colleague"),
    "reopen_case": _("Opened the case again"),
    "seal_case": _("Sealed the case"),
    "search": _("Found the person in a search"),
    "set_victim_status": _("Set the victim status"),
}


def words(verb: str) -> Any:
    """A verb of the trail as a page says it."""
    return WORDS.get(verb) or verb.replace("_", " ").replace("-", " ").capitalize()


def events(case: Case, *, before: int | None = None) -> list[Event]:
    """The newest events that name the case or its person, or those before the event of this id."""
    found = Event.objects.filter(
        Q(subjects__contains=[str(case.pk)]) | Q(subjects__contains=[str(case.person_id)])
    ).select_related("actor__organisation")
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:SHOWN])
