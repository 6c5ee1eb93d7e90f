"""Import of `referrals` and `identifications` (EXCHANGE.md, section 1)."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.cases.models import Case, VictimStatus
from casework.cases.records import Numbers, decided, needs_case
from casework.exchange import cells, quality
from casework.exchange.cells import Column
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import File, Row, Step, register, register_steps
from casework.people.ages import GivenAge
from casework.people.models import Person, Sex
from casework.people.records import Known, Persons, says_something
from casework.vault import index
from casework.vault.models import VaultKey
from reference import codes
from referrals.models import (
    POSITIVE,
    Appeal,
    Authority,
    Decision,
    Identification,
    IdentificationStatus,
    Referral,
    ReferralIndicator,
    ReferralStatus,
)
from referrals.services.identification import VICTIM_STATUS, newest_decision

PANEL = ("psychologist", "pedagogist", "social_worker")
APPEAL_OUTCOMES = ("decision_confirmed", "decision_changed", "withdrawn")


class Received:
    """A referral of this run, or one already in the records that this run refers to."""

    __slots__ = (
        "external", "given_age", "identification_id", "identification_new", "key_id", "line", "new", "panel", "person",
        "plain", "print", "received_at", "referral_id",
    )  # fmt: skip

    def __init__(self, external: str, line: int) -> None:
        self.external, self.line = external, line
        self.referral_id = uuid.uuid4()
        self.person: Known | None = None
        self.print = ""
        self.received_at: datetime.datetime | None = None
        self.given_age: int | None = None
        self.new = True
        self.key_id: uuid.UUID | None = None
        self.plain: bytes | None = None
        self.identification_id: Any = None  # a UUID once there is one
        self.identification_new = False
        self.panel: dict[str, str] | None = None

    @property
    def received_on(self) -> datetime.date | None:
        return timezone.localdate(self.received_at) if self.received_at else None

    def own_age(self) -> GivenAge | None:
        day = self.received_on
        return GivenAge(day, self.given_age) if self.given_age is not None and day else None

    def key(self) -> VaultKey:
        """What seals the referral: the person's key, or its own when it is about nobody."""
        if self.person is not None:
            return self.person.key()
        key = VaultKey(id=self.key_id)
        key._plain = self.plain
        return key


class Referrals:
    """All referrals of one run, by the keyed hash of the sender's key."""

    def __init__(self, run: Import) -> None:
        self.run, self.persons = run, run.of(Persons)
        self.known: dict[str, Received] = {}

    def external(self, referral_id: str) -> str:
        return self.run.key("referrals.referral", referral_id)

    def load(self, externals: Iterable[str]) -> None:
        """Bring in those referrals that are already in the records, with their persons."""
        missing = [external for external in set(externals) if external not in self.known]
        found = Referral.objects.filter(external_key__in=missing).values_list(
            "external_key", "pk", "external_print", "received_at", "given_age", "identification__pk"
        )
        for external, referral_id, print_, received_at, given_age, identification_id in found:
            known = self.known[external] = Received(external, 0)
            known.new, known.referral_id, known.print = False, referral_id, print_ or ""
            known.received_at, known.given_age, known.identification_id = received_at, given_age, identification_id

    def open(self, received: Iterable[Received]) -> None:
        """For those that were there before, bring in the key and the person: something will be written to them."""
        wanted = {each.referral_id: each for each in received if not each.new and each.key_id is None}
        referrals = list(Referral.objects.filter(pk__in=list(wanted)).select_related("key", "person__key"))
        self.persons.load(
            referral.person.external_key for referral in referrals if referral.person and referral.person.external_key
        )
        for referral in referrals:
            known = wanted[referral.pk]
            known.key_id = referral.key_id
            known.plain = None if referral.key.wrapped is None else referral.key.plain
            if referral.person is not None:
                known.person = self._person_of(referral.person)

    def _person_of(self, person: Person) -> Known:
        """The person of a referral in the records; one that somebody named here has no sender's key."""
        found = self.persons.get(person.external_key) if person.external_key else None
        if found is None:
            found = self.persons.adopt(person)
        return found


# referrals -----------------------------------------------------------------------------------------------------------

REFERRALS = (
    Column("referral_id", cells.KEY, required=True),
    Column("received_at", cells.MOMENT, required=True),
    Column("source", cells.code_of("referral_sources"), required=True),
    Column("source_group", cells.code(tuple(codes.SOURCE_GROUPS))),
    Column("referrer_body", cells.TEXT),
    Column("channel", cells.code_of("referral_channels")),
    Column("municipality", cells.TEXT),
    Column("person_id", cells.KEY),
    Column("given_name", cells.TEXT),
    Column("family_name", cells.TEXT),
    Column("other_names", cells.TEXTS),
    Column("sex", cells.code(tuple(Sex.values), empty="unknown")),
    Column("birth_date", cells.DATE),
    Column("age", cells.AGE),
    Column("citizenships", cells.COUNTRIES),
    Column("languages", cells.LANGUAGES),
    Column("unaccompanied", cells.ANSWER),
    Column("suspected_forms", cells.FORMS),
    Column("indicators", cells.INDICATORS),
    Column("immediate_danger", cells.ANSWER),
    Column("initiated_at", cells.MOMENT),
    Column("informed_at", cells.MOMENT),
    Column("summary", cells.TEXT),
    Column("declined_on", cells.DATE),
)


class ReadReferrals:
    """Checks and writes `referrals`."""

    def __init__(self, run: Import) -> None:
        self.run, self.referrals, self.persons = run, run.of(Referrals), run.of(Persons)
        self.new = self.there = 0

    def check(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._complete(row)
        externals = {row.line: self.referrals.external(row["referral_id"]) for row in rows if row["referral_id"]}
        self.referrals.load(externals.values())
        fresh = [row for row in rows if row.line in externals and externals[row.line] not in self.referrals.known]
        self.persons.load(self._person_key(row) for row in fresh if self._about_somebody(row))
        for row in rows:
            self._check_times(row)
            if row.line in externals:
                self._take_in(row, externals[row.line])

    def _complete(self, row: Row) -> None:
        """An empty `source_group` is the one of the source: both ways of writing it are the same content."""
        if row["source_group"] is None and row["source"] and row.good("source_group"):
            row.values["source_group"] = codes.source_group(row["source"])

    def _about_somebody(self, row: Row) -> bool:
        return bool(row["person_id"]) or (bool(row["referral_id"]) and says_something(row))

    def _person_key(self, row: Row) -> str:
        if row["person_id"]:
            return self.persons.external(row["person_id"])
        return self.persons.external_of_referral(row["referral_id"])

    def _check_times(self, row: Row) -> None:
        received = row["received_at"]
        if received is None or not row.good("received_at"):
            return
        if received > self.run.now:
            self._refuse(row, "received_at", _("This referral would have been received in the future."))
        for column in ("initiated_at", "informed_at"):
            if row[column] is not None and row[column] < received:
                self._refuse(row, column, _("This is before the referral was received."))
        if row["declined_on"] is not None and row["declined_on"] < timezone.localdate(received):
            self._refuse(row, "declined_on", _("This is before the referral was received."))
        if row["birth_date"] is not None and row["birth_date"] > self.run.today:
            self._refuse(row, "birth_date", _("This date of birth is in the future."))

    def _refuse(self, row: Row, column: str, sentence: str) -> None:
        self.run.refuse("referrals", row.line, column, sentence)

    def _take_in(self, row: Row, external: str) -> None:
        print_ = index.digest(_REFERRALS.content(row))
        before = self.referrals.known.get(external)
        if before is not None:
            if not row.bad and before.print != print_:
                self._refuse(
                    row,
                    "referral_id",
                    _("Line %(line)d has the same referral_id with different content.") % {"line": before.line}
                    if before.new
                    else _("This referral_id is already in the records with different content."),
                )
            return
        known = self.referrals.known[external] = Received(external, row.line)
        known.print, known.received_at = print_, row["received_at"]
        if row["birth_date"] is None:
            known.given_age = row["age"]
        if self._about_somebody(row):
            person = self.persons.note(row, self._person_key(row), row["person_id"])
            known.person = person
            if self.persons.usable(person, "referrals", row) and row["initiated_at"] is not None:
                needs_case(person, [timezone.localdate(row["initiated_at"])])

    def write(self, rows: Sequence[Row]) -> None:
        pairs = [(row, self.referrals.known[self.referrals.external(row["referral_id"])]) for row in rows]
        fresh = [(row, known) for row, known in pairs if known.new and known.line == row.line]
        self.new += len(fresh)
        self.there += len(rows) - len(fresh)
        for row, _known in fresh:
            self._complete(row)
        keys = [self._own_key(known) for _row, known in fresh if known.person is None]
        copy_in(VaultKey, keys)
        numbers = Numbers("R", (known.received_on for _row, known in fresh))
        copy_in(Referral, [self._referral(row, known, numbers) for row, known in fresh])
        copy_in(
            ReferralIndicator,
            [
                ReferralIndicator(referral_id=known.referral_id, code=code)
                for row, known in fresh
                for code in row["indicators"]
            ],
        )

    def _own_key(self, known: Received) -> VaultKey:
        key = VaultKey.fresh()
        known.key_id, known.plain = key.id, key.plain
        return key

    def _referral(self, row: Row, known: Received, numbers: Numbers) -> Referral:
        day = known.received_on
        assert day is not None  # noqa: S101  (a required cell)
        person = known.person
        # What is being worked on belongs to the case, and so does what the competent body decided on.
        in_case = person is not None and (row["initiated_at"] is not None or known.identification_new)
        status = ReferralStatus.RECEIVED
        if row["initiated_at"] is not None:
            status = ReferralStatus.INITIATED
        elif row["declined_on"] is not None:
            status = ReferralStatus.DECLINED
        return Referral(
            id=known.referral_id,
            key=known.key(),
            number=numbers.next(day.year),
            organisation_id=self.run.organisation.pk,
            status=status,
            received_at=row["received_at"],
            source=row["source"],
            source_group=row["source_group"],
            channel=row["channel"] or "",
            referrer_body=row["referrer_body"],
            municipality=row["municipality"],
            external_id=row["referral_id"],
            person_id=person.person_id if person else None,
            given_age=known.given_age,
            age_at_referral=person.age_on(day, own=known.own_age()) if person else None,
            suspected_forms=list(row["suspected_forms"]),
            immediate_danger=row["immediate_danger"],
            summary=row["summary"],
            case_id=person.case_id if person and in_case else None,
            sealed=bool(person and person.sealed),
            initiated_at=row["initiated_at"],
            informed_at=row["informed_at"],
            declined_on=row["declined_on"],
            imported=True,
            external_key=known.external,
            external_print=known.print,
        )


_REFERRALS = File("referrals", 10, REFERRALS, ReadReferrals, required=True)
register(_REFERRALS)


# identifications -----------------------------------------------------------------------------------------------------

IDENTIFICATIONS = (
    Column("referral_id", cells.KEY, required=True),
    Column("authority", cells.code(tuple(Authority.values)), required=True),
    Column("decided_on", cells.DATE, required=True),
    Column("outcome", cells.code_of("decision_outcomes"), required=True),
    Column("forms", cells.FORMS),
    Column("psychologist", cells.TEXT),
    Column("pedagogist", cells.TEXT),
    Column("social_worker", cells.TEXT),
    Column("reasons", cells.TEXT),
    Column("appeal_lodged_on", cells.DATE),
    Column("appeal_decided_on", cells.DATE),
    Column("appeal_outcome", cells.code(APPEAL_OUTCOMES)),
    Column("forms_after_appeal", cells.FORMS),
)


class Order:
    """Which line the rows of this run that were there before now stand on, and who has decisions from new rows."""

    def __init__(self, run: Import) -> None:
        self.lines: dict[str, int] = {}
        self.persons: set[uuid.UUID] = set()


class ReadIdentifications:
    """Checks and writes `identifications`. A row is one decision, and a second one if an appeal changed it."""

    def __init__(self, run: Import) -> None:
        self.run, self.referrals = run, run.of(Referrals)
        self.new = self.there = 0
        self.seen: set[str] = set()
        self.written: set[str] = set()
        self.panels_done: set[uuid.UUID | None] = set()
        self.sequence = (
            Decision.objects.filter(imported=True, identification__referral__organisation=run.organisation).aggregate(
                last=Max("sequence")
            )["last"]
            or 0
        )
        self.at = self.sequence

    def _refuse(self, row: Row, column: str, sentence: str) -> None:
        self.run.refuse("identifications", row.line, column, sentence)

    def _external(self, row: Row) -> str:
        return self.run.key("referrals.decision", _IDENTIFICATIONS.content(row))

    def check(self, rows: Sequence[Row]) -> None:
        externals = {row.line: self.referrals.external(row["referral_id"]) for row in rows if row["referral_id"]}
        self.referrals.load(externals.values())
        own = {row.line: self._external(row) for row in rows}
        self.seen.update(_there(Decision, own.values()))
        fresh = [externals[row.line] for row in rows if row.line in externals and own[row.line] not in self.seen]
        self.referrals.open(self.referrals.known[external] for external in fresh if external in self.referrals.known)
        for row in rows:
            self.at += 1
            received = self.referrals.known.get(externals[row.line]) if row.line in externals else None
            if row.line in externals and received is None:
                self._refuse(row, "referral_id", _("No referral has this key."))
            self._check_row(row, received)
            if received is None or row.bad or own[row.line] in self.seen:
                continue
            self.seen.add(own[row.line])
            if not received.new and received.plain is None:
                self._refuse(row, "referral_id", _("This referral was erased here; nothing more can be recorded."))
                continue
            self._take_in(row, received)

    def _check_row(self, row: Row, received: Received | None) -> None:
        decided_on, lodged_on, appealed_on = row["decided_on"], row["appeal_lodged_on"], row["appeal_decided_on"]
        received_on = received.received_on if received else None
        if decided_on and received_on and decided_on < received_on:
            self._refuse(row, "decided_on", _("This decision is dated before its referral was received."))
        if lodged_on and decided_on and lodged_on < decided_on:
            self._refuse(row, "appeal_lodged_on", _("This appeal was lodged before the decision."))
        if appealed_on and (start := lodged_on or decided_on) and appealed_on < start:
            self._refuse(row, "appeal_decided_on", _("The appeal would be decided before it was lodged."))
        if not row.good("outcome", "appeal_outcome"):
            return
        if row["outcome"] in POSITIVE and not row["forms"] and row.good("forms"):
            self._refuse(row, "forms", _("A positive decision needs at least one form of exploitation."))
        if row["appeal_outcome"] == "decision_changed":
            if appealed_on is None and row.good("appeal_decided_on"):
                self._refuse(row, "appeal_decided_on", _("A changed decision needs the day of the change."))
            turns = row["outcome"] is not None and row["outcome"] not in POSITIVE
            if turns and not row["forms_after_appeal"] and row.good("forms_after_appeal"):
                self._refuse(
                    row,
                    "forms_after_appeal",
                    _("A decision that turns positive on appeal needs at least one form of exploitation."),
                )

    def _take_in(self, row: Row, received: Received) -> None:
        if received.identification_id is None:
            received.identification_id, received.identification_new = uuid.uuid4(), True
        names = {role: row[role] for role in PANEL if row[role]}
        if names:
            received.panel = _joined(received.panel, names)
        if received.person is None:
            return
        needs_case(received.person, [row["decided_on"]])
        for decision in _decisions_of(row, self.at):
            decided(received.person, decision[:3], VICTIM_STATUS[decision[3]])

    def write(self, rows: Sequence[Row]) -> None:
        pairs = []
        order = self.run.of(Order)
        there = _there(Decision, [self._external(row) for row in rows])
        for row in rows:
            self.sequence += 1
            external = self._external(row)
            if external in there or external in self.written:
                self.there += 1
                if external not in self.written:
                    order.lines.setdefault(external, self.sequence)
                continue
            self.written.add(external)
            pairs.append(
                (row, external, self.referrals.known[self.referrals.external(row["referral_id"])], self.sequence)
            )
        self.new += len(pairs)
        order.persons.update(received.person.person_id for _row, _external, received, _at in pairs if received.person)
        self._write_identifications(pairs)
        decisions: list[Decision] = []
        appeals: list[Appeal] = []
        statuses: list[VictimStatus] = []
        for row, external, received, at in pairs:
            first, *changed = [self._decision(row, received, *each) for each in _decisions_of(row, at)]
            first.external_key = external
            decisions += [first, *changed]
            if row["appeal_lodged_on"] or row["appeal_decided_on"] or row["appeal_outcome"]:
                appeals.append(self._appeal(row, received, changed[0] if changed else None))
            person = received.person
            for decision in (first, *changed):
                place = (decision.decided_on, decision.on_appeal, decision.sequence)
                if person and person.case_new and person.decided and place == person.decided[:3]:
                    statuses.append(
                        VictimStatus(
                            case_id=person.case_id,
                            status=VICTIM_STATUS[decision.outcome],
                            since=decision.decided_on,
                            decision_id=decision.pk,
                        )
                    )
        copy_in(Decision, decisions)
        copy_in(Appeal, appeals)
        copy_in(VictimStatus, statuses)

    def _write_identifications(self, pairs: Sequence[tuple[Row, str, Received, int]]) -> None:
        fresh = []
        for row, _external, received, _at in pairs:
            if received.identification_new:
                received.identification_new = False
                self.panels_done.add(received.identification_id)
                fresh.append(
                    Identification(
                        id=received.identification_id,
                        key=received.key(),
                        referral_id=received.referral_id,
                        route=row["authority"],
                        status=IdentificationStatus.DECIDED,
                        panel=received.panel,
                        imported=True,
                    )
                )
                if not received.new and received.person is not None:
                    # a referral that was there before joins the case that its decision opens
                    Referral.objects.filter(pk=received.referral_id, case=None).update(case_id=received.person.case_id)
            elif received.panel and received.identification_id not in self.panels_done:
                # the first pass has taken in every name of the panel, so once is enough
                self.panels_done.add(received.identification_id)
                self._add_panel(received)
        copy_in(Identification, fresh)
        known = [received.identification_id for _row, _external, received, _at in pairs]
        Identification.objects.filter(pk__in=known, status=IdentificationStatus.OPEN).update(
            status=IdentificationStatus.DECIDED
        )

    def _add_panel(self, received: Received) -> None:
        identification = Identification.objects.select_related("key").get(pk=received.identification_id)
        identification.panel = _joined(identification.panel, received.panel or {})
        identification.version += 1
        identification.save()

    def _decision(
        self, row: Row, received: Received, decided_on: datetime.date, on_appeal: bool, at: int, outcome: str
    ) -> Decision:
        person = received.person
        return Decision(
            key=received.key(),
            identification_id=received.identification_id,
            person_id=person.person_id if person else None,
            authority=row["authority"],
            outcome=outcome,
            decided_on=decided_on,
            on_appeal=on_appeal,
            sequence=at,
            forms=list(row["forms_after_appeal"] if on_appeal else row["forms"]),
            reasons="" if on_appeal else row["reasons"],
            age_at_decision=person.age_on(decided_on, own=received.own_age()) if person else None,
            imported=True,
        )

    def _appeal(self, row: Row, received: Received, changed: Decision | None) -> Appeal:
        return Appeal(
            key=received.key(),
            identification_id=received.identification_id,
            lodged_on=row["appeal_lodged_on"],
            decided_on=row["appeal_decided_on"],
            outcome=row["appeal_outcome"] or "",
            decision_id=changed.pk if changed else None,
            imported=True,
        )


def _joined(panel: Mapping[str, str] | None, names: Mapping[str, str]) -> dict[str, str]:
    """A panel with these names of each role added, every name once."""
    joined = dict(panel or {})
    for role, given in names.items():
        held = [name for name in joined.get(role, "").split("; ") if name]
        joined[role] = "; ".join([*held, *(name for name in given.split("; ") if name not in held)])
    return joined


def _decisions_of(row: Row, at: int) -> list[tuple[datetime.date, bool, int, str]]:
    """Date, whether on appeal, order and outcome of the decisions that a row tells of: one or two."""
    found = [(row["decided_on"], False, at, row["outcome"])]
    if row["appeal_outcome"] == "decision_changed" and row["appeal_decided_on"]:
        positive = "identified" if row["authority"] == Authority.CPTV else "recognised"
        found.append((row["appeal_decided_on"], True, at, positive if row["forms_after_appeal"] else "not_identified"))
    return found


def _there(model: Any, externals: Iterable[str]) -> set[str]:
    """Which of these rows are already in the records."""
    return set(model.objects.filter(external_key__in=list(externals)).values_list("external_key", flat=True))


_REORDER = """
    UPDATE referrals_decision AS decision SET sequence = line.at
    FROM unnest(%s::text[], %s::integer[]) AS line (external, at)
    JOIN referrals_decision AS first ON first.external_key = line.external
    WHERE decision.identification_id = first.identification_id AND decision.sequence = first.sequence
      AND decision.imported AND first.person_id = ANY(%s)
"""


def order_by_line(run: Import) -> None:
    """On one day the later line is newer: where a new row came in between old ones, the lines of this folder hold.

    The decision that an appeal changed into stands on the line of the first one. Whose rows were all there before
    keeps the order that there was.
    """
    order = run.of(Order)
    if order.lines and order.persons:
        with connection.cursor() as cursor:
            cursor.execute(_REORDER, [list(order.lines), list(order.lines.values()), list(order.persons)])


def follow_decisions(run: Import) -> None:
    """The victim status of cases that were there before, if a newer decision came in."""
    moved = [
        person
        for person in run.of(Persons).known.values()
        if person.decided and person.case_id is not None and not person.case_new
    ]
    for person in moved:
        case = Case.objects.get(pk=person.case_id)
        newest = newest_decision(case)
        status = VICTIM_STATUS[newest.outcome] if newest else case.victim_status
        if newest and not case.victim_statuses.filter(decision_id=newest.pk).exists():
            VictimStatus.objects.create(case=case, status=status, since=newest.decided_on, decision_id=newest.pk)
            case.victim_status = status
            case.save(update_fields=["victim_status"])


_IDENTIFICATIONS = File("identifications", 20, IDENTIFICATIONS, ReadIdentifications)
register(_IDENTIFICATIONS)
register_steps(after=[Step(5, order_by_line), Step(10, follow_decisions)])


def _without_panel(organisation: Any) -> Any:
    """Imported decisions of CPTV that name nobody of the panel."""
    return Decision.objects.valid().filter(
        identification__referral__organisation=organisation,
        imported=True,
        authority=Authority.CPTV,
        on_appeal=False,
        identification__panel__isnull=True,
    )


quality.register(
    quality.Concern(
        "decision-without-panel",
        gettext_lazy("Imported decisions of CPTV that name nobody of the panel"),
        _without_panel,
        "identification__referral__number",
    )
)

from referrals import call_records  # noqa: E402, F401  (its file stands on the referrals of a run, declared above)
