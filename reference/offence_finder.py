"""From facts to the offences they may be, with the penalty that the documents state for that victim. Never a verdict.

What a fact is called and which offence it may be stands in offence_facts.yaml, worded after the documents. An offence
that the victim's age or the day of the act rules out is not dropped: it is listed apart, with the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .ages import age_classes, bound_of, is_child
from .models import Entry, Version
from .routing import OFFENCES
from .routing_rules import CHILD, JUVENILE, SEXUAL_CHAPTER
from .sections import LAWS
from .services import on_day

FACTS, CIRCUMSTANCES = "offence_facts.facts", "offences.aggravating_circumstances"
BY_VICTIMS_AGE = "aggr-victim-class"
"""The one aggravating circumstance that follows from the victim's age."""


@dataclass(frozen=True)
class Asked:
    """What is known of an act: ids of facts, the victim's age in completed years on that day, the day."""

    facts: tuple[str, ...] = ()
    victim_age: int | None = None
    day: date | None = None
    child_limit: int = 18


@dataclass(frozen=True)
class Penalty:
    """Imprisonment for one class of victim, as printed and in months; None where it is not stated."""

    victim_class: str
    least: str | None = None
    most: str | None = None
    months: tuple[int, int] | None = None


@dataclass(frozen=True)
class Candidate:
    """An offence that the facts may be. `missing` are facts that must hold too and were not named."""

    offence: Entry
    facts: tuple[Entry, ...]
    missing: tuple[Entry, ...]
    penalties: tuple[Penalty, ...]
    circumstances: tuple[Entry, ...]
    doubts: tuple[str, ...]

    @property
    def article(self) -> str:
        """The article as the documents give it; where they give only a range, that is said."""
        return article_of(self.offence)


@dataclass(frozen=True)
class Excluded:
    """An offence that age or day rules out, why, and the entry that says so."""

    offence: Entry
    because: str
    source: Entry


@dataclass(frozen=True)
class Found:
    """What the facts may be, what they cannot be, and the circumstances that would aggravate any of it."""

    candidates: tuple[Candidate, ...] = ()
    excluded: tuple[Excluded, ...] = ()


def find(asked: Asked) -> Found:
    """The offences that the facts may be, in the wording that held on the day of the act (two queries)."""
    live = Prefetch("versions", Version.objects.filter(replaced_at=None))
    sections = [FACTS, OFFENCES, CIRCUMSTANCES, LAWS]
    entries = Entry.objects.active().filter(section__in=sections).order_by("weight", "position").with_text()
    held: dict[str, dict[str, Entry]] = {section: {} for section in sections}
    for entry in entries.prefetch_related(live):
        version = on_day(entry, asked.day) if asked.day else None
        if version is not None:
            entry.data = version.data
        held[entry.section][entry.code] = entry
    return by_facts(asked, held[FACTS], held[OFFENCES], held[CIRCUMSTANCES], held[LAWS])


def by_facts(
    asked: Asked,
    facts: Mapping[str, Entry],
    offences: Mapping[str, Entry],
    circumstances: Mapping[str, Entry],
    laws: Mapping[str, Entry],
) -> Found:
    """The same for given entries."""
    named = [facts[code] for code in dict.fromkeys(asked.facts) if code in facts]
    aggravating = _aggravating(asked, named, circumstances)
    candidates, excluded = [], []
    for offence in offences.values():
        pointing = [fact for fact in named if offence.code in fact.data.get("offences", [])]
        if not pointing:
            continue
        too_early = _too_early(offence, asked.day, laws)
        fitting = [fact for fact in pointing if _fits_age(fact, asked.victim_age)]
        if too_early is not None:
            excluded.append(too_early)
        elif not fitting:
            excluded.append(_wrong_age(offence, pointing[0], asked))
        else:
            missing = {code for fact in fitting for code in fact.data.get("needs", [])} - set(asked.facts)
            candidates.append(
                Candidate(
                    offence,
                    tuple(fitting),
                    tuple(facts[code] for code in sorted(missing) if code in facts),
                    penalties_for(offence, asked.victim_age, asked.child_limit),
                    aggravating,
                    tuple(doubts_of(offence, asked, laws)),
                )
            )
    return Found(tuple(candidates), tuple(excluded))


def penalties_for(offence: Entry, age: int | None, child_limit: int) -> tuple[Penalty, ...]:
    """The penalties that the documents state for a victim of an age; all of them where the age is not known.

    Empty where they state none for any victim.
    """
    stated = [_penalty(given) for given in offence.data.get("penalties", [])]
    if age is None:
        return tuple(stated)
    of_age = [
        given["victim_class"]
        for given in offence.data.get("penalties", [])
        if _is_of_class(given["victim_class"], age, child_limit, open_=bool(given.get("child_age_bound_not_stated")))
    ]
    wanted = of_age or ["adult"]
    return tuple(penalty for penalty in stated if penalty.victim_class in wanted)


def article_of(offence: Entry) -> str:
    """Article 388, or that it is not stated, with the range where one is printed."""
    if offence.data.get("article"):
        return str(offence.data["article"])
    if offence.data.get("article_range"):
        return _("Not stated (within %(articles)s)") % {"articles": offence.data["article_range"]}
    return _("Not stated")


def _penalty(given: dict[str, Any]) -> Penalty:
    if given.get("not_stated"):
        return Penalty(given["victim_class"])
    return Penalty(given["victim_class"], given["min"], given["max"], (given["min_months"], given["max_months"]))


def _is_of_class(name: str, age: int, child_limit: int, *, open_: bool) -> bool:
    """A class whose bound the source leaves open is that of the organisation's setting; the others are the letter's."""
    return is_child(age, child_limit) if open_ else name in age_classes(age)


def _fits_age(fact: Entry, age: int | None) -> bool:
    wanted = fact.data.get("victim_class")
    return wanted is None or age is None or wanted in age_classes(age)


def _wrong_age(offence: Entry, fact: Entry, asked: Asked) -> Excluded:
    wanted = fact.data["victim_class"]
    because = _("The source speaks of a %(word)s, which is somebody under %(limit)d; the victim was %(age)d.") % {
        "word": wanted,
        "limit": bound_of(wanted),
        "age": asked.victim_age,
    }
    return Excluded(offence, because, fact)


def _too_early(offence: Entry, day: date | None, laws: Mapping[str, Entry]) -> Excluded | None:
    since = offence.data.get("introduced")
    if not since or day is None or day >= date.fromisoformat(since):
        return None
    because = _("The act was on %(day)s, before this offence was added (%(since)s).") % {
        "since": _date(since),
        "day": _date(day),
    }
    return Excluded(offence, because, _amendment(since, laws) or offence)


def _amendment(since: str, laws: Mapping[str, Entry]) -> Entry | None:
    return next((law for law in laws.values() if law.data.get("in_effect") == since), None)


def _aggravating(asked: Asked, facts: Iterable[Entry], known: Mapping[str, Entry]) -> tuple[Entry, ...]:
    found = {code for fact in facts for code in fact.data.get("circumstances", [])}
    if asked.victim_age is not None and JUVENILE in age_classes(asked.victim_age):
        found.add(BY_VICTIMS_AGE)
    return tuple(entry for code, entry in known.items() if code in found)


def doubts_of(offence: Entry, asked: Asked, laws: Mapping[str, Entry]) -> Iterable[str]:
    """What the sources leave open about an offence for that victim and that day, in sentences."""
    age, ends = asked.victim_age, bound_of(CHILD)
    penalties = offence.data.get("penalties", [])
    if age is None and penalties:
        yield _("The age of the victim is not known: every class that has a penalty is shown.")
    open_ = any(given.get("child_age_bound_not_stated") for given in penalties)
    if open_ and age is not None and ends <= age < bound_of(JUVENILE):
        yield _(
            "The source gives a penalty for a “child” without saying up to which age. Your organisation’s limit is "
            "%(limit)d; the Ministry’s letter calls a child only who is under %(ends)d."
        ) % {"limit": asked.child_limit, "ends": ends}
    since = offence.data.get("introduced")
    if since and asked.day is None:
        yield _("Only if the act was on %(since)s or later: the offence was added on that day.") % {
            "since": _date(since)
        }
    starts = _more_rigorous_since(offence, laws)
    if starts and asked.day and asked.day < date.fromisoformat(starts):
        yield _(
            "From %(since)s the sanctions for offences against sexual freedoms are more rigorous; what they were "
            "before is not stated."
        ) % {"since": _date(starts)}


def _more_rigorous_since(offence: Entry, laws: Mapping[str, Entry]) -> str:
    """From when the amendments of an offence's law hold; empty for offences of another chapter."""
    if offence.data.get("chapter") != SEXUAL_CHAPTER:
        return ""
    amending = [law.data for law in laws.values() if law.data.get("amends") == offence.data.get("law")]
    return next((law["in_effect"] for law in amending if law.get("in_effect")), "")


def _date(day: date | str) -> str:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return date_format(day, "SHORT_DATE_FORMAT")
