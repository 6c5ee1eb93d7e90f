"""What the page of a person shows of holds, requests and erasure; cells that the other pages share."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.people.erasure import erased_on
from casework.people.models import Person


def numbered(record: Any, url_name: str) -> dict[str, Any]:
    return {"text": record.number, "url": reverse(url_name, args=[record.number])}


def status_of(record: Any) -> dict[str, Any]:
    return {"status": record.status, "label": record.get_status_display()}


def data_of_person(user: Any, who: Person) -> dict[str, Any]:
    """What the page of a person shows of holds, requests and erasure."""
    rows = [
        *(
            [numbered(one, "people:hold"), _("Legal hold"), status_of(one), one.created_at]
            for one in who.holds.visible_to(user)
        ),
        *(
            [numbered(one, "people:access-request"), _("Access"), status_of(one), one.created_at]
            for one in who.access_requests.visible_to(user)
        ),
        *(
            [numbered(one, "people:correction"), _("Correction"), status_of(one), one.created_at]
            for one in who.corrections.visible_to(user)
        ),
        *(
            [numbered(one, "people:erasure"), _("Erasure"), status_of(one), one.created_at]
            for one in who.erasures.visible_to(user)
        ),
    ]
    offered = [
        ("people.record_data_request", _("Record a request for access"), "record-access-request"),
        ("people.record_data_request", _("Record a request for correction"), "record-correction"),
        ("people.set_hold", _("Set a legal hold"), "set-hold"),
        ("people.ask_erasure", _("Ask for erasure"), "ask-erasure"),
    ]
    return {
        "erased_on": erased_on(who),
        "data_headers": [_("Number"), _("Kind"), _("Status"), _("Recorded")],
        "data_rows": sorted(rows, key=lambda row: str(row[0]["text"]), reverse=True),
        "data_acts": []
        if who.erased
        else [
            (label, reverse(f"people:{name}", args=[who.pk]))
            for permission, label, name in offered
            if user.has_perm(permission)
        ],
    }
