"""What is hardest to undo asks to sign in again, and loses nothing of what was typed."""

import pytest
from django.conf import settings
from django.urls import reverse

from casework.access.models import Draft, User
from casework.access.reauthenticate import SIGNED_IN_AT
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db


def confirm(client, page):
    """Give the password on the page that a response leads to; returns where that leads."""
    assert page.status_code == 302
    assert page.url.startswith(reverse("account_reauthenticate"))
    form = client.get(page.url).context
    answered = client.post(
        reverse("account_reauthenticate"), {"password": PASSWORD, "next": form["redirect_field_value"]}
    )
    assert answered.status_code == 302, answered.content.decode()
    return answered.url


@pytest.mark.asvs("7.5.3")
def test_a_form_that_comes_too_late_is_kept_and_comes_back_filled(as_user, cast):
    client = as_user(cast.ivana)
    address = reverse("access:create-user")
    token = client.get(address).context["form"].draft_token
    session = client.session
    session[SIGNED_IN_AT] -= settings.SIGN_IN_AGAIN_SECONDS + 1
    session.save()
    typed = {"username": "nova", "full_name": "Nova Probna", "draft_token": token}
    back = confirm(client, client.post(address, typed))
    assert not User.objects.filter(username="nova").exists()
    page = client.get(back)
    assert page.context["form"].initial["full_name"] == "Nova Probna"
    assert 'value="Nova Probna"' in page.content.decode()
    assert not Draft.objects.exists()
    client.post(address, typed)
    assert User.objects.filter(username="nova").exists()


@pytest.mark.asvs("7.5.3")
def test_a_button_pressed_too_late_leads_back_to_its_page(as_user, cast):
    client = as_user(cast.ivana, recent=False)
    page = reverse("access:user", args=[cast.boris.pk])
    button = reverse("access:disable-user", args=[cast.boris.pk])
    assert confirm(client, client.post(button, headers={"referer": f"http://testserver{page}"})) == page
    assert User.objects.get(pk=cast.boris.pk).is_active
    client.post(button)
    assert not User.objects.get(pk=cast.boris.pk).is_active


def test_a_page_of_another_site_is_no_way_back(as_user, cast):
    client = as_user(cast.ivana, recent=False)
    button = reverse("access:disable-user", args=[cast.boris.pk])
    for elsewhere in ("https://example.org/access/", "http://testserver/no-such-page/", ""):
        assert confirm(client, client.post(button, headers={"referer": elsewhere})) == reverse("home")
        session = client.session
        session[SIGNED_IN_AT] = 0
        session["account_authentication_methods"] = []
        session.save()


def test_a_wrong_password_opens_nothing(as_user, cast):
    client = as_user(cast.ivana, recent=False)
    button = reverse("access:disable-user", args=[cast.boris.pk])
    answered = client.post(reverse("account_reauthenticate"), {"password": "wrong-wrong-wrong"})
    assert answered.status_code == 200
    assert client.post(button).url.startswith(reverse("account_reauthenticate"))
    assert User.objects.get(pk=cast.boris.pk).is_active
