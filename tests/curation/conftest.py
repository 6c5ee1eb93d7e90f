"""What every test on changes to the reference needs."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from casework.curation import proposals
from reference.models import Entry


@pytest.fixture
def loaded(cast: SimpleNamespace) -> SimpleNamespace:
    """The cast; the database has the reference loaded."""
    assert Entry.objects.active().exists()
    return cast


def contact() -> Entry:
    return Entry.objects.get(section="directory.contacts", code="mods-phone")


def propose(by: Any, entry: Entry | None = None, *, base: int | None = None, **more: Any) -> proposals.Proposal:
    """A change to a contact, as the form would send it."""
    entry = entry or contact()
    wording = proposals.current(entry)
    assert wording is not None
    asked = {
        "section": entry.section,
        "entry": entry,
        "base": base or wording.pk,
        "data": {**entry.data, "purpose": "Answered on weekdays"},
        "holds_from": None,
        "reason": "They wrote to us",
        "proposed_by": by,
        "now": timezone.now(),
    }
    return proposals.propose_change(**{**asked, **more})
