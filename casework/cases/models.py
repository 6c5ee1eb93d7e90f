"""The case: one open case per person and organisation; everything else hangs on it."""

import datetime
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from casework import workflow
from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.people.models import Person
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move
from reference import codes

if TYPE_CHECKING:
    from casework.access.models import User


class CaseStatus(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class RiskLevel(models.TextChoices):
    UNKNOWN = "unknown", _("Not assessed")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class CaseQuerySet(RecordQuerySet):
    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("cases.view_case"):
            return []
        live = named("grants", user, "view_case")
        if user.has_role(Role.SUPERVISOR):
            return [Q(organisation=user.organisation_id, sealed=False), live]
        return [Q(caseworker=user, sealed=False), live]

    def through_glass(self, user: "User", now: datetime.datetime | None = None) -> "CaseQuerySet":
        """What the user opened in an emergency, while the hour lasts: for the read-only page alone.

        Kept apart from `visible_to` on purpose. Whatever writes, exports, names or transfers fetches through that, and
        so cannot reach a case by this way; neither can pages that somebody adds later.
        """
        if not (user.is_active and user.has_perm("cases.break_glass")):
            return self.none()
        return self.breakable_by(user).filter(named("grants", user, "break_glass", now))

    def breakable_by(self, user: "User") -> "CaseQuerySet":
        """What emergency access may open: cases of one's own organisation, never a sealed one, never in a conflict."""
        return self.filter(self.not_shut_out(user), organisation=user.organisation_id, sealed=False)


class Case(Record):
    """The file of an assisted person. The victim status is moved by a decision and by nothing else."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(max_length=8, choices=CaseStatus, default=CaseStatus.OPEN)
    victim_status = models.CharField(max_length=40, default="potential-victim")
    sealed = models.BooleanField(default=False)
    caseworker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="cases"
    )  # that of the current assignment
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    closing_reason = EncryptedTextField()
    risk_level = models.CharField(max_length=8, choices=RiskLevel, default=RiskLevel.UNKNOWN)
    safety_plan = EncryptedTextField()
    safety_review_on = models.DateField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("view_case", "See a case"),
            ("amend_case", "Amend risk and safety plan"),
            ("add_note", "Write a note"),
            ("close_case", "Close a case"),
            ("reopen_case", "Open a closed case again"),
            ("seal_case", "Seal a case to the named few"),
            ("confirm_assignment", "Confirm an assignment"),
            ("reassign_case", "Give a case to another caseworker"),
            ("mark_in_error", "Mark what was entered in error"),
            ("break_glass", "See one case in an emergency, for an hour"),
        ]
        indexes = [
            models.Index(fields=["caseworker", "status", "-number"], name="case_of_caseworker"),
            models.Index(fields=["organisation", "sealed", "status", "-number"], name="case_of_organisation"),
        ]
        constraints = [
            error_pair("case"),
            models.UniqueConstraint(
                fields=["person", "organisation"],
                condition=Q(status=CaseStatus.OPEN, error_at=None),
                name="case_one_open_per_person",
            ),
            models.CheckConstraint(
                name="case_closed_when_closed",
                condition=Q(status=CaseStatus.CLOSED, closed_on__isnull=False)
                | Q(status=CaseStatus.OPEN, closed_on=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def victim_status_label(self) -> str:
        return codes.label("victim_statuses", self.victim_status)


workflow.register(
    Case,
    [
        Move("close_case", (CaseStatus.OPEN,), CaseStatus.CLOSED, "cases.close_case"),
        Move("reopen_case", (CaseStatus.CLOSED,), CaseStatus.OPEN, "cases.reopen_case"),
    ],
)


class CaseGrant(UserObjectPermissionBase):
    """guardian's direct-foreign-key table: a named colleague on one case, until `expires_at`."""

    content_object = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="grants")
    expires_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ()
        indexes = [models.Index(fields=["user", "expires_at"], name="casegrant_live")]

    @property
    def last_day(self) -> datetime.date:
        """The last day on which it holds: it ends at the midnight after."""
        return timezone.localdate(self.expires_at - datetime.timedelta(seconds=1))


class AssignmentStatus(models.TextChoices):
    PROVISIONAL = "provisional", _("Waiting for review")
    CONFIRMED = "confirmed", _("Confirmed")
    ENDED = "ended", _("Ended")


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: "User") -> "AssignmentQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))

    def current(self) -> "AssignmentQuerySet":
        return self.exclude(status=AssignmentStatus.ENDED)


class Assignment(models.Model):
    """Who has a case, since when, reviewed by whom. Exactly one is current; access follows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    caseworker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    status = models.CharField(max_length=12, choices=AssignmentStatus, default=AssignmentStatus.PROVISIONAL)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-assigned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=~Q(status=AssignmentStatus.ENDED), name="assignment_one_current"
            ),
            models.CheckConstraint(
                name="assignment_ended_when",
                condition=Q(status=AssignmentStatus.ENDED, ended_at__isnull=False)
                | (~Q(status=AssignmentStatus.ENDED) & Q(ended_at=None)),
            ),
            models.CheckConstraint(
                name="assignment_reviewed_by_and_when",
                condition=Q(reviewed_by=None, reviewed_at=None)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="assignment_confirmed_by_somebody",
                condition=~Q(status=AssignmentStatus.CONFIRMED) | Q(reviewed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.status}"


workflow.register(
    Assignment,
    [
        Move(
            "confirm_assignment",
            (AssignmentStatus.PROVISIONAL,),
            AssignmentStatus.CONFIRMED,
            "cases.confirm_assignment",
        ),
        Move(
            "end_assignment",
            (AssignmentStatus.PROVISIONAL, AssignmentStatus.CONFIRMED),
            AssignmentStatus.ENDED,
            "cases.reassign_case",
        ),
    ],
)


class VictimStatusQuerySet(models.QuerySet["VictimStatus"]):
    def visible_to(self, user: "User") -> "VictimStatusQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))


class VictimStatus(models.Model):
    """The dated history of a case's victim status: only a decision moves it away from potential victim."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="victim_statuses")
    status = models.CharField(max_length=40)
    since = models.DateField()
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = VictimStatusQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="victimstatus_moved_by_a_decision",
                condition=Q(status="potential-victim") | Q(decision_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.status}"


class NoteKind(models.TextChoices):
    NOTE = "note", _("Note")
    CONVERSATION = "conversation", _("Conversation")
    TELEPHONE = "telephone", _("Telephone call")
    VISIT = "visit", _("Visit")


class NoteQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "NoteQuerySet":
        return self.filter(case__in=Case.objects.visible_to(user))


class Note(Record):
    """What somebody wrote down about a case. Never edited; what was wrong is marked."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=16, choices=NoteKind, default=NoteKind.NOTE)
    happened_at = models.DateTimeField()
    body = EncryptedTextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = NoteQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["-happened_at"]
        constraints = [error_pair("note")]

    def __str__(self) -> str:
        return str(self.pk)


from casework.cases.consent_models import Consent as Consent  # noqa: E402  (who may be told what)
from casework.cases.restricted_models import Conflict as Conflict  # noqa: E402  (models of this app, kept with what …
from casework.cases.restricted_models import Opening as Opening  # noqa: E402  … they restrict)
from casework.cases.restricted_models import Sealing as Sealing  # noqa: E402
