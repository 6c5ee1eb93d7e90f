"""How much each caseworker has to do, as far as the supervisor who asks may see it."""

import datetime
from dataclasses import dataclass

from django.db.models import Count

from casework.access.grants import Role
from casework.access.models import User
from casework.cases.models import Assignment, AssignmentStatus, Case, CaseStatus


@dataclass(frozen=True)
class Workload:
    """Open cases of one caseworker, how many of those wait for review, and clocks of theirs that have run out."""

    caseworker: User | None
    open: int
    waiting: int
    overdue: int


def workloads(user: User, now: datetime.datetime) -> list[Workload]:
    """Of every active caseworker of the user's organisation, and of who else still has open cases, by name.

    Open cases that nobody has (they were imported) come last, with None as their caseworker.
    """
    visible = Case.objects.visible_to(user).valid().filter(status=CaseStatus.OPEN).order_by()
    late = visible.filter(
        referrals__error_at=None,
        referrals__deadlines__met_at=None,
        referrals__deadlines__stopped_at=None,
        referrals__deadlines__due_at__lt=now,
    )
    waiting = visible.filter(assignments__status=AssignmentStatus.PROVISIONAL)
    counts = [
        dict(found.values_list("caseworker").annotate(count=Count(what, distinct=True)))
        for found, what in ((visible, "pk"), (waiting, "pk"), (late, "referrals__deadlines"))
    ]
    caseworkers = {each.pk: each for each in User.objects.colleagues(user.organisation_id, Role.CASEWORKER)}
    others = [key for key in counts[0] if key is not None and key not in caseworkers]
    caseworkers |= {each.pk: each for each in User.objects.filter(pk__in=others)} if others else {}
    by_name: list[User | None] = sorted(caseworkers.values(), key=str)
    by_name += [None] if None in counts[0] else []
    return [Workload(each, *(count.get(each.pk if each else None, 0) for count in counts)) for each in by_name]


def waiting_for_review(user: User) -> list[Assignment]:
    """Provisional assignments of open cases that the user may see, the longest waiting first."""
    return list(
        Assignment.objects.visible_to(user)
        .filter(status=AssignmentStatus.PROVISIONAL, case__status=CaseStatus.OPEN, case__error_at=None)
        .select_related("case__person__key", "caseworker", "assigned_by")
        .order_by("assigned_at", "pk")
    )


LISTED = 50


def without_caseworker(user: User) -> list[Case]:
    """Open cases that somebody had and nobody has now (a conflict of interest), as far as the user may see them."""
    visible = Case.objects.visible_to(user).valid().filter(status=CaseStatus.OPEN, caseworker=None)
    found = visible.filter(assignments__status=AssignmentStatus.ENDED).select_related("key", "person__key")
    return list(found.order_by("number").distinct()[:LISTED])
