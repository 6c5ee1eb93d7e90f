from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JusticeConfig(AppConfig):
    name = "casework.justice"
    label = "justice"

    def ready(self) -> None:
        from casework.access.tabs import Tab
        from casework.cases.tabs import CASE_TABS

        CASE_TABS.register(
            Tab(
                "witness",
                _("Witness status"),
                "justice:witness-statuses",
                "cases.view_case",
                rows=lambda case: case.witness_statuses.valid(),
                place=50,
            )
        )
        CASE_TABS.register(
            Tab(
                "proceedings",
                _("Proceedings"),
                "justice:case-proceedings",
                "cases.view_case",
                rows=lambda case: case.proceedings.valid(),
                place=55,
            )
        )
