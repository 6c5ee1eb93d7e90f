"""Pieces that several pages of onward referrals share: rows, tabs, steps."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.models import User
from casework.cases.consent import Verdict
from reference import codes
from referrals.models import WAITING, Onward, Received


def onward_tabs(user: User, active: str) -> list[dict[str, Any]]:
    """Waiting for others, and what others sent."""
    offered = [
        ("waiting", _("Waiting for others"), "referrals:waiting-onward", "referrals.send_onward"),
        ("inbox", _("Sent to us"), "referrals:onward-inbox", "referrals.answer_onward"),
    ]
    return [
        {"label": label, "url": reverse(name), "active": key == active, "count": None}
        for key, label, name, permission in offered
        if user.has_perm(permission)
    ]


def onward_row(row: Onward, now: datetime.datetime, *, person: bool = False) -> dict[str, Any]:
    """One line of a list, with how long it has been waiting."""
    kind = str(codes.label("recipient_kinds", row.recipient_kind))
    cells: list[Any] = [
        {"text": row.number, "url": reverse("referrals:onward", args=[row.number])},
        *([row.case.person.name] if person else []),
        {"text": row.to_whom, "hint": kind if kind != row.to_whom else ""},
        codes.label("consent_purposes", row.purpose),
        status_of(row),
        {"text": row.sent_at, "hint": waited(row, now)} if row.sent_at else _("Not yet"),
    ]
    return {"cells": cells, "struck": row.entered_in_error, "reason": row.error_why}


def status_of(row: Onward) -> dict[str, Any]:
    return {"status": row.status, "label": row.get_status_display()}


def waited(row: Onward, now: datetime.datetime) -> str:
    """How long it has waited for an answer, or how long the answer took."""
    if row.sent_at is None:
        return ""
    until = now if row.status in WAITING else row.answered_at or row.withdrawn_at
    if until is None:
        return ""
    days = max(0, (until - row.sent_at).days)
    if row.status in WAITING:
        return ngettext("waiting for %(days)d day", "waiting for %(days)d days", days) % {"days": days}
    return ngettext("answered after %(days)d day", "answered after %(days)d days", days) % {"days": days}


def received_row(row: Received, now: datetime.datetime) -> list[Any]:
    """One line of the inbox: whose, for what, since when. Nothing of the person."""
    return [
        {"text": row.number, "url": reverse("referrals:received-onward", args=[row.number])},
        row.organisation.name,
        codes.label("consent_purposes", row.purpose),
        status_of(row),
        {"text": row.sent_at, "hint": waited(row, now)},
    ]


def answer_rows(row: Onward) -> list[tuple[Any, Any]]:
    """What was sent and answered, when and by whom; only what happened."""

    def by(user: User | None) -> str:
        return f", {user}" if user else ""

    def at(moment: datetime.datetime) -> str:
        return f"{timezone.localtime(moment):%d.%m.%Y. %H:%M}"

    rows: list[tuple[Any, Any]] = []
    if row.sent_at:
        rows.append((_("Sent"), at(row.sent_at) + by(row.sent_by)))
        rows.append((_("How it was sent"), _how_sent(row)))
    if row.acknowledged_at:
        rows.append((_("Acknowledged"), at(row.acknowledged_at)))
    if row.their_number:
        rows.append((_("Their number"), row.their_number))
    if row.answered_at:
        rows.append((_("Answered"), at(row.answered_at) + by(row.answered_by)))
    if row.answer_why:
        rows.append((_("Why it was refused"), row.answer_why))
    if row.result:
        rows.append((_("Result"), [f"{row.result_on:%d.%m.%Y.}", row.result]))
    if row.withdrawn_at:
        rows.append((_("Withdrawn"), [at(row.withdrawn_at), row.withdrawn_why]))
    return rows


def _how_sent(row: Onward) -> Any:
    return codes.label("referral_channels", row.channel) if row.channel else _("In this installation")


def consent_url_of(row: Onward) -> str:
    """Where the answer is recorded, with purpose and kind of recipient filled in: codes, and no word of the person."""
    asked = urlencode({"purpose": row.purpose, "recipient_kind": row.recipient_kind})
    return f"{reverse('cases:record-consent', args=[row.case.number])}?{asked}"


def steps_of(row: Onward, asked: Verdict) -> list[dict[str, Any]]:
    """The three steps of a draft, in the order that the rules ask for."""
    here = [row.number]
    ready, later = _("Ready"), _("Cannot start yet")
    first = {
        "label": _("Consent, or a legal ground"),
        "url": consent_url_of(row),
        "hint": asked.sentence if asked.allowed else "",  # the page says it above
        "status": "done" if asked.allowed else "waiting",
        "status_label": _("Done") if asked.allowed else _("First of all"),
    }
    others = [
        {"label": _("Choose what is shared"), "url": reverse("referrals:choose-shared", args=here)},
        {"label": _("Look at it and send it"), "url": reverse("referrals:send-onward", args=here)},
    ]
    for step in others:
        step |= {
            "hint": "",
            "status": "not-started" if asked.allowed else "cannot-start",
            "status_label": ready if asked.allowed else later,
        }
        if not asked.allowed:
            step["url"] = ""
    return [first, *others]
