"""Which authorities are competent, step by step, by the rules that the documents state, and by nothing else.

Each rule of `authorities.routing_rules` says when it holds (`when`) and whom it names for which question. Where two
rules hold and the documents do not say which of them wins, the answer is that they do not decide: a supervisor does.
Where a fact is not known, the answer says what it depends on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .ages import age_classes, bound_of, is_child
from .models import Entry, Version
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

CHILD, JUVENILE = "child", "juvenile"
"""Ids of age_classes.yaml: the letter's child, and everybody under 18."""

SEXUAL_FREEDOMS = "crimes against sexual freedoms"
"""Words of a rule's source that narrow it to such crimes; they stand in the chapter below."""
SEXUAL_CHAPTER = "XVIII"

DECIDED, UNDECIDED, CONDITIONAL, NOT_STATED = "decided", "undecided", "conditional", "not-stated"
STATES: dict[str, Words] = {
    DECIDED: pgettext_lazy("competence", "The documents say so"),
    UNDECIDED: pgettext_lazy("competence", "The documents do not decide"),
    CONDITIONAL: pgettext_lazy("competence", "It depends"),
    NOT_STATED: pgettext_lazy("competence", "Not stated"),
}


@dataclass(frozen=True)
class Facts:
    """What is known of a report. None (or an empty text) is "not known", never "no".

    Ages are in completed years; `cyber` says whether information technology was the method or the means; `abroad`
    whether it was committed outside Serbia; `offence` is an id of offences.offences; `channel` how the report came, as
    printed. Without a known suspect `suspect_known` is false. `child_limit` is the organisation's age bound, because
    the documents state none.
    """

    victim_age: int | None = None
    cyber: bool | None = None
    suspect_age: int | None = None
    suspect_known: bool = True
    abroad: bool | None = False
    offence: str = ""
    channel: str = ""
    child_limit: int = 18


@dataclass(frozen=True)
class Step:
    """One rule held against the facts: holds, does not hold, or cannot be told (None), and why.

    `condition` is what it would need where it cannot be told.
    """

    rule: Entry
    holds: bool | None
    because: str
    condition: str = ""


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
        steps.append(_step(rule, _Held(facts, steps, offences or {})))
    answers = {question: _answer(question, steps) for question in QUESTIONS}
    return Competence(facts, tuple(steps), answers, tuple(_notes(facts, steps, offences or {})), authorities or {})


def identifies(age: int | None, child_limit: int) -> str:
    """The `victim` that the rules on identification speak of: `adult`, `child`, or `` where the age is not known.

    The age bound is a setting, because none is stated.
    """
    if age is None:
        return ""
    return "child" if is_child(age, child_limit) else "adult"


def identifying_authority(age: int | None, child_limit: int, rules: Iterable[Entry]) -> str:
    """The authority that given rules name for identifying a victim of an age; empty where they do not tell."""
    answer = by_rules(Facts(victim_age=age, child_limit=child_limit), rules).answers["identification"]
    return answer.authorities[0] if answer.state == DECIDED else ""


# One rule ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    """What a condition is held against: the facts, the rules looked at before, the offences."""

    facts: Facts
    before: list[Step]
    offences: Mapping[str, Entry]


@dataclass(frozen=True)
class _Verdict:
    holds: bool | None
    because: str
    condition: str = ""


def _step(rule: Entry, held: _Held) -> Step:
    verdicts = [_condition(name, value, held) for name, value in rule.data.get("when", {}).items()]
    if SEXUAL_FREEDOMS in rule.source_locator:
        verdicts.append(_sexual(held))
    if rule.data.get("territory"):
        verdicts.append(_territory(held))
    outcomes = [verdict.holds for verdict in verdicts]
    holds = False if False in outcomes else None if None in outcomes else True
    # What makes a rule fail, or leaves it open, is what is said; when it holds, everything is.
    said = [verdict for verdict in verdicts if verdict.holds is holds and verdict.because]
    needs = [verdict.condition for verdict in said if verdict.holds is None]
    return Step(rule, holds, " ".join(verdict.because for verdict in said), "; ".join(needs))


def _condition(name: str, value: Any, held: _Held) -> _Verdict:
    read = _CONDITIONS.get(name)
    if read is None:
        return _Verdict(
            None,
            _("The rule has a condition that is not known here: %(name)s.") % {"name": name},
            _("if its condition “%(name)s” is met") % {"name": name},
        )
    return read(value, held)


def _known(holds: bool | None, yes: str, no: str, unknown: str, condition: str) -> _Verdict:
    return _Verdict(holds, unknown if holds is None else yes if holds else no, condition)


def _cyber(value: Any, held: _Held) -> _Verdict:
    cyber = held.facts.cyber
    return _known(
        None if cyber is None else cyber == value,
        _("Information technology was the method or the means."),
        _("Information technology was not used."),
        _("Whether information technology was used is not known."),
        _("if information technology was the method or the means"),
    )


def _suspect(value: Any, held: _Held) -> _Verdict:
    age, limit = held.facts.suspect_age, {"limit": bound_of(value)}
    unknown = _("The age of the suspect is not known.") if held.facts.suspect_known else _("No suspect is known.")
    return _known(
        None if age is None else value in age_classes(age),
        _("The suspect is under %(limit)d.") % limit,
        _("The suspect is %(limit)d or older.") % limit,
        unknown,
        _("if the suspect is under %(limit)d") % limit,
    )


def _victim_class(value: Any, held: _Held) -> _Verdict:
    age, limit = held.facts.victim_age, {"limit": bound_of(value)}
    return _known(
        None if age is None else value in age_classes(age),
        _("The victim is under %(limit)d.") % limit,
        _("The victim is %(limit)d or older; the rule speaks of victims under that age.") % limit,
        _("The age of the victim is not known."),
        _("if the victim is under %(limit)d") % limit,
    )


def _victim(value: Any, held: _Held) -> _Verdict:
    found = identifies(held.facts.victim_age, held.facts.child_limit)
    of_age, under = _("The victim is an adult."), _("The victim is a child.")
    child = value == "child"
    return _known(
        None if not found else found == value,
        under if child else of_age,
        of_age if child else under,
        _("The age of the victim is not known."),
        _("if the victim is a child") if child else _("if the victim is an adult"),
    )


def _offence(value: Any, held: _Held) -> _Verdict:
    name = {"offence": held.offences[value].title if value in held.offences else value}
    offence = held.facts.offence
    return _known(
        None if not offence else offence == value,
        _("The offence is %(offence)s.") % name,
        _("The offence is another than %(offence)s.") % name,
        _("The offence is not known."),
        _("if the offence is %(offence)s") % name,
    )


def _channel(value: Any, held: _Held) -> _Verdict:
    through = {"channel": value}
    channel = held.facts.channel
    return _known(
        None if not channel else str(value) in channel,
        _("The report came through %(channel)s.") % through,
        _("The report did not come through %(channel)s.") % through,
        _("How the report came is not known."),
        _("if the report came through %(channel)s") % through,
    )


def _otherwise(_value: Any, held: _Held) -> _Verdict:
    """Whether none of the rules before that name a police authority, as this one does, holds."""
    earlier = [step.holds for step in held.before if "police" in step.rule.data]
    return _known(
        False if True in earlier else None if None in earlier else True,
        _("No rule before it holds."),
        _("A rule before it holds."),
        _("Whether a rule before it holds is not known."),
        _("if no rule before it holds"),
    )


def _sexual(held: _Held) -> _Verdict:
    """Whether it is among the crimes that the letter's sentence is about; of one outside the chapter it is not said."""
    offence = held.offences.get(held.facts.offence)
    inside = offence is not None and offence.data.get("chapter") == SEXUAL_CHAPTER
    condition = _("if it is a crime against sexual freedoms or has elements of sexual violence")
    if inside:
        return _Verdict(True, _("The offence is one against sexual freedoms."), condition)
    if not held.facts.offence:
        return _Verdict(None, _("The offence is not known."), condition)
    return _Verdict(
        None,
        _(
            "The rule speaks of crimes against sexual freedoms and others with elements of sexual violence; whether "
            "this one has them is not known."
        ),
        condition,
    )


def _territory(held: _Held) -> _Verdict:
    abroad = held.facts.abroad
    unknown = _("Where it was committed is not known.") if abroad is None else _("It was committed abroad.")
    return _known(
        True if abroad is False else None,
        _("It was committed in Serbia."),
        "",
        unknown + " " + _("The rule speaks of the territory of Serbia."),
        _("if it was committed in Serbia"),
    )


_CONDITIONS: dict[str, Callable[[Any, _Held], _Verdict]] = {
    "method_or_means_is_cyber": _cyber,
    "offender_class": _suspect,
    "victim_class": _victim_class,
    "victim": _victim,
    "offence": _offence,
    "report_channel": _channel,
    "otherwise": _otherwise,
}
"""What a rule's `when` may ask: its name -> how it is held against the facts."""


# The answers ---------------------------------------------------------------------------------------------------------


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
