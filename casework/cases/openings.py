"""Opening what is closed by default: one masked field, shown once; or, in an emergency, one case for an hour.

Both leave an `Opening` with the reason, are told to the supervisors at once, are limited, and are reviewed by a
supervisor who is not the one who opened. Whoever calls these from a page asks for a fresh sign-in first.
"""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.models import Case, CaseGrant
from casework.cases.restricted_models import (
    FOR_BREAK_GLASS,
    Conflict,
    Opened,
    Opening,
    OpeningKind,
    OpeningReason,
    Verdict,
)
from casework.outbox.models import Message, Subject
from casework.outbox.services import tell
from casework.people.models import Person
from casework.vault.models import VaultKey
from casework.workflow import Refused

HOUR = datetime.timedelta(hours=1)


# A masked field -------------------------------------------------------------------------------------------------------
def reveal_field(
    *, person: Person, field: str, reason_kind: str, reason: str, revealed_by: User, now: datetime.datetime
) -> Opening:
    """Permit one look at a masked field (`people.masking.MASKED`) of a person whom the caller fetched as visible.

    Returns when the act is committed: only then may the caller read the field. Raises `Refused`, also beyond
    REVEALS_PER_HOUR; that refusal stands in the trail and is told to the supervisors.
    """
    if field not in (Opened.NAMES, Opened.CONTACTS, Opened.IDENTIFIERS):
        raise TypeError(f"{field} is not masked")
    if not _may_know(revealed_by, [person.pk]):
        raise Refused(_("Your role may not do this."))
    about: dict[str, Any] = {"key": person.key, "person": person, "organisation_id": person.organisation_id}
    return _reveal(field, [person], about, reason_kind, reason, revealed_by, now)


def reveal_place(
    *,
    place: models.Model,
    key: VaultKey,
    organisation_id: UUID,
    reason_kind: str,
    reason: str,
    revealed_by: User,
    now: datetime.datetime,
) -> Opening:
    """As `reveal_field`, for the address of a shelter: `key` is the one that seals the address."""
    about: dict[str, Any] = {"key": key, "place_id": place.pk, "organisation_id": organisation_id}
    return _reveal(Opened.SHELTER_ADDRESS, [place], about, reason_kind, reason, revealed_by, now)


def _reveal(
    what: str,
    subjects: list[models.Model],
    about: dict[str, Any],
    reason_kind: str,
    reason: str,
    user: User,
    now: datetime.datetime,
) -> Opening:
    require(user, "cases.reveal")
    _must_say_why(reason_kind, reason, tuple(OpeningReason))
    with transaction.atomic():
        _one_at_a_time(user)
        made = Opening.objects.filter(user=user, kind=OpeningKind.REVEAL, opened_at__gt=now - HOUR).count()
        if made < settings.REVEALS_PER_HOUR:
            opening = Opening(
                **about,
                kind=OpeningKind.REVEAL,
                what=what,
                user=user,
                reason_kind=reason_kind,
                reason=reason.strip(),
                opened_at=now,
                review_due_at=_due(now),
            )
            opening.save(force_insert=True)
            audit.act(f"reveal_{what.replace('-', '_')}", *subjects, opening, by=user, fields=[what], note=reason_kind)
            _tell_reviewers(opening, Subject.REVEALED, user.username)
            return opening
        # Told once an hour; the refusal itself is traced by the page, each time.
        told = Message.objects.filter(
            subject=Subject.REVEAL_LIMIT, reference=user.username[:40], created_at__gt=now - HOUR
        )
        if not told.exists():
            _tell_supervisors(user, Subject.REVEAL_LIMIT, user.username, about["organisation_id"], subjects)
    raise Refused(
        _("You have revealed %(count)d fields within an hour: that is the limit. Your supervisor is told. Please wait.")
        % {"count": made},
        limit=settings.REVEALS_PER_HOUR,
    )


def _must_say_why(reason_kind: str, reason: str, offered: tuple[str, ...]) -> None:
    if reason_kind not in offered:
        raise Refused(_("Choose one of the reasons that are offered."), field="reason_kind")
    if len(reason.strip()) < settings.OPENING_REASON_LETTERS:
        raise Refused(_("Write the reason in a few words, so that somebody else understands it."), field="reason")


def _one_at_a_time(user: User) -> None:
    """Two requests of the same person are counted one after the other: the limit holds however fast they come."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _due(now: datetime.datetime) -> datetime.datetime:
    return now + datetime.timedelta(hours=settings.REVIEW_OPENINGS_WITHIN_HOURS)


# One case, in an emergency --------------------------------------------------------------------------------------------
def break_glass(*, number: str, reason_kind: str, reason: str, broken_by: User, now: datetime.datetime) -> Opening:
    """Open one case of one's own organisation for reading, for an hour, by its number.

    A number that does not exist, a sealed case, another organisation's and one with which the user has a conflict are
    refused with the same words after the same single query. Raises `Refused`.
    """
    require(broken_by, "cases.break_glass")
    _must_say_why(reason_kind, reason, FOR_BREAK_GLASS)
    with transaction.atomic():
        _one_at_a_time(broken_by)
        day = datetime.timedelta(days=1)
        mine = Opening.objects.filter(user=broken_by, kind=OpeningKind.BREAK_GLASS, opened_at__gt=now - day)
        if mine.count() >= settings.BREAK_GLASS_PER_DAY:
            raise Refused(
                _("You have used emergency access %(count)d times within a day, which is the limit. Ask a supervisor.")
                % {"count": settings.BREAK_GLASS_PER_DAY}
            )
        # no_key and of: sealing locks the same row, so the case is not sealed between this look and the grant
        found = Case.objects.valid().breakable_by(broken_by).filter(number=number)  # type: ignore[attr-defined]
        case = found.select_for_update(no_key=True, of=("self",)).first()
        if case is None:
            raise Refused(
                _("No case with this number can be opened here. Check the number, or ask a supervisor."), field="number"
            )
        if Case.objects.is_visible_to(broken_by, case):
            raise Refused(_("You see this case already: open it from your list."), field="number", case=case)
        if Case.objects.through_glass(broken_by, now).filter(pk=case.pk).exists():
            raise Refused(_("You have opened this case already, and the hour is not over."), field="number", case=case)
        return _open_case(case, reason_kind, reason.strip(), broken_by, now)


def _open_case(case: Case, reason_kind: str, reason: str, user: User, now: datetime.datetime) -> Opening:
    person = Person._base_manager.select_related("key").get(pk=case.person_id)
    expires_at = now + datetime.timedelta(minutes=settings.BREAK_GLASS_MINUTES)
    opening = Opening(
        key=person.key,
        kind=OpeningKind.BREAK_GLASS,
        what=Opened.CASE,
        organisation_id=case.organisation_id,
        user=user,
        case=case,
        person=person,
        reason_kind=reason_kind,
        reason=reason,
        opened_at=now,
        expires_at=expires_at,
        review_due_at=_due(now),
    )
    opening.save(force_insert=True)
    CaseGrant.objects.update_or_create(
        user=user,
        permission=Permission.objects.get(content_type__app_label="cases", codename="break_glass"),
        content_object=case,
        defaults={"expires_at": expires_at, "granted_by": user},
    )
    audit.act("break_glass", case, person, opening, by=user, note=reason_kind)
    _tell_reviewers(opening, Subject.GLASS_BROKEN, case.number)
    if case.caseworker is not None:
        page = reverse("cases:case", args=[case.number])
        tell([case.caseworker], Subject.GLASS_BROKEN, reference=case.number, path=page)
    return opening


# Who is told ----------------------------------------------------------------------------------------------------------
def _tell_reviewers(opening: Opening, subject: Subject, reference: str) -> None:
    held = [record for record in (opening.person,) if record is not None]
    _tell_supervisors(opening.user, subject, reference, opening.organisation_id, held)


def _tell_supervisors(user: User, subject: Subject, reference: str, organisation_id: Any, about: list[Any]) -> None:
    """Tell every supervisor but the user who may know of it; where there is none, the auditor."""
    page = reverse("cases:reviews")
    others = User.objects.colleagues(organisation_id, Role.SUPERVISOR).exclude(pk=user.pk)
    persons = [record.pk for record in about if isinstance(record, Person)]
    told = [each for each in others if _may_know(each, persons)]
    if not told:
        told, page = list(User.objects.colleagues(organisation_id, Role.AUDITOR)), reverse("audit:trail")
    tell(told, subject, reference=reference[:40], path=page)


def _may_know(user: User, persons: list[Any]) -> bool:
    return Person.objects.visible_to(user).filter(pk__in=persons).count() == len(persons)


# Review ---------------------------------------------------------------------------------------------------------------
@transaction.atomic
def review_opening(
    *, opening: Opening, verdict: str, reason: str, reviewed_by: User, now: datetime.datetime
) -> Opening:
    """A supervisor's word on it, once, and never on one's own. Not justified needs a reason."""
    require(reviewed_by, "cases.review_opening")
    if verdict not in Verdict.values:
        raise Refused(_("Choose one of the answers that are offered."), field="verdict")
    if verdict == Verdict.NOT_JUSTIFIED and not reason.strip():
        raise Refused(_("Say why it was not justified."), field="reason")
    fresh = Opening.objects.select_for_update(of=("self",)).select_related("key").get(pk=opening.pk)
    if not Opening.objects.visible_to(reviewed_by).filter(pk=fresh.pk).exists():
        raise Refused(_("Your role may not do this."))
    if fresh.user_id == reviewed_by.pk:
        raise Refused(_("Nobody reviews what they opened themselves. Ask another supervisor."))
    if fresh.reviewed_at is not None:
        raise Refused(_("Somebody was faster: this is reviewed already."))
    fresh.verdict, fresh.review_reason = verdict, reason.strip()
    fresh.reviewed_by, fresh.reviewed_at = reviewed_by, now
    fresh.save()
    about = [record for record in (fresh.case, fresh.person) if record is not None]
    audit.act("review_opening", fresh, *about, by=reviewed_by, note=verdict)
    return fresh


def escalate_overdue_reviews(*, now: datetime.datetime) -> int:
    """Tell the supervisors and the auditors of each review that is overdue, once; returns how many there were."""
    count = 0
    while (escalated := _escalate_one(now)) is not None:
        count += escalated
    return count


@transaction.atomic
def _escalate_one(now: datetime.datetime) -> int | None:
    overdue = Opening.objects.filter(reviewed_at=None, escalated_at=None, review_due_at__lt=now)
    opening = overdue.select_for_update(skip_locked=True, of=("self",)).order_by("review_due_at").first()
    if opening is None:
        return None
    Opening.objects.filter(pk=opening.pk).update(escalated_at=now)
    reference = opening.case.number if opening.case else opening.user.username
    _tell_reviewers(opening, Subject.REVIEW_OVERDUE, reference)
    auditors = User.objects.colleagues(opening.organisation_id, Role.AUDITOR)
    tell(auditors, Subject.REVIEW_OVERDUE, reference=reference[:40], path=reverse("audit:trail"))
    audit.act("escalate_review", opening, by=None)
    return 1


# For pages ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reviews:
    """What the page of reviews shows: overdue first, then due, then what was reviewed lately."""

    overdue: list[Opening]
    waiting: list[Opening]
    done: list[Opening]


SHOWN = 100


def reviews_for(user: User, now: datetime.datetime) -> Reviews:
    """The openings that this supervisor may review, or has to know of."""
    related = ("key", "user", "case", "person__key", "reviewed_by")
    seen = Opening.objects.visible_to(user).select_related(*related)
    open_ones = list(seen.unreviewed().order_by("review_due_at")[:SHOWN])
    return Reviews(
        overdue=[each for each in open_ones if each.review_due_at <= now],
        waiting=[each for each in open_ones if each.review_due_at > now],
        done=list(seen.exclude(reviewed_at=None).order_by("-reviewed_at")[:SHOWN]),
    )


def openings_of(case: Case) -> list[Opening]:
    """Emergency access to a visible case, newest first, for those who see the case: who, when, whether reviewed."""
    return list(Opening.objects.filter(case=case).select_related("user", "reviewed_by").order_by("-opened_at")[:10])


def conflict_of(user: User, person: Person) -> bool:
    """Whether the user has a declared conflict with this person's cases."""
    return Conflict.objects.live().filter(user=user, person=person).exists()
