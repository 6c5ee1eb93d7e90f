"""The pages of this area that somebody may open."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def sub_pages(user: Any, active: str) -> list[dict[str, Any]]:
    """The navigation between the pages of this area."""
    pages = [
        ("proposals", _("Changes"), "curation.decide_change"),
        ("recommendations", _("Recommendations"), "curation.view_progress"),
        ("activities", _("Plans and activities"), "curation.view_progress"),
        ("trainings", _("Trainings"), "curation.view_progress"),
        ("licences", _("Licences"), "curation.view_progress"),
        ("declarations", _("Declarations"), "curation.record_declaration"),
    ]
    return [
        {"label": label, "url": reverse(f"curation:{name}"), "active": name == active}
        for name, label, permission in pages
        if user.has_perm(permission)
    ]
