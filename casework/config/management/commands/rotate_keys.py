"""`manage.py rotate_keys`: everything wrapped by the newest key; `--new` makes one, `--check` says what is in use."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from casework.config import rotation
from casework.vault import crypto

EVERY = 5_000  # lines of progress


class Command(BaseCommand):
    help = (
        "Wrap every record's key and every second factor with the newest key in CASEWORK_KEYS. First --new, then put "
        "the keys in place and restart web, worker and relay, then without options, then --check."
    )
    requires_system_checks = ["security"]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="make a new key, to stand before the others")
        parser.add_argument("--write", type=Path, metavar="FILE", help="with --new: write to FILE, show nothing")
        parser.add_argument("--index", action="store_true", help="the key of the search index instead")
        parser.add_argument("--check", action="store_true", help="only say which keys are in use")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                self._check()
            elif options["new"]:
                self._new(index=options["index"], write=options["write"])
            elif options["index"]:
                persons = rotation.recode(done=self._progress("persons"))
                self.stdout.write(
                    f"The names of {persons:,} persons are coded with the newest index key. Keep the old one at the "
                    "end of CASEWORK_INDEX_KEY: imported rows and the list of erasures are recognised by it."
                )
            else:
                records, factors = rotation.rewrap(done=self._progress("record keys"))
                self.stdout.write(f"{records:,} record keys and {factors:,} second factors are wrapped anew.\n")
                self._check()
        except rotation.KeyProblem as problem:
            raise CommandError(str(problem)) from None
        except crypto.Tampered as problem:
            raise CommandError(
                f"It stopped, because {problem}. What was done is good; put the key in place and run it again."
            ) from None
        except TimeoutError as problem:
            raise CommandError(str(problem)) from None

    def _progress(self, what: str) -> rotation.Done:
        told = 0

        def done(count: int) -> None:
            nonlocal told
            if count - told >= EVERY:
                told = count
                self.stdout.write(f"{count:,} {what}…")

        return done

    def _new(self, *, index: bool, write: Path | None) -> None:
        name = "CASEWORK_INDEX_KEY" if index else "CASEWORK_KEYS"
        line = rotation.add_key(index=index, write=write)
        if line is not None:
            self.stdout.write(f"This is shown once. Put it in place of {name}, on the web server and the workers:\n")
            self.stdout.write(f"{name}={line}\n")
        elif write is not None:
            self.stdout.write(f"The keys are in {write}, the new one first. Put them in place of {name}.")
        else:
            self.stdout.write("The new key is among the secrets of the state directory.")
        follow = "--index" if index else ""
        self.stdout.write(
            "Then: split the keys anew (manage.py escrow split), restart web, worker and relay, and run "
            f"manage.py rotate_keys {follow}".rstrip()
        )

    def _check(self) -> None:
        found = rotation.uses()
        for use in found:
            held = f"{use.record_keys:,} record keys, {use.second_factors:,} second factors"
            if not use.at_hand:
                self.stdout.write(f"{use.name}: MISSING from CASEWORK_KEYS, and wraps {held}.")
            elif use.newest:
                self.stdout.write(f"{use.name}: the newest; wraps {held}.")
            elif use.wraps_nothing:
                self.stdout.write(
                    f"{use.name}: wraps nothing any more. Take it out of CASEWORK_KEYS and destroy every copy of it; "
                    "backups and dumps from its time then open no more, so make a new backup first."
                )
            else:
                self.stdout.write(f"{use.name}: still wraps {held}. Run manage.py rotate_keys.")
        waiting = rotation.pending_erasures()
        if waiting:
            self.stdout.write(f"{waiting:,} erased keys still open from older dumps, until the old keys are destroyed.")
        elif len(settings.CASEWORK_KEYS) == 1:
            self.stdout.write("Whatever was erased opens from no older dump.")
