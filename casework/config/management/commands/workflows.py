"""Every table of moves as a diagram; README.md holds the same text, and `--check` compares."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework.workflow import TABLES

BEGIN, END = "<!-- workflows -->", "<!-- /workflows -->"


def diagrams() -> str:
    """Mermaid state diagrams, one per record with a status, in the order of the models' labels."""
    parts = []
    for model in sorted(TABLES, key=lambda model: model._meta.label):
        moves = TABLES[model].values()
        lines = [f"**{model._meta.label}**", "", "```mermaid", "stateDiagram-v2"]
        start: Any = model._meta.get_field("status")
        lines.append(f"    [*] --> {start.default}")
        for move in moves:
            for source in move.sources:
                lines.append(f"    {source} --> {move.target}: {move.verb} ({move.permission})")
        parts.append("\n".join([*lines, "```"]))
    return "\n\n".join(parts)


class Command(BaseCommand):
    help = "Print every table of moves as a diagram; --check compares with README.md, --write puts them there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        text = diagrams()
        readme = settings.BASE_DIR / "README.md"
        if not (options["check"] or options["write"]):
            self.stdout.write(text)
            return
        page = readme.read_text(encoding="utf-8")
        before, found, rest = page.partition(BEGIN)
        _old, closed, after = rest.partition(END)
        if not (found and closed):
            raise CommandError(f"README.md needs the lines {BEGIN} and {END}.")
        wanted = f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"
        if options["write"]:
            readme.write_text(wanted, encoding="utf-8")
        elif wanted != page:
            raise CommandError("README.md shows other workflows than the code. Run: manage.py workflows --write")
        else:
            self.stdout.write("README.md shows the workflows as they are.")
