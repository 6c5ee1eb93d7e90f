from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand

from reference import services


class Command(BaseCommand):
    help = "Loads the law, the bodies, the published figures and the code lists from reference/data."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = sorted(services.load_reference(), key=lambda part: part.file)
        if options["verbosity"] == 0:
            return
        for file, group in groupby(loaded, key=lambda part: part.file):
            parts = list(group)
            total, added, changed, retired = (
                sum(getattr(part, what) for part in parts) for what in ("entries", "added", "changed", "retired")
            )
            self.stdout.write(f"{file}: {total} entries, {added} added, {changed} changed, {retired} retired")
        if not any(part.did_something for part in loaded):
            self.stdout.write("Nothing changed: the database already says what the files say.")
