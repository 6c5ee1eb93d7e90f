"""Who is there for whom, in one place and on one day: pathways of a referral, hotlines, contacts, specialists, teams.

What the documents name for no place holds everywhere; what they name for one is for that place. An entry that has ended
is not offered: its own page, and the page of its body, still say that it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from .models import Entry
from .sections import BODIES

CONTACTS, FOCAL_POINTS = "directory.contacts", "directory.focal_points"
SPECIALISTS, TEAMS, PATHWAYS = "directory.specialists", "directory.teams", "directory.pathways"
LICENCES, TRAININGS, DOCUMENTS = "directory.licences", "directory.trainings", "directory.documents"

EVERYWHERE = ""
ANYBODY = "anybody"


@dataclass
class Directory:
    """The directory as it holds on one day, read with one query."""

    day: date
    entries: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def bodies(self) -> dict[str, Entry]:
        """Id -> body, of all that there are."""
        return {body.code: body for body in self.entries.get(BODIES, [])}

    def pathway(self, *, place: str = EVERYWHERE, age: str = "") -> list[Entry]:
        """The proposed steps of a referral, in order: those that hold everywhere and those of the municipality."""
        steps = [step for step in self._offered(PATHWAYS) if place_of(step) in (EVERYWHERE, place)]
        if age:
            steps = [step for step in steps if step.data.get("for", ANYBODY) in (ANYBODY, age)]
        return sorted(steps, key=lambda step: (float(step.data["order"]), step.position))

    def hotlines(self, *, place: str = EVERYWHERE) -> list[Entry]:
        """The contacts that are open to anybody with a report or a request for help."""
        return [contact for contact in self._near(CONTACTS, place) if contact.data.get("hotline")]

    def contacts(self, *, place: str = EVERYWHERE) -> list[Entry]:
        """The other contacts."""
        return [contact for contact in self._near(CONTACTS, place) if not contact.data.get("hotline")]

    def focal_points(self) -> list[Entry]:
        """Focal points and points of contact; they act everywhere."""
        return self._offered(FOCAL_POINTS)

    def specialists(self, *, place: str = EVERYWHERE) -> list[Entry]:
        """Specialised inspectors, prosecutors and officers: those of the place and those of no stated place."""
        return self._near(SPECIALISTS, place)

    def teams(self, *, place: str = EVERYWHERE, formal: str = "", plan: str = "") -> list[Entry]:
        """Teams and networks: those of the place, and those of which the documents do not name the places."""
        return [
            team
            for team in self._near(TEAMS, place)
            if formal in ("", team.data["formal"]) and plan in ("", team.data["local_action_plan"])
        ]

    def licences(self) -> list[Entry]:
        """Every licence, also one that has ended: that it has is what one wants to know."""
        return self.entries.get(LICENCES, [])

    def trainings(self) -> list[Entry]:
        return self._offered(TRAININGS)

    def guides_of(self, body: str) -> list[Entry]:
        """The guides, leaflets and reports that are about a body."""
        return [document for document in self._offered(DOCUMENTS) if document.data.get("body") == body]

    def _offered(self, section: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries.get(section, [])
            if has_begun(entry, self.day) and not ended(entry, self.day)
        ]

    def _near(self, section: str, place: str) -> list[Entry]:
        offered = self._offered(section)
        return [entry for entry in offered if place_of(entry) in (EVERYWHERE, place)] if place else offered


def on(day: date) -> Directory:
    """The directory on a day (one query)."""
    wanted = (BODIES, CONTACTS, FOCAL_POINTS, SPECIALISTS, TEAMS, PATHWAYS, LICENCES, TRAININGS, DOCUMENTS)
    found = Directory(day)
    for entry in Entry.objects.active().filter(section__in=wanted).order_by("weight", "position", "pk").with_text():
        found.entries.setdefault(entry.section, []).append(entry)
    return found


def pathway(*, place: str = EVERYWHERE, age: str = "", day: date) -> list[Entry]:
    """The proposed steps of a referral in a municipality, for an adult or a child, on a day (one query)."""
    steps = Entry.objects.in_section(PATHWAYS).in_force_on(day).with_text()
    return Directory(day, {PATHWAYS: list(steps)}).pathway(place=place, age=age)


def contacts_of(body: str, *, day: date) -> list[Entry]:
    """The contacts of a body that may be offered on a day (one query)."""
    return list(Entry.objects.in_section(CONTACTS).in_force_on(day).filter(data__body=body).with_text())


def points_of_contact(body: str, *, day: date) -> list[Entry]:
    """The focal points and points of contact at a body on a day (one query)."""
    return list(Entry.objects.in_section(FOCAL_POINTS).in_force_on(day).filter(data__body=body).with_text())


def ended(entry: Entry, day: date) -> bool:
    """Whether its last day was before that day."""
    return entry.valid_until is not None and entry.valid_until < day


def has_begun(entry: Entry, day: date) -> bool:
    """Whether it holds from that day or earlier; where no start is stated it does."""
    return entry.valid_from is None or entry.valid_from <= day


def place_of(entry: Entry) -> str:
    """The place that an entry is for; empty where the documents name none."""
    return str(entry.data.get("municipality") or entry.data.get("city") or EVERYWHERE)


def bodies_named(entries: Iterable[Entry]) -> list[str]:
    """The ids of the bodies that entries name, in the order they are named."""
    named = (entry.data.get(field) for entry in entries for field in ("to", "body"))
    return list(dict.fromkeys(str(code) for code in named if code))
