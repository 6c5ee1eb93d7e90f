"""Which role may do what: the one table. `load_roles` fills the groups from it; nothing else grants a permission."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    RESPONDER = "responder", _("Responder")
    CASEWORKER = "caseworker", _("Caseworker")
    ASSESSOR = "assessor", _("Assessor")
    SUPERVISOR = "supervisor", _("Supervisor")
    SHELTER_KEEPER = "shelter-keeper", _("Shelter keeper")
    ADMIN = "admin", _("Admin")
    AUDITOR = "auditor", _("Auditor")


# A role that opens records, or the trail about them, needs a second approver. So does the admin's, who may be one: with
# an admin of their own making, somebody could approve what they asked for themselves.
OPENS_RECORDS = frozenset({Role.CASEWORKER, Role.ASSESSOR, Role.SUPERVISOR, Role.SHELTER_KEEPER, Role.AUDITOR})
TAKES_TWO = OPENS_RECORDS | {Role.ADMIN}

_CASEWORK = frozenset(
    {
        "curation.view_progress",
        "referrals.view_referral",
        "referrals.log_referral",
        "referrals.log_call",
        "referrals.log_visit",
        "referrals.amend_referral",
        "referrals.initiate_case",
        "referrals.decline_referral",
        "referrals.link_referral",
        "referrals.record_informed",
        "referrals.assess_risk",
        "referrals.record_decision",
        "referrals.record_leaflet",
        "referrals.send_onward",
        "referrals.answer_onward",
        "referrals.view_screening",
        "referrals.record_screening",
        "people.view_person",
        "people.amend_person",
        "people.view_data_requests",
        "people.record_data_request",
        "people.review_access_request",
        "people.decide_correction",
        "cases.view_case",
        "cases.amend_case",
        "cases.add_note",
        "cases.record_consent",
        "cases.close_case",
        "cases.mark_in_error",
        "cases.reveal",
        "cases.break_glass",
        "cases.declare_conflict",
        "cases.decide_sealing",
        "shelter.view_board",
        "shelter.place_person",
        "shelter.end_placement",
        "justice.request_witness_status",
        "justice.grant_witness_status",
        "justice.refuse_witness_status",
        "justice.withdraw_witness_status",
        "justice.open_proceeding",
        "justice.amend_proceeding",
    }
)

GRANTS: dict[str, frozenset[str]] = {
    Role.RESPONDER: frozenset({"referrals.submit_referral"}),
    Role.CASEWORKER: _CASEWORK,
    Role.ASSESSOR: frozenset({"referrals.view_referral", "people.view_person", "curation.view_progress"}),
    Role.SUPERVISOR: _CASEWORK
    | {
        "referrals.decide_route",
        "referrals.choose_authority",
        "referrals.hand_over_case",
        "referrals.set_screening_target",
        "people.set_hold",
        "people.ask_erasure",
        "people.propose_retention_run",
        "cases.confirm_assignment",
        "cases.reassign_case",
        "cases.reopen_case",
        "cases.seal_case",
        "cases.review_opening",
        "cases.record_conflict",
        "cases.lift_conflict",
        "justice.list_proceedings",
        "shelter.override_gate",
        "shelter.add_shelter",
        "shelter.add_bed",
        "access.set_duty",
        "access.approve_role",
        "curation.decide_change",
        "curation.record_progress",
        "curation.record_training",
    },
    Role.SHELTER_KEEPER: frozenset(
        {"shelter.view_board", "shelter.end_placement", "shelter.add_bed", "curation.view_progress"}
    ),
    Role.ADMIN: frozenset(
        {
            "statistics.view_figures",
            "config.view_health",
            "access.manage_users",
            "access.manage_keys",
            "access.request_role",
            "access.approve_role",
            "access.set_duty",
            "curation.propose_change",
            "curation.decide_change",
            "curation.view_progress",
            "curation.record_progress",
            "curation.record_training",
            "curation.record_declaration",
        }
    ),
    Role.AUDITOR: frozenset(
        {
            "audit.read_trail",
            "curation.view_progress",
            "shelter.read_overrides",
            "cases.read_reasons",
            "people.view_data_requests",
            "people.approve_erasure",
            "people.lift_hold",
        }
    ),
}
