"""The front door: referrals in, their clocks, and the identification that follows."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.cases.models import Case
from casework.people.ages import GivenAge
from casework.people.models import Answer, Person
from casework.vault.fields import EncryptedJSONField, EncryptedTextField
from casework.workflow import Move

if TYPE_CHECKING:
    from casework.access.models import User

POSITIVE = ("identified", "recognised")


class ReferralStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    INITIATED = "initiated", _("Case initiated")
    DECLINED = "declined", _("Declined")
    LINKED = "linked", _("Linked to an earlier referral")
    CLOSED = "closed", _("Closed")


class ReferralQuerySet(RecordQuerySet):
    PERSON_PATHS = ("person", "linked_to__person")  # a referral that told of the same again is about the same

    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("referrals.view_referral"):
            return []
        # A new referral on somebody whose case is sealed has no case yet: those named on that case see it.
        live = [
            named("case__grants", user, "view_case"),
            Q(case=None, sealed=True) & named("person__cases__grants", user, "view_case"),
        ]
        if user.has_role(Role.SUPERVISOR):
            return [Q(organisation=user.organisation_id, sealed=False), *live]
        if not user.has_role(Role.CASEWORKER):
            return live
        # Somebody may be a responder to one organisation and a caseworker of another: there they see number and status.
        logged = Q(logged_by=user, organisation=user.organisation_id, sealed=False)
        mine = [logged, Q(case__caseworker=user, sealed=False), *live]
        if user.on_duty:
            mine.append(Q(organisation=user.organisation_id, sealed=False, status=ReferralStatus.RECEIVED))
        return mine

    def submitted_by(self, user: "User") -> "ReferralQuerySet":
        """What a responder may look up: own submissions, of which they are shown number and state only."""
        return self.filter(logged_by=user) if user.has_perm("referrals.submit_referral") else self.none()


class Referral(Record):
    """Somebody told us of a person or a place. The person is optional and may have no name."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=ReferralStatus, default=ReferralStatus.RECEIVED)
    received_at = models.DateTimeField()
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=40)
    source_group = models.CharField(max_length=20)
    channel = models.CharField(max_length=40, blank=True)
    referrer_body = EncryptedTextField()
    referrer_name = EncryptedTextField()
    referrer_contact = EncryptedTextField()
    municipality = EncryptedTextField()
    place = EncryptedTextField()
    external_id = EncryptedTextField()

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="referrals")
    given_age = models.PositiveSmallIntegerField(null=True)  # as stated, on the day of receipt
    age_at_referral = models.SmallIntegerField(null=True)
    suspected_forms = ArrayField(models.CharField(max_length=40), default=list)
    immediate_danger = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    danger_note = EncryptedTextField()
    summary = EncryptedTextField()
    language = models.CharField(max_length=3, blank=True)
    leaflet_given = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    sop_version = models.CharField(max_length=40, blank=True)

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="referrals")
    sealed = models.BooleanField(default=False)  # follows the person's cases
    initiated_at = models.DateTimeField(null=True)
    initiated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    informed_at = models.DateTimeField(null=True)
    informed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    declined_on = models.DateField(null=True)
    declined_why = EncryptedTextField()
    signposted_to = EncryptedTextField()
    linked_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="linked")

    objects = ReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("submit_referral", "Submit a referral from outside"),
            ("view_referral", "See referrals"),
            ("log_referral", "Log a referral"),
            ("amend_referral", "Amend a referral"),
            ("initiate_case", "Initiate a case"),
            ("decline_referral", "Decline a referral"),
            ("link_referral", "Link a referral to an earlier one"),
            ("record_informed", "Record that everyone concerned is told"),
        ]
        indexes = [
            models.Index(fields=["organisation", "sealed", "status", "-number"], name="referral_of_organisation"),
            models.Index(fields=["organisation", "sealed", "-number"], name="referral_of_organisation_all"),
            models.Index(fields=["logged_by", "-number"], name="referral_logged_by"),
            models.Index(fields=["received_at"], name="referral_received"),
        ]
        constraints = [
            error_pair("referral"),
            models.CheckConstraint(
                name="referral_initiated_with_case",
                condition=~Q(status=ReferralStatus.INITIATED) | Q(initiated_at__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_declined_when",
                condition=~Q(status=ReferralStatus.DECLINED) | Q(declined_on__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_linked_to_one",
                condition=Q(status=ReferralStatus.LINKED, linked_to__isnull=False)
                | (~Q(status=ReferralStatus.LINKED) & Q(linked_to=None)),
            ),
            models.CheckConstraint(name="referral_not_linked_to_itself", condition=~Q(linked_to=F("id"))),
        ]

    def __str__(self) -> str:
        return self.number

    def own_age(self) -> GivenAge | None:
        """The age given at this referral, reached on the day of receipt (in Europe/Belgrade)."""
        if self.given_age is None:
            return None
        return GivenAge(timezone.localdate(self.received_at), self.given_age)


_RECEIVED = (ReferralStatus.RECEIVED,)
workflow.register(
    Referral,
    [
        Move("initiate_case", _RECEIVED, ReferralStatus.INITIATED, "referrals.initiate_case"),
        Move("decline_referral", _RECEIVED, ReferralStatus.DECLINED, "referrals.decline_referral"),
        Move("link_referral", _RECEIVED, ReferralStatus.LINKED, "referrals.link_referral"),
        Move("close_referral", (ReferralStatus.INITIATED,), ReferralStatus.CLOSED, "cases.close_case"),
        Move("reopen_referral", (ReferralStatus.CLOSED,), ReferralStatus.INITIATED, "cases.reopen_case"),
    ],
)


class Seen(models.TextChoices):
    """How an indicator came to us."""

    SEEN = "seen", _("Seen")
    SAID = "said", _("Said by the person")
    NOT_ASKED = "not-asked", _("Not asked")


class IndicatorQuerySet(models.QuerySet["ReferralIndicator"]):
    def visible_to(self, user: "User") -> "IndicatorQuerySet":
        return self.filter(referral__in=Referral.objects.visible_to(user))


class ReferralIndicator(models.Model):
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="indicators")
    code = models.CharField(max_length=40)
    how = models.CharField(max_length=10, choices=Seen, default=Seen.SEEN)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["referral", "code"], name="indicator_once")]

    def __str__(self) -> str:
        return self.code


class ClockKind(models.TextChoices):
    INITIATE = "24h-initiate", _("Initiate a case")
    INFORM = "24h-inform", _("Inform everyone concerned")


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def visible_to(self, user: "User") -> "DeadlineQuerySet":
        return self.filter(referral__in=Referral.objects.visible_to(user))

    def running(self) -> "DeadlineQuerySet":
        return self.filter(met_at=None, stopped_at=None)


class Deadline(models.Model):
    """A clock from receipt (code list clocks). It never pauses; each step of its escalation happens once."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="deadlines")
    kind = models.CharField(max_length=20, choices=ClockKind)
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # the referral was declined, linked or entered in error
    escalated_at = models.DateTimeField(null=True)  # the first step; all of them are in `escalations`

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["referral", "kind"], name="deadline_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(met_at=None, stopped_at=None), name="deadline_running")]

    def __str__(self) -> str:
        return f"{self.referral} {self.kind}"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: "User") -> "EscalationQuerySet":
        return self.filter(deadline__in=Deadline.objects.visible_to(user))


class Escalation(models.Model):
    """One step of a clock's escalation that was taken. The database refuses the same step twice."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveSmallIntegerField()  # 1 for the first of ESCALATE_AFTER_HOURS
    at = models.DateTimeField()

    objects = EscalationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["deadline", "step"], name="escalation_once_per_step")]

    def __str__(self) -> str:
        return f"{self.deadline} {self.step}"


class Route(models.TextChoices):
    CPTV = "cptv", _("CPTV assessment")
    CSW = "csw", _("CSW recognition")
    UNDECIDED = "undecided", _("Route not decided")


class Authority(models.TextChoices):
    CPTV = "cptv", _("CPTV")
    CSW = "csw", _("CSW")


class IdentificationStatus(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    DECIDED = "decided", _("Decided")


class OfReferralQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "OfReferralQuerySet":
        return self.filter(**{f"{self.model.TO_REFERRAL}__in": Referral.objects.visible_to(user)})


class Identification(Record):
    """The procedure before the competent body, on one referral. Recorded here; decided there."""

    TO_REFERRAL = "referral"
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="identification")
    route = models.CharField(max_length=10, choices=Route, default=Route.UNDECIDED)
    route_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    route_reason = EncryptedTextField()
    status = models.CharField(max_length=10, choices=IdentificationStatus, default=IdentificationStatus.OPEN)
    panel = EncryptedJSONField()  # names by panel role, as far as the body gave them

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        permissions = [
            ("decide_route", "Decide the route when age is not known"),
            ("record_decision", "Record the decision of the competent body"),
        ]
        constraints = [error_pair("identification")]

    def __str__(self) -> str:
        return str(self.referral)


workflow.register(
    Identification,
    [
        Move(
            "record_decision",
            (IdentificationStatus.OPEN, IdentificationStatus.DECIDED),
            IdentificationStatus.DECIDED,
            "referrals.record_decision",
        ),
        # every decision was entered in error: the body's word is awaited again
        Move(
            "reopen_identification",
            (IdentificationStatus.DECIDED,),
            IdentificationStatus.OPEN,
            "cases.mark_in_error",
        ),
    ],
)


class AuthorityChoice(Record):
    """Which rule a supervisor follows where the rules leave several authorities. The newest valid one counts."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="authority_choices")
    question = models.CharField(max_length=20)  # of reference.routing.QUESTIONS
    rule = models.CharField(max_length=60)  # authorities.routing_rules
    authority = models.TextField()  # authorities.authorities, or the rule's printed words
    reason = EncryptedTextField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["chosen_at"]
        permissions = [("choose_authority", "Choose the authority where the rules leave several")]
        constraints = [error_pair("authoritychoice")]

    def __str__(self) -> str:
        return f"{self.referral} {self.question}"


class Decision(Record):
    """What the body decided. Never edited; the newest valid one sets the case's victim status."""

    TO_REFERRAL = "identification__referral"
    identification = models.ForeignKey(Identification, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="decisions")
    authority = models.CharField(max_length=8, choices=Authority)
    outcome = models.CharField(max_length=20)  # code list decision_outcomes
    decided_on = models.DateField()
    on_appeal = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)  # order among decisions of one day
    forms = ArrayField(models.CharField(max_length=40), default=list)
    body = EncryptedTextField()  # which CSW
    reference = EncryptedTextField()
    reasons = EncryptedTextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    age_at_decision = models.SmallIntegerField(null=True)

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["decided_on", "on_appeal", "sequence"]
        indexes = [models.Index(fields=["decided_on"], name="decision_on")]
        constraints = [
            error_pair("decision"),
            models.CheckConstraint(
                name="decision_positive_with_forms", condition=~Q(outcome__in=POSITIVE) | ~Q(forms=[])
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Appeal(Record):
    """An appeal against a decision; one that changes it leads to a new decision."""

    TO_REFERRAL = "identification__referral"
    identification = models.ForeignKey(Identification, on_delete=models.PROTECT, related_name="appeals")
    lodged_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    outcome = models.CharField(max_length=20, blank=True)  # decision_confirmed, decision_changed, withdrawn
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, related_name="appeal")

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [error_pair("appeal")]

    def __str__(self) -> str:
        return str(self.pk)
