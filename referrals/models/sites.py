"""A place of work with many persons: whether somebody was screened is said of each person, never of the site.

Sites, allegations and screenings are about places and groups: every caseworker and supervisor of the organisation sees
them. What is said of one person on a site is seen by supervisors, by whoever wrote the site down, by their team, and by
those on duty; once it has become a referral that is sealed, by nobody here.
"""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework import workflow
from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

from .referral import Referral

if TYPE_CHECKING:
    from casework.access.models import User


class OfOrganisationQuerySet(RecordQuerySet):
    """About a place or a group: seen by the caseworkers and supervisors of the organisation."""

    PERSON_PATHS = ()

    def principals(self, user: "User") -> list[Q]:
        return [Q(organisation=user.organisation_id)] if user.has_perm("referrals.view_screening") else []


class Screened(models.TextChoices):
    """What became of the screening of one person."""

    NOT_SCREENED = "not-screened", _("Not screened")
    SCREENED = "screened", pgettext_lazy("one person", "Screened")
    REFUSED = "refused-screening", _("Refused to be screened")
    LEFT = "left-unscreened", _("Left before the screening")


SCREENED_THERE = Q(status=Screened.SCREENED)


def persons_on(worksite: Any, *conditions: Q) -> Any:
    """An expression: how many persons of a site these conditions hold for, without those entered in error."""
    counted = (
        SitePerson._base_manager.filter(*conditions, worksite=worksite, error_at=None)
        .order_by()
        .values("worksite")
        .annotate(rows=Count("pk"))
        .values("rows")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class WorksiteQuerySet(OfOrganisationQuerySet):
    def counted(self) -> Self:
        """With how many persons a site has (`on_site`) and how many of them are screened (`done`)."""
        return self.annotate(on_site=persons_on(OuterRef("pk")), done=persons_on(OuterRef("pk"), SCREENED_THERE))


class Worksite(Record):
    """A place where people work, with a number and a key of its own."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    name = EncryptedTextField()
    address = EncryptedTextField()
    employer = EncryptedTextField()
    note = EncryptedTextField()
    municipality = models.CharField(max_length=60, blank=True)  # plain: coverage is counted by it
    sector = models.CharField(max_length=40)
    population = models.CharField(max_length=40, blank=True)  # who mostly works there, for the coverage

    objects = WorksiteQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("view_screening", "See sites, allegations and screenings"),
            ("record_screening", "Record sites, allegations and screenings"),
            ("set_screening_target", "Set a target for screenings"),
        ]
        indexes = [models.Index(fields=["organisation", "-number"], name="worksite_of_organisation")]
        constraints = [error_pair("worksite")]

    def __str__(self) -> str:
        return self.number


class SitePersonQuerySet(RecordQuerySet):
    PERSON_PATHS = ("referral__person",)

    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("referrals.view_screening"):
            return []
        here = Q(worksite__organisation=user.organisation_id) & (Q(referral=None) | Q(referral__sealed=False))
        if user.has_role(Role.SUPERVISOR) or user.on_duty:
            return [here]
        mine = Q(worksite__logged_by=user)
        if user.team_id is not None:
            mine |= Q(worksite__logged_by__team=user.team_id)
        return [here & mine]


class SitePerson(Record):
    """Somebody on a site, perhaps without a name. Sealed with the site's key until it becomes a referral; then with
    the key of the referral or of its person."""

    worksite = models.ForeignKey(Worksite, on_delete=models.PROTECT, related_name="persons")
    position = models.PositiveSmallIntegerField()
    citizenship = models.CharField(max_length=2, blank=True)
    description = EncryptedTextField()
    status = models.CharField(max_length=20, choices=Screened, default=Screened.NOT_SCREENED)
    happened_on = models.DateField(null=True)  # the day of the screening, of the refusal, of leaving
    screener = EncryptedTextField()
    language = models.CharField(max_length=3, blank=True)
    indicators = ArrayField(models.CharField(max_length=40), default=list)
    note = EncryptedTextField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, related_name="site_persons")

    objects = SitePersonQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["position"]
        constraints = [
            error_pair("siteperson"),
            models.UniqueConstraint(fields=["worksite", "position"], name="siteperson_position_once"),
            models.UniqueConstraint(fields=["referral"], name="siteperson_of_referral_once"),
            models.CheckConstraint(
                name="siteperson_state_with_day",
                condition=Q(status=Screened.NOT_SCREENED, happened_on=None)
                | (~Q(status=Screened.NOT_SCREENED) & Q(happened_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worksite_id} {self.position}"


_EVERY = tuple(Screened.values)


def _from_others(verb: str, target: Screened) -> Move:
    sources = tuple(state for state in _EVERY if state != target)
    return Move(verb, sources, target, "referrals.record_screening")


workflow.register(
    SitePerson,
    [
        _from_others("screen_site_person", Screened.SCREENED),
        _from_others("record_refused_screening", Screened.REFUSED),
        _from_others("record_left_unscreened", Screened.LEFT),
        _from_others("take_back_screening", Screened.NOT_SCREENED),
    ],
)
