"""Pages of a case. Every page that shows one is in the trail before it is rendered."""

from typing import Any

from django.http import Http404, HttpRequest

from casework.audit import services as audit
from casework.cases.models import Case
from casework.cases.tabs import tabs_of


def visible_case(request: HttpRequest, number: str) -> Case:
    """The case of this number, if this user may see it. Raises Http404 otherwise."""
    case = (
        Case.objects.visible_to(request.user)
        .select_related("key", "person__key", "organisation", "caseworker")
        .filter(number=number)
        .first()
    )
    if case is None:
        raise Http404
    return case


def case_frame(request: HttpRequest, case: Case, active: str) -> dict[str, Any]:
    """What `cases/_frame.html` draws above every tab of a case: number, person, statuses, risk, tabs.

    Writes the read to the trail: call it before anything of the case is rendered, once per page. `active` is a tab's id.
    """
    audit.read(request, "case", case, case.person)
    return {"case": case, "person": case.person, "tabs": tabs_of(case, request.user, active)}
