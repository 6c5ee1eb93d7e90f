"""One routing rule held against what is known of a report: whether it holds, and in words why.

What a rule asks stands in its `when`; each condition has a function here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .ages import age_classes, bound_of, is_child
from .models import Entry

CHILD, JUVENILE = "child", "juvenile"
"""Ids of age_classes.yaml: the letter's child, and everybody under 18."""

SEXUAL_FREEDOMS = "crimes against sexual freedoms"
"""Words of a rule's source that narrow it to such crimes; they stand in the chapter below."""
SEXUAL_CHAPTER = "XVIII"


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


def identifies(age: int | None, child_limit: int) -> str:
    """The `victim` that the rules on identification speak of: `adult`, `child`, or `` where the age is not known.

    The age bound is a setting, because none is stated.
    """
    if age is None:
        return ""
    return "child" if is_child(age, child_limit) else "adult"


@dataclass(frozen=True)
class Held:
    """What a condition is held against: the facts, the rules looked at before, the offences."""

    facts: Facts
    before: list[Step]
    offences: Mapping[str, Entry]


@dataclass(frozen=True)
class _Verdict:
    holds: bool | None
    because: str
    condition: str = ""


def step_of(rule: Entry, held: Held) -> Step:
    """A rule held against the facts, with every condition it has."""
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


def _condition(name: str, value: Any, held: Held) -> _Verdict:
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


def _cyber(value: Any, held: Held) -> _Verdict:
    cyber = held.facts.cyber
    return _known(
        None if cyber is None else cyber == value,
        _("Information technology was the method or the means."),
        _("Information technology was not used."),
        _("Whether information technology was used is not known."),
        _("if information technology was the method or the means"),
    )


def _suspect(value: Any, held: Held) -> _Verdict:
    age, limit = held.facts.suspect_age, {"limit": bound_of(value)}
    unknown = _("The age of the suspect is not known.") if held.facts.suspect_known else _("No suspect is known.")
    return _known(
        None if age is None else value in age_classes(age),
        _("The suspect is under %(limit)d.") % limit,
        _("The suspect is %(limit)d or older.") % limit,
        unknown,
        _("if the suspect is under %(limit)d") % limit,
    )


def _victim_class(value: Any, held: Held) -> _Verdict:
    age, limit = held.facts.victim_age, {"limit": bound_of(value)}
    return _known(
        None if age is None else value in age_classes(age),
        _("The victim is under %(limit)d.") % limit,
        _("The victim is %(limit)d or older; the rule speaks of victims under that age.") % limit,
        _("The age of the victim is not known."),
        _("if the victim is under %(limit)d") % limit,
    )


def _victim(value: Any, held: Held) -> _Verdict:
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


def _offence(value: Any, held: Held) -> _Verdict:
    name = {"offence": held.offences[value].title if value in held.offences else value}
    offence = held.facts.offence
    return _known(
        None if not offence else offence == value,
        _("The offence is %(offence)s.") % name,
        _("The offence is another than %(offence)s.") % name,
        _("The offence is not known."),
        _("if the offence is %(offence)s") % name,
    )


def _channel(value: Any, held: Held) -> _Verdict:
    through = {"channel": value}
    channel = held.facts.channel
    return _known(
        None if not channel else str(value) in channel,
        _("The report came through %(channel)s.") % through,
        _("The report did not come through %(channel)s.") % through,
        _("How the report came is not known."),
        _("if the report came through %(channel)s") % through,
    )


def _otherwise(_value: Any, held: Held) -> _Verdict:
    """Whether none of the rules before that name a police authority, as this one does, holds."""
    earlier = [step.holds for step in held.before if "police" in step.rule.data]
    return _known(
        False if True in earlier else None if None in earlier else True,
        _("No rule before it holds."),
        _("A rule before it holds."),
        _("Whether a rule before it holds is not known."),
        _("if no rule before it holds"),
    )


def _sexual(held: Held) -> _Verdict:
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


def _territory(held: Held) -> _Verdict:
    abroad = held.facts.abroad
    unknown = _("Where it was committed is not known.") if abroad is None else _("It was committed abroad.")
    return _known(
        True if abroad is False else None,
        _("It was committed in Serbia."),
        "",
        unknown + " " + _("The rule speaks of the territory of Serbia."),
        _("if it was committed in Serbia"),
    )


_CONDITIONS: dict[str, Callable[[Any, Held], _Verdict]] = {
    "method_or_means_is_cyber": _cyber,
    "offender_class": _suspect,
    "victim_class": _victim_class,
    "victim": _victim,
    "offence": _offence,
    "report_channel": _channel,
    "otherwise": _otherwise,
}
"""What a rule's `when` may ask: its name -> how it is held against the facts."""
