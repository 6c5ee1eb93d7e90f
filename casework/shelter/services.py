"""Verbs on shelters, beds and placements."""

import datetime
from collections.abc import Iterable

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from casework.access import record_services
from casework.access.grants import Role
from casework.access.models import Organisation, User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.cases.models import Case, CaseStatus
from casework.people.models import Answer, Person
from casework.shelter.addresses import set_address as set_address
from casework.shelter.ages import set_ages
from casework.shelter.models import INTO_A_FAMILY, WITH_BEDS, Bed, Placement, Shelter
from casework.shelter.nights import BedNights, Stay, bed_for, first_full_night, first_start, longest_from
from casework.shelter.occupancy import bed_nights
from casework.workflow import Refused, lock
from reference import codes

# A booking further ahead than this is a slip of the finger in the year.
FURTHEST_AHEAD = datetime.timedelta(days=366)
ATTEMPTS = 3
_TRY_AGAIN = {"40P01", "40001"}  # deadlock, serialization failure: PostgreSQL asks to try again


def day_words(day: datetime.date, today: datetime.date) -> str:
    """A day as a sentence says it: “3 June”, with the year when it is another one."""
    if day.year == today.year:
        return date_format(day, pgettext("a day in a sentence, in Django's date format", "j F"))
    return date_format(day, pgettext("a day with its year in a sentence, in Django's date format", "j F Y"))


# Placing -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def place_person(
    *,
    case: Case,
    kind: str,
    shelter: Shelter | None = None,
    bed: Bed | None = None,
    facility: str = "",
    starts_on: datetime.date,
    ends_on: datetime.date | None = None,
    needs: str = "",
    family_trained: str = Answer.UNKNOWN,
    override_reason: str = "",
    placed_by: User,
    today: datetime.date,
) -> Placement:
    """Give the person of a case a bed, or a place in a family or an institution, from a day on.

    Kinds with beds (`WITH_BEDS`) need a shelter of that kind that `placed_by` may see; without `bed`, the first bed of
    it that is free for the whole stay. `ends_on` is the day of leaving; None while it is not known. Kinds that put a
    person into a family (`INTO_A_FAMILY`) have gates, which a supervisor may override with a written reason.

    Raises `Refused`; when the shelter is full, its data has `full_on` and `first_free_on` (None when no day is known).
    """
    require(placed_by, "shelter.place_person")
    fresh = lock(case)
    if fresh.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    person = Person._base_manager.select_related("key").get(pk=fresh.person_id)
    _refuse_impossible_days(starts_on, ends_on, today)
    if not codes.is_code("placement_types", kind):
        raise Refused(_("“%(kind)s” is not a kind of placement.") % {"kind": kind}, field="kind")
    if family_trained not in Answer.values:
        raise Refused(_("Choose one of the answers that are offered."), field="family_trained")
    house = _house(kind, shelter, bed, placed_by)
    stay = Stay(starts_on, ends_on)
    gated = kind in INTO_A_FAMILY and _gate(person, kind, stay, family_trained, override_reason.strip(), placed_by)
    _refuse_second_place(person, stay, today)
    placement = Placement(
        key=person.key,
        case=fresh,
        person=person,
        kind=kind,
        shelter=house,
        facility="" if house else facility.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        needs=needs.strip(),
        family_trained=family_trained if kind in INTO_A_FAMILY else Answer.UNKNOWN,
        override_reason=override_reason.strip() if gated else "",
        overridden_by=placed_by if gated else None,
        placed_by=placed_by,
    )
    set_ages(placement, person)
    _save(placement, bed, stay, today)
    audit.act("place_person", placement, fresh, person, by=placed_by)
    if gated:
        audit.act("override_gate", placement, fresh, person, by=placed_by, fields=["override_reason"])
    return placement


def _refuse_impossible_days(starts_on: datetime.date, ends_on: datetime.date | None, today: datetime.date) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise Refused(
            _("The day of leaving, %(end)s, is before the first day, %(start)s.")
            % {"end": day_words(ends_on, today), "start": day_words(starts_on, today)},
            field="ends_on",
        )
    if starts_on > today + FURTHEST_AHEAD:
        raise Refused(_("A place can be given at most a year ahead. Check the year."), field="starts_on")


def _house(kind: str, shelter: Shelter | None, bed: Bed | None, user: User) -> Shelter | None:
    """The shelter of a placement, locked so that one placing at a time looks for a bed; None for kinds without beds."""
    if kind not in WITH_BEDS:
        if shelter is not None or bed is not None:
            raise Refused(
                _("“%(kind)s” is a placement without a bed.") % {"kind": codes.label("placement_types", kind)},
                field="kind",
            )
        return None
    if shelter is None and bed is not None:
        shelter = bed.shelter
    if shelter is None:
        raise Refused(_("Choose a bed in a shelter."), field="bed")
    if not Shelter.objects.visible_to(user).filter(pk=shelter.pk).exists():
        raise Refused(_("This is not a shelter of yours. Choose another one."), field="shelter")
    if bed is not None and bed.shelter_id != shelter.pk:
        raise Refused(_("This bed is in another shelter. Choose the bed again."), field="bed")
    house = lock(shelter)
    if house.kind != kind:
        raise Refused(
            _("%(shelter)s is not a place of the kind “%(kind)s”.")
            % {"shelter": house.name, "kind": codes.label("placement_types", kind)},
            field="kind",
        )
    return house


def gate_sentences(person: Person, kind: str, starts_on: datetime.date, family_trained: str) -> list[str]:
    """What stands against putting this person into a family; empty when nothing does.

    A child (also one whose age is not known) goes to a family only when every member of the household is recorded and
    assessed as not involved (DESIGN.md, section 4); no household is assessed here yet, so the gate is always shut. A
    foster family must be trained for the work (`caution` of the code list placement_types).
    """
    found = []
    if person.protected_as_child_on(starts_on):
        if person.child_on(starts_on) is None:
            found.append(_("The person's age is not known, so the rules for a child hold."))
        found.append(_("A child may go to a family only when nobody in the household is known to be involved."))
    if kind == "foster-family" and family_trained != Answer.YES:
        found.append(
            _("This foster family is not trained for the work.")
            if family_trained == Answer.NO
            else _("It is not known whether this foster family is trained for the work.")
        )
    return found


def _gate(person: Person, kind: str, stay: Stay, family_trained: str, reason: str, user: User) -> bool:
    """Whether a gate is overridden. Raises `Refused` when one is shut and the user may not, or did not, override it."""
    against = gate_sentences(person, kind, stay.start, family_trained)
    if not against:
        return False
    if not user.has_perm("shelter.override_gate"):
        raise Refused(
            " ".join([*against, _("A supervisor can place the person all the same, with a written reason.")]),
            field="kind",
            gate=True,
        )
    if not reason:
        raise Refused(
            " ".join([*against, _("Write why you place the person there all the same.")]),
            field="override_reason",
            gate=True,
        )
    return True


def _refuse_second_place(person: Person, stay: Stay, today: datetime.date, *, but: Placement | None = None) -> None:
    """Say on which nights the person is placed already, if that stands in the way."""
    others = Placement._base_manager.filter(person=person, error_at=None).exclude(pk__in=[but.pk] if but else [])
    for other in others.order_by("starts_on").select_related("shelter"):
        if not stay.overlaps(Stay(other.starts_on, other.ends_on)):
            continue
        place = other.shelter.name if other.shelter else codes.label("placement_types", other.kind)
        since = day_words(other.starts_on, today)
        sentence = (
            _("This person is already placed since %(start)s: %(place)s. Record when they left it first.")
            % {"start": since, "place": place}
            if other.ends_on is None
            else _("This person is already placed from %(start)s to %(end)s: %(place)s.")
            % {"start": since, "end": day_words(other.ends_on, today), "place": place}
        )
        raise Refused(sentence, field="starts_on", placement=other)


def _save(placement: Placement, asked: Bed | None, stay: Stay, today: datetime.date) -> None:
    """Save a new or longer placement. The exclusion constraints have the last word: what they refuse is looked up
    again and said in the sentence that fits; what PostgreSQL asks to try again is tried again."""
    for _attempt in range(ATTEMPTS):
        if placement.shelter is not None and asked is None:
            placement.bed = _free_bed(placement, stay, today)
        elif asked is not None:
            _refuse_taken_bed(placement, asked, stay, today)
            placement.bed = asked
        try:
            with transaction.atomic():
                placement.save()
            return
        except IntegrityError as problem:
            constraint = _constraint(problem)
            if constraint == "placement_one_place_per_person_and_night":
                _refuse_second_place(placement.person, stay, today, but=placement)
            elif constraint != "placement_one_person_per_bed_and_night":
                raise
        except OperationalError as problem:
            if getattr(problem.__cause__, "sqlstate", None) not in _TRY_AGAIN:
                raise
    raise Refused(_("Somebody else is placing people here right now. Try again."), again=True)


def _constraint(problem: IntegrityError) -> str | None:
    return getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None)


def _free_bed(placement: Placement, stay: Stay, today: datetime.date) -> Bed:
    beds = _beds(placement, stay)
    found = bed_for(stay, beds)
    if found is None:
        raise _no_bed(stay, beds, today)
    return found.bed


def _refuse_taken_bed(placement: Placement, asked: Bed, stay: Stay, today: datetime.date) -> None:
    """Refuse a bed that is taken or not there, and name another that is free for the whole stay, if there is one."""
    beds = _beds(placement, stay)
    own = next((one for one in beds if one.bed == asked), None)
    if own is None:
        raise Refused(_("This bed is in another shelter. Choose the bed again."), field="bed")
    if own.free_for(stay):
        return
    other = bed_for(stay, beds)
    if other is None:
        raise _no_bed(stay, beds, today)
    in_the_way = own.in_the_way(stay)
    words = {"bed": asked.name, "other": other.bed.name}
    if in_the_way is None:
        sentence = _("“%(bed)s” is not there on all these nights. “%(other)s” is free for the whole stay.") % words
    else:
        night = max(in_the_way.start, stay.start)
        sentence = _("“%(bed)s” is taken on %(night)s. “%(other)s” is free for the whole stay.") % {
            **words,
            "night": day_words(night, today),
        }
    raise Refused(sentence, field="bed", free_bed=other.bed)


def _beds(placement: Placement, stay: Stay) -> list[BedNights]:
    assert placement.shelter is not None  # noqa: S101  (only called for placements in a shelter)
    return bed_nights(placement.shelter, stay.start, without=placement)


def _no_bed(stay: Stay, beds: list[BedNights], today: datetime.date) -> Refused:
    """The refusal when no bed is free for the whole stay: full on a night, or free only in pieces."""
    full_on, free_on = first_full_night(stay, beds), first_start(stay, beds)
    if not any(bed.is_there(stay.moved(day)) for bed in beds for day in (stay.start, free_on or stay.start)):
        return Refused(_("This shelter has no bed on all these nights."), field="bed")
    if full_on is not None:
        words = {"full": day_words(full_on, today)}
        if free_on is None:
            sentence = _("The shelter is full on %(full)s, and no day is known from which a bed is free.") % words
        else:
            words["free"] = day_words(free_on, today)
            sentence = _("The shelter is full on %(full)s; the first free bed is on %(free)s.") % words
        return Refused(sentence, field="starts_on", full_on=full_on, first_free_on=free_on)
    sentence = _("No bed of this shelter is free for the whole stay.")
    longest = longest_from(stay.start, beds)
    if longest is not None and longest[1] is not None:
        sentence = _("No bed is free for the whole stay: “%(bed)s” is free longest, until %(day)s.") % {
            "bed": longest[0].bed.name,
            "day": day_words(longest[1], today),
        }
    return Refused(sentence, field="bed", full_on=None, first_free_on=free_on)


# Leaving -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def end_placement(
    *, placement: Placement, ends_on: datetime.date, ended_by: User, version: int | None = None
) -> Placement:
    """Record the day of leaving, also a planned one; the night of that day is free again.

    A later day than the one recorded makes the stay longer, which must not collide with another one. Raises `Refused`,
    and `Stale` when somebody saved the placement since `version`.
    """
    require(ended_by, "shelter.end_placement")
    today = timezone.localdate()
    if placement.shelter_id:
        lock(Shelter(pk=placement.shelter_id))
    fresh = lock(placement, version=version)
    if fresh.entered_in_error:
        raise Refused(_("This placement was entered in error. Nothing of it can be changed."))
    _refuse_impossible_days(fresh.starts_on, ends_on, today)
    longer = fresh.ends_on is not None and ends_on > fresh.ends_on
    if longer and fresh.case.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    fresh.ends_on = ends_on
    fresh.version += 1
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError as problem:
        raise _longer_collides(problem, fresh, today) from None
    if longer and fresh.bed is not None and not _bed_is_there(fresh):
        raise Refused(_("The bed is not there on all these nights."), field="ends_on")
    audit.act("end_placement", fresh, fresh.case, fresh.person, by=ended_by, fields=["ends_on"])
    placement.ends_on, placement.version = fresh.ends_on, fresh.version
    return fresh


def _bed_is_there(placement: Placement) -> bool:
    assert placement.bed is not None  # noqa: S101  (asked of placements in a bed)
    until = placement.bed.valid_until
    return until is None or (placement.ends_on is not None and placement.ends_on <= until)


def _longer_collides(problem: IntegrityError, placement: Placement, today: datetime.date) -> Exception:
    """The sentence for a stay that would run into another one; any other problem stays what it is."""
    stay = Stay(placement.starts_on, placement.ends_on)
    match _constraint(problem):
        case "placement_one_place_per_person_and_night":
            return Refused(
                _("The person has another place on a night of this longer stay. Change that one first."),
                field="ends_on",
            )
        case "placement_one_person_per_bed_and_night" if placement.bed is not None:
            own = next(one for one in _beds(placement, stay) if one.bed == placement.bed)
            in_the_way = own.in_the_way(stay)
            if in_the_way is None:
                return Refused(_("Somebody else is placing people here right now. Try again."), again=True)
            return Refused(
                _("“%(bed)s” is given to somebody else from %(day)s: the person can stay in it until then.")
                % {"bed": placement.bed.name, "day": day_words(in_the_way.start, today)},
                field="ends_on",
                free_until=in_the_way.start,
            )
        case _:
            return problem


def mark_placement_in_error(*, placement: Placement, why: str, marked_by: User) -> Placement:
    """Mark a placement as entered in error: it stays, struck through; its bed and nights are free again."""
    about = [placement.case, placement.case.person]
    return record_services.mark_in_error(record=placement, why=why, marked_by=marked_by, about=about)


def refuse_while_placed(case: Case, closed_on: datetime.date) -> None:
    """A guard of closing: whoever is still in a bed, a foster family or an institution has no closed case.

    A return to one's own family is where help ends, not a stay that we run: it may stay open.
    """
    running = (
        Placement._base_manager.filter(case=case, error_at=None)
        .exclude(kind="returned-to-family")
        .select_related("shelter")
        .order_by("-starts_on")
    )
    for placement in running:
        if placement.ends_on is not None and placement.ends_on <= closed_on:
            continue
        place = placement.shelter.name if placement.shelter else codes.label("placement_types", placement.kind)
        raise Refused(
            _("The person is still placed: %(place)s, since %(day)s. Record the day of leaving before you close.")
            % {"place": place, "day": day_words(placement.starts_on, closed_on)},
            placement=placement,
        )


# Shelters and beds ---------------------------------------------------------------------------------------------------
@transaction.atomic
def add_shelter(
    *,
    organisation: Organisation,
    name: str,
    kind: str,
    short_term: bool = False,
    keepers: Iterable[User] = (),
    address: str = "",
    added_by: User,
) -> Shelter:
    """Add a shelter; it has no places until beds are added. Keepers are shelter keepers of its organisation.

    The address is sealed with a key of its own and masked from then on.
    """
    require(added_by, "shelter.add_shelter")
    if organisation.pk != added_by.organisation_id:
        raise Refused(_("A shelter is added by the organisation that runs it."))
    if not name.strip():
        raise Refused(_("Give the shelter a name."), field="name")
    if kind not in WITH_BEDS:
        raise Refused(_("Choose a kind of placement that has beds."), field="kind")
    chosen = list(keepers)
    fit = User.objects.colleagues(organisation.pk, Role.SHELTER_KEEPER)
    if fit.filter(pk__in=[keeper.pk for keeper in chosen]).count() != len(chosen):
        raise Refused(_("Choose active shelter keepers of this organisation."), field="keepers")
    shelter = Shelter(organisation=organisation, name=name.strip(), kind=kind, short_term=short_term)
    try:
        with transaction.atomic():
            shelter.save(force_insert=True)
    except IntegrityError as problem:
        if _constraint(problem) != "shelter_once":
            raise
        raise Refused(_("There is a shelter of this name and kind already."), field="name") from None
    shelter.keepers.set(chosen)
    audit.act("add_shelter", shelter, *chosen, by=added_by)
    if address.strip():
        set_address(shelter=shelter, address=address, set_by=added_by)
    return shelter


@transaction.atomic
def add_bed(
    *,
    shelter: Shelter,
    name: str,
    valid_from: datetime.date | None = None,
    valid_until: datetime.date | None = None,
    added_by: User,
) -> Bed:
    """Add a bed: one more place. `valid_until` is the first night on which it is not there any more."""
    require(added_by, "shelter.add_bed")
    if not Shelter.objects.visible_to(added_by).filter(pk=shelter.pk).exists():
        raise Refused(_("This is not a shelter of yours. Choose another one."))
    if not name.strip():
        raise Refused(_("Give the bed a name or a number."), field="name")
    if valid_from and valid_until and valid_until <= valid_from:
        raise Refused(_("The bed must be there for one night at least."), field="valid_until")
    bed = Bed(shelter=shelter, name=name.strip(), valid_from=valid_from, valid_until=valid_until)
    try:
        with transaction.atomic():
            bed.save(force_insert=True)
    except IntegrityError as problem:
        if _constraint(problem) != "bed_once":
            raise
        raise Refused(_("This shelter has a bed of this name already."), field="name") from None
    audit.act("add_bed", bed, shelter, by=added_by)
    return bed
