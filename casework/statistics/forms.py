from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.access.models import User
from casework.statistics.periods import FIRST_YEAR, years
from casework.statistics.scope import sees_whole_installation

OWN, ALL = "own", "all"


class AnnualReportFilter(forms.Form):
    """Which year, and whose records. Who may see one organisation only is not asked."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    organisation = forms.ChoiceField(label=_("Records of"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = years(today=timezone.localdate())
        year, organisation = self.fields["year"], self.fields["organisation"]
        year.choices = [(each, str(each)) for each in offered]  # type: ignore[attr-defined]
        year.error_messages["invalid_choice"] = _("There are figures for the years %(first)s to %(last)s.") % {
            "first": FIRST_YEAR,
            "last": offered[0],
        }
        if sees_whole_installation(user):
            organisation.choices = [  # type: ignore[attr-defined]
                (OWN, user.organisation),
                (ALL, _("All organisations of this installation")),
            ]
        else:
            del self.fields["organisation"]
