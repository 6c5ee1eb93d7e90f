from django.apps import AppConfig


class ShelterConfig(AppConfig):
    name = "casework.shelter"
    label = "shelter"
