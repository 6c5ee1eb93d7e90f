"""The forms of second factors, in our words."""

from typing import Any

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from casework.access.forms import TextField

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "data-width": "10", "spellcheck": "false"}


def _code_field(label: Any, hint: Any) -> forms.CharField:
    return TextField(label=label, help_text=hint, max_length=40, widget=forms.TextInput(attrs=dict(_CODE)))


class CodeForm(AuthenticateForm):
    """At sign-in: a code of the app, or a recovery code."""

    code = _code_field(_("Code"), _("Six digits from your app, or one of your recovery codes."))


class CodeAgainForm(ReauthenticateForm):
    """The same, to confirm that it is you."""

    code = _code_field(_("Code"), _("Six digits from your app, or one of your recovery codes."))


class SetUpAppForm(ActivateTOTPForm):
    """The first code proves that the app holds the key."""

    code = _code_field(_("Code"), _("The six digits that the app shows now."))


class _CredentialField(forms.JSONField):
    """What the browser says of a key. One that is nested beyond reason is as unreadable as any other."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(_("The browser's answer could not be read. Try again.")) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return None


class AddKeyForm(AddWebAuthnForm):
    """A passkey or security key; the browser fills in the credential."""

    name = TextField(
        label=_("Name of this key"),
        max_length=40,
        required=False,
        help_text=_("So that you recognise it, for example “blue key” or “my phone”."),
    )
    credential = _CredentialField(
        error_messages={"required": _("The browser did not give a key. Press the button and follow what it asks.")},
    )
    mark_optional = False

    def clean_name(self) -> str:
        return super().clean_name() or str(_("Key"))

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (KeyError, ValueError, AttributeError):  # not what a browser sends
            raise ValidationError(_("The browser's answer could not be read. Try again.")) from None


class RenameKeyForm(EditWebAuthnForm):
    name = TextField(label=_("Name of this key"), max_length=40)


class _TracedKeyForm(AuthenticateWebAuthnForm):
    """A key that does not fit is on record like a wrong code."""

    credential = _CredentialField(
        error_messages={"required": _("The browser did not give a key. Press the button and follow what it asks.")},
    )

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except (KeyError, ValueError, AttributeError, ValidationError) as problem:
            signals.authentication_failed.send(
                sender=Authenticator,
                request=context.request,
                user=self.user,
                authenticator=None,
                reauthentication=self.reauthenticated,
            )
            if isinstance(problem, ValidationError):
                raise
            raise ValidationError(_("The browser's answer could not be read. Try again.")) from None


class KeyForm(_TracedKeyForm):
    """At sign-in: a passkey or security key."""


class KeyAgainForm(_TracedKeyForm, ReauthenticateWebAuthnForm):
    """The same, to confirm that it is you."""

    reauthenticated = True
