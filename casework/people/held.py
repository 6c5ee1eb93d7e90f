"""What this app holds about a person, and what of it stands in the way of an erasure."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.access.models import Draft
from casework.people import holdings
from casework.people.data_models import (
    AccessRequest,
    AccessSection,
    AccessStatus,
    Correction,
    CorrectionStatus,
    Erasure,
    Hold,
)
from casework.people.holdings import BOOKKEEPING, Block, Held, Subject
from casework.people.models import Person, PersonLink
from reference import codes


def _names(person: Person) -> str:
    kinds = {"birth": _t("given at birth"), "used": _t("used"), "nickname": _t("nickname")}
    names = [
        (" ".join(filter(None, (name.get("given"), name.get("family")))), name.get("kind") or "used")
        for name in person.names or []
    ]
    return "; ".join(f"{name} ({kinds.get(kind, kind)})" for name, kind in names)


holdings.declare(
    Held(
        Person,
        _("Person"),
        "pk",
        shown={
            "names": (_("Names"), _names),
            "sex": _("Sex"),
            "birth_date": _("Date of birth"),
            "birth_year": _("Year of birth"),
            "given_age": _("Age, as stated"),
            "given_age_on": _("Day on which this age was stated"),
            "citizenships": (_("Citizenship"), lambda row: [codes.country_label(code) for code in row.citizenships]),
            "languages": (_("Languages"), lambda row: [codes.language_label(code) for code in row.languages]),
            "unaccompanied": _("Unaccompanied child"),
            "needs_interpreter": _("Needs an interpreter"),
            "contacts": _("Contacts"),
            "safe_contact": _("Safe contact"),
            "identifiers": _("Documents and identifiers"),
            "description": _("Description"),
            "external_id": _("Number in the records of the body that sent them"),
            "organisation": _("Kept by"),
            "error_why": _("Entered in error because"),
            "created_at": _("Written down"),
        },
        apart=(BOOKKEEPING - {"created_at"}) | {"known_since", "sealed", "counted_as", "name_codes", "name_grams"},
    )
)
_NUMBERED = frozenset({"id", "key", "version", "created_at", "organisation", "person"})
holdings.declare(
    Held(
        AccessRequest,
        _("Requests for access"),
        "person",
        shown={
            "number": _("Number"),
            "about": _("About"),
            "received_on": _("Received"),
            "due_on": _("To be answered by"),
            "asked_by": _("Who asked"),
            "asked_by_name": _("Name of who asked"),
            "identity_checked": _("How identity was checked"),
            "status": _("Status"),
            "released_at": _("Released"),
        },
        withheld={"recorded_by": "staff", "released_by": "staff"},
        apart=_NUMBERED | {"compilation", "language", "steps", "steps_done", "compiled_at", "pdf", "data"},
    )
)
holdings.declare(
    Held(
        Correction,
        _("Requests for correction"),
        "person",
        shown={
            "number": _("Number"),
            "about": _("About"),
            "received_on": _("Received"),
            "due_on": _("To be answered by"),
            "asked_by": _("Who asked"),
            "wrong": _("What is wrong"),
            "status": _("Decision"),
            "amended": _("Amended record"),
            "reasons": _("Reasons"),
            "decided_at": _("Decided"),
        },
        withheld={"recorded_by": "staff", "decided_by": "staff"},
        apart=_NUMBERED,
    )
)
holdings.exempt(PersonLink, "that another organisation's record is of the same person: keys and a number")
holdings.exempt(AccessSection, "a copy of what the other tables hold, made for one answer and erased with it")
holdings.exempt(Hold, "an act of oversight: ground and number only, its reason has a key of its own and stays")
holdings.exempt(Erasure, "an act of oversight: ground and number only, its reason has a key of its own and stays")
holdings.exempt(Draft, "what a colleague was typing, for a day; destroyed with the person's key")


@holdings.blocks
def what_people_ask(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    """A hold, and requests of the person that are not answered yet."""
    if subject.person is None:
        return
    today = timezone.localdate(now)
    for hold in Hold.objects.filter(person=subject.person).in_force(today):
        yield Block("hold", _t("A legal hold is in force: %(number)s.") % {"number": hold.number})
    for asked in AccessRequest.objects.filter(person=subject.person).exclude(status=AccessStatus.READY):
        sentence = _t("The request for access %(number)s is not answered yet.")
        yield Block("access-request", sentence % {"number": asked.number})
    for wrong in Correction.objects.filter(person=subject.person, status=CorrectionStatus.WAITING):
        sentence = _t("The request for correction %(number)s is not decided yet.")
        yield Block("correction", sentence % {"number": wrong.number})


@holdings.ends
def search_codes_and_sender_keys(keys: list[Any]) -> None:
    """Nobody is found by a name, and no second import meets what is gone."""
    Person._base_manager.filter(key__in=keys).update(name_codes=[], name_grams=[], known_since=[])
    for held in holdings.HELD.values():
        names = {field.name for field in held.model._meta.concrete_fields}
        emptied = {name: None for name in ("external_key", "external_print", "external_id") if name in names}
        if emptied:
            held.model._base_manager.filter(key__in=keys).update(**emptied)
