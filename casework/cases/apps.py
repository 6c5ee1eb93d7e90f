from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "casework.cases"
    label = "cases"

    def ready(self) -> None:
        from casework.access import services as access
        from casework.access import visibility
        from casework.access.tabs import Tab
        from casework.cases.restricted_models import persons_closed_to, references_closed_to, without_the_conflicted
        from casework.cases.sealing import refuse_last_of_the_few
        from casework.cases.tabs import CASE_TABS
        from casework.outbox import models as outbox
        from casework.outbox import services as telling

        access.DISABLE_GUARDS.append(refuse_last_of_the_few)
        visibility.SHUT_OUT.append(persons_closed_to)
        outbox.CLOSED_REFERENCES.append(references_closed_to)
        telling.NEVER_TOLD.append(without_the_conflicted)

        CASE_TABS.register(Tab("summary", _("Summary"), "cases:case", "cases.view_case", place=0))
        CASE_TABS.register(Tab("timeline", _("Timeline"), "cases:timeline", "cases.view_case", place=10))
        CASE_TABS.register(
            Tab("notes", _("Notes"), "cases:notes", "cases.view_case", rows=lambda case: case.notes.all(), place=20)
        )
        CASE_TABS.register(
            Tab(
                "consents",
                _("Consent"),
                "cases:consents",
                "cases.view_case",
                rows=lambda case: case.consents.valid(),
                place=25,
            )
        )
        CASE_TABS.register(Tab("assignments", _("Assignments"), "cases:assignments", "cases.view_case", place=80))
        CASE_TABS.register(Tab("looked", _("Who has looked"), "cases:looked", "cases.view_case", place=90))
        CASE_TABS.register(
            Tab("colleagues", _("Named colleagues"), "cases:colleagues", "cases.reassign_case", place=95)
        )
