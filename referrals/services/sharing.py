"""What may be shared with another body: an allow-list, one field at a time, frozen as values and codes when it is sent.

Nothing that is not in `SHAREABLE` can be shared by an onward referral: no contacts, no documents, no notes, no address.
Codes stay codes, so that the same snapshot is read in every language.
"""

import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.cases.models import Case
from casework.people.models import Answer, Person, Sex
from casework.workflow import Refused
from reference import codes
from referrals.models import Onward, ReferralIndicator, Seen

SHAREABLE: dict[str, Any] = {
    "name": _("Name"),
    "birth_date": _("Date of birth"),
    "age": _("Age"),
    "sex": _("Sex"),
    "citizenship": _("Citizenship"),
    "language": _("Language"),
    "interpreter": _("Interpreter needed"),
    "safe_contact": _("Safe contact"),
    "victim_status": _("Status"),
    "indicators": _("Signs"),
    "forms": _("Forms of exploitation suspected"),
    "summary": _("Summary"),
    "needs": _("Needs"),
    "opinion": _("Our own opinion"),
}
LEAST = ("sex", "language")  # without which nobody can say whether they can help
WRITTEN = ("summary", "needs", "opinion")  # texts that are written for the recipient


def snapshot_of(onward: Onward, today: datetime.date) -> dict[str, Any]:
    """What the chosen fields hold today, in the order of the allow-list; what is not known is left out."""
    case = onward.case
    values = {name: _value(name, onward, case, case.person, today) for name in SHAREABLE if name in onward.shared}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _value(name: str, onward: Onward, case: Case, person: Person, today: datetime.date) -> Any:
    match name:
        case "name":
            return "" if person.identity_protected else _full_name(person)
        case "birth_date":
            born: Any = person.birth_date
            return born.isoformat() if born else None
        case "age":
            return person.age_on(today)
        case "sex":
            return person.sex
        case "citizenship":
            return list(person.citizenships)
        case "language":
            return list(person.languages)
        case "interpreter":
            return person.needs_interpreter
        case "safe_contact":
            return person.safe_contact
        case "victim_status":
            return case.victim_status
        case "indicators":
            found = ReferralIndicator.objects.filter(referral__case=case, referral__error_at=None)
            return sorted(set(found.filter(how__in=(Seen.SEEN, Seen.SAID)).values_list("code", flat=True)))
        case "forms":
            listed: Any = case.referrals
            return sorted({code for referral in listed.filter(error_at=None) for code in referral.suspected_forms})
        case _:
            return getattr(onward, name)


def _full_name(person: Person) -> str:
    names: Any = person.names or []
    shown = [" ".join(filter(None, (name.get("given"), name.get("family")))) for name in names]
    return next(filter(None, shown), "")


def rows_of(snapshot: dict[str, Any] | None) -> list[tuple[Any, Any]]:
    """Label and value of everything shared, in the active language."""
    held = snapshot or {}
    return [(label, _said(name, held[name])) for name, label in SHAREABLE.items() if name in held]


def _said(name: str, value: Any) -> Any:
    match name:
        case "birth_date":
            return formats.date_format(datetime.date.fromisoformat(value), "d.m.Y.")
        case "sex":
            return str(Sex(value).label)
        case "citizenship":
            return [str(codes.country_label(code)) for code in value]
        case "language":
            return [str(codes.language_label(code)) for code in value]
        case "interpreter":
            return str(Answer(value).label)
        case "victim_status":
            return str(codes.label("victim_statuses", value))
        case "indicators":
            return [str(codes.label("trafficking_indicators", code)) for code in value]
        case "forms":
            return [str(codes.label("exploitation_forms", code)) for code in value]
        case _:
            return value


def check_shared(onward: Onward) -> None:
    """Raise `Refused` for a field that may not be shared, or a text that was chosen and not written."""
    strange = [name for name in onward.shared if name not in SHAREABLE]
    if strange:
        raise Refused(_t("Choose what is shared from the list."), field="shared")
    if not onward.shared:
        raise Refused(_t("Choose at least one thing that is shared."), field="shared")
    if "name" in onward.shared and onward.case.person.identity_protected:
        raise Refused(
            _t("This identity is protected: the name does not go with an onward referral. Leave it out."),
            field="shared",
        )
    for name in WRITTEN:
        if name in onward.shared and not getattr(onward, name).strip():
            raise Refused(_t("You chose to share this: write it, or leave it out."), field=name)


def as_person(snapshot: dict[str, Any]) -> dict[str, Any]:
    """What was shared of the person, as `people.services.create_person` takes it."""
    born = snapshot.get("birth_date")
    name = str(snapshot.get("name", ""))
    given, _blank, family = name.partition(" ")
    return {
        "names": [{"given": given, "family": family, "kind": "used"}] if name else [],
        "sex": snapshot.get("sex", Sex.UNKNOWN),
        "birth_date": datetime.date.fromisoformat(born) if born else None,
        "citizenships": snapshot.get("citizenship", []),
        "languages": snapshot.get("language", []),
        "needs_interpreter": snapshot.get("interpreter", Answer.UNKNOWN),
        "safe_contact": snapshot.get("safe_contact", ""),
    }
