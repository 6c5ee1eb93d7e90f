"""Sealing a person's cases to the named few, and unsealing them: both take two people.

Sealing takes effect when it is asked, and the second person confirms or undoes it within a clock. The other order (ask,
wait for a second person, then close) would leave a case open to the very colleague it is to be closed to while the
request for it already lies on a desk; for the person, an hour too closed is a smaller harm than an hour too open. What
could be misused, to hide a case from those who oversee it, is bounded: the second must be one of the named few and not
the asker, the auditor sees the act at once, and what nobody decides is escalated to the few and to the auditor. Until
then it stays sealed.

Unsealing takes effect only when another of the named few agrees: there, waiting harms nobody.
"""

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require, require_visible
from casework.audit import services as audit
from casework.cases.models import Case, CaseGrant
from casework.cases.naming import FOR_GOOD, live_grants, refuse_conflicted, refuse_too_few, write_grant
from casework.cases.restricted_models import Sealing, SealingKind, SealingOutcome
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.people.masking import protect_identity, review_protection
from casework.people.models import Person
from casework.workflow import Refused, lock


@transaction.atomic
def seal_case(*, case: Case, named: Iterable[User], sealed_by: User, now: datetime.datetime) -> Case:
    """From now on only the named see this case, its person, and every case and referral of that person; another of the
    named confirms or undoes it.

    Raises `Refused` unless at least two are named, all of this organisation and active, one of them a supervisor, and
    one of them not the asker.
    """
    require(sealed_by, "cases.seal_case")
    few = list(named)
    person = lock(case.person)
    fresh = lock(case)
    if fresh.sealed:
        raise Refused(_("This case is sealed already."))
    require_visible(fresh, sealed_by)
    fit = User.objects.colleagues(fresh.organisation_id, Role.CASEWORKER, Role.SUPERVISOR)
    for user in few:
        if not fit.filter(pk=user.pk).exists():
            raise Refused(
                _("%(name)s cannot be named: choose an active colleague of this organisation.") % {"name": user},
                field="named",
            )
        refuse_conflicted(fresh, user, field="named")
    refuse_too_few(fresh, few)
    # An older case of the same person shows the same name: it is sealed with this one.
    cases = list(Case._base_manager.filter(person=person).select_for_update().order_by("pk"))
    _end_grants(person, now)
    for one in cases:
        for user in few:
            write_grant(one, user, expires_at=now + FOR_GOOD, granted_by=sealed_by)
        one.referrals.update(sealed=True)
        audit.act("seal_case", one, person, *few, by=sealed_by)
    _set_sealed(person, True)
    protect_identity(person)
    _ask(SealingKind.SEAL, fresh, person, "", sealed_by, now, [user for user in few if user != sealed_by])
    case.sealed = fresh.sealed = True
    return fresh


def _end_grants(person: Person, now: datetime.datetime) -> None:
    """Names and emergency access end at once."""
    CaseGrant.objects.filter(content_object__person=person, expires_at__gt=now).update(expires_at=now)


def _set_sealed(person: Person, sealed: bool) -> None:
    referrals = person.referrals
    Case._base_manager.filter(person=person).update(sealed=sealed)
    Person._base_manager.filter(pk=person.pk).update(sealed=sealed)
    referrals.update(sealed=sealed)
    person.sealed = sealed


def _ask(
    kind: str, case: Case, person: Person, why: str, asked_by: User, now: datetime.datetime, others: list[User]
) -> Sealing:
    asked = Sealing(
        key=person.key,
        person=person,
        case=case,
        kind=kind,
        why=why,
        asked_by=asked_by,
        asked_at=now,
        due_at=now + datetime.timedelta(hours=settings.DECIDE_SEALING_WITHIN_HOURS),
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as problem:
        if "sealing_one_waiting" not in str(problem):
            raise
        raise Refused(_("Something about the sealing of this case waits for a second person already.")) from None
    tell(others, Subject.SEALING_TO_DECIDE, reference=case.number, path=reverse("cases:case", args=[case.number]))
    return asked


@transaction.atomic
def ask_unsealing(*, case: Case, why: str, asked_by: User, now: datetime.datetime) -> Sealing:
    """Ask another of the named few to agree that the person's cases are unsealed. Nothing changes until they do."""
    require(asked_by, "cases.seal_case")
    if not why.strip():
        raise Refused(_("Say why the case need not be sealed any more."), field="why")
    person = lock(case.person)
    fresh = lock(case)
    if not fresh.sealed:
        raise Refused(_("This case is not sealed."))
    _must_be_named(fresh, asked_by, now)
    require_visible(fresh, asked_by)
    others = [grant.user for grant in live_grants(now, content_object=fresh).exclude(user=asked_by)]
    asked = _ask(SealingKind.UNSEAL, fresh, person, why.strip(), asked_by, now, others)
    audit.act("ask_unsealing", fresh, person, by=asked_by)
    return asked


def _must_be_named(case: Case, user: User, now: datetime.datetime) -> None:
    if not live_grants(now, content_object=case, user=user).exists():
        raise Refused(_("Only those who are named on this sealed case decide on its sealing."))


@transaction.atomic
def decide_sealing(*, sealing: Sealing, agree: bool, decided_by: User, now: datetime.datetime) -> Sealing:
    """The second person's word, once: agree with what was asked, or refuse it. Never on one's own asking.

    A sealing that is refused is undone; an unsealing that is agreed to takes effect.
    """
    require(decided_by, "cases.decide_sealing")
    person = lock(sealing.person)
    case = lock(sealing.case)
    asked = Sealing.objects.select_for_update(of=("self",)).get(pk=sealing.pk)
    if asked.decided_at is not None:
        raise Refused(_("Somebody was faster: this is decided already."))
    if asked.asked_by_id == decided_by.pk:
        raise Refused(_("This takes two people: somebody else who is named on the case decides."))
    _must_be_named(case, decided_by, now)
    require_visible(case, decided_by)  # named, and with a conflict of interest since
    asked.decided_by, asked.decided_at = decided_by, now
    asked.outcome = SealingOutcome.AGREED if agree else SealingOutcome.REFUSED
    asked.save(update_fields=["decided_by", "decided_at", "outcome"])
    if agree == (asked.kind == SealingKind.UNSEAL):
        for one in Case._base_manager.filter(person=person).select_for_update().order_by("pk"):
            audit.act("unseal_case", one, person, by=decided_by)
        _end_grants(person, now)
        _set_sealed(person, False)
        review_protection(person)
    verb = "agree_sealing" if agree else "refuse_sealing"
    audit.act(verb, case, person, asked, by=decided_by, note=asked.kind)
    return asked


def waiting_sealing(case: Case, user: User) -> Sealing | None:
    """What about the sealing of this visible case waits for a second person; None when nothing does."""
    visible = Sealing.objects.visible_to(user).waiting().filter(person=case.person_id)
    return visible.select_related("key", "asked_by", "case", "person__key").first()


def escalate_overdue_sealings(*, now: datetime.datetime) -> int:
    """Tell the named few and the auditors of each sealing that nobody decided in time, once; returns their number."""
    count = 0
    while _escalate_one(now):
        count += 1
    return count


@transaction.atomic
def _escalate_one(now: datetime.datetime) -> bool:
    overdue = Sealing.objects.waiting().filter(escalated_at=None, due_at__lt=now)
    sealing = (
        overdue.select_for_update(skip_locked=True, of=("self",)).select_related("case").order_by("due_at").first()
    )
    if sealing is None:
        return False
    Sealing.objects.filter(pk=sealing.pk).update(escalated_at=now)
    case = sealing.case
    few = [grant.user for grant in live_grants(now, content_object=case)]
    tell(few, Subject.SEALING_OVERDUE, reference=case.number, path=reverse("cases:case", args=[case.number]))
    auditors = User.objects.colleagues(case.organisation_id, Role.AUDITOR)
    tell(auditors, Subject.SEALING_OVERDUE, reference=case.number, path=reverse("audit:trail"))
    audit.act("escalate_sealing", sealing, by=None)
    return True


def refuse_last_of_the_few(user: User) -> None:
    """Raise `Refused` when a sealed case would be left with fewer than two, or without a supervisor, without this user.

    Asked before an account is disabled or loses the role that opens records (`access.services.DISABLE_GUARDS`). The
    cases are locked: of two accounts that are closed at once, the second finds the first gone.
    """
    held = live_grants(user=user, content_object__sealed=True).values_list("content_object", flat=True)
    cases = Case._base_manager.filter(pk__in=list(held)).select_for_update(no_key=True, of=("self",))
    for case in cases.order_by("pk"):
        try:
            refuse_too_few(case, [grant.user for grant in live_grants(content_object=case).exclude(user=user)])
        except Refused:
            raise Refused(
                _(
                    "This account is one of the last that see a sealed case. A supervisor who is named on it must name"
                    " somebody else first."
                )
            ) from None
