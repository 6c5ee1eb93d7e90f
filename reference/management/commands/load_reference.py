from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reference import services
from reference.schema import Misfit


class Command(BaseCommand):
    help = "Loads the law, the bodies, the published figures and the code lists from reference/data."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = services.load_reference()
        except Misfit as misfit:
            raise CommandError(f"Nothing was loaded. {misfit}") from misfit
        if options["verbosity"] == 0:
            return
        for part in loaded:
            kept = f", {part.kept} kept as changed here" if part.kept else ""
            self.stdout.write(
                f"{part.section}: {part.entries} entries, {part.added} added, {part.changed} changed, "
                f"{part.retired} retired{kept}"
            )
        self.stdout.write(f"{sum(part.entries for part in loaded)} entries of {len(loaded)} kinds.")
        if not any(part.did_something for part in loaded):
            self.stdout.write("Nothing changed: the database already says what the files say.")
