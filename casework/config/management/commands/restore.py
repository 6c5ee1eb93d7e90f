"""`manage.py restore FILE` into an empty database; `--check` tries it out in a scratch database and drops it."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from casework.config.backups.restoring import Restored, restore, try_out
from casework.config.backups.stream import BackupProblem


class Command(BaseCommand):
    help = (
        "Fill the empty database from a backup and verify it: rows, audit chain, sealed samples, files. "
        "With --check, do that in a scratch database beside the real one, then drop it."
    )
    requires_system_checks = ["security"]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--check", action="store_true", help="try the backup out, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = try_out if options["check"] else restore
        try:
            done = verb(file=options["file"].absolute(), say=self.stdout.write)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        except DatabaseError as problem:
            raise CommandError(f"The database refused: {str(problem).splitlines()[0]}") from None
        self._tell(done, tried=options["check"])

    def _tell(self, done: Restored, *, tried: bool) -> None:
        self.stdout.write(
            f"{done.rows:,} rows as in the backup of {done.made_at[:16].replace('T', ' ')} UTC, {done.events:,} events "
            f"of the audit trail in order, {done.samples} sealed samples opened, {done.files:,} files, in "
            f"{done.seconds:.1f} s."
        )
        if done.migrated:
            self.stdout.write("It came from an older version and was brought to this one.")
        if done.erased:
            self.stdout.write(f"{done.erased} keys on the list of erasures were destroyed again.")
        if done.missing:
            self.stdout.write(f"{len(done.missing)} files were missing in the storage when the backup was made.")
        if tried:
            self.stdout.write("The backup is good. The scratch database is dropped; nothing was changed.")
        else:
            self.stdout.write("Everybody must sign in again. Compare the audit head with the auditor's last mail.")
