"""Forms of shelters, beds and placements."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.access.forms import (
    CodeField,
    DayField,
    LongTextField,
    RecordField,
    RecordForm,
    TextField,
    ThreeWayField,
    VersionedForm,
)
from casework.access.grants import Role
from casework.access.models import User
from casework.people.models import Person
from casework.shelter.models import WITH_BEDS, Bed, Placement, Shelter
from reference import codes

WITHOUT_BEDS = tuple(kind for kind in codes.ids("placement_types") if kind not in WITH_BEDS)
NIGHTS = [("14", _("14 nights")), ("28", _("28 nights"))]
_NEEDS = _("Needs and risks that the shelter must know")
_LEAVING = _("The night of this day is free again. Leave it empty while nobody knows.")


class BoardFilter(RecordForm):
    """Which shelter, from which night on, how many nights. Everything may stay empty."""

    shelter = RecordField(Shelter.objects.none(), label=_("Shelter"), required=False, empty_label=None)
    start = DayField(label=_("From"), required=False, help_text="")
    nights = forms.ChoiceField(label=_("Show"), choices=NIGHTS, required=False)
    case = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].queryset = Shelter.objects.visible_to(user)  # type: ignore[attr-defined]


class PlaceInBedForm(RecordForm):
    bed = RecordField(
        Bed.objects.none(), label=_("Bed"), required=False, empty_label=_("The first that is free for the whole stay")
    )
    starts_on = DayField(label=_("First night"))
    ends_on = DayField(label=_("Day of leaving"), required=False, help_text=_LEAVING)
    needs = LongTextField(label=_NEEDS, required=False, rows=4)

    def __init__(self, *args: Any, shelter: Shelter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bed"].queryset = shelter.beds.all()  # type: ignore[attr-defined]


class PlaceElsewhereForm(RecordForm):
    """A family or an institution. The reason for overriding a gate is offered to those who may."""

    kind = CodeField("placement_types", only=WITHOUT_BEDS, label=_("Where to"))
    facility = TextField(label=_("Name of the family or institution"), required=False)
    family_trained = ThreeWayField(
        label=_("Is the foster family trained for this work?"),
        required=False,
        help_text=_("Asked of foster families only."),
    )
    starts_on = DayField(label=_("First night"))
    ends_on = DayField(label=_("Day of leaving"), required=False)
    needs = LongTextField(label=_("Needs and risks that they must know"), required=False, rows=4)
    override_reason = LongTextField(
        label=_("Reason for placing the person there all the same"),
        required=False,
        rows=4,
        max_length=2_000,
        help_text=_("Needed where a rule of protection stands against it. It is kept with your name."),
    )

    def __init__(self, *args: Any, may_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_override:
            del self.fields["override_reason"]

    def clean_family_trained(self) -> str:
        return self.cleaned_data["family_trained"] or "unknown"


class EndPlacementForm(VersionedForm):
    ends_on = DayField(
        label=_("Day of leaving"), help_text=_("The night of this day is free again. It may be a planned day.")
    )


def saved_placement(placement: Placement, today: datetime.date) -> dict[str, Any]:
    """What the form of leaving starts from."""
    return {"version": placement.version, "ends_on": placement.ends_on or max(today, placement.starts_on)}


class AddShelterForm(RecordForm):
    name = TextField(label=_("Name"), help_text=_("No address: the name is shown on the board."))
    kind = CodeField("placement_types", only=WITH_BEDS, label=_("Kind"))
    short_term = forms.BooleanField(label=_("For short stays only"), required=False)
    address = LongTextField(
        label=_("Address"),
        required=False,
        rows=2,
        max_length=500,
        help_text=_("Only its keepers see it; everybody else needs a reason each time."),
    )
    keepers = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Shelter keepers"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, organisation: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.colleagues(organisation, Role.SHELTER_KEEPER)
        self.fields["keepers"].queryset = people  # type: ignore[attr-defined]


class SetAddressForm(RecordForm):
    address = LongTextField(
        label=_("New address"),
        rows=2,
        max_length=500,
        help_text=_("It takes the place of what is there now, which is not shown."),
    )


class AddBedForm(RecordForm):
    name = TextField(label=_("Name or number"), max_length=60)
    valid_from = DayField(
        label=_("First night it is there"), required=False, help_text=_("Empty: it has always been there.")
    )
    valid_until = DayField(
        label=_("First night it is not there any more"), required=False, help_text=_("Empty: it stays.")
    )


def family_warnings(person: Person, today: datetime.date) -> list[Any]:
    """What the form says before anything is filled in: which rules of protection stand for this person."""
    found = [_("A foster family that is not known to be trained for the work needs a supervisor's reason.")]
    if person.protected_as_child_on(today):
        found.insert(
            0,
            _("The person is a child.")
            if person.child_on(today)
            else _("The person's age is not known, so the rules for a child hold."),
        )
        found.insert(
            1,
            _(
                "A child goes to a family, also to its own, only when nobody in the household is known to be involved."
                " Until then a supervisor must write the reason."
            ),
        )
    return found
