"""Which authorities are competent, step by step, by the rules that the documents state, and by nothing else.

Each rule of `authorities.routing_rules` says when it holds (`when`) and whom it names for which question. Where two
rules hold and the documents do not say which of them wins, the answer is that they do not decide: a supervisor does.
Where a fact is not known, the answer says what it depends on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .ages import age_classes, bound_of
from .models import Entry, Version
from .routing_rules import CHILD, JUVENILE, SEXUAL_CHAPTER, Facts, Held, Step, step_of
from .sections import AUTHORITIES, Words
from .services import on_day

RULES, OFFENCES = "authorities.routing_rules", "offences.offences"

QUESTIONS: dict[str, Words] = {
    "receives": gettext_lazy("Receives the report"),
    "police": gettext_lazy("Detection (police)"),
    "prosecution": gettext_lazy("Prosecution"),
    "court": gettext_lazy("Court"),
    "identification": gettext_lazy("Identification of the victim"),
}
"""What is asked, in the order of the answer: the rules' own field -> what it is called."""

DECIDED, UNDECIDED, CONDITIONAL, NOT_STATED = "decided", "undecided", "conditional", "not-stated"
STATES: dict[str, Words] = {
    DECIDED: pgettext_lazy("competence", "The documents say so"),
    UNDECIDED: pgettext_lazy("competence", "The documents do not decide"),
    CONDITIONAL: pgettext_lazy("competence", "It depends"),
    NOT_STATED: pgettext_lazy("competence", "Not stated"),
}


@dataclass(frozen=True)
class Candidate:
    """An authority that a rule names (its id, or its printed words); empty where the rule names none.

    `condition` is empty when the rule holds.
    """

    authority: str
    rule: Entry
    condition: str = ""


@dataclass(frozen=True)
class Answer:
    """Who is competent for one question, how sure that is (`STATES`), and why it is not surer."""

    question: str
    state: str
    candidates: tuple[Candidate, ...] = ()
    because: str = ""

    @property
    def authorities(self) -> tuple[str, ...]:
        """The authorities, each once, in the rules' order."""
        return tuple(dict.fromkeys(candidate.authority for candidate in self.candidates if candidate.authority))


@dataclass(frozen=True)
class Competence:
    """Every rule looked at, the answer to each question, and what the rules leave open."""

    facts: Facts
    steps: tuple[Step, ...]
    answers: dict[str, Answer]
    notes: tuple[str, ...] = ()
    authorities: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The questions on which the documents do not decide between rules that hold."""
        return tuple(question for question, answer in self.answers.items() if answer.state == UNDECIDED)


def competent(facts: Facts, day: date) -> Competence:
    """Who is competent by the rules in the wording that held on a day (two queries)."""
    held: dict[str, list[Entry]] = {RULES: [], AUTHORITIES: [], OFFENCES: []}
    for entry in entries_on(list(held), day):
        held[entry.section].append(entry)
    authorities, offences = ({entry.code: entry for entry in held[section]} for section in (AUTHORITIES, OFFENCES))
    return by_rules(facts, held[RULES], authorities, offences)


def entries_on(sections: list[str], day: date) -> list[Entry]:
    """The entries of some sections, each in the wording that held on a day (two queries)."""
    live = Prefetch("versions", Version.objects.filter(replaced_at=None))
    entries = Entry.objects.filter(section__in=sections).order_by("weight", "position").with_text()
    found = []
    for entry in entries.prefetch_related(live):
        version = on_day(entry, day)
        if version is not None:
            entry.data = version.data
            found.append(entry)
    return found


def by_rules(
    facts: Facts,
    rules: Iterable[Entry],
    authorities: Mapping[str, Entry] | None = None,
    offences: Mapping[str, Entry] | None = None,
) -> Competence:
    """The same for given rules, which are looked at in their order of listing (an order, not a precedence)."""
    steps: list[Step] = []
    for rule in sorted(rules, key=lambda rule: rule.data.get("listing_order", 0)):
        steps.append(step_of(rule, Held(facts, steps, offences or {})))
    answers = {question: _answer(question, steps) for question in QUESTIONS}
    return Competence(facts, tuple(steps), answers, tuple(_notes(facts, steps, offences or {})), authorities or {})


def identifying_authority(age: int | None, child_limit: int, rules: Iterable[Entry]) -> str:
    """The authority that given rules name for identifying a victim of an age; empty where they do not tell."""
    answer = by_rules(Facts(victim_age=age, child_limit=child_limit), rules).answers["identification"]
    return answer.authorities[0] if answer.state == DECIDED else ""


def _answer(question: str, steps: list[Step]) -> Answer:
    holding: list[Candidate] = []
    open_: list[Candidate] = []
    for step in steps:
        named = step.rule.data.get(question, "")
        if step.holds is False or not (named or step.rule.data.get(f"{question}_not_stated")):
            continue
        (holding if step.holds else open_).append(Candidate(named, step.rule, step.condition))
    named_by = {candidate.authority for candidate in holding}
    all_ = tuple(holding + open_)
    if len(named_by) > 1:
        return Answer(
            question, UNDECIDED, all_, _("More than one rule holds, and no document says which of them wins.")
        )
    if not any(candidate.authority for candidate in all_):
        silent = _("The rule that speaks of such cases does not say.")
        return Answer(question, NOT_STATED, all_, silent if all_ else _("No rule that holds says so."))
    if {candidate.authority for candidate in open_} - named_by:
        return Answer(question, CONDITIONAL, all_, _("It depends on what is not known."))
    return Answer(question, DECIDED, all_)


def _notes(facts: Facts, steps: list[Step], offences: Mapping[str, Entry]) -> Iterable[str]:
    possible = [step.rule.data for step in steps if step.holds is not False]
    offence = offences.get(facts.offence)
    if facts.abroad:
        yield _(
            "Committed abroad: whether it can be tried here is another question; the rules on jurisdiction say when."
        )
    if facts.abroad is None:
        yield _("Where it was committed is not known; where the rules name a place, they speak of Serbia.")
    cyber = [rule for rule in possible if rule.get("territory")]
    if cyber and not facts.abroad:
        yield _("In cases of cyber-crime the municipality makes no difference: the rule holds for all of Serbia.")
    if cyber and offence is not None and offence.data.get("chapter") != SEXUAL_CHAPTER:
        yield _("Of cyber-crime the letter speaks where offenders against sexual freedoms are concerned.")
    if cyber and any(rule.get("precedence_over_cyber_not_stated") for rule in possible):
        yield _("Which wins, the rule on cyber-crime or the one on juvenile suspects, the documents do not say.")
    for rule in possible:
        if rule.get("status"):
            yield _("The source says of the specialised prosecutors: %(status)s.") % {"status": rule["status"]}
    if any("otherwise" in rule.get("when", {}) for rule in possible):
        yield _("Which unit, prosecutor or court it is by place follows from general principles that are not printed.")
    age, ends = facts.victim_age, bound_of(CHILD)
    if age is not None and ends <= age < facts.child_limit:
        yield _(
            "No document gives the age at which a victim is a child for identification. Your organisation has set "
            "%(limit)d; the Ministry’s letter calls a child only who is under %(ends)d, and somebody of %(age)d "
            "%(word)s."
        ) % {"limit": facts.child_limit, "ends": ends, "age": age, "word": _letters_word(age)}


def _letters_word(age: int) -> str:
    """What the letter calls somebody of an age from the end of childhood on."""
    return _("a minor") if JUVENILE in age_classes(age) else _("no juvenile")
