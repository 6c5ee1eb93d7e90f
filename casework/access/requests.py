"""The request of a view: sign-in is required everywhere, so there is a user."""

from django.http import HttpRequest

from casework.access.models import User


class SignedIn(HttpRequest):
    """A request behind LoginRequiredMiddleware, for the type checker."""

    user: User
