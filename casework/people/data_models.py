"""What people ask about their data, and what the office decides: holds, erasures, access, corrections.

Reasons are sealed under a key of their own, so that they can be read after the person's key is gone. Requests that hold
the person's own words are sealed with the person's key and go with it.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.models import Organisation
from casework.access.visibility import not_shut_out
from casework.people.models import Person
from casework.vault.fields import EncryptedJSONField, EncryptedTextField
from casework.vault.models import Sealed, StoredFile
from casework.workflow import Move

if TYPE_CHECKING:
    from casework.access.models import User


def _user(**kwargs: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **kwargs)


class OfPersonQuerySet(models.QuerySet[Any]):
    """Requests on persons whom one may see."""

    def visible_to(self, user: "User") -> "OfPersonQuerySet":
        if not user.has_perm("people.record_data_request"):
            return self.none()
        return self.filter(person__in=Person.objects.visible_to(user))


class OverseenQuerySet(models.QuerySet[Any]):
    """Those on persons whom one may see; the auditor sees all of the organisation, by number and ground."""

    def visible_to(self, user: "User") -> "OverseenQuerySet":
        if user.has_perm("people.approve_erasure"):
            return self.filter(not_shut_out(user, "person"), organisation=user.organisation_id)
        if not user.has_perm("people.ask_erasure"):
            return self.none()
        about_nobody = Q(person=None, organisation=user.organisation_id)
        return self.filter(about_nobody | Q(person__in=Person.objects.visible_to(user)))


class DataRecord(Sealed):
    """What all of them have: a number, whose it is, and the number of the case or referral it is about."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ["-number"]

    def __str__(self) -> str:
        return self.number


class HoldGround(models.TextChoices):
    COURT = "court", _("Court procedure")
    COMPLAINT = "complaint", _("Complaint or inspection")
    SAFETY = "safety", _("Safety of a person")
    CLAIM = "claim", _("Claim for compensation")
    OTHER = "other", _("Another ground")


class HoldStatus(models.TextChoices):
    ACTIVE = "active", _("In force")
    LIFTING = "lifting", _("Waiting to be lifted")
    LIFTED = "lifted", _("Lifted")


class HoldQuerySet(OverseenQuerySet):
    def in_force(self, today: Any) -> "HoldQuerySet":
        """Those that stop an erasure on that day; one that waits to be lifted still does."""
        return self.exclude(status=HoldStatus.LIFTED).filter(Q(until=None) | Q(until__gte=today))


class Hold(DataRecord):
    """A legal hold: nothing of this person is erased while it is in force. Lifting it takes two."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holds")
    ground = models.CharField(max_length=12, choices=HoldGround)
    reason = EncryptedTextField()
    until = models.DateField(null=True)  # the last day; None: until it is lifted
    status = models.CharField(max_length=8, choices=HoldStatus, default=HoldStatus.ACTIVE)
    set_by = _user()
    lift_asked_by = _user(null=True)
    lift_asked_at = models.DateTimeField(null=True)
    lifted_by = _user(null=True)
    lifted_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta(DataRecord.Meta):
        permissions = [("set_hold", "Set a legal hold and ask to lift it"), ("lift_hold", "Lift a legal hold")]
        constraints = [
            models.CheckConstraint(
                name="hold_lifted_by_two",
                condition=~Q(status=HoldStatus.LIFTED)
                | (
                    Q(lift_asked_by__isnull=False, lifted_by__isnull=False, lifted_at__isnull=False)
                    & ~Q(lifted_by=F("lift_asked_by"))
                ),
            )
        ]


workflow.register(
    Hold,
    [
        Move("ask_to_lift_hold", (HoldStatus.ACTIVE,), HoldStatus.LIFTING, "people.set_hold"),
        Move("lift_hold", (HoldStatus.LIFTING,), HoldStatus.LIFTED, "people.lift_hold"),
        Move("keep_hold", (HoldStatus.LIFTING,), HoldStatus.ACTIVE, "people.lift_hold"),
    ],
)


class RunStatus(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for approval")
    APPROVED = "approved", _("Being carried out")
    DONE = "done", _("Carried out")
    REFUSED = "refused", _("Refused")


class RetentionRunQuerySet(models.QuerySet["RetentionRun"]):
    def visible_to(self, user: "User") -> "RetentionRunQuerySet":
        if not (user.has_perm("people.propose_retention_run") or user.has_perm("people.approve_erasure")):
            return self.none()
        return self.filter(organisation=user.organisation_id)


class RetentionRun(models.Model):
    """Erasures that the schedule proposes together. One person proposes, another approves, the worker carries out."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.PROPOSED)
    created_at = models.DateTimeField(auto_now_add=True)
    proposed_by = _user()
    decided_by = _user(null=True)
    decided_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)  # rows by table, as the preview said

    objects = RetentionRunQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("propose_retention_run", "Propose a retention run")]
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(name="run_decided_by_another", condition=~Q(decided_by=F("proposed_by"))),
            models.CheckConstraint(
                name="run_decided_by_and_when",
                condition=Q(status=RunStatus.PROPOSED, decided_by=None, decided_at=None)
                | (~Q(status=RunStatus.PROPOSED) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.number


workflow.register(
    RetentionRun,
    [
        Move("approve_retention_run", (RunStatus.PROPOSED,), RunStatus.APPROVED, "people.approve_erasure"),
        Move("refuse_retention_run", (RunStatus.PROPOSED,), RunStatus.REFUSED, "people.approve_erasure"),
        Move("finish_retention_run", (RunStatus.APPROVED,), RunStatus.DONE, "people.approve_erasure"),
    ],
)


class ErasureGround(models.TextChoices):
    ASKED = "asked", _("The person asked for it")
    RETENTION = "retention", _("The retention period is over")
    UNLAWFUL = "unlawful", _("It should never have been recorded")
    OTHER = "other", _("Another ground")


class ErasureStatus(models.TextChoices):
    ASKED = "asked", _("Waiting for approval")
    APPROVED = "approved", _("Being carried out")
    DONE = "done", _("Erased")
    REFUSED = "refused", _("Refused")
    STOPPED = "stopped", _("Stopped")


class Erasure(DataRecord):
    """One erasure: of a person, or of a referral about nobody in particular. It cannot be undone, so it takes two."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="erasures")
    run = models.ForeignKey(RetentionRun, on_delete=models.PROTECT, null=True, related_name="erasures")
    ground = models.CharField(max_length=12, choices=ErasureGround)
    record_class = models.CharField(max_length=20, blank=True)  # of the schedule
    due_on = models.DateField(null=True)
    reason = EncryptedTextField()
    status = models.CharField(max_length=10, choices=ErasureStatus, default=ErasureStatus.ASKED)
    asked_by = _user()
    decided_by = _user(null=True)
    decided_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=30, blank=True)  # code of what stood in the way
    counts = models.JSONField(default=dict)  # rows by table, as they were erased

    objects = OverseenQuerySet.as_manager()

    class Meta(DataRecord.Meta):
        permissions = [("ask_erasure", "Ask for an erasure"), ("approve_erasure", "Approve an erasure as the second")]
        constraints = [
            models.CheckConstraint(
                name="erasure_decided_by_another", condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="erasure_done_by_two",
                condition=~Q(status__in=["approved", "done", "stopped"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="erasure_done_when", condition=~Q(status=ErasureStatus.DONE) | Q(done_at__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status__in=["asked", "approved", "done"], person__isnull=False),
                name="erasure_one_per_person",
            ),
            models.UniqueConstraint(
                fields=["about"],
                condition=Q(status__in=["asked", "approved", "done"], person=None),
                name="erasure_one_per_referral",
            ),
        ]


_NOT_YET = (ErasureStatus.ASKED, ErasureStatus.APPROVED)
workflow.register(
    Erasure,
    [
        Move("approve_erasure", (ErasureStatus.ASKED,), ErasureStatus.APPROVED, "people.approve_erasure"),
        Move(
            "refuse_erasure",
            (ErasureStatus.ASKED, ErasureStatus.APPROVED),
            ErasureStatus.REFUSED,
            "people.approve_erasure",
        ),
        Move("erase_person", (ErasureStatus.APPROVED,), ErasureStatus.DONE, "people.approve_erasure"),
        Move("stop_erasure", (ErasureStatus.APPROVED,), ErasureStatus.STOPPED, "people.approve_erasure"),
    ],
)


class AskedBy(models.TextChoices):
    SELF = "self", _("The person")
    PARENT = "parent", _("A parent or guardian")
    REPRESENTATIVE = "representative", _("A lawyer or other representative")


class AccessStatus(models.TextChoices):
    RECORDED = "recorded", _("Being compiled")
    REVIEW = "review", _("Waiting for review")
    RELEASED = "released", _("Being written")
    READY = "ready", _("Ready")


class AccessRequest(DataRecord):
    """Somebody wants to know what is held on them. Compiled by the worker, reviewed by a second person, released."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="access_requests")
    received_on = models.DateField()
    due_on = models.DateField()
    asked_by = models.CharField(max_length=16, choices=AskedBy, default=AskedBy.SELF)
    asked_by_name = EncryptedTextField()  # of a parent or representative
    identity_checked = EncryptedTextField()  # how we know it is them
    language = models.CharField(max_length=10, default="sr")
    status = models.CharField(max_length=10, choices=AccessStatus, default=AccessStatus.RECORDED)
    recorded_by = _user()
    compilation = models.PositiveSmallIntegerField(default=1)  # its sections; compiled again, the next
    steps = models.PositiveSmallIntegerField(default=0)
    steps_done = models.PositiveSmallIntegerField(default=0)
    compiled_at = models.DateTimeField(null=True)
    released_by = _user(null=True)
    released_at = models.DateTimeField(null=True)
    pdf = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    data = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")

    objects = OfPersonQuerySet.as_manager()

    class Meta(DataRecord.Meta):
        permissions = [
            ("view_data_requests", "See what people ask about their data, and erasures"),
            ("record_data_request", "Record a request of access or correction"),
            ("review_access_request", "Review and release what is held"),
        ]
        constraints = [
            models.CheckConstraint(
                name="access_released_by_another",
                condition=~Q(status__in=["released", "ready"])
                | (Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("recorded_by"))),
            ),
            models.CheckConstraint(
                name="access_ready_with_files",
                condition=~Q(status=AccessStatus.READY) | Q(pdf__isnull=False, data__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["person"], condition=~Q(status=AccessStatus.READY), name="access_one_open_per_person"
            ),
        ]


workflow.register(
    AccessRequest,
    [
        Move("finish_compiling", (AccessStatus.RECORDED,), AccessStatus.REVIEW, "people.record_data_request"),
        Move("compile_again", (AccessStatus.REVIEW,), AccessStatus.RECORDED, "people.record_data_request"),
        Move("release_access_request", (AccessStatus.REVIEW,), AccessStatus.RELEASED, "people.review_access_request"),
        Move("finish_access_request", (AccessStatus.RELEASED,), AccessStatus.READY, "people.review_access_request"),
    ],
)


class WithholdGround(models.TextChoices):
    OTHERS = "others", _("Data of another person")
    PROTECTION = "protection", _("The safety of somebody would be at risk")
    PROCEEDINGS = "proceedings", _("A court procedure would be at risk")


class AccessSectionQuerySet(models.QuerySet["AccessSection"]):
    def visible_to(self, user: "User") -> "AccessSectionQuerySet":
        return self.filter(request__in=AccessRequest.objects.visible_to(user))


class AccessSection(Sealed):
    """One table of an answer, to be looked at by the reviewer before it goes out, or withheld on a ground."""

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="sections")
    compilation = models.PositiveSmallIntegerField(default=1)  # of the request; only the newest one counts
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=60)
    body = EncryptedJSONField()  # [[[label, value], …], …]: a list of rows
    checked_by = _user(null=True)
    checked_at = models.DateTimeField(null=True)
    withheld = models.CharField(max_length=12, choices=WithholdGround, blank=True)

    objects = AccessSectionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["request", "compilation", "label"], name="section_once"),
            models.CheckConstraint(
                name="section_checked_by_and_when",
                condition=Q(checked_by=None, checked_at=None, withheld="")
                | Q(checked_by__isnull=False, checked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} {self.position}"


class CorrectionStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for a decision")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    NOTED = "noted", _("Noted beside the record")


class Correction(DataRecord):
    """Somebody says that what is recorded is wrong."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="corrections")
    received_on = models.DateField()
    due_on = models.DateField()
    asked_by = models.CharField(max_length=16, choices=AskedBy, default=AskedBy.SELF)
    wrong = EncryptedTextField()  # what is wrong, and what it should say
    status = models.CharField(max_length=10, choices=CorrectionStatus, default=CorrectionStatus.WAITING)
    amended = models.CharField(max_length=20, blank=True)  # number of the record that was amended, or "person"
    reasons = EncryptedTextField()
    recorded_by = _user()
    decided_by = _user(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta(DataRecord.Meta):
        permissions = [("decide_correction", "Decide on a request for correction")]
        constraints = [
            models.CheckConstraint(
                name="correction_decided_by_and_when",
                condition=Q(status=CorrectionStatus.WAITING, decided_by=None, decided_at=None)
                | (~Q(status=CorrectionStatus.WAITING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="correction_accepted_points_to_a_record",
                condition=~Q(status=CorrectionStatus.ACCEPTED) | ~Q(amended=""),
            ),
        ]


workflow.register(
    Correction,
    [
        Move("accept_correction", (CorrectionStatus.WAITING,), CorrectionStatus.ACCEPTED, "people.decide_correction"),
        Move("refuse_correction", (CorrectionStatus.WAITING,), CorrectionStatus.REFUSED, "people.decide_correction"),
        Move("note_correction", (CorrectionStatus.WAITING,), CorrectionStatus.NOTED, "people.decide_correction"),
    ],
)
