"""Verbs of the trail in words: the auditor's page and the tab *Who has looked* say the same."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# A verb that is missing here is shown with its own words.
WORDS = {
    "accept_correction": _("Accepted a correction"),
    "accept_invitation": _("Chose a password with a code"),
    "access_request": _("Saw a request for what is held on a person"),
    "add_bed": _("Add a bed"),
    "add_factor": _("Set up a second factor"),
    "add_note": _("Wrote a note"),
    "add_shelter": _("Add a shelter"),
    "agree_sealing": _("Agreed as the second person"),
    "amend_case": _("Amended risk and safety plan"),
    "amend_person": _("Amended the person"),
    "amend_referral": _("Amend the referral"),
    "approve_erasure": _("Approved an erasure"),
    "approve_retention_run": _("Approved a retention run"),
    "approve_role": _("Approved a role"),
    "ask_erasure": _("Asked to erase what is held on a person"),
    "ask_to_lift_hold": _("Asked to lift a legal hold"),
    "ask_unsealing": _("Asked to unseal the case"),
    "assignment_board": _("Saw the assignment board"),
    "board": _("Saw the board of beds"),
    "break_glass": _("Opened the case with emergency access"),
    "case": _("Saw the case"),
    "cases": _("Saw the list of cases"),
    "change_password": _("Changed their password"),
    "check_section": _("Checked a part of what is held on a person"),
    "close_case": _("Closed the case"),
    "close_referral": _("Closed the referral with its case"),
    "compile_again": _("Had an answer compiled afresh"),
    "confirm_assignment": _("Confirmed the assignment"),
    "correction": _("Saw a request to correct the record"),
    "create_person": _("Wrote the person down"),
    "create_user": _("Create an account"),
    "data_quality": _("What was imported with gaps"),
    "data_requests": _("Saw the list of data requests"),
    "decide_route": _("Decide the route"),
    "decision": _("Decision"),
    "declare_conflict": _("Declared a conflict of interest"),
    "decline_referral": _("Decline the referral"),
    "disable_user": _("Disable this account"),
    "emergency": _("Read the case with emergency access"),
    "enable_user": _("Let an account sign in again"),
    "end_assignment": _("Ended an assignment"),
    "end_placement": _("Recorded that the person left"),
    "end_role_request": _("Ended a waiting role with an account"),
    "end_session": _("Ended a session"),
    "end_sessions": _("Ended sessions"),
    "erase_person": _("Erased the person"),
    "erasure": _("Saw an erasure that is asked for"),
    "escalate_overdue": _("Overdue"),
    "escalate_review": _("Review overdue"),
    "escalate_sealing": _("Sealing not decided in time"),
    "export_access_request": _("Handed out what is held on a person"),
    "finish_access_request": _("An answer was written"),
    "finish_compiling": _("An answer was compiled"),
    "finish_retention_run": _("A retention run was carried out"),
    "grant_witness_status": _("Record that it was granted"),
    "hold": _("Saw a legal hold"),
    "import_records": _("Imported records"),
    "initiate_case": _("Initiated the case"),
    "invite": _("Gave a code for a new password"),
    "keep_hold": _("Kept a legal hold"),
    "lift_conflict": _("Lifted a conflict of interest"),
    "lift_hold": _("Lifted a legal hold"),
    "link_referral": _("Link to an earlier referral"),
    "log_referral": _("Log a referral"),
    "mail_anchor": _("Mailed the head of the trail to the auditors"),
    "make_backup": _("Made a backup"),
    "mark_in_error": _("Marked something as entered in error"),
    "name_colleague": _("Named a colleague on the case"),
    "note_correction": _("Noted a correction"),
    "note_given_age": _("Noted an age that was stated"),
    "open_case": _("Opened the case"),
    "override_gate": _("Overrode a rule of protection"),
    "overrides": _("Overrides"),
    "person": _("Saw the person"),
    "place_person": _("Placed the person"),
    "placement": _("Saw where the person stays"),
    "propose_retention_run": _("Proposed what has served its time"),
    "reassign_case": _("Gave the case to another caseworker"),
    "record_access_request": _("Recorded a request for what is held on a person"),
    "record_correction": _("Recorded a request to correct the record"),
    "record_decision": _("Recorded a decision"),
    "record_informed": _("Record that everyone was told"),
    "referral": _("Referral"),
    "referrals": _("Referrals"),
    "refuse_correction": _("Refused a correction"),
    "refuse_erasure": _("Refused an erasure"),
    "refuse_retention_run": _("Refused a retention run"),
    "refuse_role": _("Refused a role"),
    "refuse_sealing": _("Refused as the second person"),
    "refuse_witness_status": _("Record that it was refused"),
    "release_access_request": _("Released an answer"),
    "release_colleague": _("Released a named colleague"),
    "remove_factor": _("Removed a second factor"),
    "renew_recovery_codes": _("Made new recovery codes"),
    "reopen_case": _("Opened the case again"),
    "reopen_identification": _("Opened the identification again"),
    "reopen_referral": _("Opened the referral again with its case"),
    "request_role": _("Ask for a role"),
    "request_witness_status": _("Record a request"),
    "reset_factors": _("Reset second factors"),
    "restore_backup": _("Restored a backup"),
    "retention": _("Saw what has served its time"),
    "retention_run": _("Saw a proposal of what has served its time"),
    "reveal": _("Asked for a hidden field"),
    "reveal_contacts": _("Had the contacts shown"),
    "reveal_identifiers": _("Had documents and identifiers shown"),
    "reveal_names": _("Had the hidden name shown"),
    "reveal_shelter_address": _("Had the address of a shelter shown"),
    "review": _("Read why something was opened"),
    "review_opening": _("Reviewed emergency access or a reveal"),
    "reviews": _("Saw the reviews"),
    "rotate_keys": _("Changed the keys of the installation"),
    "seal_case": _("Sealed the case"),
    "search": _("Found the person in a search"),
    "second_factor": _("Second step of signing in"),
    "session_expired": _("A session ran out"),
    "set_address": _("Wrote down the address of a shelter"),
    "set_duty": _("Set the duty"),
    "set_hold": _("Set a legal hold"),
    "set_victim_status": _("Set the victim status"),
    "sign_in": _("Signing in"),
    "sign_in_again": _("Signing in again"),
    "sign_out": _("Signed out"),
    "sign_review": _("Signed the review of a week"),
    "stop_erasure": _("An erasure was stopped"),
    "submit_referral": _("Submit a referral"),
    "today": _("Today"),
    "try_backup": _("Tried a backup"),
    "unseal_case": _("Unsealed the case"),
    "withdraw_role": _("Take this role away"),
    "withdraw_witness_status": _("Withdraw the request"),
}


def words(verb: str) -> Any:
    """A verb of the trail as a page says it."""
    return WORDS.get(verb) or verb.replace("_", " ").replace("-", " ").capitalize()


# Groups of verbs that the auditor looks at by themselves: names, or patterns with * at the end. A verb must have its
# words above to be found. Whoever adds a verb of these kinds adds it here unless a pattern already covers it.
GROUPS: dict[str, tuple[str, ...]] = {
    "reveals": ("reveal", "reveal_*", "break_glass", "emergency"),
    "exports": ("export_*", "access_request_*", "import_records"),
    # Pages that show many records at once: seeing a case there is not opening it.
    "lists": (
        "assignment_board",
        "board",
        "cases",
        "data_quality",
        "data_requests",
        "overrides",
        "referrals",
        "retention",
        "reviews",
        "search",
        "today",
    ),
}


def verbs_of(group: str) -> list[str]:
    """The verbs of a group that exist."""
    named = GROUPS[group]
    starts = tuple(each[:-1] for each in named if each.endswith("*"))
    return sorted(verb for verb in {*WORDS, *named} if verb in named or (starts and verb.startswith(starts)))


# What a note of the trail says in words: the tab of a case that was open. Codes of other kinds are shown as they are.
_NOTES = {
    "assignments": _("Assignments"),
    "colleagues": _("Named colleagues"),
    "looked": _("Who has looked"),
    "notes": _("Notes"),
    "placements": _("Placements"),
    "referrals": _("Referrals"),
    "summary": _("Summary"),
    "timeline": _("Timeline"),
    "witness": _("Witness status"),
}


def note_words(note: str) -> Any:
    """A note of the trail as a page says it."""
    return _NOTES.get(note) or note
