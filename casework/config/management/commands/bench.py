"""`manage.py bench`: the costs that PERFORMANCE.md sets limits for, measured."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework.config.bench import chart
from casework.config.bench.results import MISSED
from casework.config.bench.runs import RUNS, run


class Command(BaseCommand):
    help = "Measure what has a limit, each beside its floor, on synthetic rows in a database of their own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=_rows, default=100_000, metavar="N", help="persons and cases (100,000)")
        parser.add_argument("--json", action="store_true", help="the results as JSON instead of a table")
        parser.add_argument("--chart", type=Path, metavar="FILE", help="write cost against rows as an SVG drawing")
        parser.add_argument(
            "--only", action="append", default=[], choices=list(RUNS), help="one of the runs; repeatable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chart_file: Path | None = options["chart"]
        if chart_file is not None and not chart_file.parent.is_dir():
            raise CommandError(f"There is no folder {chart_file.parent} for the chart.")
        done = run(options["rows"], options["only"], say=self._hint if options["json"] else self._say)
        if chart_file is not None:
            chart_file.write_text(chart.drawn(done.curves), encoding="utf-8")
        if options["json"]:
            self.stdout.write(json.dumps(done.as_dict(), indent=2))
        else:
            missed = sum(result.verdict == MISSED for result in done.results)
            self._say(f"\n{len(done.results)} limits at {done.rows:,} rows, {missed} missed.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _hint(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def _rows(text: str) -> int:
    try:
        rows = int(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number of rows") from None
    if not 1_000 <= rows <= 10_000_000:
        raise argparse.ArgumentTypeError("choose between 1,000 and 10,000,000 rows")
    return rows
