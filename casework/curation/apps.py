from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "casework.curation"
    label = "curation"
