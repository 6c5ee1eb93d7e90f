"""Who can be told or sent something: organisations that answer here, bodies of the reference, or a name in words."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import Organisation
from reference.models import Entry
from reference.sections import AUTHORITIES, BODIES

_INSIDE, _LISTED = "organisation:", "entry:"

# Kinds of recipients (code list recipient_kinds): of the authorities by id, of other bodies by how the words for their
# kind in the reference begin.
_OF_AUTHORITIES = {
    "cptv": "cptv",
    "csw": "csw",
    "moi-anti-cyber-crime-division": "police",
    "moi-organisational-units": "police",
    "moi-juvenile-units": "police",
    "cpd-anti-trafficking-unit": "police",
    "belgrade-spp-cyber": "prosecutor-or-court",
    "competent-prosecutor": "prosecutor-or-court",
    "competent-court": "prosecutor-or-court",
    "juvenile-prosecutor-court-divisions": "prosecutor-or-court",
    "ppo": "prosecutor-or-court",
    "ppo-specialised": "prosecutor-or-court",
    "public-prosecutor-permission": "prosecutor-or-court",
    "courts": "prosecutor-or-court",
    "authority-execution-sanctions": "other-government",
    "labor-inspectorate": "other-government",
}
_BY_WORDS = (
    ("police", "police"),
    ("prosecution", "prosecutor-or-court"),
    ("judiciary", "prosecutor-or-court"),
    ("ngo", "ngo"),
    ("association", "ngo"),
    ("foundation", "ngo"),
    ("international", "international-organisation"),
    ("foreign", "body-abroad"),
    ("ministry", "other-government"),
    ("government", "other-government"),
    ("inspectorate", "other-government"),
)
OTHER = "other-recipient"


def kind_of(entry: Entry | None) -> str:
    """The kind of recipient that an authority or another body of the reference is; somebody in words is another."""
    if entry is None:
        return OTHER
    if entry.section == AUTHORITIES:
        return _OF_AUTHORITIES.get(entry.code, OTHER)
    words = str(entry.data.get("kind") or "").lower()
    return next((kind for begins, kind in _BY_WORDS if words.startswith(begins)), OTHER)


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
