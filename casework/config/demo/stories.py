"""What happens to one invented person, step by step, through the services that the pages use."""

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from casework.access.models import Duty, Organisation, User
from casework.cases import services as cases
from casework.cases.models import Case, CaseStatus
from casework.config.demo import names
from casework.config.demo.history import History
from casework.justice import proceedings
from casework.justice import services as justice
from casework.justice.chain import DESIGNATION
from casework.justice.models import WitnessOutcome, WitnessStatus
from casework.shelter import services as shelter
from casework.shelter.models import Placement, Shelter
from casework.shelter.nights import Stay, bed_for
from casework.shelter.occupancy import bed_nights
from casework.workflow import Refused
from referrals import services as referrals
from referrals.models import Decision, Identification, Referral, Route, Seen

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)

# What points to what: forms of exploitation, with signs that go with them.
FORMS: tuple[tuple[int, list[str], list[str]], ...] = (
    (34, ["sex-trafficking"], ["movement-restriction", "threats", "takes-earnings"]),
    (20, ["labor-trafficking"], ["passport-confiscation", "unpaid-wages", "inadequate-housing"]),
    (12, ["forced-begging"], ["street-begging-child", "parents-involved"]),
    (7, ["forced-criminality"], ["criminal-group", "child-criminal-activity"]),
    (7, ["forced-marriage"], ["recruited-by-family", "movement-restriction"]),
    (5, ["domestic-servitude"], ["communication-restriction", "surveillance"]),
    (6, ["sex-trafficking", "forced-begging"], ["takes-earnings", "psychological-abuse"]),
    (4, ["labor-trafficking", "forced-criminality"], ["debt-bondage", "threats-to-family"]),
    (5, ["self-generated-content"], ["grooming-ict", "recruited-online"]),
)
SOURCES: tuple[tuple[int, str, str], ...] = (
    (24, "police", "telephone"),
    (22, "social-welfare-center", "telephone"),
    (10, "ngo-hotline", "hotline"),
    (8, "commissariat-refugees", "telephone"),
    (6, "mobile-team", "in-person"),
    (6, "labor-inspectorate", "telephone"),
    (5, "school", "telephone"),
    (5, "health-service", "telephone"),
    (5, "self", "in-person"),
    (4, "family-or-friend", "telephone"),
    (3, "prosecutor-or-court", "letter"),
    (2, "citizen-report", "e-mail"),
)
PROSECUTOR = "Više javno tužilaštvo Primer"
TOWNS = ("Primer-grad", "Primer-selo", "Ogledno Polje", "Donja Proba", "Gornja Proba")
REASONS = {
    "identified": "Nalaz opisuje vrbovanje, prevoz i iskorišćavanje (izmišljeno).",
    "recognised": "Organ starateljstva prepoznaje dete kao žrtvu (izmišljeno).",
    "not_identified": "Obeležja nisu potvrđena (izmišljeno).",
    "inconclusive": "Podaci nisu dovoljni za odluku (izmišljeno).",
    "discontinued": "Osoba je odustala od postupka (izmišljeno).",
}


@dataclass
class House:
    """One organisation at work: who does what, and where people stay."""

    organisation: Organisation
    caseworkers: list[User]
    supervisors: list[User]
    shelters: dict[str, Shelter] = field(default_factory=dict)


def pick(chance: random.Random, table: "tuple[tuple[Any, ...], ...]") -> tuple[Any, ...]:
    """A row of a table whose first column is its weight."""
    return tuple(chance.choices(table, [row[0] for row in table])[0][1:])


class Story:
    """One referral and what follows. Each method is an act at a moment, to be put into a `History`."""

    def __init__(
        self,
        history: History,
        house: House,
        seed: str,
        received_at: datetime.datetime,
        *,
        worker: User | None = None,
        responder: User | None = None,
        age: int | None = None,
        sex: str = "",
    ) -> None:
        self.history, self.house, self.received_at = history, house, received_at
        self.chance = random.Random(seed)  # noqa: S311  (reproducible, not secret)
        self.worker = worker or self.chance.choice(house.caseworkers)
        self.supervisor, self.responder = house.supervisors[0], responder
        self.forms, self.signs = pick(self.chance, FORMS)
        self.source, self.channel = pick(self.chance, SOURCES)
        if self.forms == ["forced-begging"] or "child-criminal-activity" in self.signs:
            age = age if age is not None else self.chance.randint(7, 17)
        self.invented = names.person(self.chance, timezone.localdate(received_at), age=age, sex=sex)
        self.referral: Referral
        self.case: Case
        self.placement: Placement | None = None
        self.decision: Decision | None = None
        self.statuses: dict[str, WitnessStatus] = {}
        self.over = False

    def at(self, moment: datetime.datetime, act: Callable[..., object], **details: Any) -> None:
        """Let an act of this story happen at a moment. One that is refused is the last of it: life went otherwise."""

        def happen(now: datetime.datetime) -> None:
            if self.over:
                return
            try:
                act(now, **details)
            except Refused:
                self.over = True
                raise

        self.history.at(moment, happen)

    # --- the front door ----------------------------------------------------------------------------------------------
    def _told(self) -> dict[str, Any]:
        return {
            "organisation": self.house.organisation,
            "source": self.source,
            "municipality": self.chance.choice(TOWNS),
            "person": self.invented.details,
            "given_age": self.invented.given_age,
            "language": self.invented.language,
            "suspected_forms": self.forms,
            "indicators": [(sign, self.chance.choice([Seen.SEEN, Seen.SAID])) for sign in self.signs],
            "immediate_danger": self.chance.choices(["no", "yes", "unknown"], [70, 18, 12])[0],
            "leaflet_given": self.chance.choice(["yes", "yes", "no", "unknown"]),
            "summary": "Izmišljena prijava za primer: osoba se javila posle sumnje na iskorišćavanje.",
        }

    def log(self, now: datetime.datetime, **more: Any) -> None:
        """A caseworker writes the referral down."""
        self.referral = referrals.log_referral(
            received_at=self.received_at,
            channel=self.channel,
            now=now,
            logged_by=self.worker,
            **self._told() | more,
        )

    def submit(self, now: datetime.datetime) -> None:
        """A first responder submits it from outside; whoever is on duty then goes on with it."""
        self.source = "social-welfare-center"
        self.referral = referrals.submit_referral(
            now=now,
            submitted_by=self.responder or self.worker,
            referrer_contact="000 000 000 (izmišljeno)",
            **self._told(),
        )

    def report_place(self, now: datetime.datetime) -> None:
        """A report about a place, without any person."""
        self.log(now, person=None, given_age=None, language="", place="Gradilište Proba", source="citizen-report")

    def decline(self, now: datetime.datetime) -> None:
        referrals.decline_referral(
            referral=self.referral,
            reason="Nema znakova trgovine ljudima (izmišljeno).",
            signposted_to="Savetovalište Primer",
            now=now,
            declined_by=self.worker,
        )

    def link_to(self, now: datetime.datetime, earlier: "Story") -> None:
        referrals.link_referral(referral=self.referral, earlier=earlier.referral, now=now, linked_by=self.supervisor)

    def mark_referral_in_error(self, now: datetime.datetime) -> None:
        referrals.mark_referral_in_error(
            referral=self.referral, why="Uneto dvaput (izmišljeno).", now=now, marked_by=self.supervisor
        )

    def initiate(self, now: datetime.datetime) -> None:
        if self.responder is not None:
            duty = Duty.objects.filter(organisation=self.house.organisation).at(now).get()
            self.worker = next(user for user in self.house.caseworkers if user == duty.user)
        self.case = referrals.initiate_case(referral=self.referral, now=now, initiated_by=self.worker)

    def inform(self, now: datetime.datetime) -> None:
        referrals.record_informed(referral=self.referral, informed_at=now, now=now, informed_by=self.worker)

    def escalate(self, now: datetime.datetime) -> None:
        referrals.escalate_overdue(now=now)

    # --- the case ----------------------------------------------------------------------------------------------------
    def confirm(self, now: datetime.datetime) -> None:
        assignment = self.case.assignments.current().get()
        cases.confirm_assignment(assignment=assignment, confirmed_by=self.supervisor, now=now)

    def reassign(self, now: datetime.datetime) -> None:
        """The supervisor gives the case to another caseworker, if there is one."""
        others = [user for user in self.house.caseworkers if user != self.worker]
        if not others:
            return self.confirm(now)
        self.worker = self.chance.choice(others)
        cases.reassign_case(case=self.case, caseworker=self.worker, reassigned_by=self.supervisor, now=now)
        return None

    def note(self, now: datetime.datetime) -> None:
        kind, body = self.chance.choice(
            [
                ("telephone", "Razgovor telefonom: dogovoren sastanak. (izmišljeno)"),
                ("conversation", "Razgovor o planu i potrebama; osoba je mirna. (izmišljeno)"),
                ("visit", "Poseta; uslovi su dobri. (izmišljeno)"),
                ("note", "Zakazan pregled kod lekara. (izmišljeno)"),
            ]
        )
        cases.add_note(case=self.case, kind=kind, happened_at=now, body=body, written_by=self.worker)

    def assess_risk(self, now: datetime.datetime) -> None:
        self.case.refresh_from_db()
        cases.amend_case(
            case=self.case,
            version=self.case.version,
            amended_by=self.worker,
            risk_level=self.chance.choices(["low", "medium", "high"], [40, 40, 20])[0],
            safety_plan="Ne odlaziti sama; broj dežurnog je u telefonu. (izmišljeno)",
            safety_review_on=timezone.localdate(now) + 30 * DAY,
        )

    # --- identification ----------------------------------------------------------------------------------------------
    def _identification(self) -> Identification:
        return Identification.objects.select_related("referral__case", "key").get(referral=self.referral)

    def decide_route(self, now: datetime.datetime) -> None:
        identification = self._identification()
        if identification.route == Route.UNDECIDED:
            referrals.decide_route(
                identification=identification,
                route=self.chance.choice([Route.CPTV, Route.CSW]),
                reason="Po proceni lekara (izmišljeno).",
                decided_by=self.supervisor,
            )

    def decide(self, now: datetime.datetime, outcome: str) -> None:
        """The competent body decided; `outcome` "positive" is its own word for yes."""
        identification = self._identification()
        if outcome == "positive":
            outcome = "recognised" if identification.route == Route.CSW else "identified"
        positive = outcome in ("identified", "recognised")
        today = timezone.localdate(now)
        self.decision = referrals.record_decision(
            identification=identification,
            authority=identification.route,
            outcome=outcome,
            decided_on=today,
            forms=self.forms if positive else [],
            reasons=REASONS[outcome],
            body="CSR Primer-grad" if identification.route == Route.CSW else "",
            reference=f"PR-{self.chance.randrange(100, 999)}/{today.year}",
            today=today,
            recorded_by=self.worker,
        )

    def mark_decision_in_error(self, now: datetime.datetime) -> None:
        if self.decision is not None:
            referrals.mark_decision_in_error(
                decision=self.decision, why="Odluka druge osobe (izmišljeno).", now=now, marked_by=self.supervisor
            )

    # --- a place to stay ---------------------------------------------------------------------------------------------
    def place(self, now: datetime.datetime, kind: str, *, nights: int | None, bed: int | None = None) -> None:
        """A bed in the house's shelter of this kind; without a free one nothing happens. `bed` counts from 0."""
        today = timezone.localdate(now)
        house, ends_on = self.house.shelters[kind], None if nights is None else today + nights * DAY
        if bed is None and bed_for(Stay(today, ends_on), bed_nights(house, today)) is None:
            return
        self.placement = shelter.place_person(
            case=self.case,
            kind=kind,
            shelter=house,
            bed=None if bed is None else house.beds.order_by("name")[bed],
            starts_on=today,
            ends_on=ends_on,
            needs=self.chance.choice(["", "Prevodilac; mirna soba. (izmišljeno)", "Dete uz majku. (izmišljeno)"]),
            placed_by=self.worker,
            today=today,
        )

    def place_in_family(self, now: datetime.datetime) -> None:
        """A foster family: the supervisor overrides the gate, which nobody can open yet."""
        today = timezone.localdate(now)
        self.placement = shelter.place_person(
            case=self.case,
            kind="foster-family",
            facility="Porodica Primer",
            starts_on=today,
            family_trained=self.chance.choice(["yes", "yes", "no"]),
            override_reason="Procena CSR-a je usmeno potvrđena (izmišljeno).",
            placed_by=self.supervisor,
            today=today,
        )

    def leave(self, now: datetime.datetime) -> None:
        if self.placement is not None and self.placement.ends_on is None:
            shelter.end_placement(placement=self.placement, ends_on=timezone.localdate(now), ended_by=self.worker)

    # --- witness -----------------------------------------------------------------------------------------------------
    def ask_status(self, now: datetime.datetime, kind: str) -> None:
        """Ask for a designation or a status; what the chain does not allow yet is not asked for."""
        self.case.refresh_from_db(fields=["status", "victim_status"])
        designated = self.statuses.get(DESIGNATION)
        waits = kind != DESIGNATION and (designated is None or designated.status != WitnessOutcome.GRANTED)
        if self.case.status != CaseStatus.OPEN or not self.case.victim_status.startswith("officially") or waits:
            return
        today = timezone.localdate(now)
        self.statuses[kind] = justice.request_witness_status(
            case=self.case,
            kind=kind,
            requested_on=today,
            decided_by_body=PROSECUTOR,
            requested_by=self.worker,
            today=today,
        )

    def answer_status(self, now: datetime.datetime, kind: str, answer: str) -> None:
        status = self.statuses.get(kind)
        if status is None:
            return
        today = timezone.localdate(now)
        if answer == "granted":
            justice.grant_witness_status(
                witness_status=status, decided_on=today, decided_by_body=PROSECUTOR, granted_by=self.worker, today=today
            )
        elif answer == "refused":
            justice.refuse_witness_status(
                witness_status=status,
                decided_on=today,
                decided_by_body=PROSECUTOR,
                reasons="Nije potrebno u ovoj fazi (izmišljeno).",
                refused_by=self.worker,
                today=today,
            )
        else:
            justice.withdraw_witness_status(
                witness_status=status, decided_on=today, withdrawn_by=self.worker, today=today
            )

    # --- proceedings -------------------------------------------------------------------------------------------------
    def open_proceeding(self, now: datetime.datetime, **known: Any) -> None:
        today = timezone.localdate(now)
        proceedings.open_proceeding(
            case=self.case,
            opened_on=today,
            prosecutors_office=PROSECUTOR,
            opened_by=self.worker,
            today=today,
            **known,
        )

    # --- the end -----------------------------------------------------------------------------------------------------
    def close(self, now: datetime.datetime) -> None:
        self.leave(now)
        cases.close_case(
            case=self.case,
            reason="Podrška je završena; osoba zna kome da se javi. (izmišljeno)",
            closed_on=timezone.localdate(now),
            closed_by=self.worker,
        )

    def seal(self, now: datetime.datetime) -> None:
        cases.seal_case(case=self.case, named=[self.worker, self.supervisor], sealed_by=self.supervisor, now=now)

    # --- whole lives -------------------------------------------------------------------------------------------------
    def begin_case(self, received_at: datetime.datetime, *, late: bool = False) -> datetime.datetime:
        """Log, initiate, inform and confirm; returns when it was initiated. `late`: after the clock had run out."""
        at, chance = self.at, self.chance
        if self.responder is not None:
            at(received_at, self.submit)
        else:
            at(received_at + datetime.timedelta(minutes=chance.randint(4, 50)), self.log)
        initiated = received_at + (chance.uniform(25, 40) if late else chance.uniform(1, 20)) * HOUR
        if late:
            at(received_at + 24 * HOUR + datetime.timedelta(minutes=1), self.escalate)
        at(initiated, self.initiate)
        at(initiated + chance.uniform(0.2, 3) * HOUR, self.inform)
        review = self.reassign if chance.random() < 0.12 else self.confirm
        at(next_morning(initiated), review)
        return initiated


def next_morning(moment: datetime.datetime) -> datetime.datetime:
    """Half past eight, in Belgrade, of the day after."""
    day = timezone.localdate(moment) + DAY
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(8, 30)))
