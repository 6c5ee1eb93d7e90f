"""Pages of the front door."""

from referrals.views.attachments import attach_files, download_attachment, mark_attachment_in_error
from referrals.views.competence import choose_authority
from referrals.views.intake import (
    amend_referral,
    discard_draft,
    keep_draft,
    log_referral,
    submissions,
    submit_referral,
)
from referrals.views.lists import referrals, today
from referrals.views.participants import (
    inform_participant,
    participants,
    record_informed,
    withdraw_participant,
)
from referrals.views.record import case_referrals, referral
from referrals.views.signs import amend_signs, signs
from referrals.views.steps import (
    decide_route,
    decline_referral,
    initiate_case,
    link_referral,
    mark_decision_in_error,
    mark_referral_in_error,
    record_decision,
)

__all__ = [
    "amend_referral",
    "amend_signs",
    "attach_files",
    "case_referrals",
    "choose_authority",
    "decide_route",
    "decline_referral",
    "discard_draft",
    "download_attachment",
    "inform_participant",
    "initiate_case",
    "keep_draft",
    "link_referral",
    "log_referral",
    "mark_attachment_in_error",
    "mark_decision_in_error",
    "mark_referral_in_error",
    "participants",
    "record_decision",
    "record_informed",
    "referral",
    "referrals",
    "signs",
    "submissions",
    "submit_referral",
    "today",
    "withdraw_participant",
]
