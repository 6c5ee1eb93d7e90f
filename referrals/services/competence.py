"""Who is competent for what a referral tells, and a supervisor's choice where the documents leave several."""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.people.models import Answer
from casework.workflow import Refused, lock
from reference import codes, routing
from reference.routing_rules import Facts
from referrals.models import AuthorityChoice, Referral, Seen
from referrals.services.reach import must_be_valid, must_reach

# Signs and forms whose own words say that information technology was used. Of every other it is not known.
CYBER_SIGNS = frozenset({"abuse-material", "grooming-ict", "recruited-online"})
CYBER_FORMS = frozenset({"grooming"})
_YES_OR_NO: dict[str, bool] = {Answer.YES: True, Answer.NO: False}
CHOSEN_FOR = ("police", "prosecution", "court")  # the route of the identification is decided elsewhere


def facts_of(referral: Referral) -> Facts:
    """What the referral says of the facts that the rules ask for. What it does not say is not known."""
    told = [row.code for row in referral.indicators.all() if row.how in (Seen.SEEN, Seen.SAID)]
    age = referral.age_at_referral
    by_signs = True if CYBER_SIGNS & set(told) or CYBER_FORMS & set(referral.suspected_forms) else None
    return Facts(
        victim_age=None if age is None or age < 0 else age,
        cyber=_YES_OR_NO.get(referral.cyber_means, by_signs),
        suspect_age=referral.suspect_age,
        abroad=_YES_OR_NO.get(referral.committed_abroad),
        channel=_came_through(referral),
        child_limit=settings.CHILD_AGE_LIMIT,
    )


def competence_of(referral: Referral) -> routing.Competence:
    """Who is competent for a referral, by the rules in the wording of the day of receipt."""
    return routing.competent(facts_of(referral), timezone.localdate(referral.received_at))


def choices_of(competence: routing.Competence) -> list[tuple[str, routing.Candidate]]:
    """Question and candidate for everything that the rules leave open between several authorities."""
    return [
        (question, candidate)
        for question, answer in competence.answers.items()
        if question in CHOSEN_FOR and len(answer.authorities) > 1
        for candidate in answer.candidates
        if candidate.authority
    ]


@transaction.atomic
def choose_authority(
    *, referral: Referral, question: str, rule: str, reason: str, now: datetime.datetime, chosen_by: User
) -> AuthorityChoice:
    """A supervisor says which rule is followed where several may hold and no document says which wins.

    The choice is kept with its reason; a later one for the same question replaces it and leaves it to be read. Raises
    `Refused` without a reason, and for a rule that is not among those left open.
    """
    require(chosen_by, "referrals.choose_authority")
    must_reach(referral, chosen_by)
    fresh = lock(referral)
    must_be_valid(fresh)
    open_ = {(asked, candidate.rule.code): candidate for asked, candidate in choices_of(competence_of(fresh))}
    if (question, rule) not in open_:
        raise Refused(_("Choose one of the authorities that the rules leave open."), field="choice")
    if not reason.strip():
        raise Refused(_("Say why: the reason stays with the referral."), field="reason")
    newest = AuthorityChoice.objects.valid().filter(referral=fresh, question=question).order_by("chosen_at").last()
    if newest is not None and newest.rule == rule:
        raise Refused(_("This authority is already chosen."), field="choice")
    choice = AuthorityChoice(
        key=fresh.key,
        referral=fresh,
        question=question,
        rule=rule,
        authority=open_[question, rule].authority,
        reason=reason.strip(),
        chosen_by=chosen_by,
        chosen_at=now,
    )
    choice.save(force_insert=True)
    about = [record for record in (fresh.case, fresh.person) if record is not None]
    audit.act("choose_authority", fresh, choice, *about, by=chosen_by, fields=["authority", "reason"])
    return choice


def _came_through(referral: Referral) -> str:
    """How the report came, in the words that the rules know: by the source that told us, or by its channel."""
    sources = [codes.entry("referral_sources", code) for code in codes.ids("referral_sources")]
    words = [
        source["label"]
        for source in sources
        if source.get("channel") and (source["id"] == referral.source or source["channel"] == referral.channel)
    ]
    if codes.is_code("referral_channels", referral.channel):
        words.append(codes.entry("referral_channels", referral.channel)["label"])
    return "; ".join(words)
