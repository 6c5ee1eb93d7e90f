"""Whose figures an admin may see: those of the own organisation; in the home organisation also the installation's."""

from django.conf import settings
from django.db.models import QuerySet

from casework.access.models import Organisation, User


def home_organisation() -> Organisation | None:
    """The organisation that runs the installation: the one the settings name, otherwise the first; None when empty."""
    organisations: QuerySet[Organisation] = Organisation.objects.order_by("created_at", "pk")
    if settings.HOME_ORGANISATION:
        organisations = organisations.filter(short_name=settings.HOME_ORGANISATION)
    return organisations.first()


def sees_whole_installation(user: User) -> bool:
    """Whether the figures of all organisations together are open to this user."""
    home = home_organisation()
    return user.has_perm("statistics.view_figures") and home is not None and user.organisation_id == home.pk
