"""What was published as law on the day of a proceeding: its offence, the penalty, the law and what changes it.

Nothing here judges: an offence that was added later than the act is said to be so, with the entry that says when.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from casework.cases.models import Case
from casework.justice.chain import PROGRAMME
from casework.justice.models import Proceeding
from casework.justice.proceedings import OFFENCES
from casework.justice.services import LIVE
from casework.people.models import Answer
from reference.ages import bound_of
from reference.directory import points_of_contact
from reference.models import Entry
from reference.offence_finder import Asked, Penalty, doubts_of, penalties_for
from reference.routing import RULES, Competence, by_rules, entries_on
from reference.routing_rules import JUVENILE, Facts
from reference.sections import AUTHORITIES, LAWS

ASKED = ("police", "prosecution", "court")  # who identifies and who receives reports is settled on the referral
PROSECUTION = "ppo"
WITNESS_PROTECTION = "witness-protection-law-2006"
CONFISCATION = "confiscation-of-proceeds-law"


@dataclass(frozen=True)
class LawOnDay:
    """The published law of one day. `offence` is as it was worded then; None when it was not one of its own yet.

    `later` is that offence then, and `added_by` the law that added it; `laws` are the offence's law and what amends it,
    each with whether it was in force.
    """

    day: datetime.date
    competence: Competence
    offence: Entry | None = None
    later: Entry | None = None
    added_by: Entry | None = None
    penalties: tuple[Penalty, ...] = ()
    doubts: tuple[str, ...] = ()
    laws: tuple[tuple[Entry, bool], ...] = ()


def law_on_its_day(proceeding: Proceeding) -> LawOnDay:
    """The law of the day of the act; where that is not known, of the day on which the proceeding was opened."""
    day = proceeding.law_day
    held: dict[str, dict[str, Entry]] = {section: {} for section in (RULES, AUTHORITIES, OFFENCES, LAWS)}
    for entry in entries_on(list(held), day):
        held[entry.section][entry.code] = entry
    competence = by_rules(facts_of(proceeding), held[RULES].values(), held[AUTHORITIES], held[OFFENCES])
    competence = replace(competence, answers={question: competence.answers[question] for question in ASKED})
    if not proceeding.offence:
        return LawOnDay(day, competence)
    offence = held[OFFENCES].get(proceeding.offence)
    later = None if offence else Entry.objects.filter(section=OFFENCES, code=proceeding.offence).with_text().first()
    known = offence or later
    if known is None:
        return LawOnDay(day, competence)
    every = {entry.code: entry for entry in Entry.objects.in_section(LAWS).with_text()}
    laws = _laws_of(known, every, held[LAWS])
    if later is not None:
        added_by = next((law for law, _in_force in laws if law.valid_from == later.valid_from), None)
        return LawOnDay(day, competence, later=later, added_by=added_by, laws=laws)
    asked = Asked(
        victim_age=age_at_the_act(proceeding), day=proceeding.committed_on, child_limit=settings.CHILD_AGE_LIMIT
    )
    return LawOnDay(
        day,
        competence,
        offence=offence,
        penalties=penalties_for(known, asked.victim_age, asked.child_limit),
        doubts=tuple(doubts_of(known, asked, every)),
        laws=laws,
    )


def facts_of(proceeding: Proceeding) -> Facts:
    """What a proceeding says of the facts that the rules ask for. What it does not say is not known."""
    suspect = {Answer.YES: bound_of(JUVENILE) - 1, Answer.NO: bound_of(JUVENILE)}
    return Facts(
        victim_age=_age_on(proceeding, proceeding.law_day),
        cyber={Answer.YES: True, Answer.NO: False}.get(Answer(proceeding.cyber)),
        suspect_age=suspect.get(Answer(proceeding.suspect_juvenile)),
        abroad=None,
        offence=proceeding.offence,
        child_limit=settings.CHILD_AGE_LIMIT,
    )


def age_at_the_act(proceeding: Proceeding) -> int | None:
    """The victim's age in completed years on the day of the act; None when either is not known."""
    return _age_on(proceeding, proceeding.committed_on) if proceeding.committed_on else None


def _age_on(proceeding: Proceeding, day: datetime.date) -> int | None:
    age = proceeding.case.person.age_on(day)
    return None if age is None or age < 0 else age


def contact_points(day: datetime.date) -> list[Entry]:
    """Whom investigators and care providers turn to at the prosecution: the focal points that hold on a day."""
    return points_of_contact(PROSECUTION, day=day)


def offence_names() -> dict[str, str]:
    """Id -> name of every offence there is or was (one query)."""
    return {entry.code: entry.title for entry in Entry.objects.filter(section=OFFENCES).with_text()}


def law(code: str) -> Entry | None:
    """A published instrument, whether or not it holds today."""
    return Entry.objects.filter(section=LAWS, code=code).with_text().first()


def is_in_the_programme(case: Case) -> bool:
    """Whether the case has an entry of the programme of the Witness Protection Law that was asked for or granted."""
    return case.witness_statuses.valid().filter(kind=PROGRAMME, status__in=LIVE).exists()


def _laws_of(
    offence: Entry, every: Mapping[str, Entry], in_force: Mapping[str, Entry]
) -> tuple[tuple[Entry, bool], ...]:
    """The law that an offence stands in, and what amends that law, each with whether it held."""
    code = offence.data.get("law", "")
    named = [entry for entry in every.values() if code and code in (entry.code, entry.data.get("amends"))]
    return tuple((in_force.get(entry.code, entry), entry.code in in_force) for entry in named)
