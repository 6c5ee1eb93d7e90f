from django.apps import AppConfig


class ShelterConfig(AppConfig):
    name = "casework.shelter"
    label = "shelter"

    def ready(self) -> None:
        from casework.cases.services import CLOSE_GUARDS
        from casework.shelter.services import refuse_while_placed

        CLOSE_GUARDS.append(refuse_while_placed)
