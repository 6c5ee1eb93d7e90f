"""A proceeding: what it keeps, what it refuses, who sees it, and two people who write at once."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from casework.audit.models import Event
from casework.cases import services as cases
from casework.justice import proceedings as services
from casework.justice.models import Proceeding
from casework.workflow import Refused, Stale
from tests.justice.builders import TODAY, day

pytestmark = pytest.mark.django_db
WHY = "Tužilaštvo nije imalo slobodnog tužioca."
TEXTS = {
    "reference": "Kto 12/2026",
    "prosecutors_office": "Više tužilaštvo u Nišu",
    "court": "Viši sud u Nišu",
    "confiscation_note": "Automobil.",
}


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value


def test_what_is_written_is_kept_and_sealed_with_the_persons_key(make, cast):
    case = make.case()
    opened = make.proceeding(
        case,
        offence="human-trafficking",
        stage="investigation",
        committed_on=day(1),
        cyber="yes",
        suspect_juvenile="no",
        proceeds_confiscated="yes",
        **TEXTS,
    )
    opened.refresh_from_db()
    assert {name: getattr(opened, name) for name in TEXTS} == TEXTS
    assert (opened.offence, opened.cyber, opened.suspect_juvenile) == ("human-trafficking", "yes", "no")
    assert (opened.opened_on, opened.committed_on, opened.law_day) == (day(2), day(1), day(1))
    assert opened.key_id == case.person.key_id
    raw = Proceeding.objects.filter(pk=opened.pk).extra(select={"raw": "reference::text"}).values_list("raw", flat=True)
    assert "Kto" not in raw.get()
    event = Event.objects.get(verb="open_proceeding")
    assert {str(opened.pk), str(case.pk), str(case.person_id)} == {str(one) for one in event.subjects}
    assert "reference" in event.fields and "Kto" not in str(event.fields)


def test_without_a_known_day_of_the_act_the_day_of_opening_counts(make):
    assert make.proceeding(make.case()).law_day == day(2)


@pytest.mark.requirement("f-no-referral-to-specialists")
@pytest.mark.parametrize("why", ["", "  \n "])
def test_no_specialised_prosecutor_needs_a_reason(make, cast, why):
    refused = refusal(make.proceeding, make.case(), specialised_prosecutor="no", why_no_specialist=why)
    assert refused.field == "why_no_specialist"
    assert "Say why" in refused.sentence
    assert not Proceeding.objects.exists()
    assert make.proceeding(make.case(), specialised_prosecutor="no", why_no_specialist=WHY).why_no_specialist == WHY


@pytest.mark.requirement("f-no-referral-to-specialists")
@pytest.mark.parametrize("answer", ["yes", "unknown"])
def test_a_reason_stands_only_beside_a_no(make, answer):
    refused = refusal(make.proceeding, make.case(), specialised_prosecutor=answer, why_no_specialist=WHY)
    assert (refused.field, "only where the answer is" in refused.sentence) == ("why_no_specialist", True)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"opened_on": day(2, 6)}, "opened_on", "in the future"),
        ({"committed_on": day(3)}, "committed_on", "after the day on which"),
        ({"ended_on": day(1)}, "ended_on", "cannot end before"),
        ({"ended_on": day(2, 6)}, "ended_on", "in the future"),
        ({"offence": "piracy"}, "offence", "not among the offences"),
        ({"stage": "piracy"}, "stage", "not a stage"),
        ({"cyber": "maybe"}, "cyber", "answers that are offered"),
        ({"specialised_prosecutor": ""}, "specialised_prosecutor", "answers that are offered"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(make, given, field, words):
    refused = refusal(make.proceeding, make.case(), **given)
    assert refused.field == field
    assert words in refused.sentence


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("proceeding_no_specialist_with_why", {"specialised_prosecutor": "no"}),
        ("proceeding_not_before_the_act", {"committed_on": day(3)}),
        ("proceeding_ends_not_before_start", {"ended_on": day(1)}),
        ("proceeding_answers", {"cyber": "maybe"}),
        ("proceeding_error_by_when_why", {"error_at": datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)}),
    ],
)
def test_the_database_refuses_it_too(make, constraint, values):
    opened = make.proceeding(make.case())
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Proceeding.objects.filter(pk=opened.pk).update(**values)


def test_the_database_refuses_a_reason_beside_another_answer(make):
    opened = make.proceeding(make.case(), specialised_prosecutor="no", why_no_specialist=WHY)
    with pytest.raises(IntegrityError, match="proceeding_no_specialist_with_why"), transaction.atomic():
        Proceeding.objects.filter(pk=opened.pk).update(specialised_prosecutor="yes")


def test_amending_names_what_changed_and_nothing_else(make, cast):
    opened = make.proceeding(make.case(), **TEXTS)
    amended = make.amend(opened, court="Viši sud u Novom Sadu", reference=" Kto 12/2026 ", stage="investigation")
    assert (amended.court, amended.version) == ("Viši sud u Novom Sadu", 2)
    assert Event.objects.get(verb="amend_proceeding").fields == ["court", "stage"]
    same = make.amend(amended, court="Viši sud u Novom Sadu")
    assert same.version == 2
    assert Event.objects.filter(verb="amend_proceeding").count() == 1


def test_two_people_at_once_the_second_is_told(make, cast):
    opened = make.proceeding(make.case())
    first = make.amend(opened, court="Prvi")
    with pytest.raises(Stale) as stale:
        make.amend(opened, version=1, court="Drugi", amended_by=cast.vesna)
    assert stale.value.record.court == "Prvi"
    first.refresh_from_db()
    assert first.court == "Prvi"


def test_a_no_becomes_a_yes_only_with_its_reason_taken_away(make):
    opened = make.proceeding(make.case(), specialised_prosecutor="no", why_no_specialist=WHY)
    assert refusal(make.amend, opened, specialised_prosecutor="yes").field == "why_no_specialist"
    done = make.amend(opened, specialised_prosecutor="yes", why_no_specialist="")
    done.refresh_from_db()
    assert (done.specialised_prosecutor, done.why_no_specialist) == ("yes", "")


def test_a_closed_case_takes_no_new_one_and_keeps_its_own_open(make, cast):
    case = make.case()
    opened = make.proceeding(case)
    cases.close_case(case=case, reason="Gotovo.", closed_on=day(20), closed_by=cast.ana)
    assert "closed" in refusal(make.proceeding, case).sentence
    assert make.amend(opened, ended_on=day(30)).ended_on == day(30)


def test_marked_in_error_it_stays_and_takes_nothing_more(make, cast):
    opened = make.proceeding(make.case())
    assert refusal(services.mark_proceeding_in_error, proceeding=opened, why=" ", marked_by=cast.ana).field == "why"
    marked = services.mark_proceeding_in_error(proceeding=opened, why="Drugi predmet.", marked_by=cast.ana)
    assert marked.entered_in_error
    assert not Proceeding.objects.valid().exists()
    assert "entered in error" in refusal(make.amend, marked, court="Sud").sentence
    again = refusal(services.mark_proceeding_in_error, proceeding=marked, why="x", marked_by=cast.ana)
    assert "already" in again.sentence


@pytest.mark.parametrize("who", ["nada", "ivana", "jelena", "milan", "petar", "olga", "dragan", "boris"])
def test_nobody_else_does_or_sees_anything(make, cast, who):
    case, user = make.case(), getattr(cast, who)
    opened = make.proceeding(case)
    assert "Your role" in refusal(make.proceeding, case, opened_by=user).sentence
    assert "Your role" in refusal(make.amend, opened, amended_by=user, court="Sud").sentence
    mark = services.mark_proceeding_in_error
    assert "Your role" in refusal(mark, proceeding=opened, why="x", marked_by=user).sentence
    assert not Proceeding.objects.visible_to(user).exists()


@pytest.mark.parametrize("who", ["ana", "vesna"])
def test_the_cases_people_see_it(make, cast, who):
    opened = make.proceeding(make.case())
    assert Proceeding.objects.visible_to(getattr(cast, who)).get() == opened


def test_unknown_fields_are_a_mistake_of_the_caller(make):
    with pytest.raises(TypeError, match="version"):
        make.proceeding(make.case(), version=3)
    assert day(2) < TODAY
