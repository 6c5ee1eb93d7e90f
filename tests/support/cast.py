"""The cast of every test (STYLE.md): who works where, in which role."""

from types import SimpleNamespace

from django.contrib.auth.models import Group
from django.db import transaction

from casework.access.grants import Role
from casework.access.models import Organisation, OrganisationKind, Team, User

ORGANISATIONS = {
    "home": ("Kuća Proba", OrganisationKind.NGO),
    "other": ("Druga Proba", OrganisationKind.NGO),
    "cptv": ("CPTV Proba", OrganisationKind.CPTV),
    "csw": ("CSR Proba", OrganisationKind.CSW),
}
PEOPLE = {
    "ana": ("Ana Probna", "home", Role.CASEWORKER, "Tim A"),
    "boris": ("Boris Probni", "home", Role.CASEWORKER, "Tim B"),
    "vesna": ("Vesna Probna", "home", Role.SUPERVISOR, None),
    "dragan": ("Dragan Probni", "other", Role.SUPERVISOR, None),
    "ivana": ("Ivana Probna", "home", Role.ADMIN, None),
    "jelena": ("Jelena Probna", "home", Role.ASSESSOR, None),
    "milan": ("Milan Probni", "csw", Role.RESPONDER, None),
    "nada": ("Nada Probna", "home", Role.SHELTER_KEEPER, None),
    "petar": ("Petar Probni", "home", Role.AUDITOR, None),
    "olga": ("Olga Probna", "other", Role.CASEWORKER, None),
}
PASSWORD = "proba-proba-proba"


@transaction.atomic
def create_cast() -> None:
    places = {
        key: Organisation.objects.create(name=name, short_name=key, kind=kind, receives_referrals=kind != "csw")
        for key, (name, kind) in ORGANISATIONS.items()
    }
    for username, (full_name, place, role, team) in PEOPLE.items():
        group = Team.objects.create(organisation=places[place], name=team) if team else None
        user = User(username=username, full_name=full_name, organisation=places[place], team=group)
        user.set_password(PASSWORD)
        user.save()
        user.groups.add(Group.objects.get(name=role))


def load_cast() -> SimpleNamespace:
    """The users by name and the organisations by short name, fresh from the database."""
    users = {user.username: user for user in User.objects.select_related("organisation", "team")}
    places = {place.short_name: place for place in Organisation.objects.all()}
    return SimpleNamespace(**users, **places)
