"""The coverage of a year: which populations nobody screened, then who was screened, by population and municipality."""

from typing import Any

from django.db.models import Min
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from referrals.forms.screening import ChooseYearForm
from referrals.models import Screening
from referrals.services.coverage import HOLDS, Covered, coverage_of
from referrals.views.finding import ask
from referrals.views.screening import VIEW, parts

YEARS = 10  # offered at least


@require_safe
def coverage(request: SignedIn) -> HttpResponse:
    """Populations with no screening in the year first; then the others; then each municipality."""
    ask(request, VIEW)
    this_year = timezone.localdate().year
    first = Screening.objects.visible_to(request.user).aggregate(day=Min("held_on"))["day"]
    years = list(range(this_year, min(first.year if first else this_year, this_year - YEARS + 1) - 1, -1))
    form = ChooseYearForm(request.GET if request.GET.get("year") else None, years=years, initial={"year": this_year})
    year = (form.cleaned_data["year"] if form.is_bound and form.is_valid() else None) or this_year
    found = coverage_of(request.user, int(year))
    audit.read(request, "coverage", note=str(year))
    nobody = [row for row in found.populations if row.nobody]
    page = {
        "parts": parts("coverage"),
        "form": form,
        "clear_url": reverse("referrals:coverage"),
        "year": str(year),
        "nobody_count": len(nobody),
        "covered_count": len(found.populations) - len(nobody),
        "nobody_headers": [_("Population"), _("State"), _("Last screened")],
        "nobody": [
            [
                _name(row),
                {"status": "nobody", "label": _("Nobody screened"), "colour": "red"},
                row.last_on or _("Never"),
            ]
            for row in nobody
        ],
        "headers": [
            _("Population"),
            _("Screenings"),
            _("Screened"),
            _("Informed"),
            _("Screened on sites"),
            _("Referrals"),
        ],
        "rows": [
            [_name(row), row.screenings, row.screened, row.informed, row.on_sites, row.referrals]
            for row in found.populations
            if not row.nobody
        ],
        "place_headers": [
            _("Town or municipality"),
            _("Population"),
            _("Screenings"),
            _("Screened"),
            _("Informed"),
            _("Screened on sites"),
        ],
        "places": [
            [
                row.municipality,
                codes.label("vulnerable_groups", row.population),
                row.screenings,
                row.screened,
                row.informed,
                row.on_sites,
            ]
            for row in found.municipalities
        ],
    }
    return render(request, "referrals/coverage.html", page)


def _name(row: Covered) -> dict[str, Any]:
    """A population, and which others are counted with it."""
    held = [str(codes.label("vulnerable_groups", code)) for code in HOLDS.get(row.population, ())]
    hint = _("with %(others)s") % {"others": ", ".join(held)} if held else ""
    return {"text": codes.label("vulnerable_groups", row.population), "hint": hint}
