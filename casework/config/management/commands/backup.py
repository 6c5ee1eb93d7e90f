"""`manage.py backup FILE`: an encrypted backup, read again and counted before it gets its name."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from casework.config.backups.making import back_up
from casework.config.backups.stream import BackupProblem


class Command(BaseCommand):
    help = (
        "Write an encrypted backup of the database and the sealed files to FILE, which must not be there yet. "
        "It opens with the keys in CASEWORK_KEYS, and with nothing else."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = back_up(to=options["file"].absolute(), say=self.stdout.write)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        except DatabaseError as problem:
            raise CommandError(f"The database cannot be read: {str(problem).splitlines()[0]}") from None
        size = made.size / 1_000_000
        self.stdout.write(
            f"{made.path}: {size:,.1f} MB in {made.seconds:.1f} s, {made.rows:,} rows counted in the dump, "
            f"{made.files:,} files."
        )
        if made.missing:
            self.stderr.write(
                f"{len(made.missing)} files were not in the storage, and so are not in the backup: the first is "
                f"{made.missing[0]}."
            )
