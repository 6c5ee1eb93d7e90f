"""The annual figures on the terminal, for people or (EXCHANGE.md, section 2) for other programs."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation
from casework.statistics.engine import Report, annual_report
from casework.statistics.periods import check_year
from casework.workflow import Refused


class Command(BaseCommand):
    help = "Count the figures of a calendar year, of all organisations or of one. Fails when the numbers do not add up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int, metavar="YEAR")
        parser.add_argument("--format", choices=["json", "text"], default="text")
        parser.add_argument(
            "--organisation", metavar="SHORT", help="the short name of the organisation whose records are counted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            year = check_year(options["year"], today=timezone.localdate())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        report = annual_report(year, _organisation(options["organisation"]))
        if options["format"] == "json":
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(_lines(report)))
        if report.failed:
            failed = "; ".join(f"{check.id}: {check.detail}" for check in report.failed)
            raise CommandError(_("These numbers contradict each other: %(checks)s") % {"checks": failed})


def _organisation(short_name: str | None) -> Organisation | None:
    if not short_name:
        return None
    found = Organisation.objects.filter(short_name=short_name).first()
    if found is None:
        there = ", ".join(Organisation.objects.order_by("short_name").values_list("short_name", flat=True))
        raise CommandError(
            _("There is no organisation “%(name)s” here. There are: %(there)s.") % {"name": short_name, "there": there}
        )
    return found


def _lines(report: Report) -> Iterator[str]:
    whose = report.organisation or _("All organisations of this installation")
    yield _("Figures of %(year)s: %(whose)s") % {"year": report.year, "whose": whose}
    for counted in report.figures:
        yield ""
        yield f"{counted.value:>7}  {counted.figure.label} ({counted.figure.unit_label})"
        for breakdown in counted.breakdowns:
            yield f"         {breakdown.dimension.label}"
            for cell in breakdown.cells:
                yield f"{cell.value:>15}  {cell.label}"
                for part in cell.of_which:
                    yield f"{part.value:>19}  " + _("of which %(part)s") % {"part": part.label}
    for share in report.shares:
        value = "–" if share.value is None else f"{share.value} %"
        yield ""
        yield f"{value:>7}  {share.share.label} ({share.numerator} / {share.denominator})"
    yield ""
    for check in report.checks:
        yield f"{_('Holds') if check.ok else _('Fails')}: {check.id}: {check.detail}"
