"""Verbs of the trail in words: the auditor's page and the tab *Who has looked* say the same."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# A verb that is missing here is shown with its own words.
WORDS = {
    "add_bed": _("Add a bed"),
    "add_note": _("Wrote a note"),
    "add_shelter": _("Add a shelter"),
    "amend_case": _("Amended risk and safety plan"),
    "amend_person": _("Amended the person"),
    "amend_referral": _("Amend the referral"),
    "assignment_board": _("Saw the assignment board"),
    "board": _("Saw the board of beds"),
    "case": _("Saw the case"),
    "cases": _("Saw the list of cases"),
    "close_case": _("Closed the case"),
    "confirm_assignment": _("Confirmed the assignment"),
    "create_person": _("Wrote the person down"),
    "create_user": _("Create an account"),
    "data_quality": _("What was imported with gaps"),
    "decide_route": _("Decide the route"),
    "decision": _("Decision"),
    "decline_referral": _("Decline the referral"),
    "disable_user": _("Disable this account"),
    "end_assignment": _("Ended an assignment"),
    "end_placement": _("Recorded that the person left"),
    "escalate_overdue": _("Overdue"),
    "grant_witness_status": _("Record that it was granted"),
    "initiate_case": _("Initiated the case"),
    "link_referral": _("Link to an earlier referral"),
    "log_referral": _("Log a referral"),
    "mark_in_error": _("Marked something as entered in error"),
    "name_colleague": _("Named a colleague on the case"),
    "note_given_age": _("Noted an age that was stated"),
    "open_case": _("Opened the case"),
    "override_gate": _("Overrode a rule of protection"),
    "overrides": _("Overrides"),
    "person": _("Saw the person"),
    "place_person": _("Placed the person"),
    "placement": _("Saw where the person stays"),
    "reassign_case": _("Gave the case to another caseworker"),
    "record_decision": _("Recorded a decision"),
    "record_informed": _("Record that everyone was told"),
    "referral": _("Referral"),
    "referrals": _("Referrals"),
    "refuse_witness_status": _("Record that it was refused"),
    "release_colleague": _("Released a named colleague"),
    "reopen_case": _("Opened the case again"),
    "request_role": _("Ask for a role"),
    "request_witness_status": _("Record a request"),
    "seal_case": _("Sealed the case"),
    "search": _("Found the person in a search"),
    "set_duty": _("Set the duty"),
    "set_victim_status": _("Set the victim status"),
    "submit_referral": _("Submit a referral"),
    "today": _("Today"),
    "withdraw_role": _("Take this role away"),
    "withdraw_witness_status": _("Withdraw the request"),
}


def words(verb: str) -> Any:
    """A verb of the trail as a page says it."""
    return WORDS.get(verb) or verb.replace("_", " ").replace("-", " ").capitalize()
