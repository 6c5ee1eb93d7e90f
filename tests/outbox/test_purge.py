"""What has expired goes by itself: drafts with their keys, sessions that are over."""

import datetime

import pytest
from django.utils import timezone

from casework.access.drafts import KEPT_FOR
from casework.access.models import Draft
from casework.access.sessions import SessionStore
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
    sessions = SessionStore.get_model_class().objects
    as_user(cast.ana)
    over = sessions.get().pk
    as_user(cast.boris)
    sessions.filter(pk=over).update(expire_date=timezone.now() - SECOND)
    for _twice in range(2):
        purge_what_expired()
    assert [draft.data for draft in Draft.objects.select_related("key")] == [{"summary": ["fresh"]}]
    assert VaultKey.objects.get(pk=drafts[0].key_id).wrapped is None
    assert sessions.count() == 1
    assert not sessions.filter(pk=over).exists()
