"""Files on a referral: a letter, a photograph of a document, a message on a screen."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from casework.access.record import Record, error_pair
from casework.vault.content import MEDIA_TYPES, Kind
from casework.vault.fields import EncryptedTextField
from casework.vault.models import StoredFile

from .referral import OfReferralQuerySet, Referral

if TYPE_CHECKING:
    from casework.access.models import User


class AttachmentQuerySet(OfReferralQuerySet):
    PERSON_PATHS = ("referral__person", "referral__linked_to__person")

    def valid(self) -> "AttachmentQuerySet":
        return self.filter(error_at=None)

    def one_visible_to(self, user: "User", **lookup: object) -> "Attachment | None":
        return self.visible_to(user).filter(**lookup).first()


class Attachment(Record):
    """One file, sealed with the referral's key. Its name is the sender's and encrypted; downloads have another."""

    TO_REFERRAL = "referral"
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="attachments")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()  # of this referral's files, from 1: what a download is called by
    kind = models.CharField(max_length=8, choices=Kind)
    name = EncryptedTextField()
    # Under the record's key, so that it goes with it: the same content from the same hand twice is one file.
    digest = models.CharField(max_length=64, editable=False)
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    attached_at = models.DateTimeField()

    objects = AttachmentQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["position"]
        constraints = [
            error_pair("attachment"),
            models.UniqueConstraint(fields=["referral", "position"], name="attachment_position_once"),
            models.UniqueConstraint(
                fields=["referral", "attached_by", "digest"],
                condition=Q(error_at=None),
                name="attachment_content_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral} {self.position}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind][0]

    @property
    def download_name(self) -> str:
        """Says which file of which referral it is, and nothing of what it holds."""
        return f"{self.referral.number}-{self.position}.{MEDIA_TYPES[self.kind][1]}"
