"""The leaflet on rights: which one the person was given, in which language, when and by whom."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from casework.access.record import Record, error_pair
from casework.vault.fields import EncryptedTextField

from .referral import OfReferralQuerySet, Referral


class LeafletFor(models.TextChoices):
    ADULT = "adult", _("For adults")
    CHILD = "child", _("For children")


class Leaflet(Record):
    """One time that somebody was given the leaflet on rights to protection and support."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="leaflets")
    audience = models.CharField(max_length=8, choices=LeafletFor)
    language = models.CharField(max_length=3)
    given_on = models.DateField()
    given_by = EncryptedTextField()  # who handed it over, in words
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = OfReferralQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["-given_on", "-created_at"]
        permissions = [("record_leaflet", "Record that the leaflet on rights was given")]
        constraints = [error_pair("leaflet")]

    def __str__(self) -> str:
        return str(self.pk)
