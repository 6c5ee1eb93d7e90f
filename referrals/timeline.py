"""What referrals and identification add to the timeline of a case."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.cases.timeline import Entry, register
from reference import codes
from referrals.models import Decision, Referral

if TYPE_CHECKING:
    from casework.access.models import User
    from casework.cases.models import Case


@register
def referrals(case: "Case", user: "User") -> list[Entry]:
    found = []
    for referral in (
        Referral.objects.visible_to(user)
        .filter(case=case)
        .select_related("key", "logged_by", "initiated_by", "informed_by")
    ):
        said = {
            "url": reverse("referrals:referral", args=[referral.number]),
            "error_at": referral.error_at,
            "error_why": referral.error_why,
        }
        title = _("Referral %(number)s received") % {"number": referral.number}
        source = str(codes.label("referral_sources", referral.source))
        found.append(Entry(at=referral.received_at, title=title, body=source, by=str(referral.logged_by or ""), **said))
        if referral.initiated_at:
            title = _("Case initiated from %(number)s") % {"number": referral.number}
            found.append(Entry(at=referral.initiated_at, title=title, by=str(referral.initiated_by or ""), **said))
        if referral.informed_at:
            title = _("Everyone concerned was told")
            found.append(Entry(at=referral.informed_at, title=title, by=str(referral.informed_by or ""), **said))
    return found


@register
def decisions(case: "Case", user: "User") -> list[Entry]:
    visible = Decision.objects.visible_to(user).filter(identification__referral__case=case)
    return [
        Entry(
            at=decision.decided_on,
            title=_("Decision of %(authority)s: %(outcome)s")
            % {
                "authority": decision.get_authority_display(),
                "outcome": codes.label("decision_outcomes", decision.outcome),
            },
            body=decision.reasons,
            by=str(decision.recorded_by or ""),
            error_at=decision.error_at,
            error_why=decision.error_why,
            url=reverse("referrals:case-referrals", args=[case.number]),
        )
        for decision in visible.select_related("key", "recorded_by")
    ]
