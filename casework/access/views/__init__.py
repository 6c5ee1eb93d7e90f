"""The pages of accounts, roles and duty, and of one's own account."""

from casework.access.views.accounts import (
    approve_role,
    create_user,
    disable_user,
    duty,
    enable_user,
    end_user_sessions,
    invite,
    needs,
    refuse_role,
    request_role,
    reset_factors,
    role_requests,
    set_duty,
    user,
    users,
    withdraw_role,
)
from casework.access.views.keys import keys, make_key, revoke_key
from casework.access.views.own import accept_invitation, end_other_sessions, end_session, my_account

__all__ = [
    "accept_invitation",
    "approve_role",
    "create_user",
    "disable_user",
    "duty",
    "enable_user",
    "end_other_sessions",
    "end_session",
    "end_user_sessions",
    "invite",
    "keys",
    "make_key",
    "my_account",
    "needs",
    "refuse_role",
    "request_role",
    "reset_factors",
    "revoke_key",
    "role_requests",
    "set_duty",
    "user",
    "users",
    "withdraw_role",
]
