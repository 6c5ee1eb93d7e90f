"""How pages find a referral, and how they name one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.people.models import Answer
from referrals.models import Decision, Identification, Referral, ReferralQuerySet
from referrals.tabs import REFERRAL_TABS


def ask(request: SignedIn, permission: str) -> None:
    """Refuse the page (403) to a role that has no business with it."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def with_keys(referrals: Any) -> ReferralQuerySet:
    """With what opens the encrypted fields of the referral and of its person."""
    found: ReferralQuerySet = referrals.select_related("key", "person__key")
    return found


def visible_referral(request: SignedIn, number: str) -> Referral:
    """The referral of this number, if this user may see it. Raises Http404 otherwise."""
    shown = with_keys(Referral.objects.all()).select_related(
        "organisation", "logged_by", "initiated_by", "informed_by", "error_by", "case__caseworker", "linked_to"
    )
    found = shown.one_visible_to(request.user, number=number)
    if found is None:
        raise Http404
    return found


def referral_to_work_on(request: SignedIn, number: str, permission: str) -> Referral:
    """As `visible_referral`, for the page of an act: the role may do it, and the read is in the trail."""
    ask(request, permission)
    found = visible_referral(request, number)
    audit.read(request, "referral", *concerned(found))
    return found


def referral_frame(request: SignedIn, referral: Referral, active: str, *others: Any) -> dict[str, Any]:
    """What `referrals/_head.html` draws above every tab of a referral: number, status, whom it is about, tabs.

    Writes the read to the trail, of `others` too: call it once per page, before anything is rendered. `active` is the
    id of a tab.
    """
    audit.read(request, "referral", *concerned(referral), *others, note="" if active == "referral" else active)
    tabs = REFERRAL_TABS.of(referral, request.user, active)
    return {"referral": referral, "who": who(referral), "tabs": tabs if len(tabs) > 1 else []}


def visible_identification(request: SignedIn, referral: Referral) -> Identification:
    """The identification of a visible referral. Raises Http404 when no person was named yet."""
    found = Identification.objects.visible_to(request.user).select_related("key").filter(referral=referral).first()
    if found is None:
        raise Http404
    return found


def visible_decision(request: SignedIn, decision_id: Any) -> Decision:
    """The decision of this key, if this user may see it. Raises Http404 otherwise."""
    found = (
        Decision.objects.visible_to(request.user)
        .select_related("key", "identification__referral__person", "identification__referral__case")
        .filter(pk=decision_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def concerned(referral: Referral) -> list[Any]:
    """The referral, its person and its case: whose trail a page or an act belongs to."""
    return [record for record in (referral, referral.person, referral.case) if record is not None]


def who(referral: Referral) -> str:
    """Whom a referral is about, in lists: a name, what is known instead of one, or that there is no contact yet."""
    return referral.person.name if referral.person else _("No contact yet")


def alone(referral: Referral) -> str:
    """What a supervisor must know of an unaccompanied child before anybody knows the age; empty for everybody else."""
    if referral.person is None or referral.person.unaccompanied != Answer.YES:
        return ""
    return _("Reported as a child without parents or guardian: protected as a child until the age is known.")


def url_of(referral: Referral) -> str:
    return reverse("referrals:referral", args=[referral.number])
