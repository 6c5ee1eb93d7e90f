"""The pages of a case, as the cast sees them."""

import pytest
from django.urls import reverse

from casework.audit.models import Event

TABS = ["case", "timeline", "notes", "assignments", "looked"]
ACTS = ["amend-case", "close-case", "add-note"]
SUPERVISOR_ACTS = ["reassign-case", "colleagues", "name-colleague", "seal-case"]


@pytest.mark.requirement("s-case-file")
@pytest.mark.parametrize("name", TABS + ACTS)
def test_caseworker_opens_every_page_of_the_case(cast, as_user, make, name):
    case = make.case(given="Gorica", family="Skrivena")
    page = as_user(cast.ana).get(reverse(f"cases:{name}", args=[case.number]))
    assert page.status_code == 200
    text = page.content.decode()
    assert case.number in text and "Gorica Skrivena" in text
    assert "Gorica" not in text.split("</title>")[0]
    seen = Event.objects.filter(kind="read").latest("id")
    assert seen.actor == cast.ana and seen.subjects == [str(case.pk), str(case.person_id)]


@pytest.mark.parametrize("name", TABS + ACTS + SUPERVISOR_ACTS)
def test_supervisor_opens_every_page_of_the_case(cast, as_user, make, name):
    case = make.case(given="Gorica", family="Skrivena")
    assert as_user(cast.vesna).get(reverse(f"cases:{name}", args=[case.number])).status_code == 200


@pytest.mark.parametrize("name", TABS + ACTS)
@pytest.mark.parametrize("who", ["boris", "dragan", "olga", "ivana", "jelena", "milan", "nada", "petar"])
@pytest.mark.requirement("s-limited-users")
@pytest.mark.requirement("s-roles")
def test_nobody_else_opens_it(cast, as_user, make, name, who):
    case = make.case(given="Gorica", family="Skrivena")
    page = as_user(getattr(cast, who)).get(reverse(f"cases:{name}", args=[case.number]))
    assert page.status_code in (403, 404)
    assert "Gorica" not in page.content.decode()


def test_only_the_supervisor_is_offered_to_confirm_on_the_summary(cast, as_user, make):
    address = reverse("cases:case", args=[make.case().number])
    assert "Confirm the assignment" in as_user(cast.vesna).get(address).content.decode()
    assert "Confirm the assignment" not in as_user(cast.ana).get(address).content.decode()
