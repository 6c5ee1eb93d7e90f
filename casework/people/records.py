"""Persons of imported referrals: who is the same, what the newest referral knows of them, the keys that seal them."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.exchange.cells import content
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import Row, Step, register_steps
from casework.people.ages import GivenAge, age_at, recompute_ages
from casework.people.models import NameKind, Person
from casework.vault import index
from casework.vault.models import VaultKey

_FIRST = datetime.datetime.min.replace(tzinfo=datetime.UTC)
_UNKNOWN_PRINT = "-" * 12
_NO_PRINTS: Mapping[str, str] = MappingProxyType({})  # one for all: there are as many persons as referrals
# What must be the same in every referral of a person, as far as it is known.
STEADY = ("given_name", "family_name", "other_names", "languages", "unaccompanied")
# What the newest referral that knows it says.
_NEWEST = ("sex", "birth_date", "citizenships")
_SAYS_SOMETHING = ("given_name", "family_name", "other_names", "birth_date", "age", "citizenships")


def says_something(row: Row) -> bool:
    """Whether a referral without a `person_id` says anything about a person, who is then one of their own."""
    return any(row[column] not in (None, "", ()) for column in _SAYS_SOMETHING) or row["sex"] != "unknown"


class Known:
    """A person in this run: what the referrals say together. Made by the thousand, so without a dictionary each."""

    __slots__ = (
        "birth_date",
        "case_id",
        "case_new",
        "changed",
        "citizenships",
        "decided",
        "existing",
        "external",
        "given_age",
        "given_age_at",
        "given_age_on",
        "key_id",
        "label",
        "opened_on",
        "person_id",
        "plain",
        "prints",
        "sealed",
        "sex",
        "since",
        "steady",
    )

    def __init__(self, external: str, label: str | None) -> None:
        self.external = external  # the keyed hash of the sender's key
        self.label = label  # the sender's key itself; None for the person of one referral
        self.person_id = uuid.uuid4()
        self.key_id: uuid.UUID | None = None
        self.plain: bytes | None = None
        self.existing: Person | None = None
        self.changed = False
        self.sealed = False
        self.steady: dict[str, Any] = {}
        self.prints: Mapping[str, str] = _NO_PRINTS  # of what the records know already
        self.sex = "unknown"
        self.birth_date: datetime.date | None = None
        self.citizenships: tuple[str, ...] = ()
        self.since: dict[str, datetime.datetime] = {}  # when the newest referral that knows each was received
        self.given_age: int | None = None
        self.given_age_on: datetime.date | None = None
        self.given_age_at = _FIRST
        # Of the case (cases.records): its earliest record, the newest decision, the case itself.
        self.opened_on: datetime.date | None = None
        self.decided: tuple[Any, ...] | None = None
        self.case_id: Any = None  # a UUID once the case is known
        self.case_new = False

    def key(self) -> VaultKey:
        """The person's vault key, ready to seal with."""
        if self.existing is not None:
            return self.existing.key
        key = VaultKey(id=self.key_id)
        key._plain = self.plain
        return key

    def age_on(self, day: datetime.date, *, own: GivenAge | None = None) -> int | None:
        """Age in completed years on a day; `own` is the age given at the event's own referral."""
        newest = None
        if self.given_age is not None and self.given_age_on is not None:
            newest = GivenAge(self.given_age_on, self.given_age)
        return age_at(day, birth_date=self.birth_date, own=own, newest=newest)


class Persons:
    """All persons of one run, by the keyed hash of the sender's key."""

    def __init__(self, run: Import) -> None:
        self.run = run
        self.known: dict[str, Known] = {}

    def external(self, person_id: str) -> str:
        return self.run.key("people.person", f"id {person_id}")

    def external_of_referral(self, referral_id: str) -> str:
        return self.run.key("people.person", f"referral {referral_id}")

    def load(self, externals: Iterable[str]) -> None:
        """Bring in those persons that are already in the records."""
        missing = [external for external in set(externals) if external not in self.known]
        found = Person.objects.filter(external_key__in=missing).select_related("key")
        for person in found.annotate(newest=Max("referrals__received_at")):
            self.known[person.external_key] = _from_records(person, person.external_key)

    def get(self, external: str) -> Known | None:
        return self.known.get(external)

    def adopt(self, person: Person) -> Known:
        """A person whom somebody wrote down here, and who therefore has no sender's key."""
        name = f"record {person.pk}"
        if name not in self.known:
            self.known[name] = _from_records(person, name)
        return self.known[name]

    def of_rows(self, file: str, rows: Sequence[Row]) -> list[tuple[Row, Known]]:
        """The rows of a file that name a person whom some referral has, with that person. Refuses the others."""
        externals = {row.line: self.external(row["person_id"]) for row in rows if row["person_id"]}
        self.load(externals.values())
        found = []
        for row in rows:
            if row.line not in externals:
                continue  # refused already: the value is required
            known = self.known.get(externals[row.line])
            if known is None:
                self.run.refuse(file, row.line, "person_id", _("No referral has this person."))
            elif self.usable(known, file, row):
                found.append((row, known))
        return found

    def usable(self, known: Known, file: str, row: Row) -> bool:
        """False, with a refusal, when this person was erased here: nothing can be sealed for them any more."""
        if known.existing is None or known.existing.key.wrapped is not None:
            return True
        self.run.refuse(file, row.line, "person_id", _("This person was erased here; nothing more can be recorded."))
        return False

    def note(self, row: Row, external: str, label: str | None) -> Known:
        """Take in what one referral says of a person, and refuse what contradicts another referral."""
        known = self.known.get(external)
        if known is None:
            known = self.known[external] = Known(external, label)
        for column in STEADY:
            self._note_steady(known, row, column)
        at = row["received_at"] if row.good("received_at") else _FIRST
        for column in _NEWEST:
            value = row[column]
            if value in (None, (), "unknown") or not row.good(column):
                continue
            unknown_yet = getattr(known, column) in (None, (), "unknown")
            if unknown_yet or at >= known.since.get(column, _FIRST):
                if value != getattr(known, column):
                    setattr(known, column, value)
                    known.changed = True
                known.since[column] = at
        if row["age"] is not None and row["birth_date"] is None and at > _FIRST and at >= known.given_age_at:
            known.given_age, known.given_age_on, known.given_age_at = row["age"], timezone.localdate(at), at
            known.changed = True
        return known

    def _note_steady(self, known: Known, row: Row, column: str) -> None:
        value = row[column]
        if value in (None, "", (), "unknown") or not row.good(column):
            return
        held = known.steady.get(column)
        before = known.prints.get(column) if held is None else _print(column, held)
        if before is None:
            known.steady[column] = value
            known.changed = True
        elif before != _print(column, value):
            self.run.refuse(
                "referrals",
                row.line,
                column,
                _("Another referral of this person says otherwise; this must be the same for the same person_id."),
            )


def _print(column: str, value: Any) -> str:
    ordered = sorted(value) if isinstance(value, tuple) else [value]
    return index.digest(f"{column}|{content(ordered)}")[:12]


def _prints_as_text(known: Known) -> str:
    """What the records and this run know of the steady columns, hashed."""
    known_here = {column: _print(column, value) for column, value in known.steady.items()}
    return "".join({**known.prints, **known_here}.get(column, _UNKNOWN_PRINT) for column in STEADY)


def _from_records(person: Person, external: str) -> Known:
    known = Known(external, None)
    known.existing, known.person_id, known.sealed = person, person.pk, person.sealed
    prints = person.external_print or ""
    held = {column: prints[at * 12 : at * 12 + 12] for at, column in enumerate(STEADY)}
    known.prints = {column: print_ for column, print_ in held.items() if print_ and print_ != _UNKNOWN_PRINT}
    known.sex, known.citizenships = person.sex, tuple(person.citizenships)
    if person.key.wrapped is not None:
        birth_date: Any = person.birth_date
        known.birth_date = birth_date
    known.given_age, known.given_age_on = person.given_age, person.given_age_on
    if person.known_since:
        *since, given_age_at = person.known_since
        known.since = {column: at for column, at in zip(_NEWEST, since, strict=True) if at}
        known.given_age_at = given_age_at or _FIRST
        return known
    # Somebody here knows better than the referrals so far: only one newer than all of them says more.
    newest = getattr(person, "newest", None)
    known.since = dict.fromkeys(_NEWEST, newest) if newest else {}
    if person.given_age_on is not None:
        known.given_age_at = datetime.datetime.combine(
            person.given_age_on, datetime.time(), timezone.get_default_timezone()
        )
    return known


def _names(steady: dict[str, Any]) -> list[dict[str, str]]:
    names = []
    if steady.get("given_name") or steady.get("family_name"):
        names.append(
            {
                "given": steady.get("given_name", ""),
                "family": steady.get("family_name", ""),
                "kind": NameKind.USED.value,
            }
        )
    for other in steady.get("other_names", ()):
        names.append({"given": other, "family": "", "kind": NameKind.USED.value})
    return names


def _describe(person: Person, known: Known) -> None:
    """Set on a person what the referrals say together."""
    steady = known.steady
    if known.existing is None or {"given_name", "family_name", "other_names"} & steady.keys():
        person.set_names([*(person.names or []), *_names(steady)])
    person.set_birth_date(known.birth_date)
    person.sex, person.citizenships = known.sex, list(known.citizenships)
    person.given_age, person.given_age_on = known.given_age, known.given_age_on
    if "languages" in steady:
        person.languages = list(steady["languages"])
    if "unaccompanied" in steady:
        person.unaccompanied = steady["unaccompanied"]
    person.external_print = _prints_as_text(known)
    person.known_since = [known.since.get(column) for column in _NEWEST]
    person.known_since.append(None if known.given_age is None else known.given_age_at)


def _make(run: Import, known: Known) -> tuple[VaultKey, Person]:
    key = VaultKey.fresh()
    known.key_id, known.plain = key.id, key.plain
    person = Person(
        id=known.person_id,
        key=key,
        organisation_id=run.organisation.pk,
        imported=True,
        external_key=known.external,
        external_id=known.label or "",
    )
    _describe(person, known)
    return key, person


def write_persons(run: Import) -> None:
    """Write the new persons, and what new referrals know of those already there."""
    known = list(run.of(Persons).known.values())
    fresh = [each for each in known if each.existing is None]
    for start in range(0, len(fresh), 2_000):
        made = [_make(run, each) for each in fresh[start : start + 2_000]]
        copy_in(VaultKey, (key for key, _person in made))
        copy_in(Person, (person for _key, person in made))
    for each in known:
        if each.existing is not None and each.changed:
            person = Person.objects.select_for_update(of=("self",)).select_related("key").get(pk=each.person_id)
            _describe(person, each)
            person.version += 1
            person.save()


def recompute_changed(run: Import) -> None:
    """The ages beside older events of persons of whom a new referral knows more."""
    for each in run.of(Persons).known.values():
        if each.existing is not None and each.changed:
            recompute_ages(Person.objects.select_related("key").get(pk=each.person_id))


register_steps(before=[Step(10, write_persons)], after=[Step(90, recompute_changed)])
