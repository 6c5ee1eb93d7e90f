"""The weekly review: an auditor looks through a week of the organisation's trail and signs, once."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from casework.audit import services as audit
from casework.audit.looks import Window
from casework.audit.models import Event, Kind
from casework.audit.seal_models import Review, Seal
from casework.audit.unusual import unusual
from casework.audit.words import verbs_of
from casework.vault.models import VaultKey

WEEK = datetime.timedelta(days=7)
SHOWN = 26  # weeks on a page


class CannotSign(Exception):
    """A week that cannot be signed: a code, for the page to put in words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Week:
    """A week of the trail: signed, due (it ended last Sunday), overdue (it ended before), or still running."""

    monday: datetime.date
    status: str
    review: Review | None

    @property
    def sunday(self) -> datetime.date:
        return self.monday + datetime.timedelta(days=6)


def monday_of(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


def first_week(organisation_id: UUID) -> datetime.date | None:
    """The week from which on reviews are due: that of the first seal, or of the organisation's first event if later."""
    seal = Seal.objects.filter(position=1).values_list("made_at", flat=True).first()
    event = Event.objects.filter(organisation_id=organisation_id).order_by("id").values_list("at", flat=True).first()
    if seal is None or event is None:
        return None
    return monday_of(timezone.localdate(max(seal, event)))


def weeks(organisation_id: UUID, *, today: datetime.date, before: datetime.date | None = None) -> list[Week]:
    """Weeks of the organisation, the newest first, at most 26 and those before a Monday when it is given."""
    start = first_week(organisation_id)
    if start is None:
        return []
    newest = monday_of(today)
    if before is not None:
        newest = min(newest, monday_of(before) - WEEK)
    count = max(0, min(SHOWN, (newest - start).days // 7 + 1))
    mondays = [newest - WEEK * place for place in range(count)]
    signed = {
        review.week: review
        for review in Review.objects.filter(organisation_id=organisation_id, week__in=mondays).select_related(
            "key", "auditor"
        )
    }
    return [Week(monday, _status(monday, signed.get(monday), today), signed.get(monday)) for monday in mondays]


def _status(monday: datetime.date, review: Review | None, today: datetime.date) -> str:
    if review is not None:
        return "signed"
    this = monday_of(today)
    if monday >= this:
        return "running"
    return "due" if monday == this - WEEK else "overdue"


def unsigned(organisation_id: UUID, *, today: datetime.date) -> int:
    """How many weeks that are over nobody has signed."""
    start = first_week(organisation_id)
    if start is None:
        return 0
    over = max(0, (monday_of(today) - start).days // 7)
    return over - Review.objects.filter(organisation_id=organisation_id, week__gte=start).count()


def summary(organisation_id: UUID, monday: datetime.date) -> dict[str, Any]:
    """What there is to look at in a week: counts by kind and by group of verbs, and of each rule for unusual reads."""
    window = Window.of_days(organisation_id, monday, monday + datetime.timedelta(days=6))
    events = Event.objects.filter(organisation_id=organisation_id, at__gte=window.since, at__lt=window.until)
    kinds = dict(events.values_list("kind").annotate(Count("id")).order_by())
    return {
        "reads": kinds.get(Kind.READ, 0),
        "acts": kinds.get(Kind.ACT, 0),
        "refusals": kinds.get(Kind.REFUSAL, 0),
        "reveals": events.filter(verb__in=verbs_of("reveals")).count(),
        "exports": events.filter(verb__in=verbs_of("exports")).count(),
        "unusual": {rule.code: len(found) for rule, found in unusual(window)},
    }


@transaction.atomic
def sign_review(
    *, organisation_id: UUID, week: datetime.date, remark: str, now: datetime.datetime, signed_by: Any
) -> Review:
    """Sign a week that is over, with what there was to look at and a remark that only the auditors read.

    Raises CannotSign with `not-over`, `before-the-trail` or `signed-already`.
    """
    start = first_week(organisation_id)
    if week + WEEK > monday_of(timezone.localdate(now)):
        raise CannotSign("not-over")
    if start is None or week < start or week.weekday():
        raise CannotSign("before-the-trail")
    review = Review(
        key=VaultKey.make(),
        organisation_id=organisation_id,
        week=week,
        auditor=signed_by,
        looked_at=summary(organisation_id, week),
        remark=remark,
        signed_at=now,
    )
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError:  # another auditor was a moment faster
        raise CannotSign("signed-already") from None
    audit.act("sign_review", review, by=signed_by, note=f"{week:%Y-%m-%d}")
    return review
