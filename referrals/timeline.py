"""What referrals and identification add to the timeline of a case."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from casework.cases.timeline import Entry, register
from reference import codes
from referrals.models import Decision, Leaflet, Onward, Referral

if TYPE_CHECKING:
    from casework.access.models import User
    from casework.cases.models import Case


_ANSWERS = {
    "accepted": _lazy("Onward referral %(number)s accepted"),
    "refused": _lazy("Onward referral %(number)s refused"),
}


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


@register
def onward(case: "Case", user: "User") -> list[Entry]:
    """To whom the person was passed on, and the answers."""
    found = []
    rows = Onward.objects.visible_to(user).filter(case=case).select_related("key", "sent_by", "answered_by")
    for row in rows:
        words = {"number": row.number, "recipient": row.to_whom}
        said = {
            "url": reverse("referrals:onward", args=[row.number]),
            "error_at": row.error_at,
            "error_why": row.error_why,
        }
        steps = [
            (row.sent_at, _("Onward referral %(number)s sent to %(recipient)s"), "", row.sent_by),
            (row.acknowledged_at, _("Onward referral %(number)s acknowledged"), row.their_number, row.answered_by),
            (row.answered_at, _ANSWERS.get(row.status, _ANSWERS["accepted"]), row.answer_why, row.answered_by),
            (row.result_on, _("Result of onward referral %(number)s"), row.result, None),
            (row.withdrawn_at, _("Onward referral %(number)s withdrawn"), row.withdrawn_why, None),
        ]
        found += [
            Entry(at=at, title=str(title) % words, body=body, by=str(by or ""), **said)
            for at, title, body, by in steps
            if at is not None
        ]
    return found


@register
def leaflets(case: "Case", user: "User") -> list[Entry]:
    rows = Leaflet.objects.visible_to(user).filter(referral__case=case)
    return [
        Entry(
            at=row.given_on,
            title=_("Leaflet on rights given: %(audience)s") % {"audience": row.get_audience_display()},
            body=f"{codes.language_label(row.language)}, {row.given_by}",
            by=str(row.recorded_by),
            error_at=row.error_at,
            error_why=row.error_why,
            url=reverse("referrals:leaflets", args=[row.referral.number]),
        )
        for row in rows.select_related("key", "recorded_by", "referral")
    ]
