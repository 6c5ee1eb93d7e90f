"""Bring the catalogues up to date; `--check` only says what is wrong with them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework.config.catalogues import problems, write_catalogues


class Command(BaseCommand):
    help = "Extract messages, update sr, generate sr_Latn, compile; --check refuses anything untranslated."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, fail on what is missing or stale")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            found = problems()
            if found:
                raise CommandError("\n".join(found))
            self.stdout.write("Every message stands in three scripts.")
            return
        self.stdout.write(f"{write_catalogues()} messages wait for a translation.")
