"""Where records come from: a folder of CSV files, or a workbook. Both give tables of rows, read as a stream.

A table is read twice (first all of it is checked, then it is written), so it is opened anew each time.
"""

import codecs
import contextlib
import csv
import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

_LONE = re.compile("[\ud800-\udfff]")
LARGEST_WORKBOOK = 512 * 1024 * 1024  # bytes of all its parts unpacked: some 300,000 long rows
MOST_PARTS = 1_000  # files in a workbook; one of ten sheets has about thirty
LARGEST_READ = 64 * 1024 * 1024  # bytes of one cell held in memory, so that one over 1 MB is refused by name


@dataclass(frozen=True)
class Malformed:
    """A row that cannot be taken apart into cells."""

    sentence: str


@dataclass(frozen=True)
class Unusable:
    """A cell of a workbook that holds no value: a formula, an error."""

    sentence: str


Cells = list[Any]  # str, or what a workbook's cell holds


class Table(Protocol):
    """One file or sheet. `name` is what it is called in the format, `label` how a problem names it."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    def rows(self) -> Iterator[tuple[int, Cells | Malformed]]:
        """Each row that is not blank, the header first, with the line on which it begins."""
        ...


class NotReadable(Exception):
    """The path cannot be imported from at all. The message is the sentence to show."""


def open_source(path: Path) -> list[Table]:
    """The tables of a folder or workbook. Raises `NotReadable`."""
    if path.is_dir():
        return [
            CsvTable(found)
            for found in sorted(path.iterdir())
            if found.suffix.lower() == ".csv" and found.is_file() and not found.name.startswith(".")
        ]
    if not path.exists():
        raise NotReadable(_("There is no such folder or workbook."))
    if path.suffix.lower() != ".xlsx":
        raise NotReadable(_("Give a folder of CSV files, or one XLSX workbook."))
    return _sheets(path)


# CSV -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CsvTable:
    """A CSV file. Bytes that are not UTF-8 stay in their cell as lone surrogates, so that the cell can be named."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name[: -len(".csv")] if self.path.name.endswith(".csv") else self.path.name

    @property
    def label(self) -> str:
        return self.path.name

    def rows(self) -> Iterator[tuple[int, Cells | Malformed]]:
        with self.path.open("rb") as raw:
            if raw.read(4).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                yield 1, Malformed(_("This file is UTF-16. Save it as UTF-8."))
                return
        limit = csv.field_size_limit(LARGEST_READ)
        try:
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                yield from _csv_rows(text)
        finally:
            csv.field_size_limit(limit)


def _csv_rows(text: Any) -> Iterator[tuple[int, Cells | Malformed]]:
    reader = csv.reader(text, strict=True)
    while True:
        line = reader.line_num + 1  # a cell may hold line breaks: the reader counts lines, not rows
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, Malformed(_("The quotation marks of this row do not match, or a cell never ends."))
            continue
        if cells:
            yield line, cells


def broken(text: str) -> bool:
    """Whether a cell holds bytes that are not UTF-8."""
    return not text.isascii() and _LONE.search(text) is not None


def size(text: str) -> int:
    """Bytes of a cell in UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


# Workbooks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetTable:
    """One sheet of a workbook, also a hidden one: nothing is left out unseen."""

    path: Path
    name: str

    @property
    def label(self) -> str:
        return self.name

    def rows(self) -> Iterator[tuple[int, Cells | Malformed]]:
        try:
            with _opened(self.path) as book:
                sheet = book[self.name]
                sheet.reset_dimensions()  # what a workbook says of its own size is not to be trusted
                width = 0
                for number, cells in enumerate(sheet.iter_rows(), start=1):
                    values = [_value_of(cell) for cell in cells]
                    while values and values[-1] is None:
                        values.pop()
                    if not values:
                        continue
                    width = width or len(values)  # a sheet does not store empty cells at the end of a row
                    yield number, ["" if value is None else value for value in values] + [""] * (width - len(values))
        except _BROKEN as problem:
            raise NotReadable(_("The workbook is damaged.")) from problem


_BROKEN = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, OSError, TypeError)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook, read as a stream; closed also when it turns out to be none, which openpyxl forgets."""
    with path.open("rb") as raw:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that openpyxl leaves aside: filters, validation, drawings
            book = openpyxl.load_workbook(raw, read_only=True, data_only=False, keep_links=False)
        yield book


def _refuse_bomb(path: Path) -> None:
    """Raise `NotReadable` when the parts say that they unpack to more than a workbook may hold.

    A part that says less than it holds is cut off there by the reader, and its checksum then does not fit.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_WORKBOOK:
        raise NotReadable(
            _("The workbook is larger than %(size)d MB when it is unpacked. Give a folder of CSV files instead.")
            % {"size": LARGEST_WORKBOOK // 1024 // 1024}
        )


def _sheets(path: Path) -> list[Table]:
    try:
        _refuse_bomb(path)
        with _opened(path) as book:
            return [SheetTable(path, sheet.title) for sheet in book.worksheets]
    except _BROKEN as problem:
        raise NotReadable(_("This is not an XLSX workbook.")) from problem


def _value_of(cell: Any) -> Any:
    if cell.value is None or cell.value == "":
        return None
    if cell.data_type == "f":
        return Unusable(_("This cell holds a formula. Paste its value instead."))
    if cell.data_type == "e":
        return Unusable(_("This cell holds an error of the spreadsheet."))
    if isinstance(cell.value, datetime.time | datetime.timedelta):
        return Unusable(_("This cell holds a time of day or a duration; that belongs in no column."))
    return cell.value if isinstance(cell.value, bool | int | float | datetime.date) else str(cell.value)
