"""A referral from outside arrives once, however often it is sent."""

import datetime
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from casework.access.key_models import ApiKey
from casework.access.models import User
from casework.vault import index
from casework.workflow import Refused
from referrals.models import Referral, Submission


class SentBefore(Refused):
    """The mark was used for another content."""


@transaction.atomic
def submit_once(
    *,
    mark: str,
    content: Any,
    receive: Callable[[], Referral],
    now: datetime.datetime,
    submitted_by: User,
    key: ApiKey | None = None,
) -> tuple[Referral, bool]:
    """Receive a referral under the sender's mark: the first time it is made, later the same one is found.

    `mark` is what the sender calls this sending; it holds within the body and who gave the key, or within one person's
    forms. `content` is what was sent, as anything JSON can hold. Two who send at the same moment meet at a unique
    index: the second waits for the first and is given what that one made. Returns the referral and whether it is new.
    Raises `SentBefore` when the mark stands for another content, and what `receive` raises: then the mark is free.
    """
    where = f"key|{key.body_id}|{key.issuer_id}" if key else f"form|{submitted_by.pk}"
    sent = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    row = Submission(
        body=submitted_by.organisation,
        key=key,
        sent_by=submitted_by,
        mark=index.digest(f"submission|{where}|{mark}"),
        content=index.digest(f"submission|{sent}"),
        at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        earlier = Submission.objects.select_related("referral").get(mark=row.mark)
        if earlier.content != row.content or earlier.referral is None:
            number = earlier.referral.number if earlier.referral else ""
            raise SentBefore(
                _("This was already sent as %(number)s, with other answers. Begin a new one for another referral.")
                % {"number": number}
            ) from None
        return earlier.referral, False
    row.referral = receive()
    row.save(update_fields=["referral"])
    return row.referral, True
