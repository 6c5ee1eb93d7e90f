from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShelterConfig(AppConfig):
    name = "casework.shelter"
    label = "shelter"

    def ready(self) -> None:
        from casework.access.tabs import Tab
        from casework.cases.services import CLOSE_GUARDS
        from casework.cases.tabs import CASE_TABS
        from casework.shelter.services import refuse_while_placed

        CLOSE_GUARDS.append(refuse_while_placed)
        CASE_TABS.register(
            Tab(
                "placements",
                _("Placements"),
                "shelter:placements",
                "cases.view_case",
                rows=lambda case: case.placements.valid(),
                place=40,
            )
        )
