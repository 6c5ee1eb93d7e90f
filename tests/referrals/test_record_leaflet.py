"""The leaflet on rights: not given, until a dated row says which one, in which language, when and by whom."""

import datetime
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.workflow import Refused
from referrals import services
from referrals.models import Leaflet

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-information-to-victims")]


def test_the_referral_says_no_until_it_is_recorded(cast: SimpleNamespace, log: Any, as_user: Any) -> None:
    referral = log(leaflet_given="yes", language="ro", person={"sex": "female", "safe_contact": "Only by message"})
    client, page_url = as_user(cast.ana), reverse("referrals:referral", args=[referral.number])

    def shown() -> str:
        page = client.get(page_url).content.decode()
        value = page.partition("Rights leaflet given")[2].partition("</dd>")[0]
        return " ".join(re.sub("<[^>]+>", " ", value).split())

    assert shown().endswith("No")
    assert "Only by message" in client.get(page_url).content.decode()
    url = reverse("referrals:record-leaflet", args=[referral.number])
    form = client.get(url).content.decode()
    assert '<option value="ro" selected>' in form
    today = f"{timezone.localdate():%d.%m.%Y.}"
    posted = {"audience": "adult", "language": "ro", "given_on": today, "given_by": "Patrola Kanarinka"}
    tab = client.post(url, posted, follow=True).content.decode()
    assert "Patrola Kanarinka" in tab
    assert f"Yes: For adults, Romanian, {today}" in shown()
    client.post(url, posted | {"audience": "child", "language": "sr"})
    assert "For children" in shown() and "For adults" in shown()
    for row in Leaflet.objects.all():
        wrong = reverse("referrals:mark-leaflet-in-error", args=[referral.number, row.pk])
        assert client.post(wrong, {"why": "It was another woman"}).status_code == 302
    assert shown().endswith("No")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"audience": "everybody"}, "audience"),
        ({"language": ""}, "language"),
        ({"language": "klingon"}, "language"),
        ({"given_by": "  "}, "given_by"),
        ({"given_on": timezone.localdate() + datetime.timedelta(days=1)}, "given_on"),
    ],
)
def test_what_cannot_be_is_refused(cast: SimpleNamespace, log: Any, given: Any, field: str) -> None:
    today = timezone.localdate()
    values: dict[str, Any] = {"audience": "adult", "language": "sr", "given_on": today, "given_by": "Ana"}
    with pytest.raises(Refused) as refusal:
        services.record_leaflet(referral=log(), today=today, recorded_by=cast.ana, **{**values, **given})
    assert refusal.value.field == field and not Leaflet.objects.exists()


def test_a_child_is_suggested_for_whom_no_age_is_known(cast: SimpleNamespace, log: Any, as_user: Any) -> None:
    unknown = log(given_age=None)
    form = as_user(cast.ana).get(reverse("referrals:record-leaflet", args=[unknown.number])).content.decode()
    checked = [part for part in form.split("<input") if 'name="audience"' in part and "checked" in part.split(">")[0]]
    assert len(checked) == 1 and 'value="child"' in checked[0]
