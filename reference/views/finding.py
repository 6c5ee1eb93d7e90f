"""Pages that answer for a hypothetical case: who is competent, which offence it may be, what holds for acts abroad."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reference import abroad as acts_abroad
from reference import offence_finder as finder
from reference import routing
from reference.finding_forms import AbroadForm, CompetenceForm, OffenceFinderForm
from reference.models import Entry
from reference.routing import QUESTIONS, STATES, Candidate, Competence
from reference.routing_rules import Facts, Step
from reference.sections import AUTHORITIES, LAWS
from reference.views.cells import entry_cell, source_cell

SOS = "sos-email"
_COLOURS = {
    routing.DECIDED: "green",
    routing.UNDECIDED: "red",
    routing.CONDITIONAL: "yellow",
    routing.NOT_STATED: "grey",
}
_VERDICTS = {True: "green", False: "grey", None: "yellow"}
_CONDITIONS = {True: "green", False: "red", None: "yellow"}


@require_safe
def who_is_competent(request: HttpRequest) -> HttpResponse:
    """Which authorities the rules name for given facts, rule by rule; without facts, what it depends on."""
    today = timezone.localdate()
    held = routing.entries_on([routing.RULES, AUTHORITIES, routing.OFFENCES, "directory.contacts"], today)
    rules, authorities, offences, contacts = _by_section(
        held, routing.RULES, AUTHORITIES, routing.OFFENCES, "directory.contacts"
    )
    channels = [rule.data["when"]["report_channel"] for rule in rules if "report_channel" in rule.data.get("when", {})]
    form = CompetenceForm(request.GET or None, offences=offences, channels=channels)
    facts = form.facts(settings.CHILD_AGE_LIMIT) if form.is_valid() else None
    page: dict[str, Any] = {"form": form, "child_limit": settings.CHILD_AGE_LIMIT, "given": _given(form)}
    if facts is not None:
        found = routing.by_rules(facts, rules, _codes(authorities), _codes(offences))
        sos = next((contact for contact in contacts if contact.code == SOS), None)
        page |= {
            "answers": answers(found),
            "answer_headers": answer_headers(),
            "notes": found.notes,
            "sos": sos if facts.cyber is not False else None,
            "steps": [_step_row(step) for step in found.steps],
            "step_headers": [_("Rule"), _("Does it hold?"), _("Source")],
        }
    return render(request, "reference/who_is_competent.html", page)


@require_safe
def offence_finder(request: HttpRequest) -> HttpResponse:
    """The offences that given facts may be, with the penalty stated for that victim, and what is ruled out."""
    facts = list(Entry.objects.in_section(finder.FACTS).with_text())
    form = OffenceFinderForm(request.GET or None, facts=facts)
    page: dict[str, Any] = {"form": form, "given": _given(form)}
    if form.is_valid():
        asked = form.asked(settings.CHILD_AGE_LIMIT)
        found = finder.find(asked)
        page |= {
            "asked": asked,
            "candidates": [_candidate(candidate) for candidate in found.candidates],
            "penalty_headers": [_("Victim"), _("Least"), _("Most"), _("In months")],
            "headers": [_("What"), _("Source")],
            "excluded": [
                [entry_cell(excluded.offence), excluded.because, source_cell(excluded.source)]
                for excluded in found.excluded
            ],
            "excluded_headers": [_("Offence"), _("Why not"), _("Source")],
        }
    return render(request, "reference/offence_finder.html", page)


@require_safe
def abroad(request: HttpRequest) -> HttpResponse:
    """The conditions for trying acts abroad here and for extradition, one by one, without adding them up."""
    held = routing.entries_on([acts_abroad.RULES, routing.OFFENCES, LAWS], timezone.localdate())
    rules, offences, laws = _by_section(held, acts_abroad.RULES, routing.OFFENCES, LAWS)
    form = AbroadForm(request.GET or None, offences=offences, rules=rules)
    answered = form.answers(settings.CHILD_AGE_LIMIT) if form.is_valid() else acts_abroad.Answers()
    checked = [
        {
            "rule": found.rule,
            "source": source_cell(found.rule),
            "articles": [_article(article, _codes(laws)) for article in found.articles],
            "rows": [
                [
                    condition.text,
                    {
                        "status": "condition",
                        "label": acts_abroad.STATES[condition.met],
                        "colour": _CONDITIONS[condition.met],
                    },
                    condition.because,
                ]
                for condition in found.conditions
            ],
        }
        for found in acts_abroad.checklist(answered, rules)
    ]
    headers = [_("Condition"), _("State"), _("Why")]
    page = {"form": form, "given": _given(form), "checked": checked, "headers": headers}
    return render(request, "reference/abroad.html", page)


# What other pages show too -------------------------------------------------------------------------------------------


def answer_headers() -> list[str]:
    """Above the rows of `answers`."""
    return [_("Authority"), _("When"), _("Rule"), _("Source")]


def answers(found: Competence) -> list[dict[str, Any]]:
    """Each question with its state in words and a row for every authority that a rule names."""
    return [
        {
            "question": QUESTIONS[answer.question],
            "state": answer.state,
            "label": STATES[answer.state],
            "colour": _COLOURS[answer.state],
            "because": answer.because,
            "rows": [_candidate_row(found, candidate) for candidate in answer.candidates],
        }
        for answer in found.answers.values()
    ]


def in_short_headers() -> list[str]:
    """Above the rows of `in_short`."""
    return [_("What for"), _("Authority"), _("Rule and source")]


def in_short(found: Competence) -> list[list[Any]]:
    """A row for each question: its state, every authority that a rule names, and the rules."""
    rows = []
    for answer in found.answers.values():
        state = {"status": answer.state, "label": STATES[answer.state], "colour": _COLOURS[answer.state]}
        named, rules = [], []
        for candidate in answer.candidates:
            authority, when, rule, source = _candidate_row(found, candidate)
            named.append({**authority, "hint": when})
            rules.append({**rule, "hint": f"{source['text']}: {source['hint']}"})
        rows.append([[QUESTIONS[answer.question], state], named or _("Not stated"), rules or answer.because])
    return rows


def hypothetical_url(facts: Facts) -> str:
    """The page that answers for the same facts: ages and yes or no, nothing else."""
    said = {
        "victim": facts.victim_age,
        "cyber": {True: "yes", False: "no", None: None}[facts.cyber],
        "suspect": facts.suspect_age,
    }
    known = {name: value for name, value in said.items() if value is not None}
    return f"{reverse('reference:who-is-competent')}?{urlencode(known or {'victim': ''})}"


def rule_cell(rule: Entry) -> dict[str, Any]:
    """A rule with its place in the order of listing, and its own page."""
    order = _("Rule %(number)s") % {"number": rule.data.get("listing_order", "")}
    return {"text": rule.title, "url": rule.get_absolute_url(), "hint": order}


def _candidate_row(found: Competence, candidate: Candidate) -> list[Any]:
    entry = found.authorities.get(candidate.authority)
    named = entry_cell(entry) if entry else {"text": candidate.authority or _("Not stated")}
    when = candidate.condition or _("The rule holds")
    return [named, when[:1].upper() + when[1:], rule_cell(candidate.rule), source_cell(candidate.rule)]


def _step_row(step: Step) -> list[Any]:
    labels = {True: _("Applies"), False: _("Does not apply"), None: _("Cannot be told")}
    verdict = {"status": "verdict", "label": labels[step.holds], "colour": _VERDICTS[step.holds], "hint": step.because}
    return [rule_cell(step.rule), verdict, source_cell(step.rule)]


def _candidate(candidate: finder.Candidate) -> dict[str, Any]:
    offence = candidate.offence
    chapter = [offence.data[name] for name in ("chapter", "chapter_title") if name in offence.data]
    return {
        "offence": offence,
        "rows": [
            (_("Article"), candidate.article),
            (_("Chapter"), " · ".join(chapter)),
            (_("Source"), source_cell(offence)),
        ],
        "penalties": [penalty_row(penalty) for penalty in candidate.penalties],
        "facts": [[fact.title, source_cell(fact)] for fact in candidate.facts],
        "missing": [fact.title for fact in candidate.missing],
        "circumstances": [
            [
                {"text": entry.title, "url": entry.get_absolute_url(), "hint": entry.data.get("effect")},
                source_cell(entry),
            ]
            for entry in candidate.circumstances
        ],
        "doubts": candidate.doubts,
    }


def penalty_row(penalty: finder.Penalty) -> list[str]:
    """The class of the victim, and the bounds as printed and in months."""
    classes = {"adult": _("Adult"), "child": _("Child"), "juvenile": _("Juvenile"), "minor": _("Minor")}
    months = "–".join(map(str, penalty.months)) if penalty.months else _("Not stated")
    return [
        classes.get(penalty.victim_class, penalty.victim_class),
        penalty.least or _("Not stated"),
        penalty.most or _("Not stated"),
        months,
    ]


def _article(cited: str, laws: dict[str, Entry]) -> dict[str, str]:
    """`criminal-code 10.2` as words, with the law's own page."""
    code, _space, article = cited.rpartition(" ")
    law = laws.get(code)
    text = _("Article %(article)s, %(law)s") % {"article": article, "law": law.title if law else code}
    return {"text": text, "url": law.get_absolute_url() if law else ""}


def _given(form: Form) -> list[tuple[str, Any]]:
    """What was answered, in words, for the printed page: the form itself is not printed."""
    if not form.is_valid():
        return []
    given: list[tuple[str, Any]] = []
    for bound in form:
        value = form.cleaned_data[bound.name]
        if value in (None, "", []):
            continue
        words = dict(getattr(bound.field, "choices", ()))
        said = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        shown = [words[item] for item in said] if isinstance(said, list) else words.get(said, said)
        given.append((str(bound.label), shown))
    return given


def _by_section(entries: list[Entry], *sections: str) -> list[list[Entry]]:
    return [[entry for entry in entries if entry.section == section] for section in sections]


def _codes(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.code: entry for entry in entries}
