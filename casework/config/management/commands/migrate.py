"""`migrate` as the owner role, then the app role's rights and the tables that come from code."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate

from casework.access.services import load_roles
from casework.config.roles import grant_to_app


class Command(Migrate):
    help = "Migrate as the owner role, then give the app role its rights and fill the roles from GRANTS."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["database"] == "owner" and not (options["plan"] or options["check_unapplied"]):
            grant_to_app()
            load_roles()
