"""Exactly one current caseworker; a supervisor reviews; access follows."""

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services
from casework.cases.models import Assignment, Case
from casework.outbox.models import Message
from casework.workflow import Refused


@pytest.mark.requirement("s-assignment")
def test_access_follows_the_assignment(cast, as_user, make):
    case = make.case()
    address = reverse("cases:case", args=[case.number])
    assert (as_user(cast.ana).get(address).status_code, as_user(cast.boris).get(address).status_code) == (200, 404)

    page = as_user(cast.vesna).get(reverse("cases:reassign-case", args=[case.number]))
    assert "0 open cases" in page.content.decode()  # Boris, with his workload beside his name
    as_user(cast.vesna).post(
        reverse("cases:reassign-case", args=[case.number]),
        {"caseworker": cast.boris.pk, "seen": page.context["form"].initial["seen"]},
    )
    assert (as_user(cast.ana).get(address).status_code, as_user(cast.boris).get(address).status_code) == (404, 200)
    told = Message.objects.get(subject="case-assigned")
    assert (told.recipient, told.reference) == (cast.boris, case.number)

    history = as_user(cast.boris).get(reverse("cases:assignments", args=[case.number])).content.decode()
    assert "Ana Probna" in history and "Boris Probni" in history and "Vesna Probna" in history


@pytest.mark.requirement("s-assignment")
def test_the_supervisor_confirms_on_the_board(cast, as_user, make):
    case = make.case(given="Gorica", family="Skrivena")
    vesna = as_user(cast.vesna)
    assert Message.objects.filter(subject="assignment-to-review", recipient=cast.vesna).exists()
    board = vesna.get(reverse("cases:assignment-board")).content.decode()
    assert f"Confirm {case.number}" in board and "Gorica Skrivena" in board
    key = case.assignments.get().pk
    address = reverse("cases:confirm-assignment", args=[case.number])
    assert "is confirmed" in vesna.post(address, {"assignment": key}, follow=True).content.decode()
    assert case.assignments.get().reviewed_by == cast.vesna
    # the second supervisor comes too late, gets a sentence, and the trail keeps the refusal
    assert "cannot be done now" in vesna.post(address, {"assignment": key}, follow=True).content.decode()
    assert Event.objects.filter(kind="refusal", verb="confirm_assignment").exists()


@pytest.mark.parametrize("who", ["ana", "boris", "ivana", "nada", "petar", "jelena", "milan"])
def test_only_supervisors_see_the_board(cast, as_user, make, who):
    make.case()
    assert as_user(getattr(cast, who)).get(reverse("cases:assignment-board")).status_code == 403


def test_the_board_of_another_organisation_shows_none_of_ours(cast, as_user, make):
    case = make.case()
    board = as_user(cast.dragan).get(reverse("cases:assignment-board")).content.decode()
    assert case.number not in board and "Ana Probna" not in board


@pytest.mark.parametrize("who", ["olga", "vesna", "ivana"])
def test_only_an_active_caseworker_of_the_organisation_can_have_a_case(cast, make, who):
    case = make.case()
    with pytest.raises(Refused, match="choose an active caseworker"):
        services.reassign_case(case=case, caseworker=getattr(cast, who), reassigned_by=cast.vesna, now=timezone.now())
    cast.boris.is_active = False
    cast.boris.save()
    with pytest.raises(Refused, match="choose an active caseworker"):
        services.reassign_case(case=case, caseworker=cast.boris, reassigned_by=cast.vesna, now=timezone.now())
    assert Case.objects.get(pk=case.pk).caseworker == cast.ana


def test_a_page_that_is_behind_gets_a_sentence(cast, as_user, make):
    case = make.case()
    seen = services.state_of(case.assignments.get())
    services.confirm_assignment(assignment=case.assignments.get(), confirmed_by=cast.vesna, now=timezone.now())
    page = as_user(cast.vesna).post(
        reverse("cases:reassign-case", args=[case.number]), {"caseworker": cast.boris.pk, "seen": seen}
    )
    assert "Somebody was faster" in page.content.decode()
    assert Case.objects.get(pk=case.pk).caseworker == cast.ana


def test_a_case_without_a_caseworker_can_be_given(cast, make):
    case = make.case()
    Assignment.objects.update(status="ended", ended_at=timezone.now())
    Case.objects.update(caseworker=None)  # as an import leaves it
    case.refresh_from_db()
    services.reassign_case(case=case, caseworker=cast.boris, reassigned_by=cast.vesna, now=timezone.now(), seen="")
    assert Case.objects.get(pk=case.pk).caseworker == cast.boris


def test_if_the_trail_cannot_be_written_nothing_is_reassigned(cast, make, monkeypatch):
    case = make.case()
    monkeypatch.setattr(Event, "save", _broken)
    with pytest.raises(RuntimeError):
        services.reassign_case(case=case, caseworker=cast.boris, reassigned_by=cast.vesna, now=timezone.now())
    assert Case.objects.get(pk=case.pk).caseworker == cast.ana
    assert case.assignments.get().caseworker == cast.ana


def _broken(*args, **kwargs):
    raise RuntimeError("the trail is full")
