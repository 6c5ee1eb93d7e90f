"""Visits of a mobile team: who went where and when. What it found is told by the referrals that came of it."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.vault.fields import EncryptedJSONField, EncryptedTextField

if TYPE_CHECKING:
    from casework.access.models import User

MOBILE_TEAM = "mobile-team"  # code list referral_sources


class VisitQuerySet(RecordQuerySet):
    PERSON_PATHS = ()

    def principals(self, user: "User") -> list[Q]:
        """The organisation's for supervisors and those on duty; otherwise those that one wrote down."""
        if not user.has_perm("referrals.log_visit"):
            return []
        own = Q(organisation=user.organisation_id)
        if user.has_role(Role.SUPERVISOR) or (user.has_role(Role.CASEWORKER) and user.on_duty):
            return [own]
        return [own & Q(logged_by=user)] if user.has_role(Role.CASEWORKER) else []


class Visit(Record):
    """One visit, under a key of its own. Many referrals may come of it, or none."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    visited_at = models.DateTimeField()
    municipality = EncryptedTextField()
    place = EncryptedTextField()
    members = EncryptedJSONField()  # names of those who went
    note = EncryptedTextField()
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = VisitQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [("log_visit", "Log visits of a mobile team, and see them")]
        indexes = [
            models.Index(fields=["organisation", "-number"], name="visit_of_organisation"),
            models.Index(fields=["logged_by", "-number"], name="visit_logged_by"),
        ]
        constraints = [error_pair("visit")]

    def __str__(self) -> str:
        return self.number
