"""Shelters, beds and placements. The database makes two people in one bed, and one person in two places, impossible."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.cases.models import Case
from casework.people.models import Answer, Person
from casework.vault.fields import EncryptedTextField
from casework.vault.models import Sealed

if TYPE_CHECKING:
    from casework.access.models import User

# Kinds of placement (code list placement_types) that have beds, and those that put a person into a family.
WITH_BEDS = (
    "cptv-emergency-shelter",
    "ngo-shelter",
    "short-term-shelter",
    "transition-housing",
    "temporary-house",
    "safe-temporary-housing",
)
INTO_A_FAMILY = ("foster-family", "returned-to-family")


class ShelterQuerySet(models.QuerySet["Shelter"]):
    def visible_to(self, user: "User") -> "ShelterQuerySet":
        """Caseworkers and supervisors see their organisation's shelters; a keeper the shelters they keep."""
        if not user.has_perm("shelter.view_board"):
            return self.none()
        if user.has_role(Role.CASEWORKER, Role.SUPERVISOR):
            return self.filter(organisation=user.organisation_id)
        return self.filter(keepers=user)


class Shelter(models.Model):
    """A house with beds. Its capacity is its beds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shelters")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    short_term = models.BooleanField(default=False)
    keepers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="keeps", blank=True)

    objects = ShelterQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_board", "See the bed board"),
            ("add_shelter", "Add a shelter"),
            ("add_bed", "Add a bed"),
        ]
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name", "kind"], name="shelter_once")]

    def __str__(self) -> str:
        return self.name


class ShelterAddressQuerySet(models.QuerySet["ShelterAddress"]):
    def visible_to(self, user: "User") -> "ShelterAddressQuerySet":
        """Those who may reveal it, or keep the house. What a page shows is masked, but for the keepers."""
        return self.filter(shelter__in=Shelter.objects.visible_to(user))

    def kept_by(self, user: "User") -> "ShelterAddressQuerySet":
        """Of the houses that the user keeps: the only people to whom an address is not masked."""
        return self.visible_to(user).filter(shelter__keepers=user)


class ShelterAddress(Sealed):
    """Where a shelter is, sealed with a protected key of its own. Masked on every page but for the house's keepers."""

    shelter = models.OneToOneField(Shelter, on_delete=models.PROTECT, related_name="address")
    address = EncryptedTextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    objects = ShelterAddressQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class Bed(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shelter = models.ForeignKey(Shelter, on_delete=models.PROTECT, related_name="beds")
    name = models.CharField(max_length=60)
    valid_from = models.DateField(null=True)  # None: always
    valid_until = models.DateField(null=True)  # the first night it is no longer there

    class Meta:
        default_permissions = ()
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shelter", "name"], name="bed_once"),
            models.CheckConstraint(
                name="bed_valid_in_order", condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlacementQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "PlacementQuerySet":
        """Those of visible cases; for a keeper, those in the shelters they keep, unless the case is sealed."""
        if user.has_perm("cases.view_case"):
            return self.filter(case__in=Case.objects.visible_to(user))
        if user.has_perm("shelter.view_board"):
            kept = Shelter.objects.visible_to(user)
            return self.filter(self.not_shut_out(user), shelter__in=kept, person__sealed=False)
        return self.none()

    def overrides_read_by(self, user: "User") -> "PlacementQuerySet":
        """Those whose gate a supervisor overrode, for the auditor of the organisation: reasons, no persons."""
        if not user.has_perm("shelter.read_overrides"):
            return self.none()
        return self.filter(
            self.not_shut_out(user), case__organisation=user.organisation_id, overridden_by__isnull=False
        )


def nights() -> Func:
    """The nights of a placement as a range; empty for a same-day stay, which occupies none."""
    return Func(F("starts_on"), F("ends_on"), Value("[)"), function="DATERANGE")


class Placement(Record):
    """Where a person stays: a bed, a family, an institution. `ends_on` is the day of leaving."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="placements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="placements")
    kind = models.CharField(max_length=40)
    shelter = models.ForeignKey(Shelter, on_delete=models.PROTECT, null=True, related_name="placements")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, null=True, related_name="placements")
    facility = EncryptedTextField()  # a family's or an institution's name
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    needs = EncryptedTextField()  # needs and risks that the keeper must know
    family_trained = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    override_reason = EncryptedTextField()
    overridden_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # Age on the first day, and on the first 1 January after it; later ones follow year by year.
    age_at_start = models.SmallIntegerField(null=True)
    age_next_january = models.SmallIntegerField(null=True)

    objects = PlacementQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("place_person", "Place a person"),
            ("end_placement", "Record that a person left"),
            ("override_gate", "Override a gate of protection with a reason"),
            ("read_overrides", "Read the reasons given for overrides"),
        ]
        ordering = ["-starts_on"]
        indexes = [models.Index(fields=["kind", "starts_on"], name="placement_of_kind")]
        constraints = [
            error_pair("placement"),
            models.CheckConstraint(
                name="placement_ends_not_before_start", condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(name="placement_bed_in_a_shelter", condition=Q(bed=None) | Q(shelter__isnull=False)),
            models.CheckConstraint(
                name="placement_override_by_and_why",
                condition=Q(override_reason__isnull=True, overridden_by=None)
                | Q(override_reason__isnull=False, overridden_by__isnull=False),
            ),
            ExclusionConstraint(
                name="placement_one_person_per_bed_and_night",
                expressions=[("bed", RangeOperators.EQUAL), (nights(), RangeOperators.OVERLAPS)],
                condition=Q(error_at=None, bed__isnull=False),
            ),
            ExclusionConstraint(
                name="placement_one_place_per_person_and_night",
                expressions=[("person", RangeOperators.EQUAL), (nights(), RangeOperators.OVERLAPS)],
                condition=Q(error_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
