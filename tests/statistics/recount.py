"""An independent recount: plain facts, counted one by one as EXCHANGE.md, section 2, says. It shares no code with the
product and no shortcut with it: days are enumerated, ages are counted birthday by birthday."""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

Day = datetime.date
BELGRADE = ZoneInfo("Europe/Belgrade")

SEXUAL = {
    "sex-trafficking", "prostitution", "pornography", "other-sexual-exploitation", "self-generated-content", "grooming",
}  # fmt: skip
LABOUR = {"labor-trafficking", "domestic-servitude", "forced-begging", "forced-criminality"}
OTHER = {"forced-marriage", "organ-removal", "forced-adoption", "surrogacy", "forced-military", "other-exploitation"}


@dataclass
class FactPerson:
    organisation: str
    sex: str
    birth_date: Day | None
    given_age: tuple[int, Day] | None
    citizenships: list[str]
    error: bool = False
    referrals: list[Any] = field(default_factory=list)


@dataclass
class FactReferral:
    organisation: str
    person: FactPerson | None
    received_at: datetime.datetime
    source_group: str
    given_age: int | None
    violence_only: bool = False
    error: bool = False
    identification_error: bool = False


@dataclass
class FactCall:
    organisation: str
    referral: FactReferral | None
    received_at: datetime.datetime
    hotline: str
    related: str
    error: bool = False


@dataclass
class FactDecision:
    referral: FactReferral
    authority: str
    outcome: str
    decided_on: Day
    forms: list[str]
    on_appeal: bool
    sequence: int
    error: bool = False


@dataclass
class FactPlacement:
    person: FactPerson
    kind: str
    starts_on: Day
    ends_on: Day | None
    error: bool = False
    case_error: bool = False


@dataclass
class FactStatus:
    person: FactPerson
    kind: str
    outcome: str
    decided_on: Day | None
    error: bool = False
    case_error: bool = False


@dataclass
class FactProceeding:
    person: FactPerson
    opened_on: Day
    specialised: str
    error: bool = False
    case_error: bool = False


def received_on(referral: FactReferral) -> Day:
    return referral.received_at.astimezone(BELGRADE).date()


def completed(born: Day, day: Day) -> int:
    """Birthdays after the birth until the day; 29 February is reached on 1 March of a common year."""
    years = 0
    while True:
        try:
            birthday = born.replace(year=born.year + years + 1)
        except ValueError:
            birthday = Day(born.year + years + 1, 3, 1)
        if birthday > day:
            return years
        years += 1


def majority(person: FactPerson, day: Day, referral: FactReferral | None = None) -> str:
    if person.birth_date:
        age = completed(person.birth_date, day)
    else:
        given = person.given_age
        if referral and referral.given_age is not None:
            given = (referral.given_age, received_on(referral))
        if given is None:
            return "unknown"
        then, on = given
        # the birthday is the day of receipt
        age = then + completed(on, day) if day >= on else then - completed(day, on)
        if day < on and (day.month, day.day) != (on.month, on.day):
            age -= 1
    return "child" if age < 18 else "adult"


def sex_age(person: FactPerson, grown: str) -> str:
    table = {"female": ("girls", "women"), "male": ("boys", "men")}
    if person.sex not in table or grown == "unknown":
        return "unknown"
    return table[person.sex][grown == "adult"]


def nationality(person: FactPerson) -> str:
    if not person.citizenships:
        return "unknown"
    return "serbian" if "RS" in person.citizenships else "foreign"


def by_family(forms: list[str]) -> str:
    if "multiple-forms" in forms:
        return "multiple-forms"
    found = []
    if SEXUAL & set(forms):
        found.append("sex-trafficking")
    if LABOUR & set(forms):
        found.append("labor-trafficking")
    if OTHER & set(forms):
        found.append("other-forms")
    return "unknown" if not found else found[0] if len(found) == 1 else "multiple-forms"


def by_kind(forms: list[str]) -> str:
    if "multiple-forms" in forms:
        return "multiple-forms"
    found = set()
    for form in forms:
        if form in SEXUAL:
            found.add("sex-trafficking")
        elif form in {"labor-trafficking", "domestic-servitude"}:
            found.add("labor-trafficking")
        elif form in {"forced-begging", "forced-criminality"}:
            found.add(form)
        else:
            found.add("other-forms")
    return "unknown" if not found else min(found) if len(found) == 1 else "multiple-forms"


def days_of(placement: FactPlacement, until: Day) -> set[Day]:
    end = placement.ends_on or until
    days = {placement.starts_on}
    day = placement.starts_on
    while day < end:
        days.add(day)
        day += datetime.timedelta(days=1)
    return days


def recount(facts: list[Any], year: int, organisation: str | None) -> dict[str, Any]:
    """Figure -> {"value", dimension: Counter of categories, "of_which": Counter}; only what is above zero is there."""

    def of(kind: type) -> list[Any]:
        return [fact for fact in facts if isinstance(fact, kind) and not fact.error]

    def here(place: str) -> bool:
        return organisation in (None, place)

    result: dict[str, Any] = {}

    def count(figure: str, dimension: str, category: str) -> None:
        result[figure].setdefault(dimension, Counter())[category] += 1

    def start(figure: str, counted: Any) -> None:
        result[figure] = {"value": len(counted)}

    received = [r for r in of(FactReferral) if received_on(r).year == year and here(r.organisation)]
    start("referrals-received", received)
    for referral in received:
        count("referrals-received", "source_group", referral.source_group)

    first: dict[int, FactReferral] = {}
    for referral in sorted(received, key=lambda r: r.received_at):
        if referral.person and not referral.person.error and not referral.violence_only:
            first.setdefault(id(referral.person), referral)
    start("potential-victims-referred", first)
    for referral in first.values():
        grown = majority(referral.person, received_on(referral), referral)
        count("potential-victims-referred", "source_group", referral.source_group)
        count("potential-victims-referred", "sex_age", sex_age(referral.person, grown))
        count("potential-victims-referred", "nationality", nationality(referral.person))

    calls = [
        call
        for call in of(FactCall)
        if call.received_at.astimezone(BELGRADE).year == year
        and here(call.organisation)
        and (call.hotline, call.related) == ("cptv", "yes")
    ]
    start("cptv-hotline-calls", calls)
    found = [call.referral for call in calls if call.referral and not call.referral.error]
    start("cptv-hotline-victims", {id(r.person) for r in found if r.person and not r.person.error})

    newest: dict[int, FactDecision] = {}
    for decision in sorted(of(FactDecision), key=lambda d: (d.decided_on, d.on_appeal, d.sequence)):
        referral = decision.referral
        if decision.decided_on.year != year or referral.error or referral.identification_error:
            continue
        if referral.person and not referral.person.error and here(referral.organisation):
            newest[id(referral.person)] = decision
    positive = [d for d in newest.values() if d.outcome in ("identified", "recognised")]
    identified = "victims-officially-identified"
    start(identified, positive)
    result[identified]["of_which"] = Counter()
    for decision in positive:
        person = decision.referral.person
        grown = majority(person, decision.decided_on, decision.referral)
        count(identified, "exploitation", by_family(decision.forms))
        count(identified, "exploitation_separate", by_kind(decision.forms))
        count(identified, "sex_age", sex_age(person, grown))
        count(identified, "majority", grown)
        count(identified, "nationality", nationality(person))
        count(identified, "citizenship", person.citizenships[0] if person.citizenships else "unknown")
        count(identified, "deciding_body", decision.authority)
        if by_family(decision.forms) == "labor-trafficking":
            for part in ("forced-begging", "forced-criminality"):
                result[identified]["of_which"][part] += part in decision.forms

    def persons_by_first_day(days: list[tuple[FactPerson, Day]]) -> list[tuple[FactPerson, Day]]:
        earliest: dict[int, tuple[FactPerson, Day]] = {}
        for person, day in sorted(days, key=lambda pair: pair[1]):
            if here(person.organisation) and not person.error:
                earliest.setdefault(id(person), (person, day))
        return list(earliest.values())

    def by_sex_age(figure: str, days: list[tuple[FactPerson, Day]]) -> None:
        counted = persons_by_first_day(days)
        start(figure, counted)
        for person, day in counted:
            count(figure, "sex_age", sex_age(person, majority(person, day)))
            if figure == "cptv-shelter-accommodated":
                count(figure, "nationality", nationality(person))

    stays = [p for p in of(FactPlacement) if not p.case_error]
    in_shelter = []
    for stay in stays:
        days = [day for day in days_of(stay, Day(year + 1, 1, 1)) if day.year == year]
        if stay.kind == "cptv-emergency-shelter" and days:
            in_shelter.append((stay.person, min(days)))
    by_sex_age("cptv-shelter-accommodated", in_shelter)
    by_sex_age(
        "victims-foster-families",
        [(s.person, s.starts_on) for s in stays if s.kind == "foster-family" and s.starts_on.year == year],
    )
    for kind in ("especially-vulnerable-witness", "protective-witness"):
        by_sex_age(
            kind,
            [
                (s.person, s.decided_on)
                for s in of(FactStatus)
                if not s.case_error
                and s.kind == kind
                and s.outcome == "granted"
                and s.decided_on is not None
                and s.decided_on.year == year
            ],
        )
    opened = [p for p in of(FactProceeding) if not p.case_error and p.opened_on.year == year]
    opened = [p for p in opened if here(p.person.organisation) and not p.person.error]
    start("proceedings-opened", opened)
    for proceeding in opened:
        count("proceedings-opened", "specialised_prosecutor", proceeding.specialised)
    return result
