"""Pages that belong to no app, and what every page begins with."""

import pytest
from django.conf import settings
from django.urls import reverse

from casework.outbox.models import Notification, Subject
from casework.outbox.services import claim_waiting, deliver, tell
from tests.cases.builders import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("ana", "referrals:today"),
        ("vesna", "referrals:today"),
        ("milan", "referrals:submissions"),
        ("nada", "shelter:board"),
        ("ivana", "statistics:annual-report"),
        ("petar", "audit:trail"),
    ],
)
def test_the_first_page_of_each_role(cast, as_user, who, where):
    client = as_user(getattr(cast, who))
    assert client.get(reverse("home")).url == reverse(where)
    assert client.get(reverse(where)).status_code == 200


def test_a_tab_of_a_case_stands_under_cases(cast, as_user):
    case = builders(cast).case()
    for tab in ("cases:case", "shelter:placements", "justice:witness-statuses", "referrals:case-referrals"):
        page = as_user(cast.ana).get(reverse(tab, args=[case.number])).content.decode()
        assert f'href="{reverse("cases:cases")}" aria-current="page"' in page, tab


def test_a_notification_is_delivered_once_and_read(cast, as_user):
    tell([cast.ana, cast.ana], Subject.CASE_ASSIGNED, reference="C-2026-000001", path="/cases/C-2026-000001/")
    (key,) = claim_waiting()
    assert claim_waiting() == []  # claimed, and not yet expired
    for _again in range(2):
        deliver(key)
    assert Notification.objects.count() == 1
    client = as_user(cast.ana)
    assert "Case C-2026-000001 is assigned to you" in client.get(reverse("notifications")).content.decode()
    assert "C-2026-000001" not in as_user(cast.boris).get(reverse("notifications")).content.decode()
    client.post(reverse("notifications"))
    assert not Notification.objects.visible_to(cast.ana).unread().exists()


def test_leaving_quickly_signs_out_and_goes_elsewhere(cast, as_user):
    client = as_user(cast.ana)
    response = client.get(reverse("leave-quickly"))
    assert response.url == settings.LEAVE_QUICKLY_URL
    assert "cache" in response["Clear-Site-Data"]
    assert client.get(reverse("notifications")).status_code == 302


@pytest.mark.parametrize("language", ["sr", "sr-latn", "en"])
def test_the_language_is_chosen_without_signing_in(client, language):
    client.post(reverse("set_language"), {"language": language, "next": reverse("account_login")})
    page = client.get(reverse("account_login")).content.decode()
    assert f'lang="{ {"sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}[language] }"' in page
