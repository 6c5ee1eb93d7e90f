"""Acts abroad: the conditions that the documents name for trying them here and for extradition, as a checklist.

Each condition is met, not met, or not known. Nothing adds them up: whether somebody can be tried or extradited is not
ours to say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .models import Entry
from .offence_finder import Penalty
from .sections import Words

RULES = "laws.jurisdiction_rules"
CITIZEN, HABITUAL, NEITHER = "citizen", "habitual-resident", "neither"
STANDINGS: dict[str, Words] = {
    CITIZEN: gettext_lazy("Serbian citizen"),
    HABITUAL: gettext_lazy("Habitual resident of Serbia, not a citizen"),
    NEITHER: gettext_lazy("Neither"),
}
"""How somebody stands to Serbia: what the rule distinguishes."""

STATES: dict[bool | None, Words] = {
    True: pgettext_lazy("condition", "Met"),
    False: pgettext_lazy("condition", "Not met"),
    None: pgettext_lazy("condition", "Not known"),
}
MONTHS = 12


@dataclass(frozen=True)
class Answers:
    """What is known of an act abroad; an empty text or None is "not known".

    `offender` and `victim` are keys of STANDINGS. `exception` is one of the rule's own exceptions to double
    criminality, as printed, `none`, or empty. `penalties` are those of the offence for that victim, None without one.
    """

    offender: str = ""
    victim: str = ""
    sexual_exploitation_of_children: bool | None = None
    present: bool | None = None
    double_criminality: bool | None = None
    exception: str = ""
    penalties: tuple[Penalty, ...] | None = None
    year_in_requesting_state: bool | None = None


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: whether it is met, and why one says so."""

    text: str
    met: bool | None
    because: str


@dataclass(frozen=True)
class Checked:
    """A rule with its conditions held against the answers; `articles` as the documents cite them."""

    rule: Entry
    articles: tuple[str, ...]
    conditions: tuple[Condition, ...]


def checklist(answers: Answers, rules: Iterable[Entry]) -> list[Checked]:
    """Every rule with each of its conditions. There is no overall answer."""
    return [
        Checked(rule, tuple(rule.data.get("articles", [])), tuple(_conditions(rule.data, answers))) for rule in rules
    ]


def exceptions(rules: Iterable[Entry]) -> list[str]:
    """The printed exceptions to double criminality, of all rules."""
    return [text for rule in rules for text in rule.data.get("exceptions", [])]


def _conditions(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    for field, read in _READ.items():
        if field in rule:
            yield from read(rule, answers)


def _citizens(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    """Active: the offender's citizenship counts. Passive: the victim's."""
    who = {"active": (_("Active: the offender is a Serbian citizen"), answers.offender)}
    who["passive"] = (_("Passive: the victim is a Serbian citizen"), answers.victim)
    for kind, (text, standing) in who.items():
        if rule.get(kind):
            yield Condition(text, _covered(rule, standing), _why_covered(rule, standing))


def _covered(rule: dict[str, Any], standing: str) -> bool | None:
    covered = {CITIZEN: "covers_serbian_citizens", HABITUAL: "covers_habitual_residents"}
    if not standing:
        return None
    return bool(rule.get(covered.get(standing, ""), False))


def _why_covered(rule: dict[str, Any], standing: str) -> str:
    if not standing:
        return _("How this person stands to Serbia is not known.")
    if standing == HABITUAL:
        return _("Habitual resident: covered.") if _covered(rule, standing) else _("Habitual resident: not covered.")
    if standing == CITIZEN:
        return _("Serbian citizen: covered.") if _covered(rule, standing) else _("Serbian citizen: not covered.")
    return _("Neither citizen nor habitual resident: the rule speaks of Serbian citizens.")


def _applies(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    text = _("The offence is among the “%(offences)s”") % {"offences": rule["applies_to"]}
    yield _asked(text, answers.sexual_exploitation_of_children)


def _presence(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    yield _asked(_("Condition of presence: %(condition)s") % {"condition": rule["presence_condition"]}, answers.present)


def _double_criminality(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    text = _("It is an offence in both states (double criminality)")
    allowed = rule.get("exceptions", [])
    if answers.double_criminality is not True and answers.exception in allowed:
        yield Condition(text, True, _("Not needed, by exception: %(exception)s.") % {"exception": answers.exception})
    elif answers.double_criminality is not False:
        yield _asked(text, answers.double_criminality)
    elif not allowed:
        yield Condition(text, False, _("Required in all instances: the rule has no exception."))
    elif answers.exception:
        yield Condition(text, False, _("It is not, and none of the exceptions is there."))
    else:
        because = _("It is not. Whether there is an exception is not known: %(exceptions)s.")
        yield Condition(text, None, because % {"exceptions": "; ".join(allowed)})


def _threshold(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    years = rule["minimum_imprisonment_years"]
    penalties = answers.penalties or ()
    stated = [penalty.months for penalty in penalties if penalty.months]
    text = _("Under Serbian law it is punished with imprisonment of %(years)d year or more") % {"years": years}
    if answers.penalties is None:
        yield Condition(text, None, _("The offence is not known."))
    elif not stated or len(stated) != len(penalties):
        yield Condition(text, None, _("The documents state no penalty for this offence and this victim."))
    else:
        least_months, most = min(months[0] for months in stated), max(months[1] for months in stated)
        printed = _("The penalty is %(least)d to %(most)d months.") % {"least": least_months, "most": most}
        if least_months >= years * MONTHS:
            yield Condition(text, True, printed)
        elif most < years * MONTHS:
            yield Condition(text, False, printed)
        else:
            doubt = _("The documents do not say whether the least or the most of it counts.")
            yield Condition(text, None, f"{printed} {doubt}")
    yield _asked(_("So it is under the law of the requesting state"), answers.year_in_requesting_state)


def _nationals(rule: dict[str, Any], answers: Answers) -> Iterable[Condition]:
    text = _("The person sought is not a Serbian national")
    if rule["nationals_extraditable"]:
        yield Condition(_("Nationals can be extradited"), True, _("So the rule says."))
    elif not answers.offender:
        yield Condition(text, None, _("How this person stands to Serbia is not known."))
    elif answers.offender == CITIZEN:
        yield Condition(text, False, _("Serbian nationals cannot be extradited."))
    else:
        yield Condition(text, True, str(STANDINGS[answers.offender]))


def _asked(text: str, answer: bool | None) -> Condition:
    said = {True: _("Answered: yes."), False: _("Answered: no."), None: _("Not answered.")}
    return Condition(text, answer, said[answer])


_READ: dict[str, Callable[[dict[str, Any], Answers], Iterable[Condition]]] = {
    "applies_to": _applies,
    "covers_serbian_citizens": _citizens,
    "presence_condition": _presence,
    "double_criminality_required": _double_criminality,
    "minimum_imprisonment_years": _threshold,
    "nationals_extraditable": _nationals,
}
"""What a rule may ask: its field -> the conditions that it makes."""
