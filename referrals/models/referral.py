"""Somebody told us of a person or a place: the referral, its status, and the signs of exploitation."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import workflow
from casework.access.grants import Role
from casework.access.key_models import ApiKey
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.cases.models import Case
from casework.people.ages import GivenAge
from casework.people.models import Answer, Person
from casework.vault.fields import EncryptedTextField
from casework.workflow import Move

from .visits import Visit

if TYPE_CHECKING:
    from casework.access.models import User


class ReferralStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    INITIATED = "initiated", _("Case initiated")
    DECLINED = "declined", _("Declined")
    LINKED = "linked", _("Linked to an earlier referral")
    CLOSED = "closed", _("Closed")


class Feared(models.TextChoices):
    """What is feared for the person. Who is a victim of other violence alone is no potential victim of trafficking:
    `potential-victims-referred` leaves that referral out. Not known counts."""

    TRAFFICKING = "trafficking", _("Trafficking or exploitation, with or without other violence")
    VIOLENCE_ONLY = "violence-only", _("Other violence only, no trafficking")
    UNKNOWN = "unknown", _("Not known")


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

    def without_contact(self) -> "ReferralQuerySet":
        """About a place, or about somebody whom nobody has reached."""
        return self.filter(person=None, linked_to=None)

    def with_sign(self, code: str) -> "ReferralQuerySet":
        """Those on which a sign was seen or said."""
        return self.filter(indicators__code=code, indicators__how__in=(Seen.SEEN, Seen.SAID))

    def submitted_by(self, user: "User") -> "ReferralQuerySet":
        """What a responder may look up: own submissions, of which they are shown number and state only.

        What a program sent with a key of the body belongs to all responders of the body. A key looks up what was sent
        with itself, and with the keys beside it: of the same body, given by the same organisation.
        """
        if not user.has_perm("referrals.submit_referral"):
            return self.none()
        if user.service:
            keys = ApiKey.objects.beside(user.api_key)
        else:
            keys = ApiKey.objects.filter(body=user.organisation_id)
        return self.filter(logged_by__in=[user.pk, *keys.values_list("account", flat=True)])


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
    request_number = EncryptedTextField()  # that a citizen's report or a request of foreign police has with its sender
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="referrals")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="referrals")
    given_age = models.PositiveSmallIntegerField(null=True)  # as stated, on the day of receipt
    age_at_referral = models.SmallIntegerField(null=True)
    suspected_forms = ArrayField(models.CharField(max_length=40), default=list)
    concern = models.CharField(max_length=16, choices=Feared, default=Feared.UNKNOWN, db_default=Feared.UNKNOWN.value)
    related_violence = ArrayField(
        models.CharField(max_length=40), default=list, db_default=Value([], ArrayField(models.CharField(max_length=40)))
    )  # code list related_violence
    # Of material that shows abuse nothing is kept but the number under which whoever has it finds it.
    seen_in_material = models.CharField(
        max_length=8, choices=Answer, default=Answer.UNKNOWN, db_default=Answer.UNKNOWN.value
    )
    material_reference = EncryptedTextField()
    # What the rules on competence ask for. Not known is never “no”.
    cyber_means = models.CharField(
        max_length=8, choices=Answer, default=Answer.UNKNOWN, db_default=Answer.UNKNOWN.value
    )
    committed_abroad = models.CharField(
        max_length=8, choices=Answer, default=Answer.UNKNOWN, db_default=Answer.UNKNOWN.value
    )
    suspect_age = models.PositiveSmallIntegerField(null=True)  # of the youngest one, in completed years
    immediate_danger = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    danger_note = EncryptedTextField()
    summary = EncryptedTextField()
    other_signs = EncryptedTextField()  # what the list of indicators does not have
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
            models.Index(fields=["organisation", "source", "-number"], name="referral_of_source"),
            models.Index(
                fields=["organisation", "-number"],
                condition=Q(person=None, linked_to=None),
                name="referral_without_contact",
            ),
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
            models.CheckConstraint(
                name="referral_violence_only",
                condition=~Q(concern=Feared.VIOLENCE_ONLY) | (Q(suspected_forms=[]) & ~Q(related_violence=[])),
            ),
            models.CheckConstraint(
                name="referral_reference_of_material",
                condition=Q(material_reference__isnull=True) | Q(seen_in_material=Answer.YES),
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


class OfReferralQuerySet(RecordQuerySet):
    def visible_to(self, user: "User") -> "OfReferralQuerySet":
        return self.filter(**{f"{self.model.TO_REFERRAL}__in": Referral.objects.visible_to(user)})
