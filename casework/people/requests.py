"""What the verbs on data requests share: the number, whom they are about, who is told."""

from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record import next_number
from casework.outbox.models import Subject as Message
from casework.outbox.services import tell
from casework.people.models import Person

SERIES = "D"


def new_number() -> str:
    """The next number of the series of data requests, such as `D-2026-000012`."""
    return next_number(SERIES, timezone.localdate().year)


def about(person: Person) -> str:
    """The number by which an office speaks of a person: of the newest case, else of the newest referral."""
    for records in (person.cases, person.referrals):
        number = records.order_by("-number").values_list("number", flat=True).first()
        if number:
            return str(number)
    return "–"


def yield_to_people(milliseconds: int = 400) -> None:
    """Let this transaction give up when somebody holds what it needs: it is tried again later, their work is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


def tell_auditors(record: Any, subject: Message, url_name: str) -> None:
    """Tell the auditors of the organisation that something waits for the second person."""
    people = User.objects.colleagues(record.organisation_id, Role.AUDITOR)
    tell(people, subject, reference=record.number, path=reverse(url_name, args=[record.number]))


def tell_one(user: Any, record: Any, subject: Message, url_name: str) -> None:
    tell([user], subject, reference=record.number, path=reverse(url_name, args=[record.number]))
