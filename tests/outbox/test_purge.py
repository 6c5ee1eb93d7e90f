"""What has expired goes by itself: drafts with their keys, sessions that are over."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from casework.access.drafts import KEPT_FOR
from casework.access.models import Draft
from casework.access.tasks import purge_what_expired
from casework.vault.models import VaultKey

SECOND = datetime.timedelta(seconds=1)


@pytest.mark.asvs("14.2.7")
def test_old_drafts_and_sessions_go_and_fresh_ones_stay(cast, as_user):
    drafts = [
        Draft.objects.create(key=VaultKey.make(), user=cast.ana, path="/referrals/log/", data={"summary": [text]})
        for text in ("old", "fresh")
    ]
    Draft.objects.filter(pk=drafts[0].pk).update(created_at=timezone.now() - KEPT_FOR - SECOND)
    client = as_user(cast.ana)
    as_user(cast.boris)
    Session.objects.exclude(session_key=client.session.model.objects.first().session_key).update(
        expire_date=timezone.now() - SECOND
    )
    kept = Session.objects.filter(expire_date__gt=timezone.now()).count()
    for _twice in range(2):
        purge_what_expired()
    assert [draft.data for draft in Draft.objects.select_related("key")] == [{"summary": ["fresh"]}]
    assert VaultKey.objects.get(pk=drafts[0].key_id).wrapped is None
    assert Session.objects.count() == kept == 1
