"""A small world with a canary in every text: one record of Boris at home, one sealed, one of another organisation.

Whoever may not see a record must not meet its canary anywhere: not in a page, a header, a count, a suggestion, a log.
"""

import datetime
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from casework.access.models import Duty, Organisation, User
from casework.cases import services as cases
from casework.cases.consent import record_consent
from casework.cases.models import Case, Conflict, Consent, Note, Opening
from casework.justice import proceedings
from casework.justice import services as justice
from casework.justice.models import Proceeding, WitnessStatus
from casework.shelter import services as shelters
from casework.shelter.models import Bed, Placement, Shelter
from referrals import services as front_door
from referrals.models import Attachment, Call, Decision, Leaflet, Onward, Participant, Referral, UrgentNeed, Visit
from referrals.services.attachments import Brought

FORMS = ["sex-trafficking"]


@dataclass
class Dossier:
    """One person's records, all texts of which carry the same canary."""

    canary: str
    seen_by: frozenset[str]  # user names
    referral: Referral
    received: Referral
    case: Case
    closed: Case
    note: Note
    decision: Decision
    participant: Participant  # waits to be told
    need: UrgentNeed  # not met yet
    shelter: Shelter
    bed: Bed
    placement: Placement
    status: WitnessStatus
    pending: WitnessStatus
    proceeding: Proceeding
    attachment: Attachment
    opening: Opening  # a reveal that waits for review
    consent: Consent
    draft: Onward  # allowed and not sent
    onward: Onward  # to a body outside, waiting for an answer
    leaflet: Leaflet
    call: Call
    visit: Visit
    passed_on: Onward | None = None  # to the other organisation of this installation, waiting for an answer
    conflict: Conflict | None = None  # of zorica with the one of home
    named: User | None = None  # a colleague named on the case


def _text(canary: str, what: str) -> str:
    return f"{canary} {what}"


def hiding_place(canary: str) -> str:
    """The address of a dossier's shelter: only its keepers see it on a page."""
    return f"Skrovište {canary[:4]} 7"


def _person(canary: str) -> dict[str, Any]:
    return {
        "names": [{"given": canary, "family": f"{canary}ić", "kind": "used"}],
        "sex": "female",
        "birth_date": datetime.date(1999, 5, 17),
        "citizenships": ["RS"],
        "description": _text(canary, "description"),
        "contacts": _text(canary, "contacts"),
        "safe_contact": _text(canary, "safe contact"),
        "identifiers": _text(canary, "identifiers"),
    }


def make_dossier(canary: str, *, caseworker: User, supervisor: User, keeper: User | None, seen_by: set[str]) -> Dossier:
    """A referral that became a case with everything on it, a referral still waiting, and a closed case."""
    now, today = timezone.now(), timezone.localdate()
    texts = {
        "referrer_body": _text(canary, "body"),
        "referrer_name": _text(canary, "referrer"),
        "referrer_contact": _text(canary, "telephone"),
        "municipality": _text(canary, "town"),
        "place": _text(canary, "place"),
        "danger_note": _text(canary, "danger"),
        "summary": _text(canary, "summary"),
    }

    def log(days: int, person: dict[str, Any] | None) -> Referral:
        return front_door.log_referral(
            organisation=caseworker.organisation,
            received_at=now - datetime.timedelta(days=days),
            source="police",
            person=person,
            indicators=[("passport-confiscation", "seen")],
            suspected_forms=FORMS,
            immediate_danger="yes",
            logged_by=caseworker,
            now=now,
            **texts,
        )

    referral = log(40, _person(canary))
    referral = front_door.amend_referral(
        referral=referral, version=referral.version, other_signs=_text(canary, "signs"), amended_by=caseworker
    )
    case = front_door.initiate_case(referral=referral, now=now, initiated_by=caseworker)
    referral.refresh_from_db()
    decision = front_door.record_decision(
        identification=referral.identification,
        authority="cptv",
        outcome="identified",
        decided_on=today - datetime.timedelta(days=30),
        forms=FORMS,
        reasons=_text(canary, "reasons"),
        body=_text(canary, "deciding body"),
        reference=_text(canary, "reference"),
        today=today,
        recorded_by=caseworker,
    )
    front_door.choose_authority(
        referral=referral,
        question="police",
        rule="route-cyber",
        reason=_text(canary, "choice"),
        now=now,
        chosen_by=supervisor,
    )
    front_door.assess_risk(
        referral=referral,
        level="high",
        reasons=_text(canary, "risk"),
        needs=["medical", "interpretation"],
        now=now,
        assessed_by=caseworker,
    )
    met, need = referral.urgent_needs.order_by("kind")
    front_door.meet_need(need=met, said=_text(canary, "helped"), now=now, met_by=caseworker)
    told, participant = (
        front_door.add_participants(referral=referral, bodies=[], name=_text(canary, word), added_by=caseworker)[0]
        for word in ("told", "participant")
    )
    front_door.inform_participant(
        participant=told,
        informed_at=now,
        how="telephone",
        spoke_with=_text(canary, "spoke with"),
        now=now,
        informed_by=caseworker,
    )
    case.refresh_from_db()
    case = cases.amend_case(
        case=case, version=case.version, amended_by=caseworker, risk_level="high", safety_plan=_text(canary, "plan")
    )
    note = cases.add_note(case=case, kind="note", happened_at=now, body=_text(canary, "note"), written_by=caseworker)
    house = shelters.add_shelter(
        organisation=caseworker.organisation,
        name=f"House {case.number}",
        kind="ngo-shelter",
        keepers=[keeper] if keeper else [],
        address=hiding_place(canary),
        added_by=supervisor,
    )
    bed = shelters.add_bed(shelter=house, name="1", added_by=supervisor)
    placement = shelters.place_person(
        case=case,
        kind="ngo-shelter",
        shelter=house,
        bed=bed,
        starts_on=today - datetime.timedelta(days=2),
        needs=_text(canary, "needs"),
        placed_by=caseworker,
        today=today,
    )
    status = justice.request_witness_status(
        case=case,
        kind="particularly-vulnerable-group",
        requested_on=today - datetime.timedelta(days=20),
        decided_by_body=_text(canary, "office"),
        requested_by=caseworker,
        today=today,
    )
    status = justice.grant_witness_status(
        witness_status=status,
        decided_on=today - datetime.timedelta(days=10),
        decided_by_body=_text(canary, "office"),
        reasons=_text(canary, "witness"),
        granted_by=caseworker,
        today=today,
    )
    pending = justice.request_witness_status(
        case=case, kind="protective-witness", requested_on=today, requested_by=caseworker, today=today
    )
    proceeding = proceedings.open_proceeding(
        case=case,
        opened_on=today - datetime.timedelta(days=15),
        committed_on=today - datetime.timedelta(days=60),
        reference=_text(canary, "docket"),
        prosecutors_office=_text(canary, "prosecutor"),
        court=_text(canary, "court"),
        offence="human-trafficking",
        specialised_prosecutor="no",
        why_no_specialist=_text(canary, "no specialist"),
        proceeds_confiscated="yes",
        confiscation_note=_text(canary, "confiscated"),
        opened_by=caseworker,
        today=today,
    )
    (attachment,) = front_door.attach_files(
        referral=referral,
        brought=[Brought(_text(canary, "file.txt"), _text(canary, "content").encode())],
        now=now,
        attached_by=caseworker,
    )
    consent = record_consent(
        case=case,
        purpose="identification",
        recipient_kind="cptv",
        answer="given",
        answered_on=today,
        today=today,
        given_by="representative",
        giver=_text(canary, "giver"),
        manner="oral",
        recorded_by=caseworker,
    )

    def pass_on() -> Onward:
        draft = front_door.prepare_onward(
            case=case, purpose="identification", recipient_kind="cptv", now=now, prepared_by=caseworker
        )
        return front_door.choose_shared(
            onward=draft,
            version=draft.version,
            shared=["name", "birth_date", "safe_contact", "needs"],
            needs=_text(canary, "needs of hers"),
            today=today,
            chosen_by=caseworker,
        )

    onward = front_door.send_onward(onward=pass_on(), channel="letter", now=now, sent_by=caseworker)
    draft = pass_on()
    leaflet = front_door.record_leaflet(
        referral=referral,
        audience="adult",
        language="sr",
        given_on=today,
        given_by=_text(canary, "leaflet"),
        today=today,
        recorded_by=caseworker,
    )
    call = front_door.log_call(
        organisation=caseworker.organisation,
        hotline="ngo",
        received_at=now,
        trafficking_related="yes",
        topic=_text(canary, "topic"),
        caller=_text(canary, "caller"),
        outcome=_text(canary, "call's outcome"),
        note=_text(canary, "call"),
        now=now,
        logged_by=caseworker,
    )
    call = front_door.link_call(call=call, referral=referral, linked_by=caseworker)
    visit = front_door.log_visit(
        organisation=caseworker.organisation,
        visited_at=now,
        place=_text(canary, "spot"),
        municipality=_text(canary, "area"),
        members=[_text(canary, "member")],
        note=_text(canary, "remark"),
        now=now,
        logged_by=caseworker,
    )
    old = log(300, _person(canary + "Stara"))
    closed = front_door.initiate_case(referral=old, now=now, initiated_by=caseworker)
    closed = cases.close_case(case=closed, reason=_text(canary, "closing"), closed_on=today, closed_by=caseworker)
    received = log(1, _person(canary + "Nova"))
    opening = cases.reveal_field(
        person=case.person,
        field="identifiers",
        reason_kind="papers",
        reason="Razlog za ovaj uvid.",
        revealed_by=caseworker,
        now=now,
    )
    case.refresh_from_db()
    return Dossier(
        canary=canary,
        seen_by=frozenset(seen_by),
        referral=referral,
        received=received,
        case=case,
        closed=closed,
        note=note,
        decision=decision,
        participant=participant,
        need=need,
        shelter=house,
        bed=bed,
        placement=placement,
        status=status,
        pending=pending,
        proceeding=proceeding,
        attachment=attachment,
        opening=opening,
        consent=consent,
        draft=draft,
        onward=onward,
        leaflet=leaflet,
        call=call,
        visit=visit,
    )


def pass_on_inside(dossier: Dossier, to: Organisation, supervisor: User) -> Onward:
    """Ask another organisation to take the case over; all that it is told is the sex and the language."""
    case, today, now = dossier.case, timezone.localdate(), timezone.now()
    record_consent(
        case=case,
        purpose="take-over",
        recipient_kind="ngo",
        answer="given",
        answered_on=today,
        today=today,
        given_by="person",
        manner="oral",
        recorded_by=supervisor,
    )
    draft = front_door.prepare_onward(
        case=case,
        purpose="take-over",
        recipient_kind="ngo",
        recipient_organisation=to,
        now=now,
        prepared_by=supervisor,
    )
    return front_door.send_onward(onward=draft, channel="", now=now, sent_by=supervisor)


def make_world(cast: SimpleNamespace) -> SimpleNamespace:
    """The three dossiers; at home a second supervisor (sava), a third who has a conflict of interest with the person of
    home (zorica), and a caseworker on duty (goran); colleagues named."""
    extra = (
        ("sava", "supervisor", cast.home),
        ("zorica", "supervisor", cast.home),
        ("goran", "caseworker", cast.home),
    )
    named = (("zora", "caseworker", cast.home), ("zlatko", "caseworker", cast.other))
    for username, role, place in extra + named:
        user = User(username=username, full_name=f"{username.title()} Probni", organisation=place)
        user.password = cast.ana.password
        user.save()
        user.groups.add(Group.objects.get(name=role))
        setattr(cast, username, user)
    now = timezone.now()
    Duty.objects.create(
        organisation=cast.home,
        user=cast.goran,
        starts_at=now - datetime.timedelta(hours=1),
        ends_at=now + datetime.timedelta(hours=8),
        set_by=cast.vesna,
    )
    home = make_dossier(
        "Kanarinka", caseworker=cast.boris, supervisor=cast.vesna, keeper=cast.nada, seen_by={"boris", "vesna", "sava"}
    )
    other = make_dossier(
        "Slavujka", caseworker=cast.olga, supervisor=cast.dragan, keeper=None, seen_by={"olga", "dragan"}
    )
    sealed = make_dossier("Zatvorka", caseworker=cast.ana, supervisor=cast.sava, keeper=None, seen_by={"ana", "sava"})
    for dossier, by, colleague in ((home, cast.vesna, cast.zora), (other, cast.dragan, cast.zlatko)):
        cases.name_colleague(
            case=dossier.case,
            colleague=colleague,
            until=timezone.localdate() + datetime.timedelta(days=1),
            named_by=by,
            now=now,
        )
        dossier.named = colleague
    sealed.named = cast.ana
    home.passed_on = pass_on_inside(home, cast.other, cast.vesna)
    other.passed_on = pass_on_inside(other, cast.home, cast.dragan)
    sealed.passed_on = pass_on_inside(sealed, cast.other, cast.sava)
    for case in (home.case, home.closed):
        conflict = cases.declare_conflict(
            case=case,
            user=cast.zorica,
            kind="relative",
            reason="Kanarinka relative",
            declared_by=cast.vesna,
            now=now,
        )
        home.conflict = home.conflict or conflict
    for case in (sealed.case, sealed.closed):
        cases.seal_case(case=case, named=[cast.ana, cast.sava], sealed_by=cast.sava, now=now)
    return SimpleNamespace(home=home, other=other, sealed=sealed, cast=cast)
