"""What is closed to most, and what happens when it is opened: openings, conflicts of interest, sealings."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from casework.access.models import Organisation
from casework.access.visibility import not_shut_out
from casework.cases.models import Case
from casework.people.models import Person
from casework.vault.fields import EncryptedTextField
from casework.vault.models import Sealed

if TYPE_CHECKING:
    from casework.access.models import User


# Break-glass and reveals ----------------------------------------------------------------------------------------------
class OpeningKind(models.TextChoices):
    BREAK_GLASS = "break-glass", _("Emergency access")
    REVEAL = "reveal", _("Reveal")


class Opened(models.TextChoices):
    """What was opened. Everything but a case is one masked field."""

    CASE = "case", _("A case, for an hour")
    NAMES = "names", _("Name of a protected person")
    CONTACTS = "contacts", _("Contacts")
    IDENTIFIERS = "identifiers", _("Documents and identifiers")
    SHELTER_ADDRESS = "shelter-address", _("Address of a shelter")


class OpeningReason(models.TextChoices):
    DANGER = "danger", _("Danger to life or health")
    CANNOT_WAIT = "cannot-wait", _("It cannot wait and the caseworker cannot be reached")
    REACH_PERSON = "reach-person", _("To reach or to fetch the person")
    PAPERS = "papers", _("To fill in an application or a paper for the person")
    AUTHORITY = "authority", _("A court, a prosecutor or the police asks, and must be answered")
    OTHER = "other", _("Another reason")


FOR_BREAK_GLASS = (
    OpeningReason.DANGER,
    OpeningReason.CANNOT_WAIT,
    OpeningReason.AUTHORITY,
    OpeningReason.OTHER,
)


class Verdict(models.TextChoices):
    JUSTIFIED = "justified", _("Justified")
    NOT_JUSTIFIED = "not-justified", _("Not justified")


class OpeningQuerySet(models.QuerySet["Opening"]):
    def visible_to(self, user: "User") -> "OpeningQuerySet":
        """For the supervisors of the organisation, who review them: those on records that they may see."""
        if not (user.is_active and user.has_perm("cases.review_opening")):
            return self.none()
        known = Q(person=None) | Q(person__in=Person.objects.visible_to(user))
        return self.filter(known, organisation=user.organisation_id)

    def reasons_read_by(self, user: "User") -> "OpeningQuerySet":
        """For the auditor of the organisation: who opened what, and why; no person and no case."""
        if not (user.is_active and user.has_perm("cases.read_reasons")):
            return self.none()
        return self.filter(not_shut_out(user, "person"), organisation=user.organisation_id)

    def unreviewed(self) -> "OpeningQuerySet":
        return self.filter(reviewed_at=None)


class Opening(Sealed):
    """One time that somebody opened what is closed to them by default. Its review is a clock: `review_due_at`.

    The reasons are sealed with the key of what was opened, and read by the reviewing supervisors and the auditor alone.
    """

    kind = models.CharField(max_length=16, choices=OpeningKind)
    what = models.CharField(max_length=20, choices=Opened)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="openings")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="openings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="openings")
    place_id = models.UUIDField(null=True)  # of a shelter, whose app stands above this one
    reason_kind = models.CharField(max_length=16, choices=OpeningReason)
    reason = EncryptedTextField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # of emergency access; a field is shown once
    review_due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=16, choices=Verdict, blank=True)
    review_reason = EncryptedTextField()

    objects = OpeningQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("reveal", "Reveal a masked field"),
            ("review_opening", "Review emergency access and reveals"),
            ("read_reasons", "Read the reasons given for emergency access and reveals"),
        ]
        ordering = ["-opened_at"]
        indexes = [
            models.Index(fields=["user", "kind", "opened_at"], name="opening_of_user"),
            models.Index(fields=["organisation", "-opened_at"], name="opening_of_organisation"),
            models.Index(fields=["review_due_at"], condition=Q(reviewed_at=None), name="opening_unreviewed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="opening_says_what",
                condition=Q(kind="break-glass", what="case", case__isnull=False, expires_at__gt=F("opened_at"))
                | (Q(kind="reveal", case=None, expires_at=None) & ~Q(what="case")),
            ),
            models.CheckConstraint(
                name="opening_of_a_person_or_a_place",
                condition=Q(person__isnull=False, place_id=None) | Q(person=None, place_id__isnull=False),
            ),
            models.CheckConstraint(
                name="opening_reviewed_whole",
                condition=Q(reviewed_by=None, reviewed_at=None, verdict="", review_reason__isnull=True)
                | (Q(reviewed_by__isnull=False, reviewed_at__isnull=False) & ~Q(verdict="")),
            ),
            models.CheckConstraint(
                name="opening_not_justified_because",
                condition=~Q(verdict="not-justified") | Q(review_reason__isnull=False),
            ),
            models.CheckConstraint(
                name="opening_reviewed_by_another", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user"))
            ),
            models.CheckConstraint(name="opening_says_why", condition=Q(reason__isnull=False)),
            ExclusionConstraint(
                name="opening_one_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("case", RangeOperators.EQUAL),
                    (
                        Func(F("opened_at"), F("expires_at"), Value("[)"), function="TSTZRANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(kind="break-glass"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


# Conflicts of interest ------------------------------------------------------------------------------------------------
class ConflictKind(models.TextChoices):
    RELATIVE = "relative", _("Relative or partner of somebody in the case")
    ACQUAINTED = "acquainted", _("Friend, neighbour or acquaintance of somebody in the case")
    BUSINESS = "business", _("Works or worked for, or has business with, somebody in the case")
    PRESSURE = "pressure", _("Was offered money, or was threatened")
    INVOLVED = "involved", _("Is or was involved in the events, or is suspected of it")
    OTHER = "other", _("Another conflict")


class ConflictQuerySet(models.QuerySet["Conflict"]):
    def visible_to(self, user: "User") -> "ConflictQuerySet":
        """For supervisors who see the case; never for the one concerned, who sees nothing of it."""
        if not user.has_perm("cases.lift_conflict"):
            return self.none()
        return self.filter(case__in=Case.objects.visible_to(user))

    def live(self) -> "ConflictQuerySet":
        return self.filter(lifted_at=None)


class Conflict(Sealed):
    """Somebody who works here has a conflict of interest with a case: from then on nothing of its person exists for
    them, in whatever role or by whatever grant (casework.access.visibility)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="conflicts")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="conflicts")
    kind = models.CharField(max_length=16, choices=ConflictKind)
    reason = EncryptedTextField()
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_why = EncryptedTextField()

    objects = ConflictQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("declare_conflict", "Declare a conflict of interest"),
            ("record_conflict", "Record a colleague's conflict of interest"),
            ("lift_conflict", "Lift a colleague's conflict of interest"),
        ]
        ordering = ["declared_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "person"], condition=Q(lifted_at=None), name="conflict_live_once"),
            models.CheckConstraint(
                name="conflict_lifted_by_when_why",
                condition=Q(lifted_at=None, lifted_by=None, lifted_why__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False, lifted_why__isnull=False),
            ),
            models.CheckConstraint(
                name="conflict_lifted_by_another", condition=Q(lifted_by=None) | ~Q(lifted_by=F("user"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


def persons_closed_to(user: Any) -> "QuerySet[Conflict, Any]":
    """The persons of whom this user sees nothing, as a subquery: one short range of a partial index."""
    return Conflict.objects.live().filter(user=user.pk).values("person")


def references_closed_to(user: Any) -> list[Any]:
    """Numbers of the cases and referrals of those persons, as subqueries: old notifications of them are gone too."""
    return [
        model._base_manager.filter(**{f"{path}__in": persons_closed_to(user)}).values("number")
        for model, path in _models_with_numbers()
    ]


def _models_with_numbers() -> list[tuple[Any, str]]:
    """What messages speak of by number, with the way to the person; the apps that hold it stand above this one."""
    referrals: Any = Person._meta.get_field("referrals").related_model
    onward: Any = Case._meta.get_field("onward").related_model
    return [(Case, "person"), (referrals, "person"), (onward, "case__person")]


def without_the_conflicted(users: list[Any], reference: str) -> list[Any]:
    """Those of the users who may hear of a case, a referral or an onward referral of this number."""
    held = Conflict.objects.live().filter(user__in=users).values_list("user", "person")
    conflicts = list(held)
    if not conflicts:
        return users
    about = {
        person
        for model, path in _models_with_numbers()
        for person in model._base_manager.filter(number=reference).values_list(path, flat=True)
    }
    closed_to = {user for user, person in conflicts if person in about}
    return [user for user in users if user.pk not in closed_to]


# Sealing --------------------------------------------------------------------------------------------------------------
class SealingKind(models.TextChoices):
    SEAL = "seal", _("Sealing")
    UNSEAL = "unseal", _("Unsealing")


class SealingOutcome(models.TextChoices):
    AGREED = "agreed", _("Agreed")
    REFUSED = "refused", _("Refused")


class SealingQuerySet(models.QuerySet["Sealing"]):
    def visible_to(self, user: "User") -> "SealingQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))

    def waiting(self) -> "SealingQuerySet":
        return self.filter(decided_at=None)


class Sealing(Sealed):
    """What one of the named few asked and another decides: to keep a person's cases sealed, or to unseal them."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sealings")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sealings")  # the one it was asked on
    kind = models.CharField(max_length=8, choices=SealingKind)
    why = EncryptedTextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=SealingOutcome, blank=True)

    objects = SealingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("decide_sealing", "Decide on a sealing as the second person")]
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["due_at"], condition=Q(decided_at=None), name="sealing_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(decided_at=None), name="sealing_one_waiting"),
            models.CheckConstraint(
                name="sealing_decided_by_and_when",
                condition=Q(decided_by=None, decided_at=None, outcome="")
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="sealing_takes_two", condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(name="sealing_undone_because", condition=Q(kind="seal") | Q(why__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
