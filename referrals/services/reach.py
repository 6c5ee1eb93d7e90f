"""Whom a referral concerns: who may act on it now, who is told."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import Duty, User
from casework.workflow import Refused
from referrals.models import Referral


def must_reach(referral: Referral, user: User) -> None:
    """Raise `Refused` unless the user sees the referral now and works for the organisation that has it.

    A page may have been open for hours: meanwhile the duty ended, or the case went to somebody else.
    """
    works_here = user.organisation_id == referral.organisation_id
    if not (works_here and Referral.objects.is_visible_to(user, referral)):
        raise Refused(_("This referral is no longer yours to work on. Ask your supervisor."))


def must_be_valid(referral: Referral) -> None:
    """Raise `Refused` when the referral was entered in error."""
    if referral.entered_in_error:
        raise Refused(_("This referral is marked as entered in error. Nothing more can be done on it."))


def page_of(referral: Referral) -> str:
    """The address of the referral's page."""
    return reverse("referrals:referral", args=[referral.number])


def supervisors_of(referral: Referral) -> list[User]:
    """The supervisors of the organisation who may see the referral; of a sealed one the named alone."""
    supervisors = User.objects.colleagues(referral.organisation_id, Role.SUPERVISOR)
    if not referral.sealed:
        return list(supervisors)
    return [user for user in supervisors if Referral.objects.is_visible_to(user, referral)]


def receivers_of(referral: Referral, now: datetime.datetime) -> list[Any]:
    """Who is told of a new referral: those on duty, or every supervisor when nobody is. Of a sealed one, the named."""
    if referral.sealed:
        return supervisors_of(referral)
    duties = Duty.objects.filter(organisation=referral.organisation_id, user__is_active=True).at(now)
    on_duty = [duty.user for duty in duties.select_related("user")]
    return on_duty or supervisors_of(referral)
