"""Who works in the demo: invented organisations, and accounts with a published password."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from casework.access.grants import Role
from casework.access.models import Organisation, OrganisationKind, Team, User
from casework.audit import services as audit

PASSWORD = "primer-bez-tajni"  # noqa: S105  (published on purpose: everything behind it is invented)


class Foreign(Exception):
    """The state directory holds accounts that the demo did not make. The message is a sentence."""


@dataclass(frozen=True)
class Place:
    """An invented organisation."""

    short_name: str
    name: str
    kind: OrganisationKind
    receives_referrals: bool = True


@dataclass(frozen=True)
class Account:
    """An invented colleague. `shown`: printed when the demo starts."""

    username: str
    full_name: str
    place: Place
    role: Role
    team: str = ""
    shown: bool = False


SUNCE = Place("sunce", "Primer NGO Sunce", OrganisationKind.NGO)
MOST = Place("most", "Primer NGO Most", OrganisationKind.NGO)
CPTV = Place("cptv-primer", "CPTV Primer", OrganisationKind.CPTV)
CSW_GRAD = Place("csr-primer-grad", "CSR Primer-grad", OrganisationKind.CSW, receives_referrals=False)
CSW_SELO = Place("csr-primer-selo", "CSR Primer-selo", OrganisationKind.CSW, receives_referrals=False)

PEOPLE = (
    Account("ana", "Ana Primerović", SUNCE, Role.CASEWORKER, "Tim za odrasle", shown=True),
    Account("boris", "Boris Probić", SUNCE, Role.CASEWORKER, "Tim za decu", shown=True),
    Account("vesna", "Vesna Demić", SUNCE, Role.SUPERVISOR, shown=True),
    Account("jelena", "Jelena Testović", SUNCE, Role.ASSESSOR, shown=True),
    Account("nada", "Nada Uzorković", SUNCE, Role.SHELTER_KEEPER, shown=True),
    Account("ivana", "Ivana Ogledić", SUNCE, Role.ADMIN, shown=True),
    Account("petar", "Petar Primerović", SUNCE, Role.AUDITOR, shown=True),
    Account("milan", "Milan Probić", CSW_GRAD, Role.RESPONDER, shown=True),
    Account("maja", "Maja Testović", SUNCE, Role.CASEWORKER, "Tim za odrasle"),
    Account("zoran", "Zoran Uzorković", SUNCE, Role.SUPERVISOR),
    Account("mila", "Mila Ogledić", CSW_SELO, Role.RESPONDER),
    Account("olga", "Olga Demić", MOST, Role.CASEWORKER, "Tim Most", shown=True),
    Account("dragan", "Dragan Testović", MOST, Role.SUPERVISOR, shown=True),
    Account("nevena", "Nevena Probić", MOST, Role.SHELTER_KEEPER),
    Account("irena", "Irena Primerović", MOST, Role.ADMIN),
    Account("pavle", "Pavle Ogledić", MOST, Role.AUDITOR),
    Account("tamara", "Tamara Uzorković", CPTV, Role.CASEWORKER, "Tim CPTV"),
    Account("stefan", "Stefan Probić", CPTV, Role.SUPERVISOR),
    Account("lena", "Lena Testović", CPTV, Role.ASSESSOR),
    Account("luka", "Luka Demić", CPTV, Role.SHELTER_KEEPER),
    Account("ines", "Ines Primerović", CPTV, Role.ADMIN),
    Account("vuk", "Vuk Ogledić", CPTV, Role.AUDITOR),
)
ONE_PER_ROLE = PEOPLE[:1] + PEOPLE[2:8]


@transaction.atomic
def create_accounts(people: Iterable[Account]) -> None:
    """Make the organisations and accounts that are not there yet.

    Raises Foreign when somebody works here whom the demo did not make: published passwords have no place beside them.
    """
    there = set(User.objects.values_list("username", flat=True))
    if there and not Organisation.objects.filter(short_name=SUNCE.short_name, name=SUNCE.name).exists():
        raise Foreign(
            "This state directory holds accounts that are not the demo's, so no demo accounts are added: "
            "let CASEWORK_STATE_DIR name another directory."
        )
    hashed = ""
    for account in people:
        if account.username in there:
            continue
        # the slow hash is made once: the password is the same for all and no secret
        hashed = hashed or make_password(PASSWORD)
        user = User(
            username=account.username,
            full_name=account.full_name,
            organisation=organisation(account.place),
            password=hashed,
        )
        if account.team:
            user.team, _made = Team.objects.get_or_create(organisation=user.organisation, name=account.team)
        user.save(force_insert=True)
        user.groups.add(Group.objects.get(name=account.role))
        audit.act("create_user", user, by=None, note=account.role)


def organisation(place: Place) -> Organisation:
    """The organisation's row, made if it is not there."""
    found, _made = Organisation.objects.get_or_create(
        short_name=place.short_name,
        defaults={"name": place.name, "kind": place.kind, "receives_referrals": place.receives_referrals},
    )
    return found
