"""What is hidden of a person by default, and to whom: the one rule, asked by every page.

* Documents and identifiers are hidden from everybody.
* Contacts are hidden from everybody but the person's own caseworker, who must be able to call; how contact is safe
  (`safe_contact`) is never hidden, because somebody who calls without it may do harm.
* Of a *protected identity* the name is hidden too, and nobody is excepted: persons whose cases are sealed, and those
  with a granted status of protective witness. Lists and boards say “Name hidden”, and work goes on by number.

A protected identity is one whose vault key has the class `protected`: `Person.name` knows it wherever a name is shown.
A hidden field is shown once, after a reveal (`casework.cases.openings`). Addresses of shelters have the same rule with
other people: their keepers see them (`casework.shelter`).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.people.models import Person
from casework.vault.models import KeyClass, VaultKey

if TYPE_CHECKING:
    from casework.access.models import User

MASKED = ("names", "contacts", "identifiers")


def masked_fields(person: Person, user: "User") -> frozenset[str]:
    """Names of the fields that pages and forms hide from this user."""
    if person.identity_protected:
        return frozenset(MASKED)
    if _is_own_caseworker(person, user):
        return frozenset({"identifiers"})
    return frozenset({"contacts", "identifiers"})


def _is_own_caseworker(person: Person, user: "User") -> bool:
    """Whether the user has an open case of this person, or on duty or as who logged it a referral still waiting."""
    cases: Any = person.cases
    referrals: Any = person.referrals
    if cases.filter(caseworker=user, status="open", error_at=None).exists():
        return True
    waiting = referrals.filter(status="received", case=None, organisation=user.organisation_id)
    return (waiting if user.on_duty else waiting.filter(logged_by=user)).exists()


def protect_identity(person: Person) -> None:
    """From now on the name is hidden too. Must be called inside the act's transaction."""
    VaultKey.objects.filter(pk=person.key_id).update(key_class=KeyClass.PROTECTED)


def review_protection(person: Person) -> None:
    """Let the class of the key follow what the records say: sealed, or a granted status of protective witness."""
    statuses: Any = person.witness_statuses
    witness = statuses.filter(kind="protective-witness", status="granted", error_at=None).exists()
    sealed = Person._base_manager.filter(pk=person.pk, sealed=True).exists()
    key_class = KeyClass.PROTECTED if witness or sealed else KeyClass.RECORD
    VaultKey.objects.filter(pk=person.key_id).exclude(key_class=key_class).update(key_class=key_class)


def plain_text(person: Person, field: str) -> str:
    """A masked field as a page shows it after a reveal: read it only once the act is committed."""
    if field not in MASKED:
        raise ValueError(f"{field} is not masked")
    if field != "names":
        return str(getattr(person, field))
    names = [" ".join(filter(None, (name.get("given"), name.get("family")))) for name in person.names or []]
    return "\n".join(filter(None, names))


# In forms, a hidden field can be written and not read -----------------------------------------------------------------
_HINT = _("What is here now is hidden. Leave it empty to keep it; what you write replaces it.")


def fields_to_hide(masked: Iterable[str], form_fields: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names of the form's fields that stand for masked ones; `form_fields` maps masked fields to those of the form."""
    return [name for field in masked for name in form_fields.get(field, ())]


def without_hidden(saved: dict[str, Any], hidden: Iterable[str]) -> dict[str, Any]:
    """What a form starts from, or compares with, when some of its fields are hidden."""
    return saved | dict.fromkeys(hidden, "")


def to_compare(form: forms.Form, saved: dict[str, Any], hidden: Iterable[str]) -> dict[str, Any]:
    """What a stale save is compared with: of a hidden field that was written, only that something is there."""
    return saved | {name: _("Hidden") if form.data.get(form.add_prefix(name)) else "" for name in hidden}


def say_hidden(form: forms.Form, hidden: Iterable[str]) -> None:
    """Tell beside each hidden field how to keep what is there."""
    for name in hidden:
        form.fields[name].help_text = _HINT  # drawn with the field; what is saved is not


def keep_hidden(form: forms.Form, saved: Mapping[str, Any], hidden: Iterable[str]) -> None:
    """Before a valid form is used: hidden fields that were left empty keep what is saved."""
    for name in hidden:
        if not form.cleaned_data.get(name):
            form.cleaned_data[name] = saved.get(name) or ""
