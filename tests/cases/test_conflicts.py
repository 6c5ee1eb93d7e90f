"""From the moment a conflict of interest is declared, nothing of the case exists for the one concerned."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services
from casework.cases.models import Assignment, Case, Conflict, Note
from casework.outbox.models import Message, Notification
from casework.outbox.services import deliver
from casework.people.models import Person
from casework.workflow import Refused

REASON = "She is the wife of a cousin."


def conflict(case, user, by, **more):
    return services.declare_conflict(
        case=case, user=user, kind="relative", reason=REASON, declared_by=by, now=timezone.now(), **more
    )


@pytest.mark.requirement("s-conflict-of-interest", "f-complicity")
def test_a_caseworker_who_declares_a_conflict_sees_nothing_any_more(cast, as_user, make):
    """Declared on the page by Ana, who has the case: 404 everywhere, and the case waits for somebody else."""
    case = make.case(given="Gorica", family="Skrivena")
    services.add_note(case=case, kind="note", happened_at=timezone.now(), body="Seen", written_by=cast.ana)
    ana, address = as_user(cast.ana), reverse("cases:case", args=[case.number])
    done = ana.post(
        reverse("cases:declare-conflict", args=[case.number]), {"kind": "relative", "reason": REASON}, follow=True
    )
    assert done.status_code == 200 and case.number not in done.content.decode()
    for name, key in [("case", case.number), ("timeline", case.number), ("notes", case.number)]:
        assert ana.get(reverse(f"cases:{name}", args=[key])).status_code == 404
    assert ana.get(reverse("people:person", args=[case.person_id])).status_code == 404
    assert case.number not in ana.post(reverse("people:search"), {"text": "Gorica Skrivena"}).content.decode()
    for found in (Case, Person, Note, Assignment):
        assert not found.objects.visible_to(cast.ana).exists()
    assert Case.objects.count_visible_to(cast.ana) == 0

    board = as_user(cast.vesna).get(reverse("cases:assignment-board")).content.decode()
    assert "Without a caseworker" in board and case.number in board
    assert Message.objects.filter(subject="case-without-caseworker", recipient=cast.vesna).exists()
    assert Event.objects.filter(verb="declare_conflict", note="relative").exists()
    fresh = Case.objects.get(pk=case.pk)
    with pytest.raises(Refused, match="conflict of interest"):
        services.reassign_case(case=fresh, caseworker=cast.ana, reassigned_by=cast.vesna, now=timezone.now())
    given = as_user(cast.vesna).post(
        reverse("cases:reassign-case", args=[case.number]), {"caseworker": cast.boris.pk, "seen": ""}
    )
    assert given.status_code == 302 and as_user(cast.boris).get(address).status_code == 200


@pytest.mark.requirement("s-conflict-of-interest")
def test_it_outweighs_the_role_a_name_and_emergency_access(cast, as_user, make):
    case, now = make.case(caseworker=cast.boris), timezone.now()
    until = timezone.localdate() + datetime.timedelta(days=2)
    services.name_colleague(case=case, colleague=cast.ana, until=until, named_by=cast.vesna, now=now)
    why = {"reason_kind": "danger", "reason": "Nobody else is here."}
    assert Case.objects.visible_to(cast.ana).exists()
    conflict(case, cast.ana, cast.vesna)
    assert not Case.objects.visible_to(cast.ana).exists()
    with pytest.raises(Refused, match="No case with this number"):
        services.break_glass(number=case.number, broken_by=cast.ana, now=now, **why)
    with pytest.raises(Refused, match="conflict of interest"):
        services.name_colleague(case=case, colleague=cast.ana, until=until, named_by=cast.vesna, now=now)

    conflict(case, cast.vesna, cast.vesna)
    assert not Case.objects.visible_to(cast.vesna).exists()
    assert as_user(cast.vesna).get(reverse("cases:colleagues", args=[case.number])).status_code == 404


@pytest.mark.requirement("s-conflict-of-interest")
def test_it_is_about_the_person_also_of_an_older_and_a_later_case(cast, make):
    old = make.case()
    services.close_case(case=old, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    conflict(old, cast.ana, cast.ana)
    later = make.case(person=old.person, caseworker=cast.boris)
    assert not Case.objects.visible_to(cast.ana).exists()
    assert Case.objects.visible_to(cast.boris).filter(pk=later.pk).exists()


@pytest.mark.requirement("s-conflict-of-interest")
def test_neither_old_nor_new_notifications_name_it(cast, make):
    case = make.case(caseworker=cast.ana, by=cast.boris)
    for message in Message.objects.filter(recipient=cast.ana):
        deliver(str(message.pk))
    assert Notification.objects.visible_to(cast.ana).exists()
    conflict(case, cast.ana, cast.ana)
    conflict(case, cast.vesna, cast.vesna)
    assert not Notification.objects.visible_to(cast.ana).exists()
    before = Message.objects.filter(recipient=cast.vesna).count()
    why = {"reason_kind": "danger", "reason": "Her brother waits outside."}
    services.break_glass(number=case.number, broken_by=cast.boris, now=timezone.now(), **why)
    assert Message.objects.filter(recipient=cast.vesna).count() == before
    assert Message.objects.filter(subject="glass-broken", recipient=cast.petar).exists()  # no supervisor is left


def test_another_supervisor_lifts_it_with_a_reason(cast, as_user, make):
    case = make.case()
    held = conflict(case, cast.ana, cast.ana)
    vesna = as_user(cast.vesna)
    assert REASON in vesna.get(reverse("cases:colleagues", args=[case.number])).content.decode()
    address = reverse("cases:lift-conflict", args=[case.number, held.pk])
    assert "Write the reason" in vesna.post(address, {"why": "no"}).content.decode()
    assert vesna.post(address, {"why": "It was another family of this name."}).status_code == 302
    assert not Conflict.objects.live().exists()
    Case.objects.filter(pk=case.pk).update(caseworker=cast.ana)
    assert Case.objects.visible_to(cast.ana).exists()


def test_nobody_lifts_their_own_and_none_stands_twice(cast, make):
    case = make.case()
    held = conflict(case, cast.vesna, cast.vesna)
    with pytest.raises(Refused, match="Nobody lifts"):
        services.lift_conflict(conflict=held, why="I think it is over.", lifted_by=cast.vesna, now=timezone.now())
    with pytest.raises(IntegrityError, match="conflict_lifted"), transaction.atomic():
        Conflict.objects.filter(pk=held.pk).update(lifted_by=cast.vesna, lifted_at=timezone.now())
    with pytest.raises(Refused, match="on record already"):
        conflict(case, cast.vesna, cast.vesna)
    with pytest.raises(Refused, match="Your role"):
        conflict(case, cast.boris, cast.ana)


def test_a_sealed_case_is_never_left_without_its_last_supervisor(cast, make):
    case, now = make.case(), timezone.now()
    services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=now)
    with pytest.raises(Refused, match="Nobody who can look after"):
        conflict(case, cast.vesna, cast.vesna)
    conflict(case, cast.ana, cast.ana)  # one is left, the supervisor, who is told to name another
    assert Message.objects.filter(subject="sealed-too-few", recipient=cast.vesna).exists()
    assert not Case.objects.visible_to(cast.ana).exists()
    assert Case.objects.visible_to(cast.vesna).exists()


def test_the_plan_of_a_list_does_not_change(cast, make):
    """The subquery of closed persons is read once, beside the index that the principal uses."""
    query = str(Case.objects.visible_to(cast.vesna).order_by("-number")[:25].explain())
    assert "SubPlan" in query and "conflict" in query.lower()
