"""What the directory and the glossary are narrowed to."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import codes
from .sections import SECTIONS

PARTS = {
    "pathway": _("Pathway of a referral"),
    "hotlines": _("Hotlines and the SOS address"),
    "focal-points": _("Focal points and points of contact"),
    "specialists": _("Specialised prosecutors, inspectors and officers"),
    "teams": _("Teams and local networks"),
    "contacts": _("Contacts"),
    "training": _("Trainings and licences"),
    "bodies": _("Bodies"),
}
"""The parts of the directory's page, in their order."""


class DirectoryFilter(forms.Form):
    """Narrows the directory to a municipality, to adults or children, to one part of it, to one kind of team."""

    place = forms.ChoiceField(label=_("Municipality"), required=False)
    age = forms.ChoiceField(
        label=_("For"),
        required=False,
        choices=[
            ("", _("Anybody")),
            ("adult", pgettext_lazy("person", "Adult")),
            ("child", pgettext_lazy("person", "Child")),
        ],
    )
    show = forms.ChoiceField(label=_("Show"), required=False, choices=[("", _("Everything")), *PARTS.items()])
    formal = forms.ChoiceField(label=_("Teams: formal or informal"), required=False)
    plan = forms.ChoiceField(label=_("Teams: local action plan"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = {field.name: field.choices for field in SECTIONS["directory.teams"].fields}
        self.fields["place"].choices = [("", _("Everywhere")), *codes.choices("places")]  # type: ignore[attr-defined]
        self.fields["formal"].choices = [("", _("All")), *fields["formal"]]  # type: ignore[attr-defined]
        self.fields["plan"].choices = [("", _("All")), *fields["local_action_plan"]]  # type: ignore[attr-defined]


class GlossaryFilter(forms.Form):
    """Narrows the glossary to words, in any of its languages and scripts."""

    q = forms.CharField(label=_("Words"), max_length=200, required=False)
