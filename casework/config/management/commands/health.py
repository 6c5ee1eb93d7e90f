"""`manage.py health`: what the technician's page says; ends with 1 when something is red."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from casework.config import health


class Command(BaseCommand):
    help = "Look at the installation: disk, messages, backups, audit trail, keys, certificate. Ends with 1 on red."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for a monitoring system")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = health.examine(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_as_data(groups), ensure_ascii=False, indent=1))
        else:
            self._print(groups)
        many = health.counts(groups)[health.State.RED]
        if many:
            raise CommandError(f"{many} red." if many > 1 else "One red.")

    def _print(self, groups: list[health.Group]) -> None:
        for group in groups:
            self.stdout.write(f"\n{group.title}")
            for check in group.checks:
                self.stdout.write(f"  {check.state.name.lower():5}  {check.title}: {check.says}")
                if check.todo and check.state:
                    self.stdout.write(f"         {check.todo}")


def _as_data(groups: list[health.Group]) -> list[dict[str, Any]]:
    return [
        {
            "group": group.title,
            "title": each.title,
            "state": each.state.name.lower(),
            "says": each.says,
            "do": each.todo,
        }
        for group in groups
        for each in group.checks
    ]
