from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Users, organisations, teams, duty, roles, and who may see what."""

    name = "casework.access"
    label = "access"
