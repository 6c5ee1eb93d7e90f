"""Pages of the front door."""

from referrals.views.attachments import attach_files, download_attachment, mark_attachment_in_error
from referrals.views.calls import call, calls, link_call, log_call, mark_call_in_error
from referrals.views.competence import choose_authority
from referrals.views.intake import (
    amend_referral,
    discard_draft,
    keep_draft,
    log_referral,
    submissions,
    submit_referral,
)
from referrals.views.leaflets import leaflets, mark_leaflet_in_error, record_leaflet
from referrals.views.lists import referrals, today
from referrals.views.onward_answers import (
    accept_onward,
    acknowledge_onward,
    onward_inbox,
    print_onward,
    received_onward,
    refuse_onward,
)
from referrals.views.onward_sent import (
    case_onward,
    choose_shared,
    mark_onward_in_error,
    onward,
    prepare_onward,
    record_result,
    send_onward,
    waiting_onward,
    withdraw_onward,
)
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
from referrals.views.visits import log_visit, mark_visit_in_error, visit, visits

__all__ = [
    "accept_onward",
    "acknowledge_onward",
    "amend_referral",
    "amend_signs",
    "assess_risk",
    "attach_files",
    "call",
    "calls",
    "case_onward",
    "case_referrals",
    "choose_authority",
    "choose_shared",
    "decide_route",
    "decline_referral",
    "discard_draft",
    "download_attachment",
    "inform_participant",
    "initiate_case",
    "keep_draft",
    "leaflets",
    "link_call",
    "link_referral",
    "log_call",
    "log_referral",
    "log_visit",
    "mark_attachment_in_error",
    "mark_call_in_error",
    "mark_decision_in_error",
    "mark_leaflet_in_error",
    "mark_onward_in_error",
    "mark_referral_in_error",
    "mark_visit_in_error",
    "meet_need",
    "onward",
    "onward_inbox",
    "participants",
    "prepare_onward",
    "print_onward",
    "received_onward",
    "record_decision",
    "record_informed",
    "record_leaflet",
    "record_result",
    "referral",
    "referrals",
    "refuse_onward",
    "send_onward",
    "signs",
    "submissions",
    "submit_referral",
    "today",
    "visit",
    "visits",
    "waiting_onward",
    "withdraw_need",
    "withdraw_onward",
    "withdraw_participant",
]
