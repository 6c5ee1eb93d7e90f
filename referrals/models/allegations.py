"""An allegation about a place: what was said, when it was answered, whether anybody was screened before the end."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, IntegerField, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework import workflow
from casework.access.models import Organisation
from casework.access.record import Record, error_pair
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

from .sites import SCREENED_THERE, OfOrganisationQuerySet, Worksite, persons_on


class AllegationStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("allegation", "Open")
    DISMISSED = "dismissed", pgettext_lazy("allegation", "Dismissed")
    CONFIRMED = "confirmed", pgettext_lazy("allegation", "Confirmed")


class Concern(models.IntegerChoices):
    """What is wrong with an allegation, the worst first: the order of the list."""

    DISMISSED_UNSCREENED = 0, _("Dismissed, nobody screened")
    NOBODY_SCREENED = 1, _("Open, nobody screened")
    OPEN = 2, pgettext_lazy("allegation", "Open")
    DISMISSED = 3, _("Dismissed after screening")
    CONFIRMED = 4, pgettext_lazy("allegation", "Confirmed")
    IN_ERROR = 5, _("Entered in error")


class AllegationQuerySet(OfOrganisationQuerySet):
    def weighed(self) -> Self:
        """With how many persons the site has, how many are screened and were when it was dismissed, and `concern`."""
        site, in_time = OuterRef("worksite"), Q(happened_on__lte=OuterRef("dismissed_on"))
        return self.annotate(
            persons=persons_on(site),
            screened=persons_on(site, SCREENED_THERE),
            screened_before=persons_on(site, SCREENED_THERE, in_time),
        ).annotate(
            concern=Case(
                When(error_at__isnull=False, then=Value(Concern.IN_ERROR)),
                When(status=AllegationStatus.DISMISSED, screened_before=0, then=Value(Concern.DISMISSED_UNSCREENED)),
                When(status=AllegationStatus.DISMISSED, then=Value(Concern.DISMISSED)),
                When(status=AllegationStatus.CONFIRMED, then=Value(Concern.CONFIRMED)),
                When(screened=0, then=Value(Concern.NOBODY_SCREENED)),
                default=Value(Concern.OPEN),
                output_field=IntegerField(),
            )
        )


class Allegation(Record):
    """Somebody said that people are exploited at a place. It is never deleted, whatever became of it.

    Sealed with the site's key, or with one of its own where there is no site.
    """

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    worksite = models.ForeignKey(Worksite, on_delete=models.PROTECT, null=True, related_name="allegations")
    status = models.CharField(max_length=12, choices=AllegationStatus, default=AllegationStatus.OPEN)
    received_on = models.DateField()
    source = models.CharField(max_length=40)
    received_from = EncryptedTextField()
    place = EncryptedTextField()
    content = EncryptedTextField()
    affected = models.PositiveIntegerField(null=True)  # as alleged; of a site the persons on it are counted
    answered_on = models.DateField(null=True)
    answer = EncryptedTextField()
    investigated_by = EncryptedTextField()
    investigated_since = models.DateField(null=True)
    dismissed_on = models.DateField(null=True)
    dismissed_by = EncryptedTextField()  # the body that dismissed it
    dismissed_why = EncryptedTextField()
    confirmed_on = models.DateField(null=True)
    confirmed_how = EncryptedTextField()

    objects = AllegationQuerySet.as_manager()

    class Meta(Record.Meta):
        indexes = [models.Index(fields=["organisation", "number"], name="allegation_of_organisation")]
        constraints = [
            error_pair("allegation"),
            models.CheckConstraint(
                name="allegation_dismissed_when_by_why",
                condition=~Q(status=AllegationStatus.DISMISSED)
                | Q(dismissed_on__isnull=False, dismissed_by__isnull=False, dismissed_why__isnull=False),
            ),
            models.CheckConstraint(
                name="allegation_confirmed_when",
                condition=~Q(status=AllegationStatus.CONFIRMED) | Q(confirmed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="allegation_answered_after_receipt",
                condition=Q(answered_on=None) | Q(answered_on__gte=F("received_on")),
            ),
            models.CheckConstraint(
                name="allegation_dismissed_after_receipt",
                condition=Q(dismissed_on=None) | Q(dismissed_on__gte=F("received_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


_RECORD = "referrals.record_screening"
workflow.register(
    Allegation,
    [
        Move("dismiss_allegation", (AllegationStatus.OPEN,), AllegationStatus.DISMISSED, _RECORD),
        Move("confirm_allegation", (AllegationStatus.OPEN,), AllegationStatus.CONFIRMED, _RECORD),
        Move(
            "reopen_allegation",
            (AllegationStatus.DISMISSED, AllegationStatus.CONFIRMED),
            AllegationStatus.OPEN,
            _RECORD,
        ),
    ],
)
