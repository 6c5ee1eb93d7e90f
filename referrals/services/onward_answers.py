"""The answer to an onward referral: written down by the sender for a body outside, given by the body itself here."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require_visible
from casework.cases.models import Case
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.people.links import link_persons
from casework.people.models import Person
from casework.workflow import Refused, advance, lock
from referrals.models import Onward, Received, Referral, ReminderKind
from referrals.services.intake import log_referral
from referrals.services.onward import meet_reminder, page_of, senders_of
from referrals.services.sharing import as_person

SOURCE_OF_KIND = {"ngo": "ngo", "csw": "social-welfare-center"}  # of code list referral_sources


@transaction.atomic
def acknowledge_onward(
    *, onward: Onward, at: datetime.datetime, now: datetime.datetime, acknowledged_by: User, their_number: str = ""
) -> Onward:
    """They have it: when, and under which number of theirs."""
    fresh = _answerable(onward, acknowledged_by)
    _check_when(fresh, at, now, "at")
    done = advance(
        fresh,
        "acknowledge_onward",
        by=acknowledged_by,
        about=_about(fresh),
        acknowledged_at=at,
        their_number=their_number.strip(),
        answered_by=acknowledged_by,
    )
    meet_reminder(done, ReminderKind.ACKNOWLEDGE, at)
    _tell_sender(done, acknowledged_by)
    return done


@transaction.atomic
def accept_onward(
    *, onward: Onward, at: datetime.datetime, now: datetime.datetime, accepted_by: User, their_number: str = ""
) -> Onward:
    """They take it. An organisation of this installation gets a referral and a person of its own, from what was shared.

    The two persons are linked as the same, so that figures of the installation count her once. Their clocks run from
    now: until somebody takes it, she is the sender's.
    """
    fresh = _answerable(onward, accepted_by)
    _check_when(fresh, at, now, "at")
    referral = None
    if fresh.recipient_organisation is not None:
        referral = _own_referral(fresh, now, accepted_by)
    changes = {"their_number": their_number.strip()} if their_number.strip() else {}
    if referral is not None and not fresh.their_number:
        changes["their_number"] = referral.number
    done = advance(
        fresh,
        "accept_onward",
        by=accepted_by,
        about=_about(fresh),
        acknowledged_at=fresh.acknowledged_at or at,
        answered_at=at,
        answered_by=accepted_by,
        became=referral,
        **changes,
    )
    meet_reminder(done, ReminderKind.ANSWER, at)
    if referral is not None and referral.person is not None:
        ours = Person._base_manager.get(pk=done.case.person_id)
        link_persons(first=ours, second=referral.person, because=done.number, now=now, linked_by=accepted_by)
    _tell_sender(done, accepted_by)
    return done


@transaction.atomic
def refuse_onward(
    *, onward: Onward, why: str, at: datetime.datetime, now: datetime.datetime, refused_by: User
) -> Onward:
    """They say no, and why."""
    fresh = _answerable(onward, refused_by)
    _check_when(fresh, at, now, "at")
    if not why.strip():
        raise Refused(_("Say why it is refused."), field="why")
    done = advance(
        fresh,
        "refuse_onward",
        by=refused_by,
        about=_about(fresh),
        answered_at=at,
        answered_by=refused_by,
        answer_why=why.strip(),
    )
    meet_reminder(done, ReminderKind.ANSWER, at)
    _tell_sender(done, refused_by)
    return done


def _answerable(onward: Onward, user: User) -> Onward:
    """The locked row, if this user answers for the recipient. Raises `Refused`."""
    fresh = lock(Onward._base_manager.get(pk=onward.pk))
    if fresh.recipient_organisation_id == user.organisation_id:
        require_visible(Received._base_manager.get(pk=fresh.pk), user)
    else:
        require_visible(fresh, user)
        if fresh.recipient_organisation is not None:
            raise Refused(_("%(name)s works here and answers for itself.") % {"name": fresh.recipient_organisation})
    if fresh.entered_in_error:
        raise Refused(_("This is marked as entered in error. Nothing more can be done with it."))
    return fresh


def _check_when(onward: Onward, at: datetime.datetime, now: datetime.datetime, field: str) -> None:
    if at > now:
        raise Refused(_("This time is in the future."), field=field)
    # a form gives minutes, and something may be answered in the minute in which it was sent
    if onward.sent_at and at < onward.sent_at.replace(second=0, microsecond=0):
        raise Refused(_("This is before the onward referral was sent."), field=field)


def _own_referral(onward: Onward, now: datetime.datetime, accepted_by: User) -> Referral:
    shared = onward.snapshot or {}
    parts = [str(shared[name]) for name in ("summary", "needs", "opinion") if shared.get(name)]
    known = as_person(shared)
    return log_referral(
        organisation=accepted_by.organisation,
        received_at=now,
        source=SOURCE_OF_KIND.get(onward.organisation.kind, "other"),
        channel="",
        referrer_body=onward.organisation.name,
        referrer_name=onward.sent_by.full_name if onward.sent_by else "",
        person=known,
        given_age=None if known["birth_date"] else shared.get("age"),
        indicators=[(code, "said") for code in shared.get("indicators", [])],
        suspected_forms=shared.get("forms", []),
        summary="\n\n".join([*parts, onward.number]),
        language=next(iter(shared.get("language", [])), ""),
        now=now,
        logged_by=accepted_by,
    )


def _about(onward: Onward) -> list[Case | Person]:
    return [onward.case, onward.case.person]


def _tell_sender(onward: Onward, answered_by: User) -> None:
    told = [user for user in senders_of(onward) if user.pk != answered_by.pk]
    tell(told, Subject.ONWARD_ANSWERED, reference=onward.number, path=page_of(onward))


def answered_today(onward: Onward) -> bool:
    """Whether the answer is of today, in Belgrade."""
    return onward.answered_at is not None and timezone.localdate(onward.answered_at) == timezone.localdate()
