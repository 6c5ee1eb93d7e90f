"""Verbs of the front door: intake, what becomes of a referral, identification, clocks, corrections."""

from referrals.services.allegations import (
    answer_allegation,
    confirm_allegation,
    dismiss_allegation,
    investigate_allegation,
    log_allegation,
    mark_allegation_in_error,
    reopen_allegation,
)
from referrals.services.attachments import (
    attach_files,
    download_attachment,
    mark_attachment_in_error,
    receive_with_files,
)
from referrals.services.calls import link_call, log_call, mark_call_in_error
from referrals.services.clocks import escalate_overdue
from referrals.services.competence import choose_authority
from referrals.services.corrections import mark_decision_in_error, mark_referral_in_error
from referrals.services.identification import decide_route, derive_victim_status, record_decision
from referrals.services.intake import amend_referral, log_referral, submit_referral
from referrals.services.leaflets import mark_leaflet_in_error, record_leaflet
from referrals.services.onward import (
    choose_shared,
    mark_onward_in_error,
    prepare_onward,
    record_result,
    remind_of_onward,
    send_onward,
    withdraw_onward,
)
from referrals.services.onward_answers import accept_onward, acknowledge_onward, refuse_onward
from referrals.services.participants import (
    add_participants,
    follow_consent,
    inform_participant,
    record_informed,
    withdraw_participant,
)
from referrals.services.risk import assess_risk, carry_risk, meet_need, withdraw_need
from referrals.services.screenings import (
    amend_screening,
    link_follow_up,
    mark_screening_in_error,
    mark_target_in_error,
    record_screening,
    refer_from_screening,
    set_screening_target,
    unlink_follow_up,
)
from referrals.services.sites import (
    add_site_persons,
    amend_site,
    log_site,
    mark_site_in_error,
    mark_site_person_in_error,
    refer_site_person,
    screen_site_person,
)
from referrals.services.steps import (
    close_referral,
    decline_referral,
    initiate_case,
    link_referral,
    reopen_referral,
)
from referrals.services.submissions import SentBefore, submit_once
from referrals.services.visits import log_visit, mark_visit_in_error

__all__ = [
    "SentBefore",
    "accept_onward",
    "acknowledge_onward",
    "add_participants",
    "add_site_persons",
    "amend_referral",
    "amend_screening",
    "amend_site",
    "answer_allegation",
    "assess_risk",
    "attach_files",
    "carry_risk",
    "choose_authority",
    "choose_shared",
    "close_referral",
    "confirm_allegation",
    "decide_route",
    "decline_referral",
    "derive_victim_status",
    "dismiss_allegation",
    "download_attachment",
    "escalate_overdue",
    "follow_consent",
    "inform_participant",
    "initiate_case",
    "investigate_allegation",
    "link_call",
    "link_follow_up",
    "link_referral",
    "log_allegation",
    "log_call",
    "log_referral",
    "log_site",
    "log_visit",
    "mark_allegation_in_error",
    "mark_attachment_in_error",
    "mark_call_in_error",
    "mark_decision_in_error",
    "mark_leaflet_in_error",
    "mark_onward_in_error",
    "mark_referral_in_error",
    "mark_screening_in_error",
    "mark_site_in_error",
    "mark_site_person_in_error",
    "mark_target_in_error",
    "mark_visit_in_error",
    "meet_need",
    "prepare_onward",
    "receive_with_files",
    "record_decision",
    "record_informed",
    "record_leaflet",
    "record_result",
    "record_screening",
    "refer_from_screening",
    "refer_site_person",
    "refuse_onward",
    "remind_of_onward",
    "reopen_allegation",
    "reopen_referral",
    "screen_site_person",
    "send_onward",
    "set_screening_target",
    "submit_once",
    "submit_referral",
    "unlink_follow_up",
    "withdraw_need",
    "withdraw_onward",
    "withdraw_participant",
]
