"""What is known of the nights of a shelter's beds: for placing, for the board, and for the sentence of a refusal."""

import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from casework.shelter.models import Bed, Placement, Shelter
from casework.shelter.nights import BedNights, Stay

if TYPE_CHECKING:
    from casework.access.models import User


def stay_of(placement: Placement) -> Stay:
    return Stay(placement.starts_on, placement.ends_on)


def validity(bed: Bed) -> Stay:
    """The nights on which a bed is there."""
    return Stay(bed.valid_from or datetime.date.min, bed.valid_until)


def bed_nights(shelter: Shelter, since: datetime.date, *, without: Placement | None = None) -> list[BedNights]:
    """Every bed of a shelter with the stays in it from a night on, whoever may see them: no names, only nights.

    `without` leaves one placement out of account, to ask whether it could be longer.
    """
    stays: dict[object, list[Stay]] = {}
    taken = (
        Placement._base_manager.filter(bed__shelter=shelter, error_at=None)
        .filter(Q(ends_on=None) | Q(ends_on__gt=since))
        .exclude(pk__in=[without.pk] if without else [])
        .order_by("starts_on")
    )
    for bed_id, starts_on, ends_on in taken.values_list("bed", "starts_on", "ends_on"):
        stays.setdefault(bed_id, []).append(Stay(starts_on, ends_on))
    return [BedNights(bed, validity(bed), tuple(stays.get(bed.pk, ()))) for bed in beds_of(shelter)]


def beds_of(shelter: Shelter) -> list[Bed]:
    """The beds by name, “Bed 10” after “Bed 9”."""
    return sorted(shelter.beds.all(), key=lambda bed: (len(bed.name), bed.name))


def houses(user: "User", today: datetime.date) -> list[Shelter]:
    """The shelters that a user may see, each with its keepers and how many beds it has today (`beds_now`)."""
    there = (Q(beds__valid_from=None) | Q(beds__valid_from__lte=today)) & (
        Q(beds__valid_until=None) | Q(beds__valid_until__gt=today)
    )
    found = Shelter.objects.visible_to(user).annotate(beds_now=Count("beds", filter=there, distinct=True))
    return list(found.prefetch_related("keepers"))
