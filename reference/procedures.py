"""The standard operating procedures that were in force on a day."""

from datetime import date

from .models import Entry
from .sections import LAWS

KIND = "standard operating procedures"


def procedures_on(day: date) -> Entry | None:
    """The procedures in force on a day; without a stated start they count as in force, and the newest in the file wins.

    None where there are none.
    """
    found = Entry.objects.in_section(LAWS).in_force_on(day).filter(data__kind=KIND).with_text()
    return found.order_by("position", "pk").last()
