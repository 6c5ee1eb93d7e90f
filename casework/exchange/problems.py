"""What is wrong with a folder of records: each as `file:line:column: sentence`, at most 1,000 of them kept.

A sentence never repeats a name or free text. It may quote codes, dates and keys of columns, shortened.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import ngettext

SHOWN = 1_000
QUOTED = 40  # characters of a value that a sentence repeats


def quoted(value: str) -> str:
    """A value as a sentence may repeat it: short, without control characters (a terminal would obey them)."""
    visible = "".join(c if c.isprintable() else "?" for c in value[: QUOTED + 1])
    return visible if len(visible) <= QUOTED else f"{visible[:QUOTED]}…"


@dataclass(frozen=True, order=True)
class Problem:
    """One refusal. `place` orders the list: file, line, column as they stand in the input."""

    place: tuple[int, int, int]
    file: str = field(compare=False)
    line: int = field(compare=False)
    column: str = field(compare=False)
    sentence: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"


@dataclass
class Problems:
    """Collects refusals; counts all, keeps the first thousand."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, place: tuple[int, int, int], file: str, column: str, sentence: Any) -> None:
        self.count += 1
        if len(self.kept) < SHOWN:
            self.kept.append(Problem(place, file, place[1], column, str(sentence)))

    def lines(self) -> list[str]:
        """The list to show, in the order of the input, and a count of what is not shown."""
        shown = [str(problem) for problem in sorted(self.kept)]
        left = self.count - len(shown)
        if left:
            shown.append(ngettext("… and %(count)d more.", "… and %(count)d more.", left) % {"count": left})
        return shown


class ImportRefused(Exception):
    """The import was refused as a whole. `problems` says why; nothing was written."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(f"{problems.count} problems")
        self.problems = problems
