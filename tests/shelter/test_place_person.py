"""Placing a person: the full shelter answers with the first free night, and every refusal is a sentence."""

import datetime

import pytest

from casework.access.grants import Role
from casework.audit.models import Event
from casework.cases import services as cases
from casework.shelter import services
from casework.shelter.models import WITH_BEDS, Bed, Placement
from casework.workflow import Refused
from tests.shelter.builders import TODAY, day

pytestmark = pytest.mark.django_db


def refusal(act, **kwargs):
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    return caught.value


@pytest.mark.requirement("s-emergency-shelter")
@pytest.mark.requirement("f-shelter-capacity")
def test_seventh_person_is_refused_and_comes_when_one_has_left(make):
    shelter = make.shelter("Prihvatilište", beds=6, kind="cptv-emergency-shelter", short_term=True)
    stays = [make.placement(shelter=shelter, starts_on=day(1), ends_on=day(9 + extra)) for extra in range(6)]
    assert {stay.bed.name for stay in stays} == {f"Krevet {number}" for number in range(1, 7)}

    case = make.case()
    refused = refusal(make.placement, case=case, shelter=shelter, starts_on=day(3), ends_on=day(6))
    assert str(refused.sentence) == "The shelter is full on 3 June; the first free bed is on 9 June."
    assert refused.data == {"full_on": day(3), "first_free_on": day(9)}

    services.end_placement(placement=stays[4], ends_on=day(3), ended_by=stays[4].placed_by)
    placed = make.placement(case=case, shelter=shelter, starts_on=day(3), ends_on=day(6))
    assert placed.bed == stays[4].bed


def test_the_free_day_is_one_on_which_the_whole_stay_fits(make):
    shelter = make.shelter(beds=1)
    make.placement(shelter=shelter, starts_on=day(1), ends_on=day(5))
    make.placement(shelter=shelter, starts_on=day(7), ends_on=day(9))
    short = refusal(make.placement, shelter=shelter, starts_on=day(3), ends_on=day(5))
    assert (short.data["full_on"], short.data["first_free_on"]) == (day(3), day(5))
    long = refusal(make.placement, shelter=shelter, starts_on=day(3), ends_on=day(6))
    assert (long.data["full_on"], long.data["first_free_on"]) == (day(3), day(9))
    later = refusal(make.placement, shelter=shelter, starts_on=day(5), ends_on=day(8))
    assert (later.data["full_on"], later.data["first_free_on"]) == (day(7), day(9))


def test_nobody_has_a_day_of_leaving(make):
    shelter = make.shelter(beds=2)
    for _each in range(2):
        make.placement(shelter=shelter, starts_on=day(1))
    refused = refusal(make.placement, shelter=shelter, starts_on=day(3), ends_on=day(5))
    assert str(refused.sentence) == "The shelter is full on 3 June, and no day is known from which a bed is free."
    assert refused.data == {"full_on": day(3), "first_free_on": None}


def test_a_taken_bed_names_one_that_is_free_for_the_whole_stay(make):
    shelter = make.shelter(beds=2)
    taken = make.placement(shelter=shelter, starts_on=day(4), ends_on=day(8))
    refused = refusal(make.placement, shelter=shelter, bed=taken.bed, starts_on=day(1), ends_on=day(6))
    assert str(refused.sentence) == "“Krevet 1” is taken on 4 June. “Krevet 2” is free for the whole stay."
    assert refused.data["free_bed"].name == "Krevet 2"


def test_free_nights_in_pieces_are_told(make):
    shelter = make.shelter(beds=2)
    first, second = shelter.beds.all()
    make.placement(shelter=shelter, bed=first, starts_on=day(5), ends_on=day(8))
    make.placement(shelter=shelter, bed=second, starts_on=day(1), ends_on=day(5))
    refused = refusal(make.placement, shelter=shelter, starts_on=day(2), ends_on=day(8))
    assert str(refused.sentence) == "No bed is free for the whole stay: “Krevet 1” is free longest, until 5 June."
    assert refused.data == {"full_on": None, "first_free_on": day(5)}


def test_a_bed_that_is_not_there(make, cast):
    shelter = make.shelter(beds=0)
    empty = refusal(make.placement, shelter=shelter, starts_on=day(1))
    assert str(empty.sentence) == "This shelter has no bed on all these nights."
    bed = services.add_bed(shelter=shelter, name="Ležaj", valid_from=day(5), valid_until=day(10), added_by=cast.vesna)
    early = refusal(make.placement, shelter=shelter, bed=bed, starts_on=day(4), ends_on=day(6))
    assert str(early.sentence) == "The shelter is full on 4 June; the first free bed is on 5 June."
    services.add_bed(shelter=shelter, name="Drugi", added_by=cast.vesna)
    other = refusal(make.placement, shelter=shelter, bed=bed, starts_on=day(4), ends_on=day(6))
    assert str(other.sentence) == "“Ležaj” is not there on all these nights. “Drugi” is free for the whole stay."
    assert make.placement(shelter=shelter, bed=bed, starts_on=day(5), ends_on=day(10)).bed == bed


def test_a_person_is_in_one_place_a_night(make):
    shelter, case = make.shelter(beds=3), make.case()
    first = make.placement(case=case, shelter=shelter, starts_on=day(2), ends_on=day(5))
    refused = refusal(make.placement, case=case, shelter=shelter, starts_on=day(4), ends_on=day(7))
    assert str(refused.sentence) == "This person is already placed from 2 June to 5 June: Kuća jedan."
    assert refused.data["placement"] == first
    make.placement(case=case, shelter=shelter, starts_on=day(5))
    still = refusal(make.placement, case=case, kind="group-home", starts_on=day(9))
    assert "since 5 June: Kuća jedan. Record when they left it first." in str(still.sentence)


def test_back_to_back_and_a_day_without_a_night(make):
    shelter = make.shelter(beds=1)
    make.placement(shelter=shelter, starts_on=day(1), ends_on=day(5))
    make.placement(shelter=shelter, starts_on=day(5), ends_on=day(8))
    make.placement(shelter=shelter, starts_on=day(3), ends_on=day(3))
    assert Placement.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"starts_on": day(5), "ends_on": day(4)}, "ends_on", "leaving, 4 June, is before the first day, 5 June."),
        ({"starts_on": day(5).replace(year=2126)}, "starts_on", "A place can be given at most a year ahead."),
        ({"kind": "hotel"}, "kind", "“hotel” is not a kind of placement."),
        ({"kind": "ngo-shelter"}, "bed", "Choose a bed in a shelter."),
        ({"kind": "group-home", "family_trained": "perhaps"}, "family_trained", "Choose one of the answers"),
    ],
)
def test_what_cannot_be(make, given, field, sentence):
    refused = refusal(make.placement, **given)
    assert refused.field == field
    assert sentence in str(refused.sentence)
    assert not Placement.objects.exists()


def test_a_shelter_of_another_kind_or_organisation(make, cast):
    shelter = make.shelter()
    assert "is not a place of the kind" in str(
        refusal(make.placement, shelter=shelter, kind="transition-housing").sentence
    )
    assert "without a bed" in str(refusal(make.placement, shelter=shelter, kind="foster-family").sentence)
    elsewhere = make.shelter("Daleko", by=cast.dragan, keepers=[], beds=1)
    assert "not a shelter of yours" in str(refusal(make.placement, shelter=elsewhere).sentence)
    bed = elsewhere.beds.get()
    assert "in another shelter" in str(refusal(make.placement, shelter=shelter, bed=bed).sentence)


def test_a_closed_case_takes_no_placement(make, cast):
    case = make.case()
    cases.close_case(case=case, reason="Otišla.", closed_on=datetime.date(2026, 3, 5), closed_by=cast.ana)
    assert "closed" in str(refusal(make.placement, case=case).sentence)


@pytest.mark.parametrize("who", ["nada", "ivana", "jelena", "milan", "petar"])
def test_only_caseworkers_and_supervisors_place(make, cast, who):
    assert "Your role" in str(refusal(make.placement, by=getattr(cast, who)).sentence)


def test_the_trail_and_the_key_of_the_person(make):
    placed = make.placement(shelter=make.shelter(), needs="Ne može uz stepenice.")
    assert placed.key_id == placed.person.key_id
    event = Event.objects.get(verb="place_person")
    assert event.subjects == [str(placed.pk), str(placed.case_id), str(placed.person_id)]
    assert event.note == ""


# Gates ---------------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("s-foster")
def test_untrained_family_warns_and_needs_a_supervisor(make, cast):
    case = make.case(birth_date=datetime.date(1990, 1, 1))
    for answer, words in (("no", "is not trained"), ("unknown", "not known whether this foster family is trained")):
        refused = refusal(make.placement, case=case, kind="foster-family", family_trained=answer)
        assert words in str(refused.sentence)
        assert "A supervisor can place the person all the same" in str(refused.sentence)
    asked = refusal(make.placement, case=case, kind="foster-family", family_trained="no", by=cast.vesna)
    assert asked.field == "override_reason"
    placed = make.placement(
        case=case, kind="foster-family", family_trained="no", override_reason="Nema druge.", by=cast.vesna
    )
    placed.refresh_from_db()
    assert (placed.override_reason, placed.overridden_by) == ("Nema druge.", cast.vesna)
    assert Event.objects.filter(verb="override_gate", actor=cast.vesna).count() == 1


@pytest.mark.requirement("s-foster")
def test_trained_family_takes_an_adult_without_a_gate(make):
    case = make.case(birth_date=datetime.date(1990, 1, 1))
    placed = make.placement(case=case, kind="foster-family", family_trained="yes", override_reason="Zalutalo.")
    placed.refresh_from_db()
    assert (placed.override_reason, placed.overridden_by) == ("", None)


@pytest.mark.parametrize("kind", ["foster-family", "returned-to-family"])
@pytest.mark.parametrize("known", [{"birth_date": datetime.date(2012, 5, 5)}, {}])
def test_child_or_unknown_age_goes_to_no_family_without_a_reason(make, cast, kind, known):
    case = make.case(**known)
    refused = refusal(make.placement, case=case, kind=kind, family_trained="yes", override_reason="Hoću.")
    assert "A child may go to a family only" in str(refused.sentence)
    assert ("age is not known" in str(refused.sentence)) is not known
    placed = make.placement(
        case=case, kind=kind, family_trained="yes", override_reason="Baka je proverena.", by=cast.vesna
    )
    assert placed.overridden_by == cast.vesna


def test_the_age_is_that_of_the_first_day(make):
    case = make.case(birth_date=datetime.date(2008, 6, 10))
    assert "A child" in str(refusal(make.placement, case=case, kind="returned-to-family", starts_on=day(9)).sentence)
    assert make.placement(case=case, kind="returned-to-family", starts_on=day(10)).age_at_start == 18


# Ages ----------------------------------------------------------------------------------------------------------------
def test_ages_are_kept_and_recomputed(make, cast):
    from casework.people import services as people

    placed = make.placement(case=make.case(birth_date=datetime.date(2000, 1, 1)), shelter=make.shelter())
    assert (placed.age_at_start, placed.age_next_january) == (26, 27)
    person = placed.person
    people.amend_person(
        person=person, version=person.version, amended_by=cast.ana, birth_date=datetime.date(2000, 7, 1)
    )
    placed.refresh_from_db()
    assert (placed.age_at_start, placed.age_next_january) == (25, 26)


# Beds and shelters ---------------------------------------------------------------------------------------------------
def test_shelters_and_beds_are_added_once(make, cast):
    shelter = make.shelter()
    assert "already" in str(refusal(make.shelter).sentence)
    same = refusal(services.add_bed, shelter=shelter, name="Krevet 1", added_by=cast.nada)
    assert same.field == "name"
    assert services.add_bed(shelter=shelter, name="Krevet 2", added_by=cast.nada) in Bed.objects.all()
    none = refusal(
        services.add_bed, shelter=shelter, name="X", valid_from=day(2), valid_until=day(2), added_by=cast.nada
    )
    assert none.field == "valid_until"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": "  "}, "name"), ({"kind": "foster-family"}, "kind"), ({"kind": "hotel"}, "kind")],
)
def test_a_shelter_that_cannot_be(make, given, field):
    assert refusal(make.shelter, **given).field == field


def test_who_may_keep_and_add(make, cast):
    assert refusal(make.shelter, keepers=[cast.ana]).field == "keepers"
    for who in ("ana", "nada", "ivana"):
        assert "Your role" in str(refusal(make.shelter, by=getattr(cast, who)).sentence)
    shelter = make.shelter(keepers=[])
    for who in (cast.nada, cast.dragan):
        assert "not a shelter of yours" in str(
            refusal(services.add_bed, shelter=shelter, name="X", added_by=who).sentence
        )


def test_keepers_of_the_cast_and_kinds_of_the_list_agree(cast):
    from reference import codes

    assert cast.nada.has_role(Role.SHELTER_KEEPER)
    assert set(WITH_BEDS) <= set(codes.ids("placement_types"))


# Leaving and mistakes ------------------------------------------------------------------------------------------------
def test_leaving_frees_the_night_of_that_day(make, cast):
    shelter = make.shelter()
    placed = make.placement(shelter=shelter, starts_on=day(1))
    assert refusal(services.end_placement, placement=placed, ends_on=day(31, 5), ended_by=cast.nada).field == "ends_on"
    services.end_placement(placement=placed, ends_on=day(4), ended_by=cast.nada)
    make.placement(shelter=shelter, starts_on=day(4))
    event = Event.objects.get(verb="end_placement")
    assert (event.actor, event.fields) == (cast.nada, ["ends_on"])


def test_a_longer_stay_must_not_collide(make, cast):
    shelter = make.shelter(beds=2)
    first, second = shelter.beds.all()
    placed = make.placement(shelter=shelter, bed=first, starts_on=day(1), ends_on=day(4))
    make.placement(shelter=shelter, bed=first, starts_on=day(6), ends_on=day(9))
    services.end_placement(placement=placed, ends_on=day(6), ended_by=cast.ana)
    refused = refusal(services.end_placement, placement=placed, ends_on=day(7), ended_by=cast.ana)
    assert str(refused.sentence) == (
        "“Krevet 1” is given to somebody else from 6 June: the person can stay in it until then."
    )
    make.placement(case=placed.case, shelter=shelter, bed=second, starts_on=day(10))
    other = refusal(services.end_placement, placement=placed, ends_on=day(12), ended_by=cast.ana)
    assert other.field == "ends_on"
    placed.refresh_from_db()
    assert placed.ends_on == day(6)


def test_a_bed_that_goes_away_ends_the_longer_stay(make, cast):
    shelter = make.shelter(beds=0)
    services.add_bed(shelter=shelter, name="Ležaj", valid_until=day(10), added_by=cast.vesna)
    placed = make.placement(shelter=shelter, starts_on=day(1), ends_on=day(4))
    assert refusal(services.end_placement, placement=placed, ends_on=day(11), ended_by=cast.ana).field == "ends_on"
    services.end_placement(placement=placed, ends_on=day(10), ended_by=cast.ana)


def test_what_was_entered_in_error_occupies_nothing(make, cast):
    shelter = make.shelter()
    placed = make.placement(shelter=shelter)
    services.mark_placement_in_error(placement=placed, why="Pogrešna osoba.", marked_by=cast.ana)
    make.placement(case=placed.case, shelter=shelter)
    assert "entered in error" in str(
        refusal(services.end_placement, placement=placed, ends_on=day(9), ended_by=cast.ana).sentence
    )


def test_a_case_with_a_running_placement_stays_open(make, cast):
    case = make.case()
    placed = make.placement(case=case, shelter=make.shelter(), starts_on=day(2, 4), today=day(2, 4))
    close = {"case": case, "reason": "Gotovo.", "closed_on": day(1, 5), "closed_by": cast.ana}
    refused = refusal(cases.close_case, **close)
    assert "still placed: Kuća jedan, since 2 April" in str(refused.sentence)
    services.end_placement(placement=placed, ends_on=day(2, 5), ended_by=cast.ana)
    refusal(cases.close_case, **close)
    services.end_placement(placement=placed, ends_on=day(1, 5), ended_by=cast.ana)
    assert cases.close_case(**close).status == "closed"


def test_who_went_home_for_good_may_have_a_closed_case(make, cast):
    case = make.case(birth_date=datetime.date(1990, 1, 1))
    make.placement(case=case, kind="returned-to-family", starts_on=day(2, 4), today=TODAY)
    closed = cases.close_case(case=case, reason="Kod kuće.", closed_on=day(1, 5), closed_by=cast.ana)
    assert closed.status == "closed"
