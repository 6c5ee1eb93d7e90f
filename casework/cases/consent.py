"""Consent: recording an answer, and the one question that everybody asks before telling anybody anything.

    verdict = may_tell(case, "identification", Recipient("cptv"), today)
    if not verdict.allowed: … verdict.sentence says what to do

For each purpose and recipient the newest answer that is not entered in error counts. One body of a kind may have
answers of its own beside those for the whole kind: a no for either holds until that same one, or the narrower of the
two, is answered again with a yes.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access import record_services
from casework.access.models import User
from casework.access.record_services import require, require_visible
from casework.audit import services as audit
from casework.cases.consent_models import ALLOWS, ANSWERED, Consent, ConsentAnswer, ConsentGiver, ConsentManner
from casework.cases.models import Case
from casework.people.models import Answer, Person
from casework.workflow import Refused, lock
from reference import codes
from reference.folding import fold

SHORTEST = 10  # letters of a reason

# What follows from an answer elsewhere: called with it and with who wrote it down, in the same transaction.
ON_ANSWER: list[Callable[[Consent, User], None]] = []


@dataclass(frozen=True)
class Recipient:
    """Who is to be told: a kind of body (code list recipient_kinds), and which one where that is known."""

    kind: str
    name: str = ""

    @property
    def label(self) -> str:
        """How a sentence calls it."""
        return self.name or str(codes.label("recipient_kinds", self.kind))


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may be told, in a sentence that says why or what to do first; `consent` is what counts."""

    allowed: bool
    sentence: str
    consent: Consent | None = None


def may_tell(about: Case | Person, purpose: str, recipient: Recipient, day: datetime.date) -> Verdict:
    """Whether a recipient may be told of a person for a purpose on a day. Reads, and writes nothing.

    Every caller asks this first, also when a clock runs: no deadline stands in the place of an answer.
    """
    person = about.person_id if isinstance(about, Case) else about.pk
    asked = Consent.objects.valid().filter(case__person=person, purpose=purpose, recipient_kind=recipient.kind)
    return verdict_of(asked.filter(answered_on__lte=day).select_related("key"), purpose, recipient)


def verdict_of(answers: Iterable[Consent], purpose: str, recipient: Recipient) -> Verdict:
    """The verdict on valid answers for this purpose and kind of recipient, given until the day that is asked about."""
    newest: dict[bool, Consent] = {}  # for the body by name, and for every body of its kind
    for answer in answers:
        named = bool(answer.recipient)
        if named and folded(answer.recipient) != folded(recipient.name):
            continue
        if named not in newest or _age(answer) > _age(newest[named]):
            newest[named] = answer
    words = {"purpose": codes.label("consent_purposes", purpose), "recipient": recipient.label}
    if not newest:
        return Verdict(
            False,
            _(
                "Nobody has answered yet whether %(recipient)s may be told (%(purpose)s). Ask the person, or whoever"
                " speaks for a child, and record the answer; or record the legal ground that allows it."
            )
            % words,
        )
    counts = newest.get(True) or newest[False]
    general = newest.get(False)
    if general is not None and general.answer not in ALLOWS and _age(general) > _age(counts):
        counts = general
    return Verdict(counts.answer in ALLOWS, _sentence(counts, words), counts)


def _age(answer: Consent) -> tuple[Any, ...]:
    return (answer.answered_on, answer.created_at)


def folded(name: str) -> str:
    """A name as it is compared: script, letter case and blanks make no difference."""
    return " ".join(fold(name).split())


def _sentence(answer: Consent, words: dict[str, Any]) -> str:
    words = words | {"day": f"{answer.answered_on:%d.%m.%Y.}", "ground": codes.label("consent_grounds", answer.ground)}
    match answer.answer:
        case ConsentAnswer.GIVEN:
            said = _("%(recipient)s may be told (%(purpose)s): consent was given on %(day)s")
        case ConsentAnswer.GROUND:
            said = _("%(recipient)s may be told (%(purpose)s) without consent, since %(day)s: %(ground)s.")
        case ConsentAnswer.REFUSED:
            said = _(
                "%(recipient)s may not be told (%(purpose)s): consent was refused on %(day)s Tell nobody, unless a"
                " legal ground allows it; record that ground with its reason first."
            )
        case ConsentAnswer.WITHDRAWN:
            said = _(
                "%(recipient)s may not be told (%(purpose)s): consent was withdrawn on %(day)s Tell nobody, unless a"
                " legal ground allows it; record that ground with its reason first."
            )
        case _:
            said = _(
                "%(recipient)s may not be told yet (%(purpose)s): on %(day)s it was not possible to ask. Ask as soon as"
                " it is, or record the legal ground that allows it."
            )
    return said % words


@transaction.atomic
def record_consent(
    *,
    case: Case,
    purpose: str,
    recipient_kind: str,
    answer: str,
    answered_on: datetime.date,
    today: datetime.date,
    recorded_by: User,
    recipient: str = "",
    given_by: str = "",
    giver: str = "",
    manner: str = "",
    language: str = "",
    interpreter: str = Answer.UNKNOWN,
    ground: str = "",
    reason: str = "",
) -> Consent:
    """Write down one answer, or the ground that stands in its place. Raises `Refused` with the field concerned.

    A withdrawal needs something that it withdraws. For a child, and for whom no age is known, the person's own yes is
    not enough: a parent, guardian or representative gives it.
    """
    require(recorded_by, "cases.record_consent")
    require_visible(case, recorded_by)
    fresh = lock(case)
    _check_codes(purpose, recipient_kind, answer, interpreter)
    if answered_on > today:
        raise Refused(_("This date is in the future."), field="answered_on")
    row = Consent(
        key=fresh.person.key,
        case=fresh,
        purpose=purpose,
        recipient_kind=recipient_kind,
        recipient=recipient.strip(),
        answer=answer,
        answered_on=answered_on,
        interpreter=interpreter,
        recorded_by=recorded_by,
    )
    if answer in ANSWERED:
        _spoken(row, given_by, giver, manner, language)
    else:
        _without_asking(row, ground, reason)
    if answer == ConsentAnswer.WITHDRAWN:
        _refuse_nothing_to_withdraw(row)
    row.save(force_insert=True)
    audit.act("record_consent", row, fresh, fresh.person, by=recorded_by, note=answer)
    for follow in ON_ANSWER:
        follow(row, recorded_by)
    return row


def _check_codes(purpose: str, recipient_kind: str, answer: str, interpreter: str) -> None:
    if not codes.is_code("consent_purposes", purpose):
        raise Refused(_("Choose the purpose from the list."), field="purpose")
    if not codes.is_code("recipient_kinds", recipient_kind):
        raise Refused(_("Choose from the list who is to be told."), field="recipient_kind")
    if answer not in ConsentAnswer.values:
        raise Refused(_("Choose one of the answers that are offered."), field="answer")
    if interpreter not in Answer.values:
        raise Refused(_("Choose one of the answers that are offered."), field="interpreter")


def _spoken(row: Consent, given_by: str, giver: str, manner: str, language: str) -> None:
    if given_by not in ConsentGiver.values:
        raise Refused(_("Say who answered."), field="given_by")
    if manner not in ConsentManner.values:
        raise Refused(_("Say whether the answer was by word of mouth or in writing."), field="manner")
    if given_by != ConsentGiver.PERSON and not giver.strip():
        raise Refused(_("Write who the parent, guardian or representative is."), field="giver")
    child = row.case.person.child_on(row.answered_on)
    if given_by == ConsentGiver.PERSON and row.answer == ConsentAnswer.GIVEN and child is not False:
        raise Refused(
            _("A child does not consent alone: record the consent of a parent, guardian or representative.")
            if child
            else _(
                "The age is not known, and until it is, the person is protected as a child. Write down the age first,"
                " or record the consent of a parent, guardian or representative."
            ),
            field="given_by",
        )
    if language:
        canonical = codes.canonical_language(language)
        if canonical is None:
            raise Refused(_("“%(code)s” is not the code of a language.") % {"code": language}, field="language")
        row.language = canonical
    row.given_by, row.giver, row.manner = given_by, giver.strip(), manner


def _without_asking(row: Consent, ground: str, reason: str) -> None:
    if row.answer == ConsentAnswer.GROUND:
        if not codes.is_code("consent_grounds", ground):
            raise Refused(_("Choose the legal ground from the list."), field="ground")
        row.ground = ground
    if len(reason.strip()) < SHORTEST:
        raise Refused(_("Write the reason in a few words, so that somebody else understands it."), field="reason")
    row.reason = reason.strip()


def _refuse_nothing_to_withdraw(row: Consent) -> None:
    verdict = may_tell(row.case, row.purpose, Recipient(row.recipient_kind, row.recipient), row.answered_on)
    if verdict.consent is None or verdict.consent.answer != ConsentAnswer.GIVEN:
        raise Refused(
            _("On this day there is no consent for this purpose and recipient that could be withdrawn."), field="answer"
        )


def mark_consent_in_error(*, consent: Consent, why: str, marked_by: User) -> Consent:
    """Mark an answer as entered in error: the one before it counts again."""
    require_visible(consent.case, marked_by)
    case = consent.case
    return record_services.mark_in_error(record=consent, why=why, marked_by=marked_by, about=[case, case.person])


def standing(case: Case, rows: Iterable[Consent]) -> list[Verdict]:
    """What counts today, one verdict for each purpose and recipient that the rows (all of the case's) speak of."""
    valid = [row for row in rows if not row.entered_in_error and row.answered_on <= timezone.localdate()]
    asked = {(row.purpose, row.recipient_kind, folded(row.recipient)): row for row in reversed(valid)}
    found = []
    for (purpose, kind, _name), row in asked.items():
        alike = [each for each in valid if (each.purpose, each.recipient_kind) == (purpose, kind)]
        found.append(verdict_of(alike, purpose, Recipient(kind, row.recipient)))
    return found
