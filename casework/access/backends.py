"""Permissions come from groups alone, and never for a single object."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission


class RoleBackend(AuthenticationBackend, ModelBackend):
    """allauth's sign-in by user name, with Django's group permissions.

    Asking for an object's permission is a mistake here: an expired row of guardian would still answer yes. What a user
    may see is asked of `.visible_to(user)`.
    """

    def _get_user_permissions(self, user_obj: Any) -> Any:
        return Permission.objects.none()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if obj is not None:
            raise TypeError("has_perm() takes no object here: fetch the record through .visible_to(user)")
        return super().has_perm(user_obj, perm)
