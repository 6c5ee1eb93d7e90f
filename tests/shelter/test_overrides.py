"""Reasons for overrides reach the auditor; a sealed person's name does not reach the keeper."""

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases.services import seal_case

pytestmark = pytest.mark.django_db


def test_the_auditor_reads_the_reason_and_no_name(make, cast, as_user):
    case = make.case(given="Kanarinka", family="Probić")
    make.placement(case=case, kind="foster-family", family_trained="no", override_reason="Nema druge.", by=cast.vesna)
    page = as_user(cast.petar).get(reverse("shelter:overrides")).content.decode()
    assert "Nema druge." in page
    assert str(cast.vesna) in page
    assert "Kanarinka" not in page
    assert case.number not in page
    assert Event.objects.filter(verb="overrides", kind="read", actor=cast.petar).exists()
    assert "Nema druge." not in as_user(cast.dragan).get(reverse("shelter:overrides")).content.decode()


def test_a_keeper_sees_a_bed_of_a_sealed_person_as_occupied_only(make, cast, as_user):
    house = make.shelter()
    case = make.case(given="Kanarinka", family="Probić")
    today = timezone.localdate()
    stay = make.placement(case=case, shelter=house, starts_on=today, today=today)
    board = reverse("shelter:board")
    assert "Kanarinka" in as_user(cast.nada).get(board).content.decode()
    seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    page = as_user(cast.nada).get(board).content.decode()
    assert "Kanarinka" not in page
    assert "Occupied" in page
    assert as_user(cast.nada).get(reverse("shelter:placement", args=[stay.pk])).status_code == 404
