"""Passing a person on to another body: prepared, allowed, sent, answered. Who answers stands in `onward_answers`."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import Duty, Organisation, User
from casework.access.record import next_number
from casework.access.record_services import mark_in_error, require, require_visible
from casework.audit import services as audit
from casework.cases.consent import Recipient, Verdict, may_tell
from casework.cases.models import Case, CaseStatus
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.people.links import unlink_persons
from casework.workflow import Refused, advance, lock
from reference import codes
from referrals.models import CONFIRMED, Onward, OnwardReminder, OnwardStatus, ReminderKind
from referrals.services.sharing import LEAST, WRITTEN, check_shared, snapshot_of

SHORTEST = 10  # letters of a reason


def verdict(onward: Onward, today: datetime.date) -> Verdict:
    """Whether this recipient may be told for this purpose: the first question of every onward referral."""
    return may_tell(onward.case, onward.purpose, Recipient(onward.recipient_kind, onward.recipient), today)


@transaction.atomic
def prepare_onward(
    *,
    case: Case,
    purpose: str,
    recipient_kind: str,
    now: datetime.datetime,
    prepared_by: User,
    recipient: str = "",
    recipient_organisation: Organisation | None = None,
    recipient_entry: str = "",
) -> Onward:
    """Begin an onward referral: for what, to whom. Nothing is told yet, and little more than nothing is chosen.

    `recipient` is the body's name; `recipient_organisation` one that works with this installation, whose people will
    answer for themselves. Raises `Refused` with the field concerned.
    """
    require(prepared_by, "referrals.send_onward")
    require_visible(case, prepared_by)
    fresh = lock(case)
    if fresh.organisation_id != prepared_by.organisation_id:
        raise Refused(_("Only people of the organisation that has the case pass it on."))
    if fresh.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    if not codes.is_code("consent_purposes", purpose):
        raise Refused(_("Choose the purpose from the list."), field="purpose")
    if not codes.is_code("recipient_kinds", recipient_kind):
        raise Refused(_("Choose from the list what kind of body it is."), field="recipient_kind")
    if recipient_organisation is not None and recipient_organisation.pk == fresh.organisation_id:
        raise Refused(_("This is your own organisation. Give the case to a colleague instead."), field="body")
    name = recipient_organisation.name if recipient_organisation else recipient.strip()
    if not name and recipient_kind != "cptv":
        raise Refused(_("Say which one: choose it from the list, or write its name."), field="recipient")
    onward = Onward(
        key=fresh.person.key,
        number=next_number("O", timezone.localdate(now).year),
        organisation=fresh.organisation,
        case=fresh,
        purpose=purpose,
        recipient_kind=recipient_kind,
        recipient=name,
        recipient_organisation=recipient_organisation,
        recipient_entry=recipient_entry,
        shared=list(LEAST),
        prepared_by=prepared_by,
    )
    onward.save(force_insert=True)
    audit.act("prepare_onward", onward, fresh, fresh.person, by=prepared_by)
    return onward


@transaction.atomic
def choose_shared(
    *,
    onward: Onward,
    version: int,
    shared: Iterable[str],
    today: datetime.date,
    chosen_by: User,
    summary: str = "",
    needs: str = "",
    opinion: str = "",
) -> Onward:
    """Choose, field by field, what goes with a draft. Consent or a ground comes first. Raises `Refused`, `Stale`."""
    require(chosen_by, "referrals.send_onward")
    _must_see(onward, chosen_by)
    fresh = lock(onward, version=version)
    _must_be_draft(fresh)
    _must_be_allowed(fresh, today)
    fresh.shared = list(dict.fromkeys(shared))
    texts = {"summary": summary, "needs": needs, "opinion": opinion}
    for name in WRITTEN:
        setattr(fresh, name, texts[name].strip())
    check_shared(fresh)
    fresh.version += 1
    fresh.save()
    audit.act("choose_shared", fresh, fresh.case, fresh.case.person, by=chosen_by, fields=["shared"])
    return fresh


@transaction.atomic
def send_onward(*, onward: Onward, channel: str, now: datetime.datetime, sent_by: User) -> Onward:
    """Send it: what is shared is frozen now, the clocks of the answer begin, and the other side is told if it can be.

    Raises `Refused` without consent or ground, whatever clock runs. Handing a case over takes a supervisor.
    """
    _must_see(onward, sent_by)
    fresh = lock(onward)
    _must_be_valid(fresh)
    if fresh.case.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    today = timezone.localdate(now)
    counts = _must_be_allowed(fresh, today)
    if fresh.takes_over and not sent_by.has_perm("referrals.hand_over_case"):
        raise Refused(_("A supervisor sends this: it hands the whole case over to another organisation."))
    if fresh.recipient_organisation is None and not codes.is_code("referral_channels", channel):
        raise Refused(_("Say how it is sent."), field="channel")
    check_shared(fresh)
    case, person = fresh.case, fresh.case.person
    sent = advance(
        fresh,
        "send_onward",
        by=sent_by,
        about=[case, person],
        snapshot=snapshot_of(fresh, today),
        consent=counts.consent,
        sent_at=now,
        sent_by=sent_by,
        channel="" if fresh.recipient_organisation else channel,
    )
    _remind(sent, ReminderKind.ACKNOWLEDGE, now, settings.ONWARD_ACKNOWLEDGE_DAYS)
    if sent.recipient_organisation_id is not None:
        receivers = receivers_of(sent, now)
        tell(receivers, Subject.ONWARD_RECEIVED, reference=sent.number, path=inbox_page_of(sent))
    return sent


@transaction.atomic
def record_result(
    *, onward: Onward, result_on: datetime.date, result: str, today: datetime.date, recorded_by: User
) -> Onward:
    """What came of an accepted onward referral."""
    _must_see(onward, recorded_by)
    fresh = lock(onward)
    _must_be_valid(fresh)
    if not result.strip():
        raise Refused(_("Write what came of it."), field="result")
    if result_on > today:
        raise Refused(_("This date is in the future."), field="result_on")
    if fresh.sent_at and result_on < timezone.localdate(fresh.sent_at):
        raise Refused(_("This is before the onward referral was sent."), field="result_on")
    about = [fresh.case, fresh.case.person]
    return advance(fresh, "record_result", by=recorded_by, about=about, result=result.strip(), result_on=result_on)


@transaction.atomic
def withdraw_onward(*, onward: Onward, why: str, now: datetime.datetime, withdrawn_by: User) -> Onward:
    """Take it back: a draft that is not sent, or one that nobody has answered. Its reminders stop."""
    _must_see(onward, withdrawn_by)
    fresh = lock(onward)
    _must_be_valid(fresh)
    if len(why.strip()) < SHORTEST:
        raise Refused(_("Write the reason in a few words, so that somebody else understands it."), field="why")
    was_sent = fresh.sent_at is not None
    about = [fresh.case, fresh.case.person]
    done = advance(fresh, "withdraw_onward", by=withdrawn_by, about=about, withdrawn_at=now, withdrawn_why=why.strip())
    stop_reminders(done, now)
    if was_sent and done.recipient_organisation_id is not None:
        told = receivers_of(done, now)
        tell(told, Subject.ONWARD_WITHDRAWN, reference=done.number, path=inbox_page_of(done))
    return done


@transaction.atomic
def mark_onward_in_error(*, onward: Onward, why: str, now: datetime.datetime, marked_by: User) -> Onward:
    """It should not be there: it leaves every figure, and whom it linked counts by herself again."""
    _must_see(onward, marked_by)
    marked = mark_in_error(record=onward, why=why, marked_by=marked_by, about=[onward.case, onward.case.person])
    stop_reminders(marked, now)
    unlink_persons(because=marked.number, now=now, unlinked_by=marked_by)
    return marked


# Reminders ------------------------------------------------------------------------------------------------------------
def _remind(onward: Onward, kind: str, since: datetime.datetime, days: int) -> None:
    OnwardReminder.objects.create(onward=onward, kind=kind, due_at=since + datetime.timedelta(days=days))


def meet_reminder(onward: Onward, kind: str, at: datetime.datetime) -> None:
    """What was awaited is there. An acknowledgement starts the wait for the answer. Call inside the act."""
    running = OnwardReminder.objects.running().filter(onward=onward)
    if kind == ReminderKind.ACKNOWLEDGE:
        running.filter(kind=kind).update(met_at=at)
        _remind(onward, ReminderKind.ANSWER, at, settings.ONWARD_ANSWER_DAYS)
    else:
        running.update(met_at=at)


def stop_reminders(onward: Onward, at: datetime.datetime) -> None:
    OnwardReminder.objects.running().filter(onward=onward).update(stopped_at=at)


def remind_of_onward(*, now: datetime.datetime) -> int:
    """Tell the caseworker of each answer that is overdue, once; returns how many were told of.

    Every reminder is a transaction of its own: its mark and its message commit together, and the row's lock lets one
    worker at it. Any number of workers may run this at once.
    """
    overdue = OnwardReminder.objects.running().filter(due_at__lte=now, reminded_at=None, onward__error_at=None)
    return sum(_remind_once(key, now) for key in list(overdue.order_by("due_at").values_list("pk", flat=True)))


@transaction.atomic
def _remind_once(key: int, now: datetime.datetime) -> bool:
    waiting = OnwardReminder.objects.running().filter(pk=key, reminded_at=None)
    locked = waiting.select_for_update(skip_locked=True, of=("self",))
    reminder = locked.select_related("onward__case__caseworker", "onward__case__person").first()
    if reminder is None:  # another worker has it, or the answer came meanwhile
        return False
    reminder.reminded_at = now
    reminder.save(update_fields=["reminded_at"])
    onward = reminder.onward
    tell(senders_of(onward), Subject.ONWARD_WAITING, reference=onward.number, path=page_of(onward))
    audit.act("remind_of_onward", onward, onward.case, onward.case.person, by=None, note=reminder.kind)
    return True


# Who is concerned -----------------------------------------------------------------------------------------------------
def page_of(onward: Onward) -> str:
    return reverse("referrals:onward", args=[onward.number])


def inbox_page_of(onward: Onward) -> str:
    return reverse("referrals:received-onward", args=[onward.number])


def senders_of(onward: Onward) -> list[User]:
    """Who waits for an answer: the case's caseworker; without one, the supervisors who see the case."""
    case = onward.case
    if case.caseworker is not None and case.caseworker.is_active:
        return [case.caseworker]
    supervisors = User.objects.colleagues(case.organisation_id, Role.SUPERVISOR)
    return [user for user in supervisors if Case.objects.is_visible_to(user, case)]


def receivers_of(onward: Onward, now: datetime.datetime) -> list[User]:
    """Who is told at the organisation that receives: those on duty, or every supervisor when nobody is."""
    duties = Duty.objects.filter(organisation=onward.recipient_organisation_id, user__is_active=True).at(now)
    on_duty = [duty.user for duty in duties.select_related("user")]
    return on_duty or list(User.objects.colleagues(onward.recipient_organisation_id, Role.SUPERVISOR))


def confirmed(onward: Onward) -> bool:
    """Whether the other side has said that it has it, and has not said no."""
    return onward.status in CONFIRMED and not onward.entered_in_error


# What every act asks first --------------------------------------------------------------------------------------------
def _must_see(onward: Onward, user: User) -> None:
    require_visible(onward, user)
    if user.organisation_id != onward.organisation_id:
        raise Refused(_("Your role may not do this."))


def _must_be_valid(onward: Onward) -> None:
    if onward.entered_in_error:
        raise Refused(_("This is marked as entered in error. Nothing more can be done with it."))


def _must_be_draft(onward: Onward) -> None:
    _must_be_valid(onward)
    if onward.status != OnwardStatus.DRAFT:
        raise Refused(_("It is sent already: what was shared cannot be changed any more."))


def _must_be_allowed(onward: Onward, today: datetime.date) -> Any:
    found = verdict(onward, today)
    if not found.allowed:
        raise Refused(found.sentence, verdict=found)
    return found
