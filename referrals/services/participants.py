"""Who must be told of a referral, and that each of them was: the second 24-hour clock is met when nobody waits.

No document says who the “relevant participants” are. Whoever identifies the person always is (`RELEVANT_PARTICIPANTS`);
the rules on competence and the pathways of the directory propose others, and a caseworker chooses.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.consent import Recipient, Verdict, verdict_of
from casework.cases.consent_models import ALLOWS, Consent
from casework.workflow import Refused, advance, lock
from reference import directory
from reference.models import Entry
from reference.sections import AUTHORITIES, BODIES
from referrals.models import ClockKind, How, Participant, ParticipantStatus, Referral, ReferralStatus, Route
from referrals.services import clocks
from referrals.services.competence import competence_of
from referrals.services.reach import must_be_valid, must_reach
from referrals.services.recipients import kind_of

IDENTIFIES = "identification"
# For what a body of a kind is told of a referral (code list consent_purposes); everybody else is told to help.
_PURPOSES = {"cptv": IDENTIFIES, "csw": IDENTIFIES, "police": "report", "prosecutor-or-court": "report"}
_TO_HELP = "services"
_PROPOSING = (IDENTIFIES, "police", "prosecution", "receives")  # a court is not told of a referral


@dataclass(frozen=True)
class Proposal:
    """A body that a rule or a pathway names: its id, or printed words; `why` is the entry that names it."""

    body: str
    why: Entry
    condition: str = ""


def proposals(referral: Referral) -> list[Proposal]:
    """Whom the rules of the day of receipt and the pathways name, each once, without those on the list already."""
    day = timezone.localdate(referral.received_at)
    competence = competence_of(referral)
    age = competence.facts.victim_age
    for_age = "" if age is None else "child" if age < settings.CHILD_AGE_LIMIT else "adult"
    found: dict[str, Proposal] = {}
    named = [candidate for question in _PROPOSING for candidate in competence.answers[question].candidates]
    for candidate in sorted(named, key=lambda candidate: bool(candidate.condition)):  # rules that hold come first
        if candidate.authority:
            proposal = Proposal(candidate.authority, candidate.rule, candidate.condition)
            found.setdefault(candidate.authority, proposal)
    for step in directory.pathway(age=for_age, day=day):
        body = str(step.data.get("to", ""))
        if body and not step.data.get("when"):
            found.setdefault(body, Proposal(body, step))
    listed = set(_on_list(referral).values_list("body", flat=True))
    return [proposal for body, proposal in found.items() if body not in listed]


def names_of(bodies: Iterable[str]) -> dict[str, Entry]:
    """The entries of the reference for ids of bodies; an authority comes before an organisation of the same id."""
    wanted = [body for body in bodies if body]
    found = Entry.objects.active().filter(section__in=(AUTHORITIES, BODIES), code__in=wanted).with_text()
    return {entry.code: entry for entry in sorted(found, key=lambda entry: entry.section == AUTHORITIES)}


def verdicts(participants: Iterable[Participant], day: datetime.date) -> dict[Any, Verdict]:
    """Whether the person agrees that each of them (of one referral) is told, on a day: the verdicts by primary key.

    A referral about nobody in particular needs no consent, and has none.
    """
    rows = list(participants)
    if not rows or rows[0].referral.person_id is None:
        return {}
    answers = Consent.objects.valid().filter(case__person=rows[0].referral.person_id, answered_on__lte=day)
    by_kind: dict[tuple[str, str], list[Consent]] = {}
    for answer in answers.select_related("key"):
        by_kind.setdefault((answer.purpose, answer.recipient_kind), []).append(answer)
    names = names_of(row.body for row in rows)
    found = {}
    for row in rows:
        entry = names.get(row.body)
        kind = kind_of(entry)
        purpose = _PURPOSES.get(kind, _TO_HELP)
        recipient = Recipient(kind, entry.title if entry else row.name or row.body)
        found[row.pk] = verdict_of(by_kind.get((purpose, kind), []), purpose, recipient)
    return found


def forbidden(participants: Iterable[Participant], day: datetime.date) -> dict[Any, Verdict]:
    """Those of them whom somebody has said no to; where nobody has answered yet, no one has."""
    found = verdicts(participants, day)
    return {pk: verdict for pk, verdict in found.items() if verdict.consent is not None and not verdict.allowed}


def follow_consent(answer: Consent, recorded_by: User) -> None:
    """When consent is refused or withdrawn, whoever is not told yet and may not be is taken off the list."""
    if answer.answer in ALLOWS:
        return
    now = timezone.now()
    waiting = Participant.objects.valid().filter(referral__person=answer.case.person_id)
    waiting = waiting.filter(status=ParticipantStatus.WAITING, referral__organisation=answer.case.organisation_id)
    by_referral: dict[Referral, list[Participant]] = {}
    for row in waiting.select_related("key", "referral"):
        by_referral.setdefault(row.referral, []).append(row)
    for referral, rows in by_referral.items():
        fresh = lock(referral)
        gone = forbidden(rows, timezone.localdate(now))
        for row in rows:
            if row.pk in gone:
                _take_off(fresh, row, gone[row.pk].sentence, now, recorded_by)
        _settle(fresh)


def add_relevant(referral: Referral) -> None:
    """Put those on the list whom the settings name; whoever identifies the person follows the route.

    Call inside the transaction that receives or routes the referral.
    """
    wanted: dict[str, tuple[str, ...]] = {named: (named,) for named in settings.RELEVANT_PARTICIPANTS}
    asked = wanted.keys() & set(_PROPOSING) - {IDENTIFIES}
    if asked:
        answers = competence_of(referral).answers
        wanted |= {question: answers[question].authorities for question in asked}
    if IDENTIFIES in wanted:
        wanted[IDENTIFIES] = _whoever_identifies(referral)
    listed = set(_on_list(referral).values_list("body", flat=True))
    for question, bodies in wanted.items():
        for body in bodies:
            if body not in listed:
                _save(Participant(referral=referral, key=referral.key, body=body, proposed_by=question))
                listed.add(body)
    _settle(referral)


def _whoever_identifies(referral: Referral) -> tuple[str, ...]:
    """The body of the route; somebody put on the list for an earlier route, and not told yet, gives way to it."""
    identification = getattr(referral, "identification", None)
    if identification is None or identification.route == Route.UNDECIDED:
        return ()
    listed = _on_list(referral)
    if not listed.filter(body=identification.route).exists():
        untold = listed.filter(proposed_by=IDENTIFIES, status=ParticipantStatus.WAITING, added_by=None)
        untold.update(body=identification.route)
    return (identification.route,)


@transaction.atomic
def add_participants(*, referral: Referral, bodies: Iterable[str], added_by: User, name: str = "") -> list[Participant]:
    """Put bodies on the list: ids of the reference, and one in words. Raises `Refused` for one that stands there."""
    require(added_by, "referrals.record_informed")
    fresh = _open(referral, added_by)
    offered = {proposal.body: proposal.why.code for proposal in proposals(fresh)}
    wanted = list(dict.fromkeys(bodies))
    if not wanted and not name.strip():
        raise Refused(_("Choose whom to tell, or write down who it is."), field="bodies")
    if set(wanted) - offered.keys():
        raise Refused(_("Choose from those that are offered. Somebody may be on the list already."), field="bodies")
    rows = [Participant(body=body, proposed_by=offered[body]) for body in wanted]
    if name.strip():
        rows.append(Participant(name=name.strip()))
    for row in rows:
        row.referral, row.key, row.added_by = fresh, fresh.key, added_by
        _save(row)
    audit.act("add_participants", fresh, *_others(fresh), by=added_by, fields=["participants"])
    _settle(fresh)
    return rows


@transaction.atomic
def inform_participant(
    *,
    participant: Participant,
    informed_at: datetime.datetime,
    how: str,
    now: datetime.datetime,
    informed_by: User,
    spoke_with: str = "",
) -> Participant:
    """Record that one of them was told: when, how, with whom one spoke. When nobody waits any more the clock is met."""
    require(informed_by, "referrals.record_informed")
    referral = _open(participant.referral, informed_by)
    _check(referral, informed_at, how, now)
    _refuse_forbidden([participant], informed_at)
    advance(
        participant,
        "inform_participant",
        by=informed_by,
        about=[referral, *_others(referral)],
        informed_at=informed_at,
        informed_by=informed_by,
        how=how,
        spoke_with=spoke_with.strip(),
    )
    _settle(referral)
    return participant


@transaction.atomic
def withdraw_participant(
    *, participant: Participant, why: str, now: datetime.datetime, withdrawn_by: User
) -> Participant:
    """Take somebody off the list, and say why: the consent was withdrawn, it is the wrong body. The row stays."""
    require(withdrawn_by, "referrals.record_informed")
    referral = _open(participant.referral, withdrawn_by)
    if not why.strip():
        raise Refused(_("Say why."), field="why")
    _take_off(referral, participant, why.strip(), now, withdrawn_by)
    _settle(referral)
    return participant


@transaction.atomic
def record_informed(
    *,
    referral: Referral,
    informed_at: datetime.datetime,
    now: datetime.datetime,
    informed_by: User,
    how: str = How.TELEPHONE,
) -> Referral:
    """Record in one step that everybody who waits was told at the same time in the same way."""
    require(informed_by, "referrals.record_informed")
    fresh = _open(referral, informed_by)
    waiting = list(_on_list(fresh).filter(status=ParticipantStatus.WAITING).select_related("key"))
    if not waiting and fresh.informed_at is not None:
        raise Refused(_("It is already recorded that everyone concerned was told."))
    if not waiting:
        raise Refused(_("Nobody is on the list yet. Add those who must be told."))
    _check(fresh, informed_at, how, now)
    _refuse_forbidden(waiting, informed_at)
    for participant in waiting:
        advance(
            participant,
            "inform_participant",
            by=informed_by,
            about=[fresh, *_others(fresh)],
            informed_at=informed_at,
            informed_by=informed_by,
            how=how,
        )
    _settle(fresh)
    return fresh


def _open(referral: Referral, user: User) -> Referral:
    """The referral, locked; `Refused` unless the user may work on it and it is being worked on."""
    must_reach(referral, user)
    fresh = lock(referral)
    must_be_valid(fresh)
    if fresh.status not in (ReferralStatus.RECEIVED, ReferralStatus.INITIATED):
        raise Refused(_("This referral is no longer being worked on."))
    return fresh


def _check(referral: Referral, informed_at: datetime.datetime, how: str, now: datetime.datetime) -> None:
    if informed_at > now:
        raise Refused(_("This time is in the future."), field="informed_at")
    if informed_at < referral.received_at:
        raise Refused(_("This is before the referral was received."), field="informed_at")
    if how not in How.values:
        raise Refused(_("Say how they were told."), field="how")


def _refuse_forbidden(participants: list[Participant], informed_at: datetime.datetime) -> None:
    for verdict in forbidden(participants, timezone.localdate(informed_at)).values():
        raise Refused(verdict.sentence)


def _take_off(referral: Referral, participant: Participant, why: str, now: datetime.datetime, by: User) -> None:
    advance(
        participant,
        "withdraw_participant",
        by=by,
        about=[referral, *_others(referral)],
        withdrawn_at=now,
        withdrawn_by=by,
        withdrawn_why=why,
    )


def _save(participant: Participant) -> None:
    try:
        with transaction.atomic():
            participant.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("They are on the list already."), field="bodies") from None


def _on_list(referral: Referral) -> QuerySet[Participant]:
    return Participant.objects.valid().filter(referral=referral).exclude(status=ParticipantStatus.WITHDRAWN)


def _settle(referral: Referral) -> None:
    """The clock follows the list: met at the time of the last one told, running while anybody waits."""
    rows = list(_on_list(referral).order_by("informed_at").values_list("status", "informed_at", "informed_by"))
    waiting = any(status == ParticipantStatus.WAITING for status, _at, _by in rows)
    at, by = (None, None) if waiting or not rows else rows[-1][1:]
    if referral.informed_at == at:
        return
    referral.informed_at, referral.informed_by_id = at, by
    referral.version += 1
    referral.save()
    if at is None:
        clocks.run_again(referral, ClockKind.INFORM)
    else:
        clocks.meet(referral, ClockKind.INFORM, at)


def _others(referral: Referral) -> list[Any]:
    return [record for record in (referral.case, referral.person) if record is not None]
