"""From a table's cells to rows with values: every cell that cannot be read is a problem with its place."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from casework.exchange.cells import LARGEST_CELL, Column, Unreadable
from casework.exchange.problems import Problems, quoted
from casework.exchange.registry import File, Row
from casework.exchange.sources import Cells, Malformed, Table, Unusable, broken, size


class Reading:
    """One table read as one file of the format. `rows()` yields; problems go to `problems` with their place."""

    def __init__(self, table: Table, file: File, problems: Problems) -> None:
        self.table, self.file, self.problems = table, file, problems
        self.places = {column.name: place for place, column in enumerate(file.columns)}
        self.header: list[Column] = []

    def refuse(self, line: int, column: str, sentence: Any) -> None:
        """A problem of one cell, named by its line and its column's header."""
        where = next((at for at, head in enumerate(self.header) if head.name == column), self.places.get(column, 0))
        self.problems.add((self.file.place, line, where), self.table.label, column, sentence)

    def rows(self) -> Iterator[Row]:
        """The rows below the header. Without a usable header there are none."""
        lines = self.table.rows()
        line, header = next(lines, (1, []))
        if not self._read_header(line, header):
            return
        for line, cells in lines:
            if isinstance(cells, Malformed):
                self.refuse(line, self.header[0].name, cells.sentence)
            else:
                yield self._read_row(line, cells)

    def _read_header(self, line: int, cells: Cells | Malformed) -> bool:
        first = self.file.columns[0].name
        if isinstance(cells, Malformed):
            self.refuse(line, first, cells.sentence)
            return False
        names = [cell if isinstance(cell, str) else "" for cell in cells]
        known = self.file.by_name
        if not any(name in known for name in names):
            # perhaps a file without a header: its cells are somebody's data and are not repeated
            self.refuse(line, first, _("The first row must name the columns; it names none that this file has."))
            return False
        before = self.problems.count
        seen: set[str] = set()
        for at, name in enumerate(names):
            place = (self.file.place, line, at)
            shown = quoted(re.sub(r"[\ud800-\udfff]", "?", name)) or _("column %(number)d") % {"number": at + 1}
            if broken(name):
                self.problems.add(place, self.table.label, shown, _("This is not UTF-8. Save the file as UTF-8."))
            elif name not in known:
                self.problems.add(place, self.table.label, shown, _("This file has no column of this name."))
            elif name in seen:
                self.problems.add(place, self.table.label, shown, _("This column stands twice."))
            seen.add(name)
        for column in self.file.columns:
            if column.required and column.name not in seen:
                self.refuse(line, column.name, _("This column is missing."))
        if self.problems.count > before:
            return False
        self.header = [known[name] for name in names]
        return True

    def _read_row(self, line: int, cells: Cells) -> Row:
        values: dict[str, Any] = {column.name: column.kind.empty for column in self.file.columns}
        bad = set()
        for column, cell in zip(self.header, cells, strict=False):
            try:
                values[column.name] = _read_cell(column, cell)
            except Unreadable as problem:
                bad.add(column.name)
                self.refuse(line, column.name, problem)
        if len(cells) != len(self.header):
            missing = [column.name for column in self.header[len(cells) :]]
            bad.update(missing)
            self.refuse(
                line,
                missing[0] if missing else self.header[-1].name,
                _("The row has %(found)d cells and the header %(wanted)d.")
                % {"found": len(cells), "wanted": len(self.header)},
            )
        return Row(line, values, frozenset(bad))


def _read_cell(column: Column, cell: Any) -> Any:
    if isinstance(cell, Unusable):
        raise Unreadable(cell.sentence)
    text = cell if isinstance(cell, str) else column.kind.typed(cell)
    if broken(text):
        raise Unreadable(_("This is not UTF-8. Save the file as UTF-8."))
    if "\x00" in text:
        raise Unreadable(_("This cell holds a NUL byte."))
    if size(text) > LARGEST_CELL:
        raise Unreadable(_("This cell is larger than 1 MB."))
    value = column.kind.parse(text) if text else column.kind.empty
    if column.required and (value is None or value == "" or value == ()):
        raise Unreadable(_("This value is required."))
    return value
