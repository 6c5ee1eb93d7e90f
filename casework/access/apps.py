from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Users, organisations, teams, duty, roles, and who may see what."""

    name = "casework.access"
    label = "access"

    def ready(self) -> None:
        from casework.access import signals  # noqa: F401  (connects what happens at sign-in and after)
        from casework.access.models import Duty
        from casework.outbox import quiet

        quiet.AWAKE.append(lambda user, now: Duty.objects.filter(user=user).at(now).exists())
