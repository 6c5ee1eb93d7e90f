"""allauth's pages of second factors, where ours differ: the last one stays, a key that fails may be tried again."""

from typing import Any

from allauth.mfa.webauthn import views as keys
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.transaction import atomic
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from casework.access import account_services as services
from casework.access.requests import SignedIn
from casework.workflow import Refused


@atomic
def remove_webauthn(request: SignedIn, pk: int) -> HttpResponse:
    """Remove one of one's own keys, unless it is the only second factor and one is required."""
    try:
        services.refuse_last_factor(user=request.user, factor_id=pk)
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect("mfa_list_webauthn")
    return keys.remove_webauthn(request, pk=pk)


@atomic
def deactivate_totp(request: SignedIn) -> HttpResponse:
    """Remove the app; allauth's form refuses when it is the only factor. The lock makes two removals wait in line."""
    from allauth.mfa.totp.views import deactivate_totp as remove

    services.hold(user=request.user)
    return remove(request)


@method_decorator(login_required, name="dispatch")
class KeyAgain(keys.ReauthenticateWebAuthnView):
    """A key that did not fit leaves one on the page, with the way back still known."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | kwargs


reauthenticate_webauthn = KeyAgain.as_view()
