"""A made-up world in the exchange format, and a recount of its figures from the CSV files alone.

`make_folder` writes varied valid records from a seed. `recount` follows the definitions of EXCHANGE.md, section 2, word
by word and as naively as it can; it shares no code with the product.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.exchange.folders import write_rows

BELGRADE = ZoneInfo("Europe/Belgrade")
LAST_DAY = date(2026, 6, 30)  # nothing happens later, so that no receipt lies in the future

GIVEN = ["Ana", "Јована", "Đurđa", "Милица", "Željka", "Marko", "Стефан", "Amina", "Љубица", "Njegoš", "Fatima", "Ćira"]
FAMILY = [
    "Petrović",
    "Ђорђевић",
    "Šabanović",
    "Живковић",
    "Nguyen",
    "O'Neill",
    "Ковач-Перић",
    "Đukić",
    "Hoxha",
    "Чолић",
]
COUNTRIES = ["RS", "RS", "RS", "BA", "ME", "SY", "AF", "RO", "BG", "IN", "TR", "XK", "XX", "CU"]

SEXUAL = [
    "sex-trafficking",
    "prostitution",
    "pornography",
    "other-sexual-exploitation",
    "self-generated-content",
    "grooming",
]
LABOUR = ["labor-trafficking", "domestic-servitude", "forced-begging", "forced-criminality"]
OTHER = ["forced-marriage", "organ-removal", "forced-adoption", "surrogacy", "forced-military", "other-exploitation"]
FORMS = [*SEXUAL, *LABOUR, *OTHER, "multiple-forms"]
INDICATORS = ["threats", "debt-bondage", "unpaid-wages", "street-begging-child", "sexual-abuse", "grooming-ict"]

# Source -> group, as EXCHANGE.md and the code list of our own sources say.
GROUP = {
    "police": "law-enforcement",
    "international-police-request": "law-enforcement",
    "prosecutor-or-court": "law-enforcement",
    "social-welfare-center": "social-welfare",
    "commissariat-refugees": "other-government",
    "labor-inspectorate": "other-government",
    "municipal-team": "other-government",
    "cptv-hotline": "other-government",
    "school": "other-government",
    "health-service": "other-government",
    "ngo-hotline": "ngo-io",
    "mobile-team": "ngo-io",
    "asylum-screening": "ngo-io",
    "ngo-media-report": "ngo-io",
    "ngo": "ngo-io",
    "self": "self",
    "citizen-report": "other",
    "family-or-friend": "other",
    "first-responder": "other",
}
GROUPS = ["law-enforcement", "social-welfare", "other-government", "ngo-io", "self", "other"]
BEDS = [(kind, house, str(bed)) for kind, house, beds in [
    ("cptv-emergency-shelter", "Prihvatilište", 6), ("ngo-shelter", "Кућа", 7), ("transition-housing", "Stan 2", 3),
] for bed in range(1, beds + 1)]  # fmt: skip
WITHOUT_BEDS = ["foster-family", "foster-family", "orphanage", "group-home", "returned-to-family"]
STATUSES = [
    "particularly-vulnerable-group",
    "especially-vulnerable-witness",
    "protective-witness",
    "witness-protection-law",
]

COLUMNS = {
    "referrals": [
        "referral_id",
        "received_at",
        "source",
        "source_group",
        "referrer_body",
        "channel",
        "municipality",
        "person_id",
        "given_name",
        "family_name",
        "other_names",
        "sex",
        "birth_date",
        "age",
        "citizenships",
        "languages",
        "unaccompanied",
        "suspected_forms",
        "indicators",
        "immediate_danger",
        "initiated_at",
        "informed_at",
        "summary",
        "declined_on",
    ],
    "identifications": [
        "referral_id",
        "authority",
        "decided_on",
        "outcome",
        "forms",
        "psychologist",
        "pedagogist",
        "social_worker",
        "reasons",
        "appeal_lodged_on",
        "appeal_decided_on",
        "appeal_outcome",
        "forms_after_appeal",
    ],
    "placements": ["person_id", "kind", "facility", "bed", "starts_on", "ends_on"],
    "witness_statuses": ["person_id", "kind", "requested_on", "decided_on", "outcome"],
}
Rows = list[dict[str, str]]


# --- Writing ---------------------------------------------------------------------------------------------------------


def make_folder(path: Path, seed: int, persons: int = 200, years: Sequence[int] = (2023, 2024, 2025)) -> Path:
    """Write a folder of valid records of about this many persons, with receipts in these years."""
    world = _World(random.Random(seed), years)
    for number in range(persons):
        world.person(number)
    for number in range(persons // 10):
        world.nobody(number)
    for name, rows in world.files.items():
        columns = list(COLUMNS[name])
        world.random.shuffle(columns)
        write_rows(path, name, rows, columns)
    return path


class _World:
    def __init__(self, random_: random.Random, years: Sequence[int]) -> None:
        self.random, self.years = random_, years
        self.files: dict[str, Rows] = {name: [] for name in COLUMNS}
        self.beds_free: dict[tuple[str, str, str], date] = dict.fromkeys(BEDS, date(2000, 1, 1))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, values: Sequence[str], most: int = 3) -> str:
        return ";".join(self.random.sample(values, self.random.randint(1, most)))

    def moment(self) -> datetime:
        year = self.random.choice(self.years)
        if self.chance(0.1):  # the edges of the year
            day = self.random.choice([date(year, 1, 1), date(year, 12, 31)])
        else:
            day = date(year, 1, 1) + timedelta(days=self.random.randrange(365))
        clock = self.random.choice([(0, 0), (0, 30), (9, 15), (14, 0), (23, 30), (23, 59)])
        return datetime(day.year, day.month, day.day, *clock)  # noqa: DTZ001  (Belgrade's, written without an offset)

    def written(self, moment: datetime) -> str:
        """A Belgrade time as one of the ways in which other systems write it."""
        aware = moment.replace(tzinfo=BELGRADE)
        way = self.random.randrange(4)
        if way == 0:
            return moment.isoformat(timespec="minutes")
        if way == 1:
            return aware.isoformat()
        if way == 2:
            return aware.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")
        return moment.isoformat(sep=" ")

    def nobody(self, number: int) -> None:
        """A referral that says nothing about a person."""
        key, received = f"N{number}", self.moment()
        row = {"referral_id": key, "received_at": self.written(received), "source": self.random.choice(list(GROUP))}
        if self.chance(0.3):
            row["declined_on"] = (received.date() + timedelta(days=2)).isoformat()
        self.files["referrals"].append(row)
        if self.chance(0.3):
            self.decision(key, received.date(), None)

    def person(self, number: int) -> None:
        key = f"P{number}"
        adult = self.chance(0.5)
        age = self.random.randint(18, 60) if adult else self.random.randint(4, 17)
        base = {
            "given_name": self.random.choice(GIVEN),
            "family_name": self.random.choice(FAMILY),
            "other_names": self.some(GIVEN, 2) if self.chance(0.2) else "",
            "languages": self.random.choice(["sr", "sr;en", "ar", ""]),
        }
        birth = None
        if self.chance(0.5):
            year = self.random.choice(self.years) - age
            birth = date(year, 1, 1) + timedelta(days=self.random.randrange(365))
            if self.chance(0.15):
                birth = date(year - year % 4, 2, 29)
        received = sorted(self.moment() for _ in range(self.random.choice([1, 1, 1, 2, 3])))
        own_key = len(received) > 1 or self.chance(0.8)
        referrals = []
        for at, moment in enumerate(received):
            referral = f"R{number}-{at}"
            row = dict(base) if self.chance(0.8) else {}
            row |= {"referral_id": referral, "received_at": self.written(moment)}
            row["source"] = self.random.choice(list(GROUP))
            if own_key:
                row["person_id"] = key
            if self.chance(0.2):
                row["source_group"] = self.random.choice(GROUPS)
            if self.chance(0.8):
                row["sex"] = self.random.choice(["female", "female", "female", "male", "other", "unknown"])
            if birth and self.chance(0.6):
                row["birth_date"] = birth.isoformat()
            if self.chance(0.6):
                row["age"] = str(max(0, age + self.random.randint(-1, 1)))
            if self.chance(0.6):
                row["citizenships"] = self.some(COUNTRIES[2:], 2)
            self.details(row, moment)
            if not own_key and not (set(row) & {"given_name", "birth_date", "age", "citizenships"} or row.get("sex")):
                row["given_name"] = base["given_name"]
            self.files["referrals"].append(row)
            referrals.append((referral, moment.date()))
        for referral, day in referrals:
            for _ in range(self.random.choice([0, 1, 1, 1, 2])):
                self.decision(referral, day, birth)
        if own_key:
            self.stays(key, received[0].date())
            self.statuses(key, received[0].date())

    def details(self, row: dict[str, str], moment: datetime) -> None:
        row["suspected_forms"] = self.some(FORMS) if self.chance(0.5) else ""
        row["indicators"] = self.some(INDICATORS) if self.chance(0.5) else ""
        row["immediate_danger"] = self.random.choice(["yes", "no", "unknown", ""])
        row["municipality"] = self.random.choice(["Beograd", "Ниш", ""])
        row["channel"] = self.random.choice(["telephone", "in-person", ""])
        if self.chance(0.3):
            row["summary"] = 'Rekla je: "ne idem",\nпа је отишла.'
        if self.chance(0.5):
            row["initiated_at"] = self.written(moment + timedelta(days=1))
        elif self.chance(0.2):
            row["declined_on"] = (moment.date() + timedelta(days=1)).isoformat()

    def after(self, day: date, most: int = 400) -> date:
        return min(max(day, LAST_DAY), day + timedelta(days=self.random.randint(0, most)))

    def decision(self, referral: str, received: date, birth: date | None) -> None:
        outcome = self.random.choice(
            ["identified", "identified", "recognised", "recognised", "not_identified", "inconclusive", "discontinued"]
        )
        decided = self.after(received, 200)
        if birth and received <= (coming := _birthday(birth, 18)) <= LAST_DAY and self.chance(0.7):
            decided = coming - timedelta(days=self.random.choice([0, 1]))  # around coming of age
            decided = max(decided, received)
        row = {"referral_id": referral, "authority": self.random.choice(["cptv", "csw"])}
        row |= {"decided_on": decided.isoformat(), "outcome": outcome, "reasons": "Разлози, reasons"}
        if outcome in ("identified", "recognised"):
            row["forms"] = self.some(FORMS)
        if self.chance(0.4):
            row |= {"psychologist": "yes", "social_worker": self.random.choice(GIVEN)}
        if self.chance(0.25):
            lodged = self.after(decided, 30)
            result = self.random.choice(["decision_confirmed", "decision_changed", "decision_changed", "withdrawn"])
            row |= {"appeal_lodged_on": lodged.isoformat(), "appeal_outcome": result}
            row["appeal_decided_on"] = (
                decided if self.chance(0.1) and lodged == decided else self.after(lodged, 300)
            ).isoformat()
            if result == "decision_changed" and (outcome not in ("identified", "recognised") or self.chance(0.2)):
                row["forms_after_appeal"] = self.some(FORMS)
        self.files["identifications"].append(row)
        if self.chance(0.1):  # a second decision on the same day, or the same row again
            other = dict(row)
            if self.chance(0.7):
                other |= {"outcome": "inconclusive", "reasons": "друго", "appeal_outcome": "", "forms": ""}
                other |= {"forms_after_appeal": "", "appeal_decided_on": "", "appeal_lodged_on": ""}
            self.files["identifications"].append(other)

    def stays(self, person: str, first: date) -> None:
        day = first
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 4])):
            day = self.after(day, 60)
            nights = self.random.choice([0, 1, 10, 100, 400])
            ends = None if self.chance(0.1) else day + timedelta(days=nights)
            row = {"person_id": person, "starts_on": day.isoformat(), "ends_on": ends.isoformat() if ends else ""}
            free = [bed for bed, since in self.beds_free.items() if since <= day]
            if free and self.chance(0.6):
                bed = self.random.choice(free)
                row |= dict(zip(("kind", "facility", "bed"), bed, strict=True))
                if ends != day:
                    self.beds_free[bed] = ends or date.max
            else:
                row["kind"] = self.random.choice([*WITHOUT_BEDS, "cptv-emergency-shelter"])
                row["facility"] = self.random.choice(["Porodica A", "Дом Б", ""])
            self.files["placements"].append(row)
            if ends is None:
                return
            day = ends

    def statuses(self, person: str, first: date) -> None:
        for kind in self.random.sample(STATUSES, self.random.choice([0, 0, 1, 2])):
            requested = self.after(first, 100)
            outcome = self.random.choice(["granted", "granted", "refused", "pending", "withdrawn"])
            row = {"person_id": person, "kind": kind, "outcome": outcome}
            if self.chance(0.8):
                row["requested_on"] = requested.isoformat()
            if outcome != "pending" and self.chance(0.85):
                row["decided_on"] = self.after(requested, 300).isoformat()
            self.files["witness_statuses"].append(row)
            if outcome == "granted" and self.chance(0.2):
                self.files["witness_statuses"].append(row | {"decided_on": self.after(requested, 600).isoformat()})


def _birthday(birth: date, years: int) -> date:
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


# --- Counting again --------------------------------------------------------------------------------------------------


def read(folder: Path, name: str) -> Rows:
    """The rows of a file, those that are equal in every column once."""
    path = folder / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as text:
        rows = list(csv.DictReader(text))
    return list({tuple(sorted(row.items())): row for row in reversed(rows)}.values())[::-1]


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=BELGRADE)
    return moment.astimezone(BELGRADE)


class _Book:
    """What the referrals say of persons."""

    def __init__(self, folder: Path) -> None:
        self.referrals = read(folder, "referrals")
        self.of_person: dict[str, Rows] = defaultdict(list)
        self.by_id = {}
        for row in self.referrals:
            person = self.person_of(row)
            self.by_id[row["referral_id"]] = row
            if person:
                self.of_person[person].append(row)

    @staticmethod
    def person_of(row: dict[str, str]) -> str:
        if row["person_id"]:
            return row["person_id"]
        about = ["given_name", "family_name", "other_names", "birth_date", "age", "citizenships"]
        if any(row[name] for name in about) or row["sex"] not in ("", "unknown"):
            return "own " + row["referral_id"]
        return ""

    def newest(self, person: str, column: str) -> str:
        known = [row for row in self.of_person[person] if row[column] and row[column] != "unknown"]
        return _latest(known)[column] if known else ""

    def age(self, person: str, day: date, referral: dict[str, str] | None = None) -> int | None:
        birth = self.newest(person, "birth_date")
        if birth:
            return _years(_day(birth), day)
        given = [row for row in self.of_person[person] if row["age"]]
        if referral is not None and referral["age"]:
            chosen = referral
        elif given:
            chosen = _latest(given)
        else:
            return None
        received = _moment(chosen["received_at"]).date()
        age = int(chosen["age"]) + day.year - received.year - ((day.month, day.day) < (received.month, received.day))
        return age if age >= 0 else None


def _latest(referrals: Rows) -> dict[str, str]:
    """The newest of some referrals; of two received at one moment the later line."""
    return max(reversed(referrals), key=lambda row: _moment(row["received_at"]))


def _years(birth: date, day: date) -> int | None:
    """Completed years: how many birthdays have come."""
    years = -1
    while _birthday(birth, years + 1) <= day:
        years += 1
    return years if years >= 0 else None


def _cells(categories: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(categories, 0)
    for category in found:
        counts[category] += 1
    return counts


class _Recount:
    def __init__(self, folder: Path, year: int) -> None:
        self.folder, self.year, self.book = folder, year, _Book(folder)

    def sex_age(self, person: str, age: int | None) -> str:
        sex = self.book.newest(person, "sex")
        if age is None or sex not in ("female", "male"):
            return "unknown"
        return {("female", True): "girls", ("male", True): "boys", ("female", False): "women", ("male", False): "men"}[
            sex, age < 18
        ]

    def nationality(self, person: str) -> str:
        countries = self.book.newest(person, "citizenships").split(";")
        if countries == [""]:
            return "unknown"
        return "serbian" if "RS" in countries else "foreign"

    def by(self, dimension: str, values: Iterable[str]) -> dict[str, int]:
        categories = {
            "sex_age": ["women", "men", "girls", "boys", "unknown"],
            "majority": ["child", "adult", "unknown"],
            "nationality": ["serbian", "foreign", "unknown"],
            "source_group": GROUPS,
            "deciding_body": ["cptv", "csw"],
            "exploitation": ["sex-trafficking", "labor-trafficking", "other-forms", "multiple-forms", "unknown"],
            "exploitation_separate": [
                "sex-trafficking", "labor-trafficking", "forced-begging", "forced-criminality", "other-forms",
                "multiple-forms", "unknown",
            ],
        }  # fmt: skip
        return _cells(categories[dimension], values)

    def referred(self) -> dict[str, Any]:
        received = [row for row in self.book.referrals if _moment(row["received_at"]).year == self.year]
        first: dict[str, dict[str, str]] = {}
        for row in received:
            person = self.book.person_of(row)
            before = first.get(person)
            if person and (before is None or _moment(row["received_at"]) < _moment(before["received_at"])):
                first[person] = row
        group = lambda row: row["source_group"] or GROUP[row["source"]]  # noqa: E731
        ages = {person: self.book.age(person, _moment(row["received_at"]).date(), row) for person, row in first.items()}
        return {
            "referrals-received": {
                "value": len(received),
                "breakdowns": {"source_group": self.by("source_group", map(group, received))},
            },
            "potential-victims-referred": {
                "value": len(first),
                "breakdowns": {
                    "source_group": self.by("source_group", map(group, first.values())),
                    "sex_age": self.by("sex_age", (self.sex_age(person, ages[person]) for person in first)),
                    "nationality": self.by("nationality", map(self.nationality, first)),
                },
            },
        }

    def identified(self) -> dict[str, Any]:
        # Per person the newest decision of the year: date, appeals after first decisions, later lines after earlier.
        newest: dict[str, tuple[Any, ...]] = {}
        for line, row in enumerate(read(self.folder, "identifications")):
            referral = self.book.by_id[row["referral_id"]]
            person = self.book.person_of(referral)
            if not person:
                continue
            told = [(_day(row["decided_on"]), 0, line, row["outcome"] in ("identified", "recognised"), row["forms"])]
            if row["appeal_outcome"] == "decision_changed":
                after = row["forms_after_appeal"]
                told.append((_day(row["appeal_decided_on"]), 1, line, bool(after), after))
            for decision in told:
                if decision[0].year == self.year and (person not in newest or decision[:3] > newest[person][0][:3]):
                    newest[person] = (decision, row["authority"], referral)
        positive = {person: found for person, found in newest.items() if found[0][3]}
        forms = {person: set(found[0][4].split(";")) for person, found in positive.items()}
        age = {person: self.book.age(person, found[0][0], found[2]) for person, found in positive.items()}
        exploitation = {person: _exploitation(of) for person, of in forms.items()}
        labour = [person for person in positive if exploitation[person] == "labor-trafficking"]
        countries = [self.book.newest(person, "citizenships").split(";")[0] or "unknown" for person in positive]
        majority = ["unknown" if a is None else "child" if a < 18 else "adult" for a in age.values()]
        return {
            "victims-officially-identified": {
                "value": len(positive),
                "breakdowns": {
                    "exploitation": self.by("exploitation", exploitation.values()),
                    "exploitation_separate": self.by("exploitation_separate", map(_separate, forms.values())),
                    "sex_age": self.by("sex_age", (self.sex_age(person, age[person]) for person in positive)),
                    "majority": self.by("majority", majority),
                    "nationality": self.by("nationality", map(self.nationality, positive)),
                    "citizenship": _cells([*sorted(set(countries) - {"unknown"}), "unknown"], countries),
                    "deciding_body": self.by("deciding_body", (found[1] for found in positive.values())),
                },
                "of_which": {
                    form: sum(form in forms[person] for person in labour)
                    for form in ("forced-begging", "forced-criminality")
                },
            }
        }

    def first_days(self, kind: str) -> dict[str, date]:
        """Persons with a stay of this kind that touches the year, with the first such day."""
        first: dict[str, date] = {}
        new_year, silvester = date(self.year, 1, 1), date(self.year, 12, 31)
        for row in read(self.folder, "placements"):
            if row["kind"] != kind:
                continue
            begins = _day(row["starts_on"])
            last = max(begins, _day(row["ends_on"]) - timedelta(days=1)) if row["ends_on"] else date.max
            if begins <= silvester and last >= new_year:
                day = max(begins, new_year)
                first[row["person_id"]] = min(first.get(row["person_id"], day), day)
        return first

    def counted(self, first: dict[str, date], *dimensions: str) -> dict[str, Any]:
        by: dict[str, Callable[[str], str]] = {
            "sex_age": lambda person: self.sex_age(person, self.book.age(person, first[person])),
            "nationality": self.nationality,
        }
        return {
            "value": len(first),
            "breakdowns": {dimension: self.by(dimension, map(by[dimension], first)) for dimension in dimensions},
        }

    def placed(self) -> dict[str, Any]:
        foster: dict[str, date] = {}
        for row in read(self.folder, "placements"):
            begins = _day(row["starts_on"])
            if row["kind"] == "foster-family" and begins.year == self.year:
                foster[row["person_id"]] = min(foster.get(row["person_id"], begins), begins)
        return {
            "cptv-shelter-accommodated": self.counted(
                self.first_days("cptv-emergency-shelter"), "sex_age", "nationality"
            ),
            "victims-foster-families": self.counted(foster, "sex_age"),
        }

    def granted(self, kind: str) -> dict[str, Any]:
        first: dict[str, date] = {}
        for row in read(self.folder, "witness_statuses"):
            if row["kind"] == kind and row["outcome"] == "granted" and row["decided_on"].startswith(f"{self.year}-"):
                day = _day(row["decided_on"])
                first[row["person_id"]] = min(first.get(row["person_id"], day), day)
        return self.counted(first, "sex_age")


def _exploitation(forms: set[str]) -> str:
    families = set()
    for form in forms:
        families.add(
            "sex-trafficking" if form in SEXUAL else "labor-trafficking" if form in LABOUR
            else "other-forms" if form in OTHER else "multiple-forms"
        )  # fmt: skip
    return families.pop() if len(families) == 1 else "multiple-forms"


def _separate(forms: set[str]) -> str:
    kinds = set()
    for form in forms:
        if form in SEXUAL:
            kinds.add("sex-trafficking")
        elif form in ("labor-trafficking", "domestic-servitude"):
            kinds.add("labor-trafficking")
        elif form in OTHER:
            kinds.add("other-forms")
        else:
            kinds.add(form)  # forced-begging, forced-criminality, multiple-forms
    return kinds.pop() if len(kinds) == 1 else "multiple-forms"


def recount(path: Path, year: int) -> dict[str, Any]:
    """The figures of a year: id -> value, breakdowns (dimension -> category -> number) and, where there are any, the
    "of which" numbers under labor-trafficking."""
    count = _Recount(path, year)
    return {
        **count.referred(),
        **count.identified(),
        **count.placed(),
        "especially-vulnerable-witness": count.granted("especially-vulnerable-witness"),
        "protective-witness": count.granted("protective-witness"),
    }
