"""Verbs on persons."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation, User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.people.ages import recompute_ages
from casework.people.models import Answer, NameKind, Person, Sex
from casework.vault.models import VaultKey
from casework.workflow import Refused, lock
from reference import codes

OLDEST = 120
# What an age is reckoned from.
_BIRTH = {"birth_date", "given_age", "given_age_on"}
_PLAIN = {
    "sex",
    "citizenships",
    "languages",
    "unaccompanied",
    "needs_interpreter",
    "description",
    "contacts",
    "safe_contact",
    "identifiers",
}


def clean_names(names: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Names as they are kept: given, family and kind (`birth`, `used`, `nickname`), the empty ones left out."""
    kept = []
    for name in names:
        given, family = str(name.get("given") or "").strip(), str(name.get("family") or "").strip()
        kind = str(name.get("kind") or NameKind.USED)
        if kind not in NameKind.values:
            raise Refused(_("“%(kind)s” is not a kind of name.") % {"kind": kind}, field="names")
        if given or family:
            kept.append({"given": given, "family": family, "kind": kind})
    return kept


@transaction.atomic
def create_person(
    *,
    organisation: Organisation,
    created_by: User,
    names: Iterable[Mapping[str, Any]] = (),
    sex: str = Sex.UNKNOWN,
    birth_date: datetime.date | None = None,
    given_age: int | None = None,
    given_age_on: datetime.date | None = None,
    citizenships: Iterable[str] = (),
    languages: Iterable[str] = (),
    unaccompanied: str = Answer.UNKNOWN,
    needs_interpreter: str = Answer.UNKNOWN,
    description: str = "",
    contacts: str = "",
    safe_contact: str = "",
    identifiers: str = "",
) -> Person:
    """Write down a person with a vault key of their own. Nothing is required: a person may have no name.

    Raises `Refused` for a code, date or age that cannot be.
    """
    person = Person(key=VaultKey.make(), organisation=organisation)
    _change(
        person,
        {
            "names": names,
            "birth_date": birth_date,
            "given_age": given_age,
            "given_age_on": given_age_on,
            "sex": sex,
            "citizenships": list(citizenships),
            "languages": list(languages),
            "unaccompanied": unaccompanied,
            "needs_interpreter": needs_interpreter,
            "description": description,
            "contacts": contacts,
            "safe_contact": safe_contact,
            "identifiers": identifiers,
        },
    )
    person.save(force_insert=True)
    audit.act("create_person", person, by=created_by)
    return person


@transaction.atomic
def amend_person(*, person: Person, version: int, amended_by: User, **changes: Any) -> Person:
    """Change what is known of a person; the ages beside every event follow. Returns the saved person.

    `changes` names fields as `create_person` does. Raises `Stale` when somebody saved the person since `version`,
    `Refused` for a code, date or age that cannot be.
    """
    require(amended_by, "people.amend_person")
    fresh = lock(person, version=version)
    changed = _change(fresh, changes)
    if not changed:
        return fresh
    fresh.version += 1
    fresh.save()
    if changed & _BIRTH:
        recompute_ages(fresh)
    audit.act("amend_person", fresh, by=amended_by, fields=changed)
    return fresh


@transaction.atomic
def note_given_age(*, person: Person, age: int, on: datetime.date, noted_by: User) -> Person:
    """Keep an age that somebody gave on a day, if it is the newest; the ages beside every event follow."""
    fresh = lock(person)
    if fresh.given_age_on is not None and on < fresh.given_age_on:
        return fresh
    changed = _change(fresh, {"given_age": age, "given_age_on": on})
    if changed:
        fresh.save()
        recompute_ages(fresh)
        audit.act("note_given_age", fresh, by=noted_by, fields=changed)
    return fresh


def _change(person: Person, changes: Mapping[str, Any]) -> set[str]:
    """Set the given fields, after checking them; returns the names of those that differ from what was there."""
    strange = changes.keys() - _PLAIN - _BIRTH - {"names"}
    if strange:
        raise TypeError(f"a person has no {', '.join(sorted(strange))} to change")
    wanted = dict(changes)
    if "names" in wanted:
        wanted["names"] = clean_names(wanted["names"])
    if "languages" in wanted:
        wanted["languages"] = [codes.canonical_language(code) or code for code in wanted["languages"]]
    changed = {name for name, value in wanted.items() if (getattr(person, name) or None) != (value or None)}
    changed |= {name for name in wanted.keys() & {"given_age"} if person.given_age != wanted[name]}  # 0 is an age
    for name in changed:
        match name:
            case "names":
                person.set_names(wanted[name])
            case "birth_date":
                person.set_birth_date(wanted[name])
            case _:
                setattr(person, name, wanted[name])
    _refuse_the_impossible(person)
    if changed & {"sex", "birth_date", "citizenships", "given_age"}:
        person.known_since = []
    return changed


def _refuse_the_impossible(person: Person) -> None:
    today = timezone.localdate()
    if person.birth_date and person.birth_date > today:
        raise Refused(_("The date of birth is in the future."), field="birth_date")
    if person.birth_date and today.year - person.birth_date.year > OLDEST:
        raise Refused(_("Check the year of birth."), field="birth_date")
    if person.given_age is not None and not 0 <= person.given_age <= OLDEST:
        raise Refused(_("The age must be between 0 and %(oldest)d.") % {"oldest": OLDEST}, field="given_age")
    if (person.given_age is None) != (person.given_age_on is None):
        raise Refused(_("An age needs the day on which it was given, and the day needs an age."), field="given_age")
    if person.given_age_on and person.given_age_on > today:
        raise Refused(_("The day on which the age was given is in the future."), field="given_age_on")
    for code in person.citizenships:
        if not codes.is_country(code):
            raise Refused(_("“%(code)s” is not the code of a country.") % {"code": code}, field="citizenships")
    for code in person.languages:
        if not codes.is_language(code):
            raise Refused(_("“%(code)s” is not the code of a language.") % {"code": code}, field="languages")
    for name, choices in (("sex", Sex), ("unaccompanied", Answer), ("needs_interpreter", Answer)):
        if getattr(person, name) not in choices.values:
            raise Refused(_("Choose one of the answers that are offered."), field=name)
