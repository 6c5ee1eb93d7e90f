"""Persons: encrypted names, contacts and identifiers; plain what figures need."""

import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.access.grants import Role
from casework.access.models import Organisation
from casework.access.record import Record, RecordQuerySet, error_pair
from casework.access.visibility import named
from casework.people.ages import GivenAge, age_at
from casework.vault import index
from casework.vault.fields import EncryptedDateField, EncryptedJSONField, EncryptedTextField
from casework.vault.models import KeyClass

if TYPE_CHECKING:
    from casework.access.models import User


class Sex(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Not known")


class Answer(models.TextChoices):
    """Three answers: unknown is a value."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNKNOWN = "unknown", _("Not known")


class NameKind(models.TextChoices):
    BIRTH = "birth", _("Given at birth")
    USED = "used", _("Used")
    NICKNAME = "nickname", _("Nickname")


class PersonQuerySet(RecordQuerySet):
    PERSON_PATHS = ("pk",)

    def principals(self, user: "User") -> list[Q]:
        if not user.has_perm("people.view_person"):
            return []
        live = named("cases__grants", user, "view_case")
        if user.has_role(Role.SUPERVISOR):
            return [Q(organisation=user.organisation_id, sealed=False), live]
        if not user.has_role(Role.CASEWORKER):
            return [live]
        mine = [
            Q(cases__caseworker=user, sealed=False),
            Q(referrals__logged_by=user, organisation=user.organisation_id, sealed=False),
            live,
        ]
        if user.on_duty:
            mine.append(Q(referrals__organisation=user.organisation_id, referrals__status="received", sealed=False))
        return mine

    def named_like(self, text: str) -> "PersonQuerySet":
        """Persons one of whose names meets every word of the text, one wrong letter a word forgiven."""
        found = self
        for codes in index.search_codes(text):
            found = found.filter(name_codes__overlap=Value(codes, ArrayField(models.IntegerField())))
        return found if index.search_codes(text) else self.none()


class Person(Record):
    """A person in somebody's record. A confirmed identity is never required."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    names = EncryptedJSONField()  # [{"given", "family", "kind"}], the first is the one shown
    birth_date = EncryptedDateField()
    description = EncryptedTextField()
    contacts = EncryptedTextField()
    safe_contact = EncryptedTextField()  # may we call, when, whose phone, leave a message, what to say we are
    identifiers = EncryptedTextField()
    external_id = EncryptedTextField()  # the sending system's own key

    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNKNOWN)
    birth_year = models.PositiveSmallIntegerField(null=True)
    given_age = models.PositiveSmallIntegerField(null=True)  # the newest age given without a birth date …
    given_age_on = models.DateField(null=True)  # … and the day it was given
    citizenships = ArrayField(models.CharField(max_length=2), default=list)
    languages = ArrayField(models.CharField(max_length=3), default=list)
    unaccompanied = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    needs_interpreter = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    # Of an imported person: when the referral was received that said sex, birth date, citizenships, age. Empty once
    # somebody amends one of them here.
    known_since = ArrayField(models.DateTimeField(null=True), default=list, editable=False)
    sealed = models.BooleanField(default=False)  # follows the person's cases
    # The key under which figures count her, where another organisation's record is of the same person (people.links).
    counted_as = models.UUIDField(null=True, editable=False)
    name_codes = ArrayField(models.IntegerField(), default=list, editable=False)
    name_grams = ArrayField(models.IntegerField(), default=list, db_default=[], editable=False)

    objects = PersonQuerySet.as_manager()

    NAMED_BY = ("names", "sealed", "sex", "birth_date", "birth_year", "given_age", "given_age_on")  # what `name` reads

    class Meta(Record.Meta):
        permissions = [("view_person", "See persons"), ("amend_person", "Amend a person")]
        indexes = [
            GinIndex(fields=["name_codes"], name="person_name_codes"),
            GinIndex(fields=["name_grams"], name="person_name_grams"),
            models.Index(fields=["organisation", "sealed"], name="person_of_organisation"),
            models.Index(fields=["counted_as"], condition=Q(counted_as__isnull=False), name="person_counted_as"),
        ]
        constraints = [
            error_pair("person"),
            models.CheckConstraint(
                name="person_given_age_and_day",
                condition=Q(given_age=None, given_age_on=None) | Q(given_age__isnull=False, given_age_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def name(self) -> str:
        """The name shown, or what is known instead of one ("Unknown woman, about 20"). An erased person has none."""
        if self.erased:
            return _t("Erased")
        if self.identity_protected:
            return _t("Name hidden")
        for name in self.names or []:
            shown = " ".join(part for part in (name.get("given"), name.get("family")) if part)
            if shown:
                return shown
        return self.unnamed()

    @property
    def identity_protected(self) -> bool:
        """Whether the name is hidden too: the cases are sealed, or she is a protective witness (people.masking)."""
        return self.sealed or self.key.key_class == KeyClass.PROTECTED

    def unnamed(self) -> str:
        """How to speak of a person without a name."""
        child = self.child_on(timezone.localdate())
        if self.sex == Sex.FEMALE:
            who = _t("Unknown girl") if child else _t("Unknown woman")
        elif self.sex == Sex.MALE:
            who = _t("Unknown boy") if child else _t("Unknown man")
        else:
            who = _t("Unknown person")
        if self.given_age is None:
            return who
        return _t("%(who)s, about %(age)s") % {"who": who, "age": self.given_age}

    def set_names(self, names: list[dict[str, Any]]) -> None:
        """Set the names and the blind index that finds them."""
        self.names = names
        words = [" ".join(str(name.get(part) or "") for part in ("given", "family")) for name in names]
        self.name_codes, self.name_grams = index.name_codes(words), index.name_grams(words)

    def set_birth_date(self, birth_date: datetime.date | None) -> None:
        self.birth_date = birth_date
        self.birth_year = birth_date.year if birth_date else None

    def age_on(self, day: datetime.date, *, own: GivenAge | None = None) -> int | None:
        """Age in completed years, or None; `own` is the age given at the event's own referral."""
        newest = None
        if self.given_age is not None and self.given_age_on is not None:
            newest = GivenAge(self.given_age_on, self.given_age)
        return age_at(day, birth_date=self.birth_date, own=own, newest=newest)

    def child_on(self, day: datetime.date) -> bool | None:
        """Whether a child on that day (age under the setting); None when the age is not known."""
        age = self.age_on(day)
        return None if age is None else age < settings.CHILD_AGE_LIMIT

    def protected_as_child_on(self, day: datetime.date) -> bool:
        """For protection, unknown age is a child."""
        return self.child_on(day) is not False


from casework.people.data_models import (  # noqa: E402, F401  (models of this app, kept with what is asked about them)
    AccessRequest,
    AccessSection,
    Correction,
    Erasure,
    Hold,
    RetentionRun,
)
from casework.people.link_models import PersonLink as PersonLink  # noqa: E402  (records of one person)
