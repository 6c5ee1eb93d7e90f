"""Changes to the published world that two people agree on, and what an organisation itself does about it.

Nothing here is about a person of a case. Proposals concern the whole installation, because the reference does;
progress, trainings and declarations belong to one organisation and are seen by it alone.
"""

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework import workflow
from casework.access.models import Organisation
from casework.audit.models import append_only
from casework.workflow import Move
from reference.models import Entry, Version
from reference.sections import Section, section_of

if TYPE_CHECKING:
    from casework.access.models import User

RECOMMENDATIONS = "code_lists.tip_recommendations"
ACTIVITIES = "directory.activities"
LICENCES = "directory.licences"
BODIES = "organisations.organisations"


def _user(**kwargs: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **kwargs)


# Changes to the reference --------------------------------------------------------------------------------------------


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for a second person")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: "User") -> "ProposalQuerySet":
        """Those who propose or decide see all: the reference is one for the whole installation."""
        if not (user.has_perm("curation.propose_change") or user.has_perm("curation.decide_change")):
            return self.none()
        return self

    def waiting(self) -> "ProposalQuerySet":
        return self.filter(status=ProposalStatus.PROPOSED)


class Proposal(models.Model):
    """A change to one entry of the reference: what it would say, since when, why, and who says so.

    `base` is the wording that the proposer saw; None for an entry that is not there yet. `holds_from`: the old wording
    held until the day before; None corrects what stands there. `ends_on`: nothing changes but that it ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    section = models.CharField(max_length=60)
    code = models.CharField(max_length=250)
    data = models.JSONField()
    holds_from = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    reason = models.TextField()
    base = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    made = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=ProposalStatus, default=ProposalStatus.PROPOSED)
    proposed_by = _user()
    proposed_at = models.DateTimeField()
    decided_by = _user(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("propose_change", "Propose a change to the reference"),
            ("decide_change", "Approve or reject a change to the reference"),
        ]
        ordering = ["-number"]
        indexes = [models.Index(name="proposal_by_status", fields=["status", "-number"])]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "code"],
                condition=Q(status=ProposalStatus.PROPOSED),
                name="proposal_one_open_per_entry",
            ),
            models.CheckConstraint(
                name="proposal_decided_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="proposal_decided_by_and_when",
                condition=Q(status__in=["proposed", "withdrawn"], decided_by=None, decided_at=None)
                | Q(status__in=["approved", "rejected"], decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="proposal_approved_made_a_version",
                condition=Q(status=ProposalStatus.APPROVED, made__isnull=False)
                | (~Q(status=ProposalStatus.APPROVED) & Q(made=None)),
            ),
            models.CheckConstraint(
                name="proposal_rejected_with_reason",
                condition=~Q(status=ProposalStatus.REJECTED) | ~Q(decision_reason=""),
            ),
            models.CheckConstraint(name="proposal_with_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="proposal_end_of_what_is_there",
                condition=Q(ends_on=None) | Q(base__isnull=False, holds_from=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def kind_of_entry(self) -> Section:
        return section_of(self.section)

    @property
    def is_new(self) -> bool:
        """Whether it would add an entry that is not there yet."""
        return self.base_id is None


workflow.register(
    Proposal,
    [
        Move("approve_change", (ProposalStatus.PROPOSED,), ProposalStatus.APPROVED, "curation.decide_change"),
        Move("reject_change", (ProposalStatus.PROPOSED,), ProposalStatus.REJECTED, "curation.decide_change"),
        Move("withdraw_change", (ProposalStatus.PROPOSED,), ProposalStatus.WITHDRAWN, "curation.propose_change"),
    ],
)


class LicenceReminder(models.Model):
    """That admins were told that a licence ends on a day: once for each licence and day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    licence = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    valid_until = models.DateField()
    told_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["licence", "valid_until"], name="licence_reminder_once_per_end"),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id} {self.valid_until}"


# What an organisation itself does ------------------------------------------------------------------------------------


class OfOrganisationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "OfOrganisationQuerySet":
        """Those of one's own organisation, for everybody but responders."""
        if not user.has_perm("curation.view_progress"):
            return self.none()
        return self.filter(organisation=user.organisation_id)


class ProgressStatus(models.TextChoices):
    NOT_STARTED = "not-started", pgettext_lazy("activity", "Not started")
    IN_PROGRESS = "in-progress", pgettext_lazy("activity", "In progress")
    DONE = "done", pgettext_lazy("activity", "Done")
    NOT_OURS = "not-ours", pgettext_lazy("activity", "Not ours to do")


class Progress(models.Model):
    """What one organisation does about a recommendation or an activity of a plan. Done needs evidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=ProgressStatus)
    what = models.TextField(blank=True)
    target = models.CharField(max_length=200, blank=True)
    actual = models.CharField(max_length=200, blank=True)
    evidence = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    recorded_by = _user()
    recorded_at = models.DateTimeField()

    objects = OfOrganisationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_progress", "See what the organisation does about recommendations and plans"),
            ("record_progress", "Record what the organisation does about recommendations and plans"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "entry"], name="progress_one_per_entry"),
            models.CheckConstraint(
                name="progress_done_with_evidence",
                condition=~Q(status=ProgressStatus.DONE) | Q(evidence__regex=r"\S"),
            ),
            models.CheckConstraint(name="progress_status_known", condition=Q(status__in=ProgressStatus.values)),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.status}"


class Training(models.Model):
    """A training that the organisation held: its own counts, never added to published ones."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    held_on = models.DateField()
    topic = models.CharField(max_length=200)
    groups = models.JSONField(default=list)  # codes of trained_groups
    body = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="+")
    head_count = models.IntegerField()
    satisfaction = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    scale_min = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    scale_max = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    recorded_by = _user()
    recorded_at = models.DateTimeField()

    objects = OfOrganisationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("record_training", "Record a training that the organisation held")]
        ordering = ["-held_on", "-recorded_at"]
        indexes = [models.Index(name="training_of_organisation", fields=["organisation", "-held_on"])]
        constraints = [
            models.CheckConstraint(name="training_nobody_is_least", condition=Q(head_count__gte=0)),
            models.CheckConstraint(
                name="training_scale_whole_and_rising",
                condition=Q(scale_min=None, scale_max=None)
                | Q(scale_min__isnull=False, scale_max__isnull=False, scale_min__lt=F("scale_max")),
            ),
            models.CheckConstraint(
                name="training_satisfaction_in_scale",
                condition=Q(satisfaction=None)
                | Q(
                    scale_min__isnull=False,
                    scale_max__isnull=False,
                    satisfaction__gte=F("scale_min"),
                    satisfaction__lte=F("scale_max"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.topic}"


class DeclarationQuerySet(models.QuerySet["Declaration"]):
    def visible_to(self, user: "User") -> "DeclarationQuerySet":
        """Those of the accounts of one's own organisation, for its admins."""
        if not user.has_perm("curation.record_declaration"):
            return self.none()
        return self.filter(user__organisation=user.organisation_id)


class Declaration(models.Model):
    """That somebody declared that none of the four legal consequences of conviction applies to them. Nothing else.

    What a conviction was, or that there is one, has no place here: who cannot declare it has no row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="declarations")
    made_on = models.DateField()
    recorded_by = _user()
    recorded_at = models.DateTimeField()

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("record_declaration", "Record the declaration of a colleague")]
        ordering = ["-made_on"]
        constraints = [models.UniqueConstraint(fields=["user", "made_on"], name="declaration_once_a_day")]
        triggers = append_only("curation_declaration")

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_on}"
