"""What happens when somebody signs in, fails to, or proves again who they are."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from casework.access.reauthenticate import SIGNED_IN_AT


@receiver(user_logged_in)
def note_the_time(request: HttpRequest, **kwargs: Any) -> None:
    """From here the session's hours are counted, and the minutes in which no second sign-in is asked for."""
    request.session[SIGNED_IN_AT] = time.time()
