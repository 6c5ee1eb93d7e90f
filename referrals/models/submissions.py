"""How a referral came from outside: by which body's key or by whose form, and under which mark: it comes once."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from casework.access.key_models import ApiKey
from casework.access.models import Organisation

from .referral import Referral

if TYPE_CHECKING:
    from casework.access.models import User


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: "User") -> "SubmissionQuerySet":
        """Whoever sees the referral sees how it came."""
        return self.filter(referral__in=Referral.objects.visible_to(user))


class Submission(models.Model):
    """One sending from outside. The database refuses the same mark twice: a retry finds the first one.

    `mark` and `content` are keyed hashes: of what the sender calls this sending, and of what was sent.
    """

    # None only within the transaction that makes it: the mark is taken first, so that a second one waits for it.
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, null=True, related_name="submission")
    body = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, related_name="+")  # None: from the form
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mark = models.CharField(max_length=64, unique=True, editable=False)
    content = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField()

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.referral} {self.body}"
