"""What the directory and the glossary are narrowed to."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import codes
from .sections import SECTIONS

PARTS = {
    "pathway": (_("Pathway"), _("Pathway of a referral")),
    "hotlines": (_("Hotlines"), _("Hotlines and the SOS address")),
    "focal-points": (_("Points of contact"), _("Focal points and points of contact")),
    "specialists": (_("Specialists"), _("Specialised prosecutors, inspectors and officers")),
    "teams": (_("Teams"), _("Teams and local networks")),
    "contacts": (_("Contacts"), _("Other contacts")),
    "training": (_("Trainings and licences"), _("Trainings and licences")),
    "bodies": (_("Bodies"), _("Bodies and organisations")),
}
"""The parts of the directory's page, in their order: the word of the link and the heading."""


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
    show = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=[("", _("Everything")), *((name, heading) for name, (_link, heading) in PARTS.items())],
    )
    formal = forms.ChoiceField(label=_("Teams: formal or informal"), required=False)
    plan = forms.ChoiceField(label=_("Teams: local action plan"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("show") not in (None, "", "teams"):
            del self.fields["formal"], self.fields["plan"]
        self.fields["place"].choices = [("", _("Everywhere")), *codes.choices("places")]  # type: ignore[attr-defined]
        for field in SECTIONS["directory.teams"].fields:
            name = {"formal": "formal", "local_action_plan": "plan"}.get(field.name, "")
            if name in self.fields:
                self.fields[name].choices = [("", _("All")), *field.choices]  # type: ignore[attr-defined]


class GlossaryFilter(forms.Form):
    """Narrows the glossary to words, in any of its languages and scripts."""

    q = forms.CharField(label=_("Words"), max_length=200, required=False)
