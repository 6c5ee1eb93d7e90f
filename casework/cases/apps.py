from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "casework.cases"
    label = "cases"

    def ready(self) -> None:
        from casework.cases.tabs import Tab, register

        register(Tab("summary", _("Summary"), "cases:case", "cases.view_case", place=0))
        register(Tab("timeline", _("Timeline"), "cases:timeline", "cases.view_case", place=10))
        register(
            Tab("notes", _("Notes"), "cases:notes", "cases.view_case", count=lambda case: case.notes.count(), place=20)
        )
        register(Tab("assignments", _("Assignments"), "cases:assignments", "cases.view_case", place=80))
        register(Tab("looked", _("Who has looked"), "cases:looked", "cases.view_case", place=90))
        register(Tab("colleagues", _("Named colleagues"), "cases:colleagues", "cases.reassign_case", place=95))
