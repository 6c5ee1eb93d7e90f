"""`manage.py import_records DIR_OR_XLSX [--dry-run] [--organisation SHORT]` (EXCHANGE.md, section 1)."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.exchange.importer import home_organisation, import_records
from casework.exchange.problems import ImportRefused
from casework.exchange.sources import NotReadable


class Command(BaseCommand):
    help = "Imports records from a folder of CSV files or an XLSX workbook, all or nothing."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="DIR_OR_XLSX")
        parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")
        parser.add_argument(
            "--organisation", default="", metavar="SHORT", help="short name of the organisation; else the home one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        dry_run: bool = options["dry_run"]
        try:
            organisation = home_organisation(options["organisation"])
        except ProgrammingError:
            raise CommandError(_("The database has no tables yet. Run migrate first.")) from None
        except NotReadable as problem:
            raise CommandError(str(problem)) from None
        try:
            counted = import_records(
                path,
                organisation=organisation,
                now=timezone.now(),
                dry_run=dry_run,
            )
        except ImportRefused as refused:
            for line in refused.problems.lines():
                self.stderr.write(line)
            self.stderr.write(_("Nothing was imported."))
            sys.exit(1)
        except NotReadable as problem:
            raise CommandError(f"{path}: {problem}") from None
        for each in counted:
            self.stdout.write(
                _("%(file)s: %(new)d new, %(there)d already there")
                % {"file": each.file, "new": each.new, "there": each.there}
            )
        if not any(each.new for each in counted):
            self.stdout.write(_("Nothing new: everything was already there."))
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
