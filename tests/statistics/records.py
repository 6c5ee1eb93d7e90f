"""Records written straight through the models, with the plain ages that the services would have put beside them."""

import datetime
from typing import Any

from django.utils import timezone

from casework.access.models import Organisation, User
from casework.access.record import Record
from casework.cases.models import Case
from casework.justice.models import Proceeding, WitnessStatus
from casework.people.models import Person
from casework.shelter.models import Placement
from casework.vault.models import VaultKey
from referrals.models import POSITIVE, Call, Decision, Identification, Referral

Day = datetime.date


def noon(day: Day) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, 12, tzinfo=datetime.UTC)


class Records:
    """Makes records; `by` is who marks things as entered in error."""

    def __init__(self, organisation: Organisation, by: User) -> None:
        self.organisation, self.by, self.last = organisation, by, 0

    def next(self) -> int:
        self.last += 1
        return self.last

    def person(self, **known: Any) -> Person:
        organisation = known.pop("organisation", self.organisation)
        birth_date = known.pop("birth_date", None)
        person = Person(key=VaultKey.make(), organisation=organisation, **known)
        person.set_birth_date(birth_date)
        person.save(force_insert=True)
        return person

    def referral(self, person: Person | None, received_at: datetime.datetime | Day, **known: Any) -> Referral:
        at = received_at if isinstance(received_at, datetime.datetime) else noon(received_at)
        organisation = known.pop("organisation", person.organisation if person else self.organisation)
        known = {"source": "police", "source_group": "law-enforcement"} | known
        referral = Referral(
            key=person.key if person else VaultKey.make(),
            number=f"R-{timezone.localdate(at).year}-{self.next():06}-{organisation.short_name}",
            organisation=organisation,
            person=person,
            received_at=at,
            **known,
        )
        if person is not None:
            referral.age_at_referral = person.age_on(timezone.localdate(at), own=referral.own_age())
        referral.save(force_insert=True)
        return referral

    def call(self, referral: Referral | None, received_at: datetime.datetime, **known: Any) -> Call:
        call = Call(
            key=referral.key if referral else VaultKey.make(),
            number=f"H-{timezone.localdate(received_at).year}-{self.next():06}",
            referral=referral,
            received_at=received_at,
            **known,
        )
        call.save(force_insert=True)
        return call

    def decision(
        self, referral: Referral, decided_on: Day, outcome: str = "identified", forms: Any = None, **known: Any
    ) -> Decision:
        person = referral.person
        identification = Identification.objects.filter(referral=referral).first()
        if identification is None:
            identification = Identification.objects.create(key=referral.key, referral=referral)
        if forms is None:
            forms = ["sex-trafficking"] if outcome in POSITIVE else []
        return Decision.objects.create(
            key=referral.key,
            identification=identification,
            person=person,
            outcome=outcome,
            decided_on=decided_on,
            forms=forms,
            age_at_decision=person.age_on(decided_on, own=referral.own_age()) if person else None,
            **({"authority": "cptv"} | known),
        )

    def case(self, person: Person) -> Case:
        found = person.cases.filter(error_at=None).first()
        return found or Case.objects.create(
            key=person.key,
            number=f"C-2020-{self.next():06}-{person.organisation.short_name}",
            organisation=person.organisation,
            person=person,
            opened_on=Day(2020, 1, 1),
        )

    def placement(
        self, person: Person, kind: str, starts_on: Day, ends_on: Day | None = None, **known: Any
    ) -> Placement:
        return Placement.objects.create(
            key=person.key,
            case=known.pop("case", None) or self.case(person),
            person=person,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            age_at_start=person.age_on(starts_on),
            age_next_january=person.age_on(Day(starts_on.year + 1, 1, 1)),
            **known,
        )

    def witness_status(self, person: Person, kind: str, decided_on: Day | None, **known: Any) -> WitnessStatus:
        return WitnessStatus.objects.create(
            key=person.key,
            case=known.pop("case", None) or self.case(person),
            person=person,
            kind=kind,
            decided_on=decided_on,
            age_at_decision=person.age_on(decided_on) if decided_on else None,
            imported=True,
            **({"status": "granted"} | known),
        )

    def proceeding(self, person: Person, opened_on: Day, **known: Any) -> Proceeding:
        answer = known.pop("specialised_prosecutor", "yes")
        return Proceeding.objects.create(
            key=person.key,
            case=known.pop("case", None) or self.case(person),
            opened_on=opened_on,
            specialised_prosecutor=answer,
            why_no_specialist="Nobody is free" if answer == "no" else "",
            **known,
        )

    def mark_in_error(self, record: Record) -> None:
        record.error_at, record.error_by, record.error_why = timezone.now(), self.by, "Written down twice"
        record.save()
