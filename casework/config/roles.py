"""Two database roles: the owner migrates, the app does everything else and may not rewrite history."""

from typing import Any

from django.conf import settings
from django.db import connections

# Tables from which rows may go: they hold no part of a record (sessions, memberships, guardian's grants, drafts).
FORGETTABLE = (
    "django_session",
    "access_user_groups",
    "access_user_user_permissions",
    "auth_group_permissions",
    "account_emailaddress",
    "account_emailconfirmation",
    "access_draft",
    "access_session",
    "mfa_authenticator",
)
APPEND_ONLY = ("vault_erasedkey", "audit_event", "audit_seal", "audit_verification", "audit_review")
# Filled by a trigger that works as the owner; the app's role takes rows away and cannot add or change any.
EMPTIED = ("audit_waiting",)


class OwnerMigrates:
    """Migrations run on the `owner` connection alone, so that the app's role owns no table."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"


def grant_to_app(using: str = "owner") -> None:
    """Give the app's role what it needs on every table of the schema, and no more.

    It may not delete records, and may only add to the audit trail. Without a second role (a DATABASE_OWNER_URL that
    is the same as DATABASE_URL) there is nothing to give; a system check warns about that.
    """
    role, owner = settings.CASEWORK_APP_ROLE, connections[using].settings_dict["USER"]
    if not role or role == owner:
        return
    with connections[using].cursor() as cursor:
        quoted = connections[using].ops.quote_name
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted(role)}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted(role)}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {quoted(role)}")
        cursor.execute(f"REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public FROM {quoted(role)}")
        existing = set(connections[using].introspection.table_names(cursor))
        for table in FORGETTABLE:
            if table in existing:
                cursor.execute(f"GRANT DELETE ON {quoted(table)} TO {quoted(role)}")
        for table in EMPTIED:
            if table in existing:
                cursor.execute(f"GRANT DELETE ON {quoted(table)} TO {quoted(role)}")
                cursor.execute(f"REVOKE INSERT, UPDATE ON {quoted(table)} FROM {quoted(role)}")
        for table in APPEND_ONLY:
            if table in existing:
                cursor.execute(f"REVOKE UPDATE ON {quoted(table)} FROM {quoted(role)}")
