from django.apps import AppConfig


class JusticeConfig(AppConfig):
    name = "casework.justice"
    label = "justice"
