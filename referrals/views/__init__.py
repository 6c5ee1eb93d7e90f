"""Pages of the front door."""

from referrals.views.attachments import attach_files, download_attachment, mark_attachment_in_error
from referrals.views.competence import choose_authority
from referrals.views.intake import amend_referral, log_referral, submissions, submit_referral
from referrals.views.lists import referrals, today
from referrals.views.participants import (
    inform_participant,
    participants,
    record_informed,
    withdraw_participant,
)
from referrals.views.record import case_referrals, referral
from referrals.views.risk import assess_risk, meet_need, withdraw_need
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
    "assess_risk",
    "attach_files",
    "case_referrals",
    "choose_authority",
    "decide_route",
    "decline_referral",
    "download_attachment",
    "inform_participant",
    "initiate_case",
    "link_referral",
    "log_referral",
    "mark_attachment_in_error",
    "mark_decision_in_error",
    "mark_referral_in_error",
    "meet_need",
    "participants",
    "record_decision",
    "record_informed",
    "referral",
    "referrals",
    "signs",
    "submissions",
    "submit_referral",
    "today",
    "withdraw_need",
    "withdraw_participant",
]
