"""The hotline log: a call is counted as a call, whatever becomes of it, and a person as a person."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.vault.fields import EncryptedTextField

from .referral import Referral, ReferralStatus

if TYPE_CHECKING:
    from casework.access.models import User


class Hotline(models.TextChoices):
    CPTV = "cptv", _("CPTV's hotline")
    NGO = "ngo", _("Hotline of an NGO")


class Related(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")


# The source of a referral that comes of a call (code list referral_sources).
SOURCE_OF_HOTLINE = {Hotline.CPTV: "cptv-hotline", Hotline.NGO: "ngo-hotline"}


class CallQuerySet(RecordQuerySet):
    PERSON_PATHS = ("referral__person", "referral__linked_to__person")

    def principals(self, user: "User") -> list[Q]:
        """As for referrals; what led to a sealed one is for the named alone."""
        if not user.has_perm("referrals.log_call"):
            return []
        opened = Q(organisation=user.organisation_id) & ~Q(referral__sealed=True)
        live = [
            named("referral__case__grants", user, "view_case"),
            Q(referral__case=None, referral__sealed=True) & named("referral__person__cases__grants", user, "view_case"),
        ]
        if user.has_role(Role.SUPERVISOR):
            return [opened, *live]
        if not user.has_role(Role.CASEWORKER):
            return live
        mine = [opened & Q(logged_by=user), *live]
        if user.on_duty:  # as for referrals: what nobody works on yet
            mine += [opened & Q(referral=None), opened & Q(referral__status=ReferralStatus.RECEIVED)]
        return mine

    def one_visible_to(self, user: "User", **lookup: object) -> "Call | None":
        found: Call | None = super().one_visible_to(user, **lookup)
        return found


class Call(Record):
    """One call to a hotline. Sealed with a key of its own, or with the referral's when it became one."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    hotline = models.CharField(max_length=8, choices=Hotline)
    received_at = models.DateTimeField()
    trafficking_related = models.CharField(max_length=4, choices=Related)
    topic = EncryptedTextField()
    caller = EncryptedTextField()  # who called, in words: nobody who calls is asked for a name
    language = models.CharField(max_length=3, blank=True)
    outcome = EncryptedTextField()
    note = EncryptedTextField()
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, related_name="calls")
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = CallQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [("log_call", "Log calls to a hotline, and see them")]
        indexes = [
            models.Index(fields=["organisation", "-number"], name="call_of_organisation"),
            models.Index(fields=["logged_by", "-number"], name="call_logged_by"),
            models.Index(fields=["received_at"], name="call_received"),
        ]
        constraints = [
            error_pair("call"),
            models.CheckConstraint(name="call_of_a_hotline", condition=Q(hotline__in=Hotline.values)),
            models.CheckConstraint(name="call_related_or_not", condition=Q(trafficking_related__in=Related.values)),
        ]

    def __str__(self) -> str:
        return self.number
