"""Second factors: allauth's pages, each change of a factor in one transaction with its line in the trail."""

from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from django.contrib.auth.decorators import login_not_required
from django.db.transaction import atomic
from django.urls import path

from casework.access.views import factors

urlpatterns = [
    path("", base.index, name="mfa_index"),
    path("sign-in/", login_not_required(base.authenticate), name="mfa_authenticate"),
    path("again/", base.reauthenticate, name="mfa_reauthenticate"),
    path("again/key/", factors.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("app/", atomic(app.activate_totp), name="mfa_activate_totp"),
    path("app/remove/", factors.deactivate_totp, name="mfa_deactivate_totp"),
    path("keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("keys/add/", atomic(keys.add_webauthn), name="mfa_add_webauthn"),
    path("keys/<int:pk>/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("keys/<int:pk>/remove/", factors.remove_webauthn, name="mfa_remove_webauthn"),
    path("recovery/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("recovery/new/", atomic(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
]
