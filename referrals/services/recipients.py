"""To whom an onward referral can go: organisations that answer here, bodies of the reference, or a name in words."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import Organisation
from reference.models import Entry
from reference.sections import BODIES

_INSIDE, _LISTED = "organisation:", "entry:"


@dataclass(frozen=True)
class Body:
    """What somebody chose from the list; empty when nothing was."""

    name: str = ""
    organisation: Organisation | None = None
    entry: str = ""


def answering(sender: Organisation) -> list[Organisation]:
    """Other organisations of this installation that receive referrals and have somebody who can answer."""
    found = Organisation.objects.filter(
        receives_referrals=True, users__is_active=True, users__groups__name__in=[Role.SUPERVISOR, Role.CASEWORKER]
    )
    return list(found.exclude(pk=sender.pk).distinct().order_by("name"))


def bodies_for(sender: Organisation) -> list[Any]:
    """The choices of a form, in groups."""
    inside = [(f"{_INSIDE}{each.pk}", each.name) for each in answering(sender)]
    listed = Entry.objects.in_section(BODIES).in_force_on(timezone.localdate()).with_text()
    entries = sorted(((f"{_LISTED}{each.code}", each.title) for each in listed), key=lambda pair: pair[1].lower())
    groups = [(_("They answer in this installation"), inside), (_("From the reference"), entries)]
    return [(label, choices) for label, choices in groups if choices]


def body_of(choice: str) -> Body:
    """What a choice of `bodies_for` stands for."""
    if choice.startswith(_INSIDE):
        found = Organisation.objects.get(pk=uuid.UUID(choice.removeprefix(_INSIDE)))
        return Body(found.name, found)
    if choice.startswith(_LISTED):
        entry = Entry.objects.in_section(BODIES).get(code=choice.removeprefix(_LISTED))
        return Body(entry.title, None, entry.code)
    return Body()
